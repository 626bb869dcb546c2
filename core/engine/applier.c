/* Happy path: decode every entry -> begin -> fences -> for each event: its row, its task's state,
 * what the handlers say -> commit. Reading, deciding and writing are separate steps.
 *
 * Failure modes: an entry does not decode: it is named as poison and the rest goes on; the store
 * fails: roll back, the error goes up, nothing is left; the commit's outcome is unknown: the caller
 * applies the batch again, and rows that are there already change nothing a second time. */
#include "core/engine/applier.h"

#include "core/base/assert.h"
#include "core/handlers/handler.h"

struct decoded {
    size_t entry; /* index in the batch */
    struct tt_event event;
};

struct tt_applier {
    struct tt_applier_options options;
    const struct tt_store *store;
    int64_t epoch;
    struct tt_decoder *decoder;
    struct tt_arena arena; /* events and state of the batch in hand */
    struct decoded *decoded;
    size_t decoded_count, decoded_capacity;
    struct tt_poison *poison;
    size_t poison_count, poison_capacity;
    /* of the batch in hand */
    const struct tt_queue_batch *batch;
    const int64_t *fences;
    int64_t read_started_us, write_started_us;
    uint64_t rows, reused;
    size_t decoding; /* index of the entry being decoded */
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
    const struct tt_decoder_options decoder = {.json_depth_max = options->json_depth_max};
    enum tt_err err = tt_decoder_create("native", &decoder, &applier->decoder, fault);
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
    tt_decoder_destroy(applier->decoder);
    tt_arena_done(&applier->arena);
    tt_mem_free(applier->decoded);
    tt_mem_free(applier->poison);
    tt_mem_free(applier);
}

void tt_applier_set_epoch(struct tt_applier *applier, int64_t epoch)
{
    tt_assert(epoch >= 1);
    applier->epoch = epoch;
}

/* ---- Decoding
 * --------------------------------------------------------------------------------------- */

static enum tt_err keep_event(void *context, const struct tt_event *event)
{
    struct tt_applier *applier = context;
    if (tt_mem_reserve((void **)&applier->decoded, &applier->decoded_capacity,
                       applier->decoded_count + 1, sizeof *applier->decoded) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct decoded *decoded = &applier->decoded[applier->decoded_count];
    decoded->entry = applier->decoding;
    if (tt_event_copy(&decoded->event, event, &applier->arena) != TT_OK)
        return TT_ERR_NO_MEMORY;
    applier->decoded_count++;
    return TT_OK;
}

static enum tt_err add_poison(struct tt_applier *applier, size_t entry, const char *reason)
{
    if (tt_mem_reserve((void **)&applier->poison, &applier->poison_capacity,
                       applier->poison_count + 1, sizeof *applier->poison) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_poison *poison = &applier->poison[applier->poison_count++];
    poison->entry = entry;
    size_t len = strlen(reason);
    if (len >= sizeof poison->reason)
        len = sizeof poison->reason - 1;
    memcpy(poison->reason, reason, len);
    poison->reason[len] = '\0';
    return TT_OK;
}

static enum tt_err decode_entry(struct tt_applier *applier, size_t index)
{
    const struct tt_queue_entry *entry = &applier->batch->entries[index];
    const struct tt_decoder_sink sink = {.context = applier, .event = keep_event};
    struct tt_fault fault = {0};
    if (entry->payload.ptr == NULL)
        return add_poison(applier, index, "the entry has no field \"e\"");
    applier->decoding = index;
    enum tt_err err = tt_decoder_line(applier->decoder, entry->payload, &sink, &fault);
    return tt_err_class(err) == TT_CLASS_POISON ? add_poison(applier, index, fault.text) : err;
}

static enum tt_err decode_all(struct tt_applier *applier)
{
    applier->decoded_count = applier->poison_count = 0;
    tt_arena_reset(&applier->arena);
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < applier->batch->count && err == TT_OK; i++)
        err = decode_entry(applier, i);
    return err;
}

/* ---- One event
 * -------------------------------------------------------------------------------------- */

static enum tt_err write_changes(struct tt_applier *applier, const struct tt_event *event,
                                 const struct tt_changes *changes, struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < changes->count && err == TT_OK; i++) {
        const struct tt_change *change = &changes->list[i];
        switch (change->kind) {
        case TT_CHANGE_CURRENT:
            err = store->put_current(store->context, &change->current, fault);
            break;
        case TT_CHANGE_INTERVAL:
            err = store->put_interval(store->context, event->tenant, event->task_id,
                                      &change->interval, fault);
            break;
        case TT_CHANGE_REPLACE_INTERVALS:
            err = store->replace_intervals(store->context, event->tenant, event->task_id,
                                           change->intervals.rows, change->intervals.count, fault);
            break;
        case TT_CHANGE_PROGRESS:
            err = store->put_progress(store->context, &change->progress, fault);
            break;
        }
    }
    return err;
}

/* Rows the handlers look at; the pointers in *ret_state point into these. */
struct state_rows {
    struct tt_current_row current;
    struct tt_interval_row last;
    struct tt_progress_row progress;
};

static enum tt_err read_state(struct tt_applier *applier, const struct tt_event *event,
                              struct state_rows *rows, struct tt_task_state *ret_state,
                              struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    struct tt_event *originals = NULL;
    bool found = false;
    *ret_state = (struct tt_task_state){0};
    enum tt_err err = store->read_current(store->context, event->tenant, event->task_id,
                                          &applier->arena, &rows->current, &found, fault);
    if (err == TT_OK && found) {
        ret_state->current = &rows->current;
        err = store->read_last_interval(store->context, event->tenant, event->task_id,
                                        &applier->arena, &rows->last, &found, fault);
        if (err == TT_OK && found)
            ret_state->last_interval = &rows->last;
    }
    if (err == TT_OK &&
        tt_handlers_need_originals(event, ret_state->current, ret_state->last_interval)) {
        err = store->read_originals(store->context, event->tenant, event->task_id, &applier->arena,
                                    &originals, &ret_state->original_count, fault);
        ret_state->originals = originals;
    }
    struct tt_str correlation, dataset;
    if (err == TT_OK && tt_handlers_dataset(event, ret_state->current, &correlation, &dataset)) {
        err = store->read_progress(store->context, event->tenant, correlation, dataset,
                                   &applier->arena, &rows->progress, &found, fault);
        if (err == TT_OK && found)
            ret_state->progress = &rows->progress;
    }
    return err;
}

static struct tt_audit_row make_row(const struct tt_applier *applier, const struct decoded *decoded)
{
    const struct tt_queue_entry *entry = &applier->batch->entries[decoded->entry];
    return (struct tt_audit_row){
        .place = {applier->epoch, entry->partition, entry->id_ms, entry->id_seq},
        .event = decoded->event,
        .enqueued_at_us =
            entry->id_ms > TT_TIME_MAX_US / 1000 ? TT_TIME_MAX_US : entry->id_ms * 1000,
        .read_started_at_us = applier->read_started_us,
        .write_started_at_us = applier->write_started_us,
        .worker = applier->options.worker,
        .fence = applier->fences == NULL ? 0 : applier->fences[entry->partition],
        .attempt = entry->deliveries,
    };
}

static enum tt_err apply_event(struct tt_applier *applier, const struct decoded *decoded,
                               struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    struct tt_audit_row row = make_row(applier, decoded);
    enum tt_insert inserted = TT_INSERTED;
    enum tt_err err = store->is_duplicate(store->context, &row.event, &row.duplicate, fault);
    if (err == TT_OK)
        err = store->insert_audit(store->context, &row, &inserted, fault);
    if (err != TT_OK || inserted == TT_INSERT_KNOWN)
        return err;
    applier->rows++;
    applier->reused += inserted == TT_INSERT_REUSED;
    if (row.duplicate)
        return TT_OK;
    struct state_rows rows;
    struct tt_changes changes = {.arena = &applier->arena};
    struct tt_handling handling = {
        .event = &decoded->event,
        .now_us = applier->write_started_us,
        .fence = row.fence,
        .apply_by_arrival = applier->options.apply_by_arrival,
    };
    err = read_state(applier, &decoded->event, &rows, &handling.state, fault);
    if (err == TT_OK)
        err = tt_handlers_run(&handling, &changes, fault);
    return err == TT_OK ? write_changes(applier, &decoded->event, &changes, fault) : err;
}

/* ---- The batch
 * -------------------------------------------------------------------------------------- */

/* Each partition of the batch once; batches hold the entries of a partition together. */
static enum tt_err check_fences(struct tt_applier *applier, struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < applier->batch->count && err == TT_OK && applier->fences != NULL; i++) {
        unsigned partition = applier->batch->entries[i].partition;
        if (i == 0 || applier->batch->entries[i - 1].partition != partition)
            err = store->fence(store->context, partition, applier->fences[partition], fault);
    }
    return err;
}

static enum tt_err write_all(struct tt_applier *applier, struct tt_fault *fault)
{
    const struct tt_store *store = applier->store;
    applier->rows = applier->reused = 0;
    applier->write_started_us = applier->options.clock->wall_us(applier->options.clock->context);
    enum tt_err err = store->begin(store->context, fault);
    if (err != TT_OK)
        return err;
    err = check_fences(applier, fault);
    for (size_t i = 0; i < applier->decoded_count && err == TT_OK; i++)
        err = apply_event(applier, &applier->decoded[i], fault);
    if (err == TT_OK)
        err = store->commit(store->context, fault);
    if (err != TT_OK)
        store->rollback(store->context);
    return err;
}

enum tt_err tt_applier_apply(struct tt_applier *applier, const struct tt_queue_batch *batch,
                             const int64_t *fences, int64_t read_started_at_us,
                             const struct tt_poison **ret_poison, size_t *ret_poison_count,
                             uint64_t *ret_rows, struct tt_fault *fault)
{
    tt_assert(applier->epoch >= 1);
    applier->batch = batch;
    applier->fences = fences;
    applier->read_started_us = read_started_at_us;
    enum tt_err err = decode_all(applier);
    if (err != TT_OK)
        return tt_fault_set(fault, err, "out of memory");
    if (applier->decoded_count > 0)
        err = write_all(applier, fault);
    else
        applier->rows = 0;
    if (err != TT_OK)
        return err;
    if (applier->reused > 0) {
        const struct tt_observer *observer = applier->options.observer;
        observer->tell(observer->context, TT_OBSERVED_ENTRY_ID_REUSED, (int64_t)applier->reused,
                       "");
    }
    *ret_poison = applier->poison;
    *ret_poison_count = applier->poison_count;
    *ret_rows = applier->rows;
    return TT_OK;
}
