/* Happy path of writing: open a file without a name beside PATH, buffer 64 KiB, write, fsync, name
 * it PATH.<pid>.tmp, rename that over PATH. A file system that has no nameless files gets the name
 * at once.
 *
 * Failure modes: the disk is full or the pipe is closed: the first failing write is reported and
 * the temporary file removed; a crash leaves PATH untouched, and nothing beside it, or the
 * temporary file where it had its name already. What
 * exists but is no regular file (a terminal, /dev/null, a FIFO) is written through, since it cannot
 * be renamed over. */
#include "adapters/system/file.h"

#include "core/base/assert.h"
#include "core/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_BYTES = 64 * 1024 };

enum tt_err tt_file_err(int os_errno)
{
    switch (os_errno) {
    case ENOENT:
    case ENOTDIR: return TT_ERR_NOT_FOUND;
    case EACCES:
    case EPERM: return TT_ERR_DENIED;
    case ENOSPC:
    case EDQUOT: return TT_ERR_NO_SPACE;
    case EROFS: return TT_ERR_READ_ONLY;
    case ENOMEM: return TT_ERR_NO_MEMORY;
    default: return TT_ERR_IO;
    }
}

enum tt_err tt_file_read(const char *path, struct tt_buf *buf, struct tt_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
    enum tt_err err = TT_OK;
    for (;;) {
        char *at = tt_buf_reserve(buf, 1);
        if (at == NULL) {
            char extra;
            if (buf->err == TT_ERR_LIMIT && read(fd, &extra, 1) == 0) {
                buf->err = TT_OK; /* the file fits exactly */
                break;
            }
            err = tt_fault_set(fault, buf->err, "%s: %s", path,
                               buf->err == TT_ERR_LIMIT ? "too large" : "out of memory");
            break;
        }
        size_t room = buf->capacity - buf->len - 1;
        if (buf->max != 0 && room > buf->max - buf->len)
            room = buf->max - buf->len;
        ssize_t got = read(fd, at, room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
        if (got <= 0)
            break;
        buf->len += (size_t)got;
        buf->data[buf->len] = '\0';
    }
    close(fd);
    return err;
}

struct tt_file_out {
    int fd;
    bool failed;
    bool nameless;    /* the temporary file has no name yet */
    char *path;       /* NULL: written through */
    char *temporary;  /* NULL: written through */
    const char *name; /* for messages */
    size_t used;
    char bytes[OUT_BYTES];
};

static void out_free(struct tt_file_out *out)
{
    if (out->fd > STDERR_FILENO)
        close(out->fd);
    tt_mem_free(out->path);
    tt_mem_free(out->temporary);
    tt_mem_free(out);
}

static char *out_text(const char *path, const char *suffix)
{
    size_t len = strlen(path) + strlen(suffix) + 1;
    char *text = tt_mem_alloc(len);
    if (text != NULL)
        snprintf(text, len, "%s%s", path, suffix);
    return text;
}

static int open_folder_of(const char *path, int flags)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)len, path);
    return open(slash == NULL ? "." : len == 0 ? "/" : folder, flags | O_CLOEXEC, 0666);
}

/* A file in the folder of `path` that vanishes with the process; -1: there can be none. What it is
 * named by later must be there. */
static int open_nameless(const char *path)
{
    return access("/proc/self/fd", X_OK) == 0 ? open_folder_of(path, O_TMPFILE | O_WRONLY) : -1;
}

enum tt_err tt_file_sync_folder(const char *path, struct tt_fault *fault)
{
    int fd = open_folder_of(path, O_RDONLY | O_DIRECTORY), problem = 0;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) /* EINVAL: such folders need none */
        problem = errno;
    if (fd >= 0)
        close(fd);
    return problem == 0
               ? TT_OK
               : tt_fault_errno(fault, tt_file_err(problem), problem, "folder of %s", path);
}

/* Gives the temporary file its name, over one that a crash left behind. 0, or -1 and errno. */
static int give_name(const struct tt_file_out *out)
{
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", out->fd);
    unlink(out->temporary);
    return linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW);
}

enum tt_err tt_file_out_open(const char *path, struct tt_file_out **ret_out, struct tt_fault *fault)
{
    struct tt_file_out *out = tt_mem_zalloc(sizeof *out);
    if (out == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (path == NULL || strcmp(path, "-") == 0) {
        out->fd = STDOUT_FILENO;
        out->name = "stdout";
        *ret_out = out;
        return TT_OK;
    }
    struct stat info;
    bool special = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
    char suffix[32];
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    out->path = out_text(path, "");
    out->temporary = special ? NULL : out_text(path, suffix);
    if (out->path == NULL || (!special && out->temporary == NULL)) {
        out_free(out);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    out->name = out->path;
    out->fd = special ? open(path, O_WRONLY | O_CLOEXEC) : open_nameless(path);
    out->nameless = !special && out->fd >= 0;
    if (!special && out->fd < 0)
        out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        enum tt_err err = tt_fault_errno(fault, tt_file_err(errno), errno, "%s", path);
        out_free(out);
        return err;
    }
    *ret_out = out;
    return TT_OK;
}

static enum tt_err out_send(struct tt_file_out *out, const char *bytes, size_t len,
                            struct tt_fault *fault)
{
    while (len > 0) {
        ssize_t wrote = write(out->fd, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0) {
            out->failed = true;
            return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", out->name);
        }
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return TT_OK;
}

enum tt_err tt_file_out_write(struct tt_file_out *out, const char *bytes, size_t len,
                              struct tt_fault *fault)
{
    tt_assert(!out->failed);
    if (len > OUT_BYTES - out->used) {
        enum tt_err err = out_send(out, out->bytes, out->used, fault);
        out->used = 0;
        if (err != TT_OK)
            return err;
        if (len > OUT_BYTES)
            return out_send(out, bytes, len, fault);
    }
    memcpy(out->bytes + out->used, bytes, len);
    out->used += len;
    return TT_OK;
}

enum tt_err tt_file_out_commit(struct tt_file_out *out, struct tt_fault *fault)
{
    enum tt_err err = out_send(out, out->bytes, out->used, fault);
    if (err == TT_OK && out->temporary != NULL &&
        (fsync(out->fd) != 0 || (out->nameless && give_name(out) != 0) ||
         rename(out->temporary, out->path) != 0))
        err = tt_fault_errno(fault, tt_file_err(errno), errno, "%s", out->path);
    if (err != TT_OK && out->temporary != NULL)
        unlink(out->temporary);
    out_free(out);
    return err;
}

void tt_file_out_abort(struct tt_file_out *out)
{
    if (out == NULL)
        return;
    if (out->temporary != NULL)
        unlink(out->temporary);
    out_free(out);
}
