/* The outbox: what is to be uploaded, stored beside the rows themselves, before any of it leaves.
 *
 * A destination has one line of plans whose ranges follow one another without a gap, so "uploaded
 * up to" is one number. Whoever works for a destination holds its lease; the lease's fence goes
 * with every change, and a change says which version of a batch it follows. So of two that race,
 * one finds FENCED and looks again.
 *
 * Every call is one transaction: all of it or nothing. After an error of class RETRY nobody knows
 * whether it happened: look again. Threads: one. Texts given to callbacks are borrowed; what a
 * callback returns other than TT_OK ends the call with that code.
 */
#ifndef TT_PORT_OUTBOX_H
#define TT_PORT_OUTBOX_H

#include "core/base/err.h"
#include "core/model/upload_batch.h"

/* A destination, and the fence of its lease. */
struct tt_outbox_turn {
    struct tt_str destination;
    int64_t fence;
};

/* What is to be done next: costs as much as there is to do, whatever was done before. */
struct tt_outbox_view {
    int64_t planned_to;    /* rows up to this apply_seq are in plans */
    int64_t plans;         /* number of the newest one; 0: none */
    uint64_t open_batches; /* not in a final state */
    uint64_t open_rows;
    uint64_t wanted_rows; /* held, not released, and to be uploaded as they are */
};

/* What there is of each kind: costs as much as was ever done. */
struct tt_outbox_totals {
    uint64_t done_batches, done_rows, done_bytes;
    uint64_t held_tasks, held_rows; /* not released */
    uint64_t quarantined_rows;
};

struct tt_outbox_plan {
    struct tt_upload_plan plan;            /* number: the newest one's, plus one */
    const struct tt_upload_batch *batches; /* number, version are given by the outbox */
    size_t batch_count;
    const struct tt_upload_hold *held; /* left out: tenant, task_id, rows */
    size_t held_count;
    const struct tt_upload_hold *released; /* that travel with it: tenant, task_id, plan */
    size_t released_count;
    const struct tt_upload_hold *wanted; /* that travel with a later one: the same */
    size_t wanted_count;
    int64_t now_us;
};

enum tt_outbox_holds {
    TT_OUTBOX_HOLDS_OPEN, /* not released */
    TT_OUTBOX_HOLDS_OF,   /* left out by a plan, or released in it */
};

struct tt_outbox {
    void *context;

    /* Every row up to *ret_seq is committed; none will ever be added there. Waits for writers that
     * are in the middle of a transaction. */
    enum tt_err (*horizon)(void *context, int64_t *ret_seq, struct tt_fault *fault);

    /* Takes the destination's lease, or renews it, until until_us. *ret_fence 0: another holds it.
     * A holder that takes it anew gets a larger fence. One that ends later than twice as far ahead
     * as until_us is of a clock that was wrong, and has ended. */
    enum tt_err (*lease)(void *context, struct tt_str destination, struct tt_str holder,
                         int64_t now_us, int64_t until_us, int64_t *ret_fence,
                         struct tt_fault *fault);
    /* Gives it back. */
    enum tt_err (*unlease)(void *context, const struct tt_outbox_turn *turn,
                           struct tt_fault *fault);

    /* A destination nobody knows is all zeros. */
    enum tt_err (*look)(void *context, struct tt_str destination, struct tt_outbox_view *ret_view,
                        struct tt_fault *fault);
    enum tt_err (*totals)(void *context, struct tt_str destination,
                          struct tt_outbox_totals *ret_totals, struct tt_fault *fault);
    /* Batches in no final state, by number. */
    enum tt_err (*open)(void *context, struct tt_str destination,
                        enum tt_err (*batch)(void *batch_context,
                                             const struct tt_upload_batch *batch),
                        void *batch_context, struct tt_fault *fault);

    /* Batches whose rows are there, by number. */
    enum tt_err (*done)(void *context, struct tt_str destination,
                        enum tt_err (*batch)(void *batch_context,
                                             const struct tt_upload_batch *batch),
                        void *batch_context, struct tt_fault *fault);

    /* FENCED: the lease is lost, or the newest plan is not the one before. */
    enum tt_err (*plan)(void *context, const struct tt_outbox_turn *turn,
                        const struct tt_outbox_plan *plan, struct tt_fault *fault);
    /* A plan (number, rules, written_at_us) whose rows were made anew: its batches are REPLACED by
     * these; its range, and what it left out or released, stays. DENIED: a batch of it was begun,
     * or was sent and refused, so rows of it may be there. FENCED: the lease is lost. */
    enum tt_err (*replan)(void *context, const struct tt_outbox_turn *turn,
                          const struct tt_upload_plan *plan, const struct tt_upload_batch *batches,
                          size_t batch_count, int64_t now_us, struct tt_fault *fault);
    /* The batch becomes what is given; version is the one it has, and one more afterwards, also in
     * *batch. load_at_us: a load begins now, to be counted; 0: none does. FENCED: the lease is
     * lost, or the batch has another version. */
    enum tt_err (*change)(void *context, const struct tt_outbox_turn *turn,
                          struct tt_upload_batch *batch, int64_t load_at_us, int64_t now_us,
                          struct tt_fault *fault);
    /* The batch is SPLIT, or QUARANTINED when there are no children; `bad`, where there is one, is
     * kept. FENCED: as above. */
    enum tt_err (*split)(void *context, const struct tt_outbox_turn *turn,
                         const struct tt_upload_batch *batch,
                         const struct tt_upload_batch *children, size_t child_count,
                         const struct tt_upload_bad_row *bad, int64_t now_us,
                         struct tt_fault *fault);

    /* Loads begun between the two; *ret_newest_us when the last one was, TT_TIME_NONE: never. */
    enum tt_err (*loads)(void *context, struct tt_str destination, enum tt_upload_table_id table,
                         int64_t since_us, int64_t until_us, uint64_t *ret_count,
                         int64_t *ret_newest_us, struct tt_fault *fault);

    /* By tenant, task_id, plan. */
    enum tt_err (*holds)(void *context, struct tt_str destination, enum tt_outbox_holds which,
                         int64_t plan,
                         enum tt_err (*hold)(void *hold_context, const struct tt_upload_hold *hold),
                         void *hold_context, struct tt_fault *fault);
    /* Held rows of a task id, of whatever tenant (absent: of all), are wanted as they are. */
    enum tt_err (*want)(void *context, struct tt_str destination, struct tt_str task_id,
                        uint64_t *ret_rows, struct tt_fault *fault);
};

#endif
