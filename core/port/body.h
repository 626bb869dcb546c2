/* The rows of one batch to be uploaded, as they were written once: the same bytes however often
 * they are read. Threads: one. */
#ifndef TT_PORT_BODY_H
#define TT_PORT_BODY_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tt_body {
    void *context;
    uint64_t bytes; /* of the gzip file; its lines are NDJSON rows */
    uint64_t rows;
    /* `size` bytes from `offset` on, fewer only at the end; a read may go back. */
    enum tt_err (*read)(void *context, uint64_t offset, void *to, size_t size, size_t *ret_size,
                        struct tt_fault *fault);
    /* The rows, from row `first` (0-based) on, without line ends. Borrowed by the callback; what
     * it returns other than TT_OK ends it with that code. */
    enum tt_err (*lines)(void *context, uint64_t first,
                         enum tt_err (*line)(void *line_context, uint64_t row, struct tt_str json),
                         void *line_context, struct tt_fault *fault);
};

#endif
