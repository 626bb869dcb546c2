/* The rows of a plan, made from the store and kept in files until they are uploaded. Making them
 * again gives the same lines, as long as the rules are the same.
 *
 * Errors: those of the store and of the files; LIMIT: more than fits one batch, try a smaller
 * range, or fewer held rows; CORRUPT: what can be made now is not what was planned, and must not be
 * sent under its name. Threads: one. */
#ifndef TT_PORT_UPLOAD_ROWS_H
#define TT_PORT_UPLOAD_ROWS_H

#include "core/model/upload_batch.h"
#include "core/port/body.h"

/* What making a new plan's rows gave. Borrowed until the next call. */
struct tt_upload_made {
    struct tt_upload_rows_made tables[TT_UPLOAD_TABLES]; /* rows 0: nothing for that table */
    const struct tt_upload_hold *held, *released;        /* as struct tt_outbox_plan has them */
    const struct tt_upload_hold *wanted;                 /* no room was left for these */
    size_t held_count, released_count, wanted_count;
    uint64_t excluded; /* rows of types and tasks that tenants do not want */
};

struct tt_upload_rows {
    void *context;
    /* A digest of all that rows follow from but for the store and the plan. */
    const char *rules;
    /* Of a plan that is not stored yet. Held rows that may travel do, as whole holds, up to
     * held_max of them; where the plan has no range of its own one hold does, however large. */
    enum tt_err (*make)(void *context, const struct tt_upload_plan *plan, uint64_t held_max,
                        struct tt_upload_made *ret_made, struct tt_fault *fault);
    /* Of a plan that is stored, with the rules of today: what it left out and released stays. */
    enum tt_err (*remake)(void *context, const struct tt_upload_plan *plan,
                          struct tt_upload_made *ret_made, struct tt_fault *fault);
    /* Some rows of a batch, for a smaller one. */
    enum tt_err (*cut)(void *context, const struct tt_upload_batch *batch, uint64_t row_from,
                       uint64_t rows, struct tt_upload_rows_made *ret_made, struct tt_fault *fault);
    /* The batch's rows, until close; made again where their file is gone. */
    enum tt_err (*open)(void *context, const struct tt_upload_batch *batch,
                        const struct tt_body **ret_body, struct tt_fault *fault);
    void (*close)(void *context);
    /* The file of these rows is not needed any more. */
    void (*drop)(void *context, const struct tt_upload_rows_made *made);
    /* Of this destination's files only those of these batches are needed. Files made within the
     * last hour stay: somebody may be at work on them. */
    void (*keep)(void *context, const struct tt_upload_batch *batches, size_t count);
};

#endif
