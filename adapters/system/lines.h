/* Lines of a file, of stdin, of gzip or zstd input, read in large blocks.
 *
 * A byte order mark at the start is passed over; "\r\n" ends a line as "\n" does; a last line
 * without an end counts. An overlong line is given cut, marked, and the rest of it skipped: memory
 * is bounded by the longest line allowed, whatever comes.
 *
 * Threads: one. Memory: a line is valid until the next call.
 */
#ifndef TT_ADAPTERS_SYSTEM_LINES_H
#define TT_ADAPTERS_SYSTEM_LINES_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tt_lines;

struct tt_line {
    struct tt_str text; /* without its end; 64 readable bytes behind it */
    uint64_t number;    /* 1-based */
    bool overlong;      /* cut to the maximum */
};

/* path "-" is stdin. Compression is recognised by its first bytes. Errors, with the path:
 * NOT_FOUND, DENIED, IO, NO_MEMORY. Returns owned. */
enum tt_err tt_lines_open(const char *path, size_t line_bytes_max, struct tt_lines **ret_lines,
                          struct tt_fault *fault) TT_MUST_CHECK;
void tt_lines_close(struct tt_lines *lines);

/* The next line; *ret_more false at the end. Errors: IO (also a compressed file that breaks off or
 * is damaged, after its good lines), NO_MEMORY, STOPPED (a signal came and `stop` was set). */
enum tt_err tt_lines_next(struct tt_lines *lines, struct tt_line *ret_line, bool *ret_more,
                          struct tt_fault *fault) TT_MUST_CHECK;

/* Whether the next call would have to wait for more input: nothing whole is buffered and a pipe or
 * terminal has nothing to read. */
bool tt_lines_would_block(const struct tt_lines *lines);

/* A flag that a signal handler sets; a read that is interrupted then gives STOPPED. Borrowed. */
void tt_lines_stop_with(struct tt_lines *lines, const volatile int *stop);

/* Bytes read from the file so far (compressed ones count as they are). */
uint64_t tt_lines_bytes(const struct tt_lines *lines);

#endif
