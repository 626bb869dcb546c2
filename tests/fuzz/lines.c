/* Lines of plain, gzip and zstd input, from a file in memory. Plain input is split a second time,
 * the simple way, and must give the same lines; through chunks too. */
#include "adapters/system/lines.h"
#include "adapters/system/chunks.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 24, BYTES_MAX = 8 << 20 }; /* small inputs may hold a great many bytes */

/* The next line of the text by the simple way; false at its end. */
static bool next_line(struct tt_str *text, struct tt_str *ret_line)
{
    if (text->len == 0)
        return false;
    const char *newline = memchr(text->ptr, '\n', text->len);
    size_t len = newline == NULL ? text->len : (size_t)(newline - text->ptr);
    size_t used = newline == NULL ? len : len + 1;
    *ret_line = (struct tt_str){text->ptr, len > 0 && text->ptr[len - 1] == '\r' ? len - 1 : len};
    *text = (struct tt_str){text->ptr + used, text->len - used};
    return true;
}

static bool begins(struct tt_str text, const char *bytes, size_t len)
{
    return text.len >= len && memcmp(text.ptr, bytes, len) == 0;
}

static bool is_compressed(struct tt_str text)
{
    return begins(text, "\x1f\x8b", 2) || begins(text, "\x28\xb5\x2f\xfd", 4) ||
           (text.len >= 4 && (text.ptr[0] & 0xf0) == 0x50 && /* a frame to be passed over */
            memcmp(text.ptr + 1, "\x2a\x4d\x18", 3) == 0);
}

/* What is told by its name, and refused. */
static bool is_foreign(struct tt_str text)
{
    return begins(text, "\xff\xfe", 2) || begins(text, "\xfe\xff", 2) ||
           begins(text, "PK\x03\x04", 4) || begins(text, "\x04\x22\x4d\x18", 4) ||
           begins(text,
                  "\xfd"
                  "7zXZ",
                  5) ||
           (begins(text, "BZh", 3) && text.len >= 10 && memcmp(text.ptr + 4, "1AY&SY", 6) == 0);
}

static void check_lines(const char *path, struct tt_str text)
{
    struct tt_lines *lines = NULL;
    struct tt_line line;
    struct tt_str expected;
    bool more = true, foreign = is_foreign(text), plain = !is_compressed(text) && !foreign;
    uint64_t number = 0;
    size_t bytes = 0;
    enum tt_err err = tt_lines_open(path, LINE_MAX_BYTES, &lines, NULL);
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        text = (struct tt_str){text.ptr + 3, text.len - 3};
    while (err == TT_OK && bytes < BYTES_MAX) {
        err = tt_lines_next(lines, &line, &more, NULL);
        if (err != TT_OK || !more)
            break;
        tt_fuzz_check(line.number == ++number && line.text.len <= LINE_MAX_BYTES);
        bytes += line.text.len + 1;
        if (!plain)
            continue;
        tt_fuzz_check(next_line(&text, &expected));
        tt_fuzz_check(line.overlong == (expected.len > LINE_MAX_BYTES));
        if (line.overlong)
            expected.len = LINE_MAX_BYTES;
        tt_fuzz_check(line.text.len == expected.len &&
                      memcmp(line.text.ptr, expected.ptr, expected.len) == 0);
    }
    tt_fuzz_check(!foreign || err == TT_ERR_IO);
    tt_fuzz_check(!plain || (err == TT_OK && text.len == 0));
    tt_lines_close(lines);
}

static void check_chunks(const char *path, struct tt_str text)
{
    struct tt_chunk_file file;
    struct tt_chunk_buf buf = {0};
    enum tt_err err = tt_chunk_file_open(&file, path, NULL);
    tt_fuzz_check(err == (is_compressed(text) || is_foreign(text) ? TT_ERR_UNSUPPORTED : TT_OK));
    if (err != TT_OK)
        return;
    size_t at = 0;
    for (uint32_t i = 0; i < file.chunks; i++) {
        struct tt_chunk chunk;
        tt_fuzz_check(tt_chunk_read(&file, i, text.len + 2, &buf, &chunk, NULL) == TT_OK);
        tt_fuzz_check(chunk.text.len <= text.len - at && !chunk.last_is_overlong);
        if (chunk.text.len > 0)
            tt_fuzz_check(memcmp(chunk.text.ptr, text.ptr + at, chunk.text.len) == 0);
        at += chunk.text.len;
    }
    tt_fuzz_check(at == text.len);
    tt_chunk_buf_done(&buf);
    tt_chunk_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    const struct tt_str text = {size == 0 ? "" : (const char *)data, size};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    tt_fuzz_check(fd >= 0 && write(fd, text.ptr, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check_lines(path, text);
    check_chunks(path, text);
    close(fd);
    return 0;
}
