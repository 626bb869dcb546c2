/* Happy path: decode every entry -> begin -> fence -> load what the store knows of the batch ->
 * decide in memory: which entries get rows, what the handlers say of each event -> write -> commit.
 *
 * Failure modes: an entry does not decode: it is named as poison and the rest goes on. The store
 * can never take some event: the batch is applied in halves, and these in halves, until the one is
 * found and named. The store fails otherwise: roll back, the error goes up. The commit's outcome is
 * unknown: the caller applies the batch again, and rows that are there already change nothing a
 * second time. */
#include "core/engine/applier.h"

#include "core/base/assert.h"
#include "core/engine/gathering.h"
#include "core/engine/rows.h"
#include "core/engine/state.h"

struct tt_applier {
    struct tt_applier_options options;
    const struct tt_store *store;
    int64_t epoch;
    struct tt_decoding decoding;
    struct tt_gathering gathering;
    struct tt_rows rows;
    struct tt_state state;
    struct tt_arena arena; /* of the transaction in hand */
    /* of the batch in hand */
    const struct tt_tenants *tenants; /* NULL: all is wanted */
    int64_t read_started_us;
    uint64_t written, reused;
};

enum tt_err tt_applier_create(const struct tt_applier_options *options,
                              struct tt_applier **ret_applier, struct tt_fault *fault)
{
    struct tt_applier *applier = tt_mem_zalloc(sizeof *applier);
    if (applier == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    applier->options = *options;
    applier->store = options->store;
    tt_arena_init(&applier->arena, 0);
    tt_state_init(&applier->state);
    enum tt_err err = tt_decoding_init(&applier->decoding, options->json_depth_max, fault);
    if (err == TT_OK)
        *ret_applier = applier;
    else
        tt_applier_destroy(applier);
    return err;
}

void tt_applier_destroy(struct tt_applier *applier)
{
    if (applier == NULL)
        return;
    tt_decoding_done(&applier->decoding);
    tt_gathering_done(&applier->gathering);
    tt_rows_done(&applier->rows);
    tt_state_done(&applier->state);
    tt_arena_done(&applier->arena);
    tt_mem_free(applier);
}

void tt_applier_set_epoch(struct tt_applier *applier, int64_t epoch)
{
    tt_assert(epoch >= 1);
    applier->epoch = epoch;
}

/* ---- One transaction */

static enum tt_err out_of_memory(enum tt_err err, struct tt_fault *fault)
{
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}

static enum tt_err decide(struct tt_applier *applier, int64_t now_us, struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    const struct tt_store_batch *batch = &applier->gathering.batch;
    struct tt_state *state = &applier->state;
    const struct tt_state_order order = {applier->tenants, applier->options.apply_by_arrival};
    const struct tt_row_stamp stamp = {applier->options.worker, applier->read_started_us, now_us};
    enum tt_err err = out_of_memory(tt_rows_make(&applier->rows, batch, &stamp), fault);
    if (err == TT_OK)
        err = out_of_memory(
            tt_state_run(state, batch, &applier->rows, &applier->arena, now_us, &order, fault),
            fault);
    if (err == TT_OK && state->history_count > 0) {
        err = store->histories(store->context, state->histories, state->history_count,
                               &applier->arena, fault);
        if (err == TT_OK)
            err = out_of_memory(tt_state_run_histories(state, fault), fault);
    }
    if (err == TT_OK) {
        tt_state_put_fences(state);
        err = out_of_memory(tt_state_collect(state), fault);
    }
    state->changes.audit = applier->rows.list;
    state->changes.audit_count = applier->rows.count;
    state->changes.meanwhile = applier->options.meanwhile;
    return err;
}

static enum tt_err in_transaction(struct tt_applier *applier, struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    struct tt_store_batch *batch = &applier->gathering.batch;
    int64_t now_us = applier->options.clock->wall_us(applier->options.clock->context);
    enum tt_err err =
        store->fence(store->context, batch->partitions, batch->partition_count, fault);
    if (err == TT_OK)
        err = store->load(store->context, batch, &applier->arena, fault);
    if (err == TT_OK)
        err = decide(applier, now_us, fault);
    if (err == TT_OK && applier->rows.count > 0)
        err = store->write(store->context, &applier->state.changes, fault);
    return err == TT_OK ? store->commit(store->context, fault) : err;
}

static void tell_observers(const struct tt_applier *applier)
{
    const struct tt_applier_options *options = &applier->options;
    for (size_t row = 0; options->observer_count > 0 && row < applier->rows.count; row++) {
        const struct tt_current_row *task = tt_state_row(&applier->state, row);
        for (size_t i = 0; i < options->observer_count; i++)
            options->observers[i].see(options->observers[i].context, &applier->rows.list[row],
                                      task);
    }
}

static enum tt_err apply_slice(struct tt_applier *applier, size_t first, size_t count,
                               struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    tt_arena_reset(&applier->arena);
    enum tt_err err =
        out_of_memory(tt_gathering_run(&applier->gathering, applier->decoding.entries + first,
                                       count, applier->epoch),
                      fault);
    if (err != TT_OK)
        return err;
    err = store->begin(store->context, fault);
    if (err == TT_OK)
        err = in_transaction(applier, fault);
    if (err != TT_OK) {
        store->rollback(store->context);
        return err;
    }
    applier->written += applier->rows.count;
    applier->reused += applier->rows.reused;
    tell_observers(applier);
    return TT_OK;
}

/* ---- The batch */

static void go_between(const struct tt_applier *applier)
{
    if (applier->options.between != NULL)
        applier->options.between(applier->options.between_context);
}

/* Applies a slice; where the store can never take it, its halves, in order. */
static enum tt_err apply_around_poison(struct tt_applier *applier, size_t first, size_t count,
                                       struct tt_fault *fault)
{
    struct tt_fault refused = {0};
    enum tt_err err = tt_decoding_hold_back(&applier->decoding, first, count, &count);
    if (err != TT_OK || count == 0)
        return out_of_memory(err, fault);
    err = apply_slice(applier, first, count, &refused);
    if (tt_err_class(err) != TT_CLASS_POISON) {
        if (err != TT_OK)
            tt_fault_set(fault, err, "%s", refused.text);
        return err;
    }
    go_between(applier);
    if (count == 1)
        return out_of_memory(tt_decoding_unstorable(&applier->decoding, first, refused.text),
                             fault);
    err = apply_around_poison(applier, first, count / 2, fault);
    if (err != TT_OK)
        return err;
    go_between(applier);
    return apply_around_poison(applier, first + count / 2, count - count / 2, fault);
}

enum tt_err tt_applier_apply(struct tt_applier *applier, const struct tt_queue_batch *batch,
                             int64_t read_started_at_us, const struct tt_poison **ret_poison,
                             size_t *ret_poison_count, uint64_t *ret_rows, struct tt_fault *fault)
{
    tt_assert(applier->epoch >= 1);
    applier->read_started_us = read_started_at_us;
    applier->written = applier->reused = 0;
    const struct tt_tenant_source *source = &applier->options.tenants;
    applier->tenants = source->now == NULL ? NULL : source->now(source->context);
    const struct tt_decoding_rules rules = {applier->tenants, applier->options.park,
                                            applier->options.can_park};
    enum tt_err err =
        out_of_memory(tt_decoding_run(&applier->decoding, batch, &rules, applier->epoch), fault);
    if (err == TT_OK && applier->decoding.count > 0)
        err = apply_around_poison(applier, 0, applier->decoding.count, fault);
    if (err != TT_OK)
        return err;
    const struct tt_observer *observer = applier->options.observer;
    if (applier->decoding.excluded > 0)
        observer->tell(observer->context, TT_OBSERVED_EXCLUDED, (int64_t)applier->decoding.excluded,
                       "");
    if (applier->reused > 0) {
        observer->tell(observer->context, TT_OBSERVED_ENTRY_ID_REUSED, (int64_t)applier->reused,
                       "");
    }
    *ret_poison = applier->decoding.poison;
    *ret_poison_count = applier->decoding.poison_count;
    *ret_rows = applier->written;
    return TT_OK;
}
