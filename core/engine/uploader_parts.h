/* Inside of the uploader: uploader.c has the loop, upload_plan.c plans, upload_step.c brings one
 * batch forward, upload_refused.c cuts one that was refused, upload_budget.c says when a load may
 * begin. */
#ifndef TT_ENGINE_UPLOADER_PARTS_H
#define TT_ENGINE_UPLOADER_PARTS_H

#include "core/engine/uploader.h"

struct tt_uploader {
    const struct tt_uploader_options *options;
    struct tt_uploader_counts counts;
    struct tt_outbox_turn turn; /* fence 0: no lease */
    int64_t lease_until_us;
    struct tt_upload_batch *batches; /* open ones, as the outbox had them */
    size_t batch_count, batch_capacity;
    struct tt_outbox_view view;
    int64_t horizon;          /* 0: not known yet */
    int64_t horizon_at_us;    /* when it was asked for */
    int64_t pending_since_us; /* when something new was seen first; TT_TIME_NONE: nothing new */
    int64_t span;             /* of the next plan */
    uint64_t held_max;        /* held rows that travel with it, at most */
    bool swept;               /* files that nobody needs are gone */
    bool nothing_wanted;      /* what is wanted of held rows cannot be made into rows */
    unsigned failures;        /* in a row */
    unsigned
        failed_attempts;  /* of them, attempts that ended without a row; since rows were taken */
    bool looked_through;  /* every open batch was in hand once */
    struct tt_fault last; /* the newest of them */
    unsigned put_off;     /* in a row: the sink took nothing and said when to come back */
    bool budget_spent;    /* in this round some batch waits for its table's budget */
    bool budget_told;     /* that it does was told */
    int64_t refused_us;   /* since when another has the lease; TT_TIME_NONE: nobody has */
    struct tt_buf handle;
};

/* No batch waits longer for its next try, whatever the sink asks for: so a time that is further
 * ahead is of a clock that was wrong. */
#define TT_UPLOAD_WAIT_MAX_US INT64_C(3600000000)

static inline int64_t tt_uploader_now(const struct tt_uploader *u)
{
    return u->options->clock->wall_us(u->options->clock->context);
}
void tt_uploader_tell(const struct tt_uploader *u, enum tt_observation what, int64_t number,
                      const char *text);

/* How long a load of the table has to wait; 0: it may begin. */
enum tt_err tt_upload_budget(struct tt_uploader *u, enum tt_upload_table_id table,
                             int64_t *ret_wait_us, struct tt_fault *fault) TT_MUST_CHECK;

/* Brings a batch as far as it goes now. Errors: those of the outbox, FENCED among them, and what
 * does not pass. What the sink says ends up in the batch. */
enum tt_err tt_upload_step(struct tt_uploader *u, struct tt_upload_batch *batch,
                           struct tt_fault *fault) TT_MUST_CHECK;

/* The batch waits until somebody sets right what the problem says. */
enum tt_err tt_upload_block(struct tt_uploader *u, struct tt_upload_batch *batch,
                            const char *problem, struct tt_fault *fault) TT_MUST_CHECK;

/* The sink has refused the batch for some of its rows. */
enum tt_err tt_upload_split(struct tt_uploader *u, struct tt_upload_batch *batch,
                            const struct tt_sink_answer *answer,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* Plans what is new, if there is enough of it or it has waited long enough. */
enum tt_err tt_upload_plan_next(struct tt_uploader *u, bool *ret_planned,
                                struct tt_fault *fault) TT_MUST_CHECK;
/* Whether something is left to be planned. */
bool tt_upload_plan_due(const struct tt_uploader *u);

#endif
