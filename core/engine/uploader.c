/* Happy path: take the destination's lease; bring every open batch forward; plan what is new; wait
 * until something is due.
 *
 * Failure modes: the store is away: everything in hand is forgotten and read back once it answers;
 * another uploader has the lease, or was quicker: look again; a batch waits for its next try: the
 * others go on; this process dies: whoever comes next reads the outbox and asks the sink. */
#include "core/engine/uploader_parts.h"

#include "core/base/mem.h"
#include "core/engine/backoff.h"

#define S_US         INT64_C(1000000)
#define TICK_US      S_US
/* once: longer than anything that goes on by itself takes between two steps (polls, tries after a
 * failure); where all batches have to wait longer, a quota or somebody is waited for */
#define ONCE_WAIT_US (45 * S_US)

void tt_uploader_tell(const struct tt_uploader *u, enum tt_observation what, int64_t number,
                      const char *text)
{
    if (u->options->observer != NULL)
        u->options->observer->tell(u->options->observer->context, what, number, text);
}

static bool is_stopped(const struct tt_uploader *u)
{
    return u->options->stop != NULL && *u->options->stop != 0;
}

static void sleep_us(const struct tt_uploader *u, int64_t us)
{
    u->options->clock->sleep_us(u->options->clock->context, us);
}

/* ---- The lease */

static enum tt_err hold_lease(struct tt_uploader *u, struct tt_fault *fault)
{
    const struct tt_uploader_options *o = u->options;
    int64_t now_us = tt_uploader_now(u), fence = 0;
    int64_t left_us = u->lease_until_us - now_us; /* more than all: the clock was set back */
    if (u->turn.fence > 0 && left_us > o->lease_us / 2 && left_us <= o->lease_us)
        return TT_OK;
    enum tt_err err = o->outbox->lease(o->outbox->context, o->destination, o->holder, now_us,
                                       now_us + o->lease_us, &fence, fault);
    if (err != TT_OK)
        return err;
    u->turn.fence = fence;
    u->lease_until_us = now_us + o->lease_us;
    return TT_OK;
}

static void end_lease(struct tt_uploader *u)
{
    if (u->turn.fence > 0)
        (void)!u->options->outbox->unlease(u->options->outbox->context, &u->turn, NULL);
}

/* ---- One round */

static enum tt_err take_batch(void *context, const struct tt_upload_batch *batch)
{
    struct tt_uploader *u = context;
    enum tt_err err = tt_mem_reserve((void **)&u->batches, &u->batch_capacity, u->batch_count + 1,
                                     sizeof *u->batches);
    if (err == TT_OK)
        u->batches[u->batch_count++] = *batch;
    return err;
}

static enum tt_err look(struct tt_uploader *u, struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    u->batch_count = 0;
    enum tt_err err = outbox->open(outbox->context, u->options->destination, take_batch, u, fault);
    if (err == TT_OK)
        err = outbox->look(outbox->context, u->options->destination, &u->view, fault);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}

/* When the batch may be brought forward; at once where that is not in the future. */
static enum tt_err due_us(struct tt_uploader *u, const struct tt_upload_batch *b, int64_t now_us,
                          int64_t *ret_us, struct tt_fault *fault)
{
    int64_t wait_us = 0;
    enum tt_err err = TT_OK;
    /* Whoever begins a new run may have set right what blocked the one before. */
    *ret_us = b->blocked && !u->looked_through ? now_us : b->next_try_us;
    if (*ret_us - now_us > TT_UPLOAD_WAIT_MAX_US)
        *ret_us = now_us;
    if (b->state != TT_UPLOAD_PLANNED || *ret_us > now_us)
        return TT_OK;
    err = tt_upload_budget(u, b->table, &wait_us, fault);
    *ret_us = now_us + wait_us;
    if (wait_us > 0 && !u->budget_told)
        tt_uploader_tell(u, TT_OBSERVED_UPLOAD_WAITS, 0, tt_upload_tables[b->table].name);
    u->budget_told = wait_us > 0;
    u->budget_spent = u->budget_spent || wait_us > 0;
    return err;
}

/* Every batch that is due, one step. */
static enum tt_err step_all(struct tt_uploader *u, int64_t *ret_soonest_us, bool *ret_did,
                            struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    u->budget_spent = false;
    for (size_t i = 0; i < u->batch_count && err == TT_OK && !is_stopped(u); i++) {
        int64_t now_us = tt_uploader_now(u), at_us = 0;
        err = due_us(u, &u->batches[i], now_us, &at_us, fault);
        if (err != TT_OK)
            return err;
        if (at_us > now_us) {
            *ret_soonest_us = at_us < *ret_soonest_us ? at_us : *ret_soonest_us;
            continue;
        }
        *ret_did = true;
        err = hold_lease(u, fault);
        if (err == TT_OK && u->turn.fence == 0)
            return tt_fault_set(fault, TT_ERR_FENCED, "another uploader has taken the lease");
        if (err == TT_OK)
            err = tt_upload_step(u, &u->batches[i], fault);
    }
    u->looked_through = u->looked_through || err == TT_OK;
    return err;
}

static enum tt_err round_of(struct tt_uploader *u, int64_t *ret_soonest_us, bool *ret_did,
                            struct tt_fault *fault)
{
    bool planned = false;
    enum tt_err err = hold_lease(u, fault);
    *ret_soonest_us = INT64_MAX;
    *ret_did = false;
    if (err != TT_OK || u->turn.fence == 0)
        return err;
    err = look(u, fault);
    if (err == TT_OK && !u->swept) {
        u->options->rows->keep(u->options->rows->context, u->batches, u->batch_count);
        u->swept = true;
    }
    if (err == TT_OK)
        err = step_all(u, ret_soonest_us, ret_did, fault);
    if (err == TT_OK && !*ret_did && !is_stopped(u))
        err = tt_upload_plan_next(u, &planned, fault);
    *ret_did = *ret_did || planned;
    return err;
}

/* ---- The end of `once` */

static bool is_finished(const struct tt_uploader *u)
{
    return u->options->once && u->turn.fence > 0 && u->batch_count == 0 && !tt_upload_plan_due(u);
}

/* What keeps the rest back; it may be a run before this one that was told to wait. */
static const char *why_left(const struct tt_uploader *u)
{
    if (u->budget_spent)
        return "the loads of 24 hours are used up";
    if (u->last.code != TT_OK)
        return u->last.text;
    for (size_t i = 0; i < u->batch_count; i++)
        if (u->batches[i].problem[0] != '\0')
            return u->batches[i].problem;
    return "the sink said to come back later";
}

/* What is left, and why. */
static enum tt_err give_up(const struct tt_uploader *u, struct tt_fault *fault)
{
    bool known = !u->budget_spent && u->last.code != TT_OK;
    enum tt_err err = known ? u->last.code : TT_ERR_UNAVAILABLE;
    int64_t unplanned = u->horizon - u->view.planned_to;
    return tt_fault_set(
        fault, err, "%llu rows in %llu %s are left, and %lld rows that are in none: %s",
        (unsigned long long)u->view.open_rows, (unsigned long long)u->view.open_batches,
        u->view.open_batches == 1 ? "batch" : "batches", (long long)(unplanned > 0 ? unplanned : 0),
        why_left(u));
}

static bool all_blocked(const struct tt_uploader *u)
{
    for (size_t i = 0; i < u->batch_count; i++)
        if (!u->batches[i].blocked)
            return false;
    return u->batch_count > 0;
}

/* Another has the lease. Once: it may be one that died, whose lease ends soon. */
static enum tt_err wait_for_lease(struct tt_uploader *u, struct tt_fault *fault)
{
    const struct tt_uploader_options *o = u->options;
    int64_t now_us = tt_uploader_now(u);
    if (u->refused_us == TT_TIME_NONE) {
        u->refused_us = now_us;
        tt_uploader_tell(u, TT_OBSERVED_UPLOAD_WAITS, 0, "another uploader has the lease");
    }
    if (o->once && now_us - u->refused_us > 2 * o->lease_us)
        return tt_fault_set(fault, TT_ERR_BUSY, "another uploader works for %.*s",
                            TT_STR_ARGS(o->destination));
    sleep_us(u, o->lease_us / 3);
    return TT_OK;
}

/* Nothing could be done: whether that is the end, or how long to wait. */
static enum tt_err wait_or_end(struct tt_uploader *u, int64_t soonest_us, bool *ret_end,
                               struct tt_fault *fault)
{
    bool once = u->options->once;
    int64_t wait_us = soonest_us == INT64_MAX ? TICK_US : soonest_us - tt_uploader_now(u);
    *ret_end = is_finished(u);
    if (*ret_end)
        return TT_OK;
    if (u->turn.fence == 0)
        return wait_for_lease(u, fault);
    u->refused_us = TT_TIME_NONE;
    if (once && (all_blocked(u) || wait_us > ONCE_WAIT_US || u->put_off >= u->options->tries_max))
        return give_up(u, fault);
    if (!once && wait_us > TICK_US)
        wait_us = TICK_US;
    sleep_us(u, wait_us > 0 ? wait_us : 0);
    return TT_OK;
}

/* After a round that failed: whether to go on. */
static enum tt_err recover(struct tt_uploader *u, struct tt_backoff *backoff, enum tt_err err,
                           struct tt_fault *trouble, struct tt_fault *fault)
{
    if (err == TT_ERR_FENCED) {
        u->turn.fence = 0;
        return TT_OK;
    }
    if (err == TT_ERR_STOPPED && is_stopped(u))
        return TT_OK;
    if (tt_err_class(err) != TT_CLASS_RETRY)
        return tt_fault_set(fault, err, "%s", trouble->text);
    u->last = *trouble;
    u->failures++;
    u->turn.fence = 0;
    if (backoff->tries == 0)
        tt_uploader_tell(u, TT_OBSERVED_STORE_AWAY, 0, trouble->text);
    if (!u->options->once || u->failures < u->options->tries_max)
        sleep_us(u, tt_backoff_next_us(backoff, u->options->random));
    return TT_OK;
}

static enum tt_err run(struct tt_uploader *u, struct tt_fault *fault)
{
    struct tt_backoff backoff = {.first_us = S_US, .max_us = 32 * S_US};
    bool end = false;
    enum tt_err err = TT_OK;
    while (err == TT_OK && !end && !is_stopped(u)) {
        struct tt_fault trouble = {0};
        int64_t soonest_us;
        bool did;
        enum tt_err problem = round_of(u, &soonest_us, &did, &trouble);
        if (problem != TT_OK) {
            err = recover(u, &backoff, problem, &trouble, fault);
        } else {
            if (backoff.tries > 0)
                tt_uploader_tell(u, TT_OBSERVED_STORE_BACK, 0, "");
            tt_backoff_reset(&backoff);
            if (!did)
                err = wait_or_end(u, soonest_us, &end, fault);
        }
        if (err == TT_OK && u->options->once && u->failures >= u->options->tries_max)
            err = give_up(u, fault);
    }
    return err == TT_OK && !end && u->options->once
               ? tt_fault_set(fault, TT_ERR_STOPPED, "asked to stop before everything was uploaded")
               : err;
}

enum tt_err tt_uploader_run(const struct tt_uploader_options *options,
                            struct tt_uploader_counts *ret_counts, struct tt_fault *fault)
{
    struct tt_uploader u = {
        .options = options,
        .turn = {.destination = options->destination},
        .pending_since_us = TT_TIME_NONE,
        .refused_us = TT_TIME_NONE,
        .span = options->batch_rows,
        .held_max = (uint64_t)options->batch_rows,
    };
    tt_buf_init(&u.handle, TT_UPLOAD_HANDLE_BYTES - 1);
    enum tt_err err = run(&u, fault);
    end_lease(&u);
    *ret_counts = u.counts;
    tt_mem_free(u.batches);
    tt_buf_done(&u.handle);
    return err;
}
