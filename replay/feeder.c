/* Events become records of their partition. */
#include "replay/pass_parts.h"

#include "core/base/assert.h"

enum tt_err tt_feeder_chunk(struct tt_feeder *feeder, uint32_t chunk, struct tt_fault *fault)
{
    if (chunk > TT_REC_CHUNK_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "more than %u pieces of input", TT_REC_CHUNK_MAX);
    if (feeder->chunk_count > 0) {
        struct tt_chunk_count *open = &feeder->chunks[feeder->chunk_count - 1];
        if (chunk == open->chunk && feeder->ordinal == 0)
            return TT_OK;
        tt_assert(chunk > open->last);
        /* Nobody else's events come between neighbours, so they may be counted on. */
        if (chunk == open->last + 1 && feeder->ordinal <= UINT32_MAX) {
            open->last = chunk;
            return TT_OK;
        }
        open->events = feeder->ordinal;
    }
    if (tt_mem_reserve((void **)&feeder->chunks, &feeder->chunk_capacity, feeder->chunk_count + 1,
                       sizeof *feeder->chunks) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    feeder->chunks[feeder->chunk_count++] = (struct tt_chunk_count){.chunk = chunk, .last = chunk};
    feeder->ordinal = 0;
    return TT_OK;
}

/* A shard is made of whole partitions, so that whatever is bounded for each of them is the same
 * whether a pass has some of them or all. */
static bool is_in_shard(const struct tt_pass_options *options, struct tt_str tenant,
                        struct tt_str task_id)
{
    return options->shards <= 1 ||
           tt_block_partition(tt_rec_hash(tenant, task_id)) % options->shards == options->shard;
}

static bool wanted(const struct tt_feeder *feeder, struct tt_str tenant, struct tt_str task_id)
{
    const struct tt_pass_options *options = &feeder->pass->options;
    if (options->only_task.ptr == NULL)
        return is_in_shard(options, tenant, task_id);
    return tt_str_equal(options->only_task, task_id) && tt_str_equal(options->only_tenant, tenant);
}

/* Writes the item, whose hash is known, as a head where the task was not seen lately. */
static enum tt_err add_item(struct tt_feeder *feeder, struct tt_rec_item *item,
                            struct tt_fault *fault)
{
    unsigned partition = tt_block_partition(item->hash);
    struct tt_recent_slot *slot = tt_recent_slot(&feeder->recent, item->hash);
    if (tt_recent_is(slot, item->hash, item->tenant, item->task_id))
        item->head = slot->head;
    else
        item->flags |= TT_REC_HEAD;
    char *at = tt_blocks_room(&feeder->blocks, partition, tt_rec_room(item), fault);
    if (at == NULL)
        return fault == NULL ? TT_ERR_NO_MEMORY : fault->code;
    struct tt_block_open *open = &feeder->blocks.open[partition];
    /* What refers to a head has its type: of an event, not of what a store holds. */
    if ((item->flags & TT_REC_HEAD) != 0 && item->kind == TT_REC_EVENT)
        tt_recent_remember(slot, item->hash, item->tenant, item->task_id, open->stream.heads);
    tt_blocks_used(&feeder->blocks, partition, tt_rec_put(at, &open->stream, &feeder->namer, item));
    open->records++;
    return TT_OK;
}

/* Numbers for the event's texts. */
static inline enum tt_err intern_texts(struct tt_feeder *feeder, const struct tt_event *event,
                                       struct tt_rec_item *item)
{
    struct tt_pass *pass = feeder->pass;
    enum tt_err (*const number)(struct tt_intern *, struct tt_intern_cache *, struct tt_str,
                                uint32_t *) = item->roomy ? tt_intern_roomy : tt_intern_number;
    enum tt_err (*const origin)(struct tt_origins *, struct tt_origin_cache *, struct tt_str,
                                struct tt_str, uint32_t *) =
        item->roomy ? tt_origin_roomy : tt_origin_number;
    enum tt_err err = number(&pass->names, &feeder->status_cache, event->status, &item->status);
    item->type = TT_REC_NO_TYPE;
    if (err == TT_OK && event->task_type.ptr != NULL)
        err = number(&pass->names, &feeder->type_cache, event->task_type, &item->type);
    if (err == TT_OK)
        err = origin(&pass->origins, &feeder->origin_cache, event->source, event->stage,
                     &item->origin);
    return err;
}

/* Makes the item of an event, whose place is the next one; *ret_wanted is false where it only
 * counts. What its hash leads to is seldom in the first-level cache, and is asked for here. */
static inline __attribute__((always_inline)) enum tt_err
make_item(struct tt_feeder *feeder, const struct tt_event *event, bool roomy,
          struct tt_rec_item *item, bool *ret_wanted, struct tt_fault *fault)
{
    if (feeder->ordinal >= TT_REC_ORDINAL_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "more than 68 billion events in one input");
    item->place = tt_rec_place(feeder->chunks[feeder->chunk_count - 1].chunk, feeder->ordinal++);
    *ret_wanted = wanted(feeder, event->tenant, event->task_id);
    if (!*ret_wanted)
        return TT_OK;
    item->roomy = roomy;
    item->hash = tt_rec_hash_roomy(event->tenant, event->task_id, roomy);
    __builtin_prefetch(tt_recent_slot(&feeder->recent, item->hash));
    __builtin_prefetch(&feeder->blocks.open[tt_block_partition(item->hash)], 1);
    if (intern_texts(feeder, event, item) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    item->kind = TT_REC_EVENT;
    item->flags = (uint8_t)((event->has_seq ? TT_REC_SEQ : 0) |
                            (event->received_at_us != TT_TIME_NONE ? TT_REC_RECEIVED : 0));
    item->event_time_us = event->event_time_us;
    item->tenant = event->tenant;
    item->task_id = event->task_id;
    item->event_id = event->event_id;
    item->source = event->source;
    item->stage = event->stage;
    item->seq = event->seq;
    item->received_at_us = event->received_at_us;
    return TT_OK;
}

enum tt_err tt_feeder_flush(struct tt_feeder *feeder, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (; feeder->pending_count > 0 && err == TT_OK; feeder->pending_count--)
        err = add_item(feeder, &feeder->pending[feeder->pending_next++ % TT_FEEDER_PENDING], fault);
    return err;
}

enum tt_err tt_feeder_add(struct tt_feeder *feeder, const struct tt_event *event,
                          struct tt_fault *fault)
{
    struct tt_rec_item item;
    bool is_wanted;
    enum tt_err err = tt_feeder_flush(feeder, fault);
    if (err == TT_OK)
        err = make_item(feeder, event, false, &item, &is_wanted, fault);
    return err == TT_OK && is_wanted ? add_item(feeder, &item, fault) : err;
}

enum tt_err tt_feeder_add_later(struct tt_feeder *feeder, const struct tt_event *event,
                                struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    if (feeder->pending_count == TT_FEEDER_PENDING) {
        feeder->pending_count--;
        err = add_item(feeder, &feeder->pending[feeder->pending_next++ % TT_FEEDER_PENDING], fault);
    }
    bool is_wanted;
    struct tt_rec_item *item =
        &feeder->pending[(feeder->pending_next + feeder->pending_count) % TT_FEEDER_PENDING];
    if (err == TT_OK)
        err = make_item(feeder, event, true, item, &is_wanted, fault);
    if (err != TT_OK || !is_wanted)
        return err;
    feeder->pending_count++;
    /* One that was made a while ago knows by now where it will be written. */
    item = &feeder->pending[(feeder->pending_next + feeder->pending_count / 2) % TT_FEEDER_PENDING];
    const char *at = feeder->blocks.open[tt_block_partition(item->hash)].at;
    __builtin_prefetch(at, 1);
    __builtin_prefetch((const char *)((uintptr_t)at + 48), 1);
    return TT_OK;
}

enum tt_err tt_feeder_add_applied(struct tt_feeder *feeder, const struct tt_event *event,
                                  int64_t apply_seq, int64_t applied_at_us, struct tt_fault *fault)
{
    struct tt_rec_item item;
    bool is_wanted;
    enum tt_err err = make_item(feeder, event, false, &item, &is_wanted, fault);
    if (err != TT_OK || !is_wanted)
        return err;
    item.apply_seq = apply_seq;
    item.applied_at_us = applied_at_us;
    item.flags |= TT_REC_APPLIED;
    return add_item(feeder, &item, fault);
}

void tt_feeder_rejected(struct tt_feeder *feeder, uint64_t count)
{
    feeder->rejected += count;
}

/* A stored fact is no event: it has no arrival, and stands with the last event of its feeder. Facts
 * of a task stay in the order of adding. */
static enum tt_err add_stored(struct tt_feeder *feeder, struct tt_rec_item *item,
                              struct tt_str status, struct tt_fault *fault)
{
    if (!wanted(feeder, item->tenant, item->task_id))
        return TT_OK;
    if (tt_intern_number(&feeder->pass->names, &feeder->status_cache, status, &item->status) !=
            TT_OK ||
        tt_origin_number(&feeder->pass->origins, &feeder->origin_cache, TT_STR_NONE, item->stage,
                         &item->origin) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    item->hash = tt_rec_hash(item->tenant, item->task_id);
    item->type = TT_REC_NO_TYPE;
    item->place = tt_rec_place(feeder->chunks[feeder->chunk_count - 1].chunk, feeder->ordinal);
    return add_item(feeder, item, fault);
}

enum tt_err tt_feeder_add_state(struct tt_feeder *feeder, struct tt_str tenant,
                                struct tt_str task_id, struct tt_str status, int64_t event_time_us,
                                struct tt_fault *fault)
{
    struct tt_rec_item item = {
        .kind = TT_REC_STATE, .tenant = tenant, .task_id = task_id, .event_time_us = event_time_us};
    return add_stored(feeder, &item, status, fault);
}

enum tt_err tt_feeder_add_interval(struct tt_feeder *feeder, struct tt_str tenant,
                                   struct tt_str task_id, const struct tt_interval *interval,
                                   struct tt_fault *fault)
{
    struct tt_rec_item item = {
        .kind = TT_REC_INTERVAL,
        .tenant = tenant,
        .task_id = task_id,
        .stage = interval->stage,
        .event_time_us = interval->valid_from_us,
        .received_at_us = interval->valid_to_us,
        .flags = interval->valid_to_us != TT_TIME_NONE ? TT_REC_RECEIVED : 0,
    };
    return add_stored(feeder, &item, interval->status, fault);
}
