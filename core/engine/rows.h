/* Which entries of a batch get an audit row, and under which epoch. Threads: one.
 *
 * Epochs. An entry's key is its place on the queue. Where the queue lost its tail it gives the same
 * ids again, with other content: such an entry goes under the partition's next epoch, and so does
 * all that comes to the partition from then on, since rows are read back in order of epoch and
 * entry id and the new entries came behind all of the old epoch. An entry that stands at its place
 * already, under any of these epochs, is a redelivery and makes no second row.
 *
 * Duplicates are found among what the store has of the task and what came before in the batch. */
#ifndef TT_ENGINE_ROWS_H
#define TT_ENGINE_ROWS_H

#include "core/engine/slots.h"
#include "core/port/store_batch.h"

struct tt_rows {
    struct tt_audit_row *list; /* in the order of the batch */
    size_t *origins;           /* of each row: its entry's index */
    size_t count;
    uint64_t reused; /* entries whose id came back with other content */
    size_t capacity, origin_capacity;
    struct tt_slots slots;
    struct tt_row_place *places; /* by partition of the batch */
    size_t place_capacity;
};

/* What all rows of a batch have in common. */
struct tt_row_stamp {
    struct tt_str worker; /* borrowed */
    int64_t read_started_us, write_started_us;
};

void tt_rows_done(struct tt_rows *rows);

/* The batch was loaded. Errors: NO_MEMORY. */
enum tt_err tt_rows_make(struct tt_rows *rows, const struct tt_store_batch *batch,
                         const struct tt_row_stamp *stamp) TT_MUST_CHECK;

#endif
