/* Happy path: read a block, hand out the lines in it one by one; the piece of a line at the block's
 * end moves to the front before the next block is read behind it.
 *
 * Failure modes: an overlong line: its beginning is given with `overlong`, the rest is read and
 * dropped; a compressed file that is cut or damaged: IO, after the lines that could be read; an
 * interrupting signal: the read goes on unless the stop flag is set. */
#include "adapters/system/lines.h"

#include "adapters/system/inflate.h"
#include "core/base/mem.h"
#include <errno.h>

enum { BLOCK_BYTES = 256 * 1024, PADDING = 64 };

struct tt_lines {
    struct tt_inflate *source;
    char *data;
    size_t capacity; /* PADDING not counted */
    size_t at, len;  /* unread part of data: [at, len) */
    size_t scanned;  /* no line end before this place */
    size_t line_max;
    uint64_t number;
    bool started, ended, skipping;
};

enum tt_err tt_lines_open(const char *path, size_t line_bytes_max, struct tt_lines **ret_lines,
                          struct tt_fault *fault)
{
    struct tt_lines *lines = tt_mem_zalloc(sizeof *lines);
    if (lines == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    lines->line_max = line_bytes_max;
    lines->capacity = BLOCK_BYTES;
    lines->data = tt_mem_alloc(lines->capacity + PADDING);
    enum tt_err err = lines->data == NULL ? tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory")
                                          : tt_inflate_open(path, &lines->source, fault);
    if (err == TT_OK)
        *ret_lines = lines;
    else
        tt_lines_close(lines);
    return err;
}

void tt_lines_close(struct tt_lines *lines)
{
    if (lines == NULL)
        return;
    tt_inflate_close(lines->source);
    tt_mem_free(lines->data);
    tt_mem_free(lines);
}

void tt_lines_stop_with(struct tt_lines *lines, const volatile int *stop)
{
    tt_inflate_stop_with(lines->source, stop);
}

uint64_t tt_lines_bytes(const struct tt_lines *lines)
{
    return tt_inflate_bytes(lines->source);
}

bool tt_lines_would_block(const struct tt_lines *lines)
{
    if (lines->ended || memchr(lines->data + lines->at, '\n', lines->len - lines->at) != NULL)
        return false;
    return tt_inflate_would_block(lines->source);
}

/* Makes room and reads one block more. */
static enum tt_err fill(struct tt_lines *lines, struct tt_fault *fault)
{
    if (lines->at > 0) {
        memmove(lines->data, lines->data + lines->at, lines->len - lines->at);
        lines->len -= lines->at;
        lines->scanned -= lines->at;
        lines->at = 0;
    }
    if (lines->len == lines->capacity) {
        char *grown = tt_mem_resize(lines->data, lines->capacity * 2 + PADDING, 1);
        if (grown == NULL)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        lines->data = grown;
        lines->capacity *= 2;
    }
    size_t got = 0;
    enum tt_err err = tt_inflate_read(lines->source, lines->data + lines->len,
                                      lines->capacity - lines->len, &got, fault);
    if (err != TT_OK)
        return err;
    lines->len += got;
    lines->ended = got == 0;
    if (!lines->started && lines->len >= 3) {
        lines->started = true;
        if (memcmp(lines->data, "\xef\xbb\xbf", 3) == 0)
            lines->at = lines->scanned = 3;
    }
    return TT_OK;
}

static void give(struct tt_lines *lines, size_t end, struct tt_line *ret_line)
{
    size_t len = end - lines->at;
    if (len > 0 && lines->data[end - 1] == '\r')
        len--;
    bool overlong = len > lines->line_max;
    *ret_line = (struct tt_line){
        .text = {lines->data + lines->at, overlong ? lines->line_max : len},
        .number = ++lines->number,
        .overlong = overlong,
    };
}

enum tt_err tt_lines_next(struct tt_lines *lines, struct tt_line *ret_line, bool *ret_more,
                          struct tt_fault *fault)
{
    for (;;) {
        const char *from = lines->data + lines->scanned;
        const char *newline = memchr(from, '\n', lines->len - lines->scanned);
        size_t end = newline == NULL ? lines->len : (size_t)(newline - lines->data);
        if (newline != NULL || (lines->ended && end > lines->at)) {
            bool skipped = lines->skipping;
            lines->skipping = false;
            if (!skipped)
                give(lines, end, ret_line);
            lines->at = lines->scanned = newline == NULL ? end : end + 1;
            if (skipped)
                continue;
            *ret_more = true;
            return TT_OK;
        }
        if (lines->ended) {
            *ret_more = false;
            return TT_OK;
        }
        lines->scanned = lines->len;
        if (lines->skipping) {
            lines->at = lines->len; /* the rest of an overlong line */
        } else if (lines->len - lines->at > lines->line_max + 1) {
            give(lines, lines->len, ret_line);
            lines->at = lines->len;
            lines->skipping = true;
            ret_line->overlong = true;
            *ret_more = true;
            return TT_OK;
        }
        enum tt_err err = fill(lines, fault);
        if (err != TT_OK)
            return err;
    }
}
