/* Happy path: pread the stretch and the byte before it, start behind the first line end at or
 * before the stretch, read on until the last line's end. Reading beats mapping here: the buffer
 * stays in cache, a file cut short while we read is no fault, and there is room for padding.
 *
 * Failure modes: the file shrinks meanwhile: what is gone is treated as the end; a read error: IO
 * with the path; a line of many megabytes: only line_bytes_max and one more bytes of it are kept.
 */
#include "adapters/system/chunks.h"

#include "adapters/system/file.h"
#include "adapters/system/magic.h"
#include "core/base/assert.h"
#include "core/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read on for the end of a line, at first and at most at a time. */
enum { READ_ON_BYTES = 4 * 1024, READ_ON_BYTES_MAX = 256 * 1024 };

/* 1 compressed, or foreign, by its magic number, 0 plain, -1 errno. */
static int is_compressed(int fd)
{
    unsigned char magic[TT_MAGIC_BYTES];
    const char *name;
    ssize_t got = pread(fd, magic, sizeof magic, 0);
    if (got < 0)
        return -1;
    enum tt_form form = tt_magic_form(magic, (size_t)got, &name);
    return form != TT_FORM_PLAIN && form != TT_FORM_UNKNOWN;
}

enum tt_err tt_chunk_file_open(struct tt_chunk_file *file, const char *path, struct tt_fault *fault)
{
    if (strcmp(path, "-") == 0)
        return TT_ERR_UNSUPPORTED;
    struct stat info;
    int fd = -1;
    if (stat(path, &info) != 0 ||
        (S_ISREG(info.st_mode) && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0))
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
    if (fd < 0)
        return TT_ERR_UNSUPPORTED;
    int compressed = is_compressed(fd);
    uint64_t bytes = (uint64_t)info.st_size;
    uint64_t chunks = bytes / TT_CHUNK_BYTES + (bytes % TT_CHUNK_BYTES != 0);
    if (compressed != 0 || chunks > UINT32_MAX / 2) {
        int problem = errno;
        close(fd);
        return compressed < 0 ? tt_fault_errno(fault, tt_file_err(problem), problem, "%s", path)
                              : TT_ERR_UNSUPPORTED;
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *file = (struct tt_chunk_file){.fd = fd,
                                   .bytes = bytes,
                                   .device = info.st_dev,
                                   .inode = info.st_ino,
                                   .path = path,
                                   .chunks = chunks == 0 ? 1 : (uint32_t)chunks};
    return TT_OK;
}

void tt_chunk_file_close(struct tt_chunk_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void tt_chunk_buf_done(struct tt_chunk_buf *buf)
{
    tt_mem_free(buf->data);
    *buf = (struct tt_chunk_buf){0};
}

/* Reads up to `want` bytes at `offset` behind the `have` bytes of the buffer. */
static enum tt_err read_more(const struct tt_chunk_file *file, struct tt_chunk_buf *buf,
                             size_t have, size_t want, uint64_t offset, size_t *ret_got,
                             struct tt_fault *fault)
{
    if (buf->data == NULL && (buf->data = tt_mem_huge(TT_MEM_HUGE_BYTES)) != NULL)
        buf->capacity = TT_MEM_HUGE_BYTES;
    if (tt_mem_reserve((void **)&buf->data, &buf->capacity, have + want + TT_CHUNK_PADDING, 1) !=
        TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    size_t got = 0;
    while (got < want) {
        ssize_t part = pread(file->fd, buf->data + have + got, want - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return tt_fault_errno(fault, TT_ERR_IO, errno, "%s", file->path);
        if (part == 0)
            break;
        got += (size_t)part;
    }
    *ret_got = got;
    return TT_OK;
}

/* Reads on until the line that reaches over the stretch's end ends, or is too long to be kept. */
static enum tt_err finish_line(const struct tt_chunk_file *file, struct tt_chunk_buf *buf,
                               size_t *have, uint64_t start, size_t line_bytes_max,
                               bool *ret_overlong, struct tt_fault *fault)
{
    const char *line_end = memrchr(buf->data, '\n', *have);
    size_t line_at = line_end == NULL ? 0 : (size_t)(line_end - buf->data) + 1;
    for (size_t more = READ_ON_BYTES; *have - line_at <= line_bytes_max + 1;
         more = more < READ_ON_BYTES_MAX ? 2 * more : more) {
        size_t got;
        enum tt_err err = read_more(file, buf, *have, more, start + *have, &got, fault);
        if (err != TT_OK)
            return err;
        if (got == 0)
            return TT_OK;
        const char *newline = memchr(buf->data + *have, '\n', got);
        if (newline != NULL) {
            *have = (size_t)(newline - buf->data) + 1;
            return TT_OK;
        }
        *have += got;
    }
    *have = line_at + line_bytes_max + 2; /* one more than allowed, and one for a carriage return */
    *ret_overlong = true;
    return TT_OK;
}

static enum tt_err read_open(const struct tt_chunk_file *file, uint32_t index,
                             size_t line_bytes_max, struct tt_chunk_buf *buf,
                             struct tt_chunk *ret_chunk, struct tt_fault *fault)
{
    uint64_t from = (uint64_t)index * TT_CHUNK_BYTES, start = from == 0 ? 0 : from - 1;
    size_t want = TT_CHUNK_BYTES + (from == 0 ? 0 : 1), have, skip = 0;
    enum tt_err err = read_more(file, buf, 0, want, start, &have, fault);
    if (err != TT_OK)
        return err;
    struct tt_chunk chunk = {.text = {buf->data, 0}, .offset = from};
    if (from > 0) {
        const char *newline = have == 0 ? NULL : memchr(buf->data, '\n', have);
        skip = newline == NULL ? have : (size_t)(newline - buf->data) + 1;
    }
    if (skip < have && have == want && buf->data[have - 1] != '\n')
        err = finish_line(file, buf, &have, start, line_bytes_max, &chunk.last_is_overlong, fault);
    if (err != TT_OK)
        return err;
    memset(buf->data + have, 0, TT_CHUNK_PADDING);
    chunk.text = (struct tt_str){buf->data + skip, have - skip};
    chunk.offset = start + skip;
    *ret_chunk = chunk;
    return TT_OK;
}

/* The file again, by its name. IO: something else has that name now. */
static enum tt_err open_again(const struct tt_chunk_file *file, int *ret_fd, struct tt_fault *fault)
{
    struct stat info;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        int problem = errno;
        if (fd >= 0)
            close(fd);
        return tt_fault_errno(fault, tt_file_err(problem), problem, "%s", file->path);
    }
    if (info.st_dev != file->device || info.st_ino != file->inode) {
        close(fd);
        return tt_fault_set(fault, TT_ERR_IO, "%s: replaced by another file while it was read",
                            file->path);
    }
    *ret_fd = fd;
    return TT_OK;
}

enum tt_err tt_chunk_read(const struct tt_chunk_file *file, uint32_t index, size_t line_bytes_max,
                          struct tt_chunk_buf *buf, struct tt_chunk *ret_chunk,
                          struct tt_fault *fault)
{
    tt_assert(index < file->chunks);
    if (file->fd >= 0)
        return read_open(file, index, line_bytes_max, buf, ret_chunk, fault);
    struct tt_chunk_file opened = *file;
    enum tt_err err = open_again(file, &opened.fd, fault);
    if (err != TT_OK)
        return err;
    err = read_open(&opened, index, line_bytes_max, buf, ret_chunk, fault);
    close(opened.fd);
    return err;
}
