/* Happy path: read a block; the first bytes tell plain, gzip or zstd; plain bytes are read straight
 * into the caller's memory, compressed ones go through the library.
 *
 * Failure modes: the file ends in mid-stream or is damaged: IO with the path and the library's
 * reason; it is of a form that is known and not read: IO with the form's name; a signal interrupts
 * a read: it is repeated unless the stop flag is set. */
#include "adapters/system/inflate.h"

#include "adapters/system/file.h"
#include "adapters/system/magic.h"
#include "core/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { IN_BYTES = 256 * 1024, SLICE_MS = 100 };

struct tt_inflate {
    int fd;
    const char *path; /* borrowed */
    enum tt_form form;
    const char *form_name; /* NULL: plain */
    bool ended;            /* the file is at its end */
    bool in_stream;        /* a member or frame has begun and not ended */
    bool started;          /* the first member has */
    const volatile int *stop;
    uint64_t bytes;
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t at, len; /* unread part of `in` */
    unsigned char in[IN_BYTES];
};

enum tt_err tt_inflate_open(const char *path, struct tt_inflate **ret_source,
                            struct tt_fault *fault)
{
    struct tt_inflate *source = tt_mem_zalloc(sizeof *source);
    if (source == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    bool standard = strcmp(path, "-") == 0;
    struct stat info;
    source->path = standard ? "stdin" : path;
    source->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int problem = source->fd < 0                  ? errno
                  : fstat(source->fd, &info) != 0 ? errno
                  : S_ISDIR(info.st_mode)         ? EISDIR
                                                  : 0;
    if (problem != 0) {
        tt_inflate_close(source);
        return tt_fault_errno(fault, tt_file_err(problem), problem, "%s", path);
    }
    *ret_source = source;
    return TT_OK;
}

void tt_inflate_close(struct tt_inflate *source)
{
    if (source == NULL)
        return;
    if (source->form == TT_FORM_GZIP)
        inflateEnd(&source->gzip);
    ZSTD_freeDStream(source->zstd);
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    tt_mem_free(source);
}

void tt_inflate_stop_with(struct tt_inflate *source, const volatile int *stop)
{
    source->stop = stop;
}

uint64_t tt_inflate_bytes(const struct tt_inflate *source)
{
    return source->bytes;
}

bool tt_inflate_would_block(const struct tt_inflate *source)
{
    if (source->at < source->len || source->ended)
        return false;
    struct pollfd ready = {.fd = source->fd, .events = POLLIN};
    return poll(&ready, 1, 0) == 0;
}

/* In slices, so that a signal that came just before a slice began is seen soon after. False: not
 * yet. */
static bool wait_for_more(const struct tt_inflate *source)
{
    struct pollfd ready = {.fd = source->fd, .events = POLLIN};
    int count = source->stop == NULL ? 1 : poll(&ready, 1, SLICE_MS);
    return count > 0 || (count < 0 && errno != EINTR);
}

static enum tt_err read_raw(struct tt_inflate *source, void *bytes, size_t size, size_t *ret_got,
                            struct tt_fault *fault)
{
    for (;;) {
        if (source->stop != NULL && *source->stop)
            return tt_fault_set(fault, TT_ERR_STOPPED, "%s: stopped", source->path);
        if (!wait_for_more(source))
            continue;
        ssize_t got = read(source->fd, bytes, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", source->path);
        source->bytes += (uint64_t)got;
        source->ended = got == 0;
        *ret_got = (size_t)got;
        return TT_OK;
    }
}

static enum tt_err fill(struct tt_inflate *source, struct tt_fault *fault)
{
    size_t got = 0;
    if (source->at > 0) {
        memmove(source->in, source->in + source->at, source->len - source->at);
        source->len -= source->at;
        source->at = 0;
    }
    enum tt_err err =
        read_raw(source, source->in + source->len, IN_BYTES - source->len, &got, fault);
    source->len += got;
    return err;
}

static enum tt_err begin(struct tt_inflate *source, struct tt_fault *fault)
{
    /* A pipe that gives its first line at once must not wait for more bytes if these cannot be a
     * magic. */
    enum tt_form form = TT_FORM_UNKNOWN;
    while (form == TT_FORM_UNKNOWN && !source->ended) {
        enum tt_err err = fill(source, fault);
        if (err != TT_OK)
            return err;
        form = tt_magic_form(source->in, source->len, &source->form_name);
    }
    if (form == TT_FORM_FOREIGN)
        return tt_fault_set(fault, TT_ERR_IO, "%s: %s data, which is not read; %s first",
                            source->path, source->form_name,
                            source->in[0] >= 0xfe ? "make it UTF-8" : "unpack it");
    if (form == TT_FORM_GZIP && inflateInit2(&source->gzip, 15 + 16) != Z_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (form == TT_FORM_ZSTD && (source->zstd = ZSTD_createDStream()) == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    source->form = form == TT_FORM_UNKNOWN ? TT_FORM_PLAIN : form;
    return TT_OK;
}

static enum tt_err damaged(struct tt_inflate *source, const char *what, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_IO, "%s: %s data: %s", source->path, source->form_name, what);
}

/* Between members: zeros that pad a file (to the blocks of a tape, of a disk) are passed over, as
 * gzip does. */
static enum tt_err next_member(struct tt_inflate *source, struct tt_fault *fault)
{
    if (source->started)
        while (source->at < source->len && source->in[source->at] == 0)
            source->at++;
    if (source->at == source->len)
        return TT_OK;
    if (source->in[source->at] != 0x1f)
        return damaged(source, "something else follows its end", fault);
    if (inflateReset(&source->gzip) != Z_OK)
        return damaged(source, "cannot be read", fault);
    source->in_stream = source->started = true;
    return TT_OK;
}

/* One step of the library; *ret_got bytes came out. */
static enum tt_err step_gzip(struct tt_inflate *source, char *bytes, size_t size, size_t *ret_got,
                             struct tt_fault *fault)
{
    z_stream *stream = &source->gzip;
    enum tt_err err = source->in_stream ? TT_OK : next_member(source, fault);
    if (err != TT_OK || !source->in_stream)
        return err;
    stream->next_in = source->in + source->at;
    stream->avail_in = (uInt)(source->len - source->at);
    stream->next_out = (unsigned char *)bytes;
    stream->avail_out = size > UINT32_MAX ? UINT32_MAX : (uInt)size;
    uInt room = stream->avail_out;
    int result = inflate(stream, Z_NO_FLUSH);
    source->at = source->len - stream->avail_in;
    *ret_got = room - stream->avail_out;
    if (result == Z_STREAM_END)
        source->in_stream = false;
    else if (result == Z_MEM_ERROR)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return damaged(source, stream->msg == NULL ? "damaged" : stream->msg, fault);
    return TT_OK;
}

static enum tt_err step_zstd(struct tt_inflate *source, char *bytes, size_t size, size_t *ret_got,
                             struct tt_fault *fault)
{
    ZSTD_inBuffer in = {source->in + source->at, source->len - source->at, 0};
    ZSTD_outBuffer out = {bytes, size, 0};
    size_t result = ZSTD_decompressStream(source->zstd, &out, &in);
    if (ZSTD_isError(result))
        return damaged(source, ZSTD_getErrorName(result), fault);
    source->in_stream = result != 0;
    source->at += in.pos;
    *ret_got = out.pos;
    return TT_OK;
}

enum tt_err tt_inflate_read(struct tt_inflate *source, char *bytes, size_t size, size_t *ret_got,
                            struct tt_fault *fault)
{
    enum tt_err err = source->form == TT_FORM_UNKNOWN ? begin(source, fault) : TT_OK;
    if (err != TT_OK)
        return err;
    if (source->form == TT_FORM_PLAIN) {
        size_t left = source->len - source->at;
        if (left == 0)
            return source->ended ? (*ret_got = 0, TT_OK)
                                 : read_raw(source, bytes, size, ret_got, fault);
        *ret_got = left < size ? left : size;
        memcpy(bytes, source->in + source->at, *ret_got);
        source->at += *ret_got;
        return TT_OK;
    }
    for (;;) {
        size_t got = 0;
        if (source->at < source->len || source->in_stream) {
            err = source->form == TT_FORM_GZIP ? step_gzip(source, bytes, size, &got, fault)
                                               : step_zstd(source, bytes, size, &got, fault);
            if (err != TT_OK)
                return err;
        }
        if (got > 0 || (source->ended && source->at == source->len && !source->in_stream)) {
            *ret_got = got;
            return TT_OK;
        }
        if (source->ended)
            return damaged(source, "ends too early", fault);
        if (source->at == source->len || source->in_stream) {
            err = fill(source, fault);
            if (err != TT_OK)
                return err;
        }
    }
}
