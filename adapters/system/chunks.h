/* Chunks: line-aligned pieces of a regular file, for several threads at once.
 *
 * A chunk owns the lines that start in its stretch of the file; the last one is read to its end,
 * wherever that is. So every line is in exactly one chunk, in order, whatever the size of chunks.
 *
 * Threads: a tt_chunk_file may be read by many at once; each thread brings its own tt_chunk_buf.
 */
#ifndef TT_ADAPTERS_SYSTEM_CHUNKS_H
#define TT_ADAPTERS_SYSTEM_CHUNKS_H

#include "core/base/err.h"
#include "core/base/str.h"

enum {
    TT_CHUNK_BYTES = 1 << 19, /* stretch of a chunk */
    TT_CHUNK_PADDING = 64,    /* readable bytes behind the text */
};

struct tt_chunk_file {
    int fd; /* -1: closed */
    uint64_t bytes;
    uint64_t device, inode; /* of what was opened */
    const char *path;       /* borrowed */
    uint32_t chunks;        /* at least 1 */
};

/* Opens a file for reading in chunks. UNSUPPORTED, without a fault: it is no plain regular file (a
 * pipe, compressed, too large to count) and has to be read from its start. Errors, with the path:
 * NOT_FOUND, DENIED, IO (a directory among it). */
enum tt_err tt_chunk_file_open(struct tt_chunk_file *file, const char *path,
                               struct tt_fault *fault) TT_MUST_CHECK;
/* Reading goes on all the same, each chunk then opens the file for itself: for the many files that
 * a process cannot have open at once. */
void tt_chunk_file_close(struct tt_chunk_file *file);

struct tt_chunk_buf {
    char *data; /* owned */
    size_t capacity;
};
void tt_chunk_buf_done(struct tt_chunk_buf *buf);

struct tt_chunk {
    struct tt_str text; /* whole lines, borrowed from the buffer; TT_CHUNK_PADDING bytes behind are
                           readable */
    uint64_t offset;    /* of text in the file */
    bool last_is_overlong; /* the last line is longer than line_bytes_max and was cut behind that */
};

/* Reads chunk number `index`. The text may be empty. Errors: IO, NO_MEMORY; of a closed file also
 * those of opening it. */
enum tt_err tt_chunk_read(const struct tt_chunk_file *file, uint32_t index, size_t line_bytes_max,
                          struct tt_chunk_buf *buf, struct tt_chunk *ret_chunk,
                          struct tt_fault *fault) TT_MUST_CHECK;

#endif
