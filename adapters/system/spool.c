/* Happy path: lines are compressed into a temporary file, .RANDOM.tmp, which is synced and takes
 * the name at the end; reading maps nothing and keeps one descriptor.
 *
 * Failure modes: the disk is full: NO_SPACE, the temporary file is removed; a crash: a temporary
 * file stays behind, under a name nobody asks for, until a spool is opened a day later; a folder of
 * somebody else's, who could put other rows in place of ours: DENIED; a file that is damaged: IO
 * when its lines are read. */
#include "adapters/system/spool.h"

#include "adapters/system/file.h"
#include "adapters/system/gzip.h"
#include "adapters/system/inflate.h"
#include "adapters/system/spool_dir.h"
#include "core/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 1024,
    OUT_BYTES = 256 * 1024,
    IN_BYTES = 256 * 1024,
    LINE_BYTES_MAX = 256 << 20,
    LEFT_BEHIND_S = 24 * 60 * 60,
    AT_WORK_S = 60 * 60,
};

struct spool {
    char *dir;
    int fd; /* of the body that is open, or -1 */
    char path[PATH_BYTES];
};

struct tt_spool_file {
    struct spool *spool;
    int fd;
    uint64_t bytes;
    struct tt_gzip *gzip;
    struct tt_gzip_io io;
    char path[PATH_BYTES];
    unsigned char out[OUT_BYTES];
};

#define TEMPORARY ".tmp"
#define NAMED     ".ndjson.gz"

/* ---- Writing */

static void file_free(struct tt_spool_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
        unlink(file->path);
    }
    tt_gzip_destroy(file->gzip);
    tt_mem_free(file);
}

static enum tt_err begin(void *context, struct tt_spool_file **ret_file, struct tt_fault *fault)
{
    struct spool *spool = context;
    struct tt_spool_file *file = tt_mem_zalloc(sizeof *file);
    if (file == NULL || tt_gzip_create(&file->gzip) != TT_OK) {
        tt_mem_free(file);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    /* Not after the process: in containers that share a folder all have the same number. */
    snprintf(file->path, sizeof file->path, "%s/.XXXXXX" TEMPORARY, spool->dir);
    file->spool = spool;
    file->io.out = file->out;
    file->io.out_len = OUT_BYTES;
    file->fd = mkostemps(file->path, sizeof TEMPORARY - 1, O_CLOEXEC);
    if (file->fd < 0) {
        enum tt_err err = tt_fault_errno(fault, tt_file_err(errno), errno, "%s", file->path);
        file_free(file);
        return err;
    }
    *ret_file = file;
    return TT_OK;
}

static enum tt_err flush(struct tt_spool_file *file, struct tt_fault *fault)
{
    const unsigned char *at = file->out;
    size_t len = OUT_BYTES - file->io.out_len;
    while (len > 0) {
        ssize_t wrote = write(file->fd, at, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", file->path);
        at += wrote;
        len -= (size_t)wrote;
        file->bytes += (uint64_t)wrote;
    }
    file->io.out = file->out;
    file->io.out_len = OUT_BYTES;
    return TT_OK;
}

static enum tt_err squeeze(struct tt_spool_file *file, bool last, struct tt_fault *fault)
{
    bool ended = false;
    enum tt_err err = TT_OK;
    while (err == TT_OK && (file->io.in_len > 0 || (last && !ended))) {
        if (file->io.out_len == 0)
            err = flush(file, fault);
        if (err == TT_OK)
            ended = tt_gzip_step(file->gzip, &file->io, last);
    }
    return err;
}

static enum tt_err write_lines(struct tt_spool_file *file, const char *lines, size_t len,
                               struct tt_fault *fault)
{
    file->io.in = (const unsigned char *)lines;
    file->io.in_len = len;
    return squeeze(file, false, fault);
}

static uint64_t bytes_of(const struct tt_spool_file *file)
{
    return file->bytes + OUT_BYTES - file->io.out_len;
}

static void name_path(const struct spool *spool, const char *name, char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s" NAMED, spool->dir, name);
}

static enum tt_err end(struct tt_spool_file *file, const char *name, uint64_t *ret_bytes,
                       struct tt_fault *fault)
{
    char path[PATH_BYTES];
    name_path(file->spool, name, path);
    enum tt_err err = squeeze(file, true, fault);
    if (err == TT_OK)
        err = flush(file, fault);
    if (err == TT_OK && (fdatasync(file->fd) != 0 || rename(file->path, path) != 0))
        err = tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
    if (err == TT_OK)
        *ret_bytes = file->bytes;
    file_free(file);
    return err;
}

static void abort_file(struct tt_spool_file *file)
{
    if (file != NULL)
        file_free(file);
}

/* ---- Reading */

static enum tt_err read_bytes(void *context, uint64_t offset, void *to, size_t size,
                              size_t *ret_size, struct tt_fault *fault)
{
    const struct spool *spool = context;
    size_t got = 0;
    while (got < size) {
        ssize_t n = pread(spool->fd, (char *)to + got, size - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fault_errno(fault, TT_ERR_IO, errno, "%s", spool->path);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *ret_size = got;
    return TT_OK;
}

struct reading {
    struct tt_inflate *source;
    struct tt_buf buf; /* what is read and not yet told, from `at` on */
    size_t at;
    uint64_t row, first;
    enum tt_err (*line)(void *line_context, uint64_t row, struct tt_str json);
    void *line_context;
};

/* Tells the whole lines in hand; what is behind them moves to the front. */
static enum tt_err tell_lines(struct reading *reading)
{
    struct tt_buf *buf = &reading->buf;
    enum tt_err err = TT_OK;
    const char *stop;
    while (err == TT_OK && buf->len > reading->at &&
           (stop = memchr(buf->data + reading->at, '\n', buf->len - reading->at)) != NULL) {
        const char *from = buf->data + reading->at;
        if (reading->row >= reading->first)
            err = reading->line(reading->line_context, reading->row,
                                (struct tt_str){from, (size_t)(stop - from)});
        reading->row++;
        reading->at = (size_t)(stop + 1 - buf->data);
    }
    if (buf->len > 0)
        memmove(buf->data, buf->data + reading->at, buf->len - reading->at);
    buf->len -= reading->at;
    reading->at = 0;
    return err;
}

static enum tt_err read_lines(void *context, uint64_t first,
                              enum tt_err (*line)(void *, uint64_t, struct tt_str),
                              void *line_context, struct tt_fault *fault)
{
    const struct spool *spool = context;
    struct reading reading = {.first = first, .line = line, .line_context = line_context};
    tt_buf_init(&reading.buf, LINE_BYTES_MAX);
    enum tt_err err = tt_inflate_open(spool->path, &reading.source, fault);
    for (size_t got = 1; err == TT_OK && got > 0;) {
        char *at = tt_buf_reserve(&reading.buf, IN_BYTES);
        if (at == NULL)
            err = tt_fault_set(fault, reading.buf.err, "%s: a line is too long", spool->path);
        if (err == TT_OK)
            err = tt_inflate_read(reading.source, at, IN_BYTES, &got, fault);
        if (err == TT_OK) {
            reading.buf.len += got;
            err = tell_lines(&reading);
        }
    }
    if (reading.source != NULL)
        tt_inflate_close(reading.source);
    tt_buf_done(&reading.buf);
    return err;
}

static void close_body(void *context)
{
    struct spool *spool = context;
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
}

static enum tt_err open_body(void *context, const char *name, uint64_t rows,
                             struct tt_body *ret_body, struct tt_fault *fault)
{
    struct spool *spool = context;
    struct stat info;
    close_body(spool);
    name_path(spool, name, spool->path);
    spool->fd = open(spool->path, O_RDONLY | O_CLOEXEC);
    if (spool->fd < 0 || fstat(spool->fd, &info) != 0)
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", spool->path);
    *ret_body = (struct tt_body){.context = spool,
                                 .bytes = (uint64_t)info.st_size,
                                 .rows = rows,
                                 .read = read_bytes,
                                 .lines = read_lines};
    return TT_OK;
}

static void remove_file(void *context, const char *name)
{
    char path[PATH_BYTES];
    name_path(context, name, path);
    unlink(path);
}

/* ---- Opening */

static void sweep_named(void *context, const char *prefix, bool (*wanted)(void *, const char *),
                        void *wanted_context)
{
    const struct spool *spool = context;
    const struct tt_spool_sweep sweep = {prefix, NAMED, AT_WORK_S, wanted, wanted_context};
    tt_spool_dir_sweep(spool->dir, &sweep);
}

enum tt_err tt_spool_open(const char *dir, struct tt_spool *ret_spool, struct tt_fault *fault)
{
    enum { NAMES_BYTES = 128 };
    size_t size = strlen(dir) + 1;
    if (size + NAMES_BYTES > PATH_BYTES)
        return tt_fault_set(fault, TT_ERR_INVALID, "%.60s...: too long a name for a folder", dir);
    enum tt_err err = tt_spool_dir_make(dir, fault);
    if (err != TT_OK)
        return err;
    /* What processes that died have left. */
    const struct tt_spool_sweep left = {".", TEMPORARY, LEFT_BEHIND_S, NULL, NULL};
    tt_spool_dir_sweep(dir, &left);
    struct spool *spool = tt_mem_zalloc(sizeof *spool);
    if (spool != NULL)
        spool->dir = tt_mem_alloc(size);
    if (spool == NULL || spool->dir == NULL) {
        tt_mem_free(spool);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    memcpy(spool->dir, dir, size);
    spool->fd = -1;
    *ret_spool = (struct tt_spool){.context = spool,
                                   .begin = begin,
                                   .write = write_lines,
                                   .bytes = bytes_of,
                                   .end = end,
                                   .abort = abort_file,
                                   .open = open_body,
                                   .close = close_body,
                                   .remove = remove_file,
                                   .sweep = sweep_named};
    return TT_OK;
}

void tt_spool_close(struct tt_spool *spool)
{
    struct spool *s = spool->context;
    if (s != NULL) {
        close_body(s);
        tt_mem_free(s->dir);
        tt_mem_free(s);
    }
    *spool = (struct tt_spool){0};
}
