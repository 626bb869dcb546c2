/* The full pass: events in, a report out. Pure: no clock, no store, no output; a temporary file
 * alone when memory is short.
 *
 *   tt_pass_create -> feeders add events (one thread each) -> tt_pass_finish -> report
 *                                                         or tt_pass_learn  -> steps, counted
 *
 * Arrival is the order of chunks, and within a chunk the order of adding. A feeder that reads a
 * file alone uses chunk 0; several feeders that share an input give each piece of it a chunk number
 * that grows with its place in the input. Whatever the number of feeders and threads, and whether
 * memory sufficed or not, the report is the same.
 *
 * Threads: create and finish from one; each feeder from one thread at a time.
 */
#ifndef TT_REPLAY_PASS_H
#define TT_REPLAY_PASS_H

#include "core/model/event.h"
#include "core/model/lifecycle.h"
#include "core/model/tenants.h"
#include "replay/report.h"

struct tt_pass;
struct tt_feeder;
struct tt_step_counts;

struct tt_pass_options {
    const struct tt_lifecycle_set
        *lifecycles;                  /* borrowed until the report is destroyed; NULL = none */
    bool ties_by_arrival;             /* --ties arrival */
    bool apply_by_arrival;            /* --apply-order arrival, where a tenant does not say */
    const struct tt_tenants *tenants; /* borrowed; NULL = none says */
    bool from_store;                  /* compare with what tt_feeder_add_state and _interval tell */
    int64_t now_us;                   /* TT_TIME_NONE = none */
    int64_t max_future_us;
    unsigned threads;                     /* at least 1 */
    uint64_t memory_bytes;                /* for records */
    const char *temp_dir;                 /* borrowed; used only when memory is short */
    struct tt_str only_tenant, only_task; /* absent = all; else the rest counts for arrival alone */
    bool want_picture;                    /* keep the whole of only_task for tt_pass_picture */
    unsigned shard, shards; /* judge share `shard`, from 0, of `shards` alone; shards 0: all */
    uint64_t rules_digest;  /* of lifecycles and tenants: shards of equal ones go together */
};

/* Errors: NO_MEMORY. Returns owned. */
enum tt_err tt_pass_create(const struct tt_pass_options *options, struct tt_pass **ret_pass,
                           struct tt_fault *fault) TT_MUST_CHECK;
void tt_pass_destroy(struct tt_pass *pass);

/* A feeder; lives as long as the pass. Call from one thread at a time. */
enum tt_err tt_pass_feeder(struct tt_pass *pass, struct tt_feeder **ret_feeder,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* Nothing more will be added by this feeder; what it needed for that serves the next one. Threads:
 * as tt_pass_feeder. */
void tt_feeder_end(struct tt_feeder *feeder);

/* Says which chunk the next events belong to; grows from call to call. Not needed with a single
 * feeder, and the first one stands in chunk 0 from the start. Chunks that stand near to each other
 * are best given to one feeder: it names each task once. Errors: NO_MEMORY; LIMIT (2^28 chunks). */
enum tt_err tt_feeder_chunk(struct tt_feeder *feeder, uint32_t chunk,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* Errors: NO_MEMORY; NO_SPACE, IO, NOT_FOUND, DENIED of the temporary file; LIMIT (an event over 4
 * GiB, over 68 billion events in one chunk). */
enum tt_err tt_feeder_add(struct tt_feeder *feeder, const struct tt_event *event,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* The same, quicker: the event's texts are looked at once more, and must stay where they are until
 * tt_feeder_flush; 32 bytes must be readable from the start of each one on. What is left so when
 * the pass is finished is not in it. */
enum tt_err tt_feeder_add_later(struct tt_feeder *feeder, const struct tt_event *event,
                                struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_feeder_flush(struct tt_feeder *feeder, struct tt_fault *fault) TT_MUST_CHECK;
void tt_feeder_rejected(struct tt_feeder *feeder, uint64_t count);

/* From a store: an audit row with its write sequence, a task's current state, one stored stay (in
 * order). Rows first: the first one of a task says its type. */
enum tt_err tt_feeder_add_applied(struct tt_feeder *feeder, const struct tt_event *event,
                                  int64_t apply_seq, int64_t applied_at_us,
                                  struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_feeder_add_state(struct tt_feeder *feeder, struct tt_str tenant,
                                struct tt_str task_id, struct tt_str status, int64_t event_time_us,
                                struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_feeder_add_interval(struct tt_feeder *feeder, struct tt_str tenant,
                                   struct tt_str task_id, const struct tt_interval *interval,
                                   struct tt_fault *fault) TT_MUST_CHECK;

/* Judges every task. The report is owned by the pass: valid until tt_pass_destroy. */
enum tt_err tt_pass_finish(struct tt_pass *pass, const struct tt_report **ret_report,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* Instead of tt_pass_finish: counts the steps of every task whose order is beyond doubt
 * (replay/steps.h), for each task type or for all together. Owned by the pass. Errors: those of
 * finish; LIMIT: more than TT_STEPS_MAX different steps. */
enum tt_err tt_pass_learn(struct tt_pass *pass, bool by_type,
                          const struct tt_step_counts **ret_steps,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* Share of the judging that is done, 0 to 1000; any thread, for a progress bar. */
unsigned tt_pass_progress(const struct tt_pass *pass);
/* The one task of want_picture, after finish; NULL when it has no events. Owned by the pass. */
const struct tt_task_picture *tt_pass_picture(const struct tt_pass *pass);

#endif
