/* The fast reader of native events beside the thorough one: every machine code, in every setting,
 * must accept only what the thorough one accepts, and read it the same. Used by tests and fuzzing.
 */
#ifndef TT_TESTS_LIB_READERS_H
#define TT_TESTS_LIB_READERS_H

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/model/scan.h"

struct tt_readers {
    struct tt_scan scans[TT_SCAN_WAYS];
    bool runs[TT_SCAN_WAYS];
    struct tt_arena arena;
    struct tt_buf thorough, fast;
    char difference[1024];
    bool accepted, plain; /* what the last line was */
};

void tt_readers_init(struct tt_readers *readers);
void tt_readers_done(struct tt_readers *readers);

/* Reads the first `len` bytes of `text` as a line, by all readers; what follows up to `text_len`
 * may be read ahead but is not the line's. Everything is read from memory of exactly its size.
 * NULL: they agree; else what differs, borrowed. */
const char *tt_readers_compare(struct tt_readers *readers, const char *text, size_t text_len,
                               size_t len);

#endif
