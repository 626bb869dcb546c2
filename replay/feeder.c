/* Events become records of their partition. */
#include "replay/pass_parts.h"

#include "core/base/assert.h"

static uint64_t task_hash(struct tt_str tenant, struct tt_str task_id)
{
    return tt_str_hash(task_id, tt_str_hash(tenant, 7));
}

enum tt_err tt_feeder_chunk(struct tt_feeder *feeder, uint32_t chunk, struct tt_fault *fault)
{
    if (feeder->chunk_count > 0) {
        struct tt_chunk_count *open = &feeder->chunks[feeder->chunk_count - 1];
        tt_assert(chunk > open->chunk);
        open->events = feeder->ordinal;
    }
    if (tt_mem_reserve((void **)&feeder->chunks, &feeder->chunk_capacity, feeder->chunk_count + 1,
                       sizeof *feeder->chunks) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    feeder->chunks[feeder->chunk_count++] = (struct tt_chunk_count){.chunk = chunk};
    feeder->ordinal = 0;
    return TT_OK;
}

static bool wanted(const struct tt_feeder *feeder, struct tt_str tenant, struct tt_str task_id)
{
    const struct tt_pass_options *options = &feeder->pass->options;
    return options->only_task.ptr == NULL || (tt_str_equal(options->only_task, task_id) &&
                                              tt_str_equal(options->only_tenant, tenant));
}

static enum tt_err add_record(struct tt_feeder *feeder, struct tt_rec head,
                              const struct tt_rec_view *view, struct tt_fault *fault)
{
    size_t size = tt_rec_size(head.flags, view);
    if (size == 0)
        return tt_fault_set(fault, TT_ERR_LIMIT, "an event of more than 4 GiB");
    head.hash = task_hash(view->tenant, view->task_id);
    struct tt_rec *rec = tt_blocks_add(&feeder->blocks, tt_block_partition(head.hash), size, fault);
    if (rec == NULL)
        return fault == NULL ? TT_ERR_NO_MEMORY : fault->code;
    *rec = head;
    tt_rec_write(rec, size, view);
    return TT_OK;
}

static enum tt_err add_event(struct tt_feeder *feeder, const struct tt_event *event,
                             struct tt_rec_view *view, uint16_t flags, struct tt_fault *fault)
{
    struct tt_pass *pass = feeder->pass;
    if (feeder->ordinal >= UINT32_MAX) {
        /* Places count 32 bits of ordinal: a single feeder simply opens its next chunk. */
        enum tt_err err =
            tt_feeder_chunk(feeder, feeder->chunks[feeder->chunk_count - 1].chunk + 1, fault);
        if (err != TT_OK)
            return err;
    }
    uint64_t chunk = feeder->chunks[feeder->chunk_count - 1].chunk;
    struct tt_rec head = {.place = chunk << 32 | feeder->ordinal,
                          .event_time_us = event->event_time_us,
                          .type = TT_REC_NO_TYPE,
                          .flags = flags};
    feeder->ordinal++;
    if (!wanted(feeder, event->tenant, event->task_id))
        return TT_OK;
    if (tt_intern_number(&pass->names, &feeder->status_cache, event->status, &head.status) !=
            TT_OK ||
        (event->task_type.ptr != NULL && tt_intern_number(&pass->names, &feeder->type_cache,
                                                          event->task_type, &head.type) != TT_OK))
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    view->tenant = event->tenant;
    view->task_id = event->task_id;
    view->event_id = event->event_id;
    view->source = event->source;
    view->stage = event->stage;
    view->seq = event->seq;
    view->received_at_us = event->received_at_us;
    head.flags = (uint16_t)(head.flags | (event->has_seq ? TT_REC_SEQ : 0) |
                            (event->received_at_us != TT_TIME_NONE ? TT_REC_RECEIVED : 0) |
                            (event->event_id.ptr != NULL ? TT_REC_EVENT_ID : 0) |
                            (event->source.ptr != NULL ? TT_REC_SOURCE : 0) |
                            (event->stage.ptr != NULL ? TT_REC_STAGE : 0));
    return add_record(feeder, head, view, fault);
}

enum tt_err tt_feeder_add(struct tt_feeder *feeder, const struct tt_event *event,
                          struct tt_fault *fault)
{
    struct tt_rec_view view = {0};
    return add_event(feeder, event, &view, 0, fault);
}

enum tt_err tt_feeder_add_applied(struct tt_feeder *feeder, const struct tt_event *event,
                                  int64_t apply_seq, int64_t applied_at_us, struct tt_fault *fault)
{
    struct tt_rec_view view = {.apply_seq = apply_seq, .applied_at_us = applied_at_us};
    return add_event(feeder, event, &view, TT_REC_APPLIED, fault);
}

void tt_feeder_rejected(struct tt_feeder *feeder, uint64_t count)
{
    feeder->rejected += count;
}

/* A stored fact is no event: it has no arrival. Facts of a task stay in the order of adding. */
static enum tt_err add_stored(struct tt_feeder *feeder, struct tt_rec head,
                              struct tt_rec_view *view, struct tt_str status,
                              struct tt_fault *fault)
{
    if (!wanted(feeder, view->tenant, view->task_id))
        return TT_OK;
    if (tt_intern_number(&feeder->pass->names, &feeder->status_cache, status, &head.status) !=
        TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    head.type = TT_REC_NO_TYPE;
    return add_record(feeder, head, view, fault);
}

enum tt_err tt_feeder_add_state(struct tt_feeder *feeder, struct tt_str tenant,
                                struct tt_str task_id, struct tt_str status, int64_t event_time_us,
                                struct tt_fault *fault)
{
    struct tt_rec_view view = {.tenant = tenant, .task_id = task_id};
    struct tt_rec head = {.flags = TT_REC_STATE, .event_time_us = event_time_us};
    return add_stored(feeder, head, &view, status, fault);
}

enum tt_err tt_feeder_add_interval(struct tt_feeder *feeder, struct tt_str tenant,
                                   struct tt_str task_id, const struct tt_interval *interval,
                                   struct tt_fault *fault)
{
    struct tt_rec_view view = {.tenant = tenant,
                               .task_id = task_id,
                               .stage = interval->stage,
                               .received_at_us = interval->valid_to_us};
    bool ended = interval->valid_to_us != TT_TIME_NONE;
    struct tt_rec head = {
        .flags = (uint16_t)(TT_REC_INTERVAL | (ended ? TT_REC_RECEIVED : 0) |
                            (interval->stage.ptr != NULL ? TT_REC_STAGE : 0)),
        .event_time_us = interval->valid_from_us,
    };
    return add_stored(feeder, head, &view, interval->status, fault);
}
