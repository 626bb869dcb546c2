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
    feeder->chunk_place = tt_rec_place(chunk, 0);
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

/* A number for a text. */
static inline enum tt_err number_of(struct tt_feeder *feeder, struct tt_intern_cache *cache,
                                    struct tt_str text, bool roomy, uint32_t *ret_number)
{
    struct tt_intern *names = &feeder->pass->names;
    return roomy ? tt_intern_roomy(names, cache, text, ret_number)
                 : tt_intern_number(names, cache, text, ret_number);
}

/* Makes the item a head, which says the task's type. */
static enum tt_err make_head(struct tt_feeder *feeder, struct tt_feeder_item *made)
{
    struct tt_rec_item *item = &made->item;
    item->flags |= TT_REC_HEAD;
    item->type = TT_REC_NO_TYPE;
    return made->task_type.ptr == NULL
               ? TT_OK
               : number_of(feeder, &feeder->type_cache, made->task_type, item->roomy, &item->type);
}

/* Writes the item, whose hash is known, as a head where the task was not seen lately. */
static inline __attribute__((always_inline)) enum tt_err
add_item(struct tt_feeder *feeder, struct tt_feeder_item *made, bool roomy, struct tt_fault *fault)
{
    struct tt_rec_item *item = &made->item;
    unsigned partition = tt_block_partition(item->hash);
    struct tt_recent_slot *slot = tt_recent_slot(&feeder->recent, item->hash);
    if (roomy ? tt_recent_is_roomy(slot, item->hash, item->tenant, item->task_id)
              : tt_recent_is(slot, item->hash, item->tenant, item->task_id))
        item->head = slot->head;
    else if (make_head(feeder, made) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
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

static inline enum tt_err origin_of(struct tt_feeder *feeder, const struct tt_event *event,
                                    bool roomy, uint32_t *ret_origin)
{
    struct tt_origins *origins = &feeder->pass->origins;
    struct tt_origin_cache *cache = &feeder->origin_cache;
    return roomy ? tt_origin_roomy(origins, cache, event->source, event->stage, ret_origin)
                 : tt_origin_number(origins, cache, event->source, event->stage, ret_origin);
}

/* Makes the item of an event, whose place is the next one; *ret_wanted is false where it only
 * counts. What its hash leads to is seldom in the first-level cache, and is asked for here. */
static inline __attribute__((always_inline)) enum tt_err
make_item(struct tt_feeder *feeder, const struct tt_event *event, bool roomy,
          struct tt_feeder_item *made, bool *ret_wanted, struct tt_fault *fault)
{
    struct tt_rec_item *item = &made->item;
    if (__builtin_expect(feeder->ordinal >= TT_REC_ORDINAL_MAX, 0))
        return tt_fault_set(fault, TT_ERR_LIMIT, "more than 68 billion events in one input");
    item->place = feeder->chunk_place + feeder->ordinal++;
    *ret_wanted =
        __builtin_expect(!feeder->picks, 1) || wanted(feeder, event->tenant, event->task_id);
    if (!*ret_wanted)
        return TT_OK;
    item->roomy = roomy;
    item->hash = tt_rec_hash_roomy(event->tenant, event->task_id, roomy);
    __builtin_prefetch(tt_recent_slot(&feeder->recent, item->hash));
    __builtin_prefetch(&feeder->blocks.open[tt_block_partition(item->hash)], 1);
    if (number_of(feeder, &feeder->status_cache, event->status, roomy, &item->status) != TT_OK ||
        origin_of(feeder, event, roomy, &item->origin) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    item->kind = TT_REC_EVENT;
    item->flags = (uint8_t)((event->has_seq ? TT_REC_SEQ : 0) |
                            (event->received_at_us != TT_TIME_NONE ? TT_REC_RECEIVED : 0));
    item->event_time_us = event->event_time_us;
    item->tenant = event->tenant;
    item->task_id = event->task_id;
    item->event_id = event->event_id;
    made->task_type = event->task_type;
    if (__builtin_expect(item->origin == TT_ORIGIN_FULL, 0)) {
        item->source = event->source;
        item->stage = event->stage;
    }
    if (item->flags != 0) {
        item->seq = event->seq;
        item->received_at_us = event->received_at_us;
    }
    return TT_OK;
}

static struct tt_feeder_item *pending(struct tt_feeder *feeder, unsigned number)
{
    return &feeder->pending[(feeder->pending_next + number) % TT_FEEDER_PENDING];
}

enum tt_err tt_feeder_flush(struct tt_feeder *feeder, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (; feeder->pending_count > 0 && err == TT_OK; feeder->pending_count--) {
        err = add_item(feeder, pending(feeder, 0), false, fault);
        feeder->pending_next++;
    }
    return err;
}

enum tt_err tt_feeder_add(struct tt_feeder *feeder, const struct tt_event *event,
                          struct tt_fault *fault)
{
    struct tt_feeder_item made;
    bool is_wanted;
    enum tt_err err = tt_feeder_flush(feeder, fault);
    if (err == TT_OK)
        err = make_item(feeder, event, false, &made, &is_wanted, fault);
    return err == TT_OK && is_wanted ? add_item(feeder, &made, false, fault) : err;
}

enum tt_err tt_feeder_add_later(struct tt_feeder *feeder, const struct tt_event *event,
                                struct tt_fault *fault)
{
    /* Of a full ring: the oldest one, whose place the new one takes. */
    struct tt_feeder_item *made = pending(feeder, feeder->pending_count);
    if (__builtin_expect(feeder->pending_count == TT_FEEDER_PENDING, 1)) {
        enum tt_err err = add_item(feeder, made, true, fault);
        feeder->pending_next++;
        feeder->pending_count--;
        if (err != TT_OK)
            return err;
    }
    bool is_wanted;
    enum tt_err err = make_item(feeder, event, true, made, &is_wanted, fault);
    if (err != TT_OK || !is_wanted)
        return err;
    feeder->pending_count++;
    /* One that was made a while ago knows by now where it will be written. */
    uint64_t hash = pending(feeder, TT_FEEDER_PENDING / 2)->item.hash;
    const char *at = feeder->blocks.open[tt_block_partition(hash)].at;
    __builtin_prefetch(at, 1);
    __builtin_prefetch((const char *)((uintptr_t)at + 48), 1);
    return TT_OK;
}

enum tt_err tt_feeder_add_applied(struct tt_feeder *feeder, const struct tt_event *event,
                                  int64_t apply_seq, int64_t applied_at_us, struct tt_fault *fault)
{
    struct tt_feeder_item made;
    bool is_wanted;
    enum tt_err err = make_item(feeder, event, false, &made, &is_wanted, fault);
    if (err != TT_OK || !is_wanted)
        return err;
    made.item.apply_seq = apply_seq;
    made.item.applied_at_us = applied_at_us;
    made.item.flags |= TT_REC_APPLIED;
    return add_item(feeder, &made, false, fault);
}

void tt_feeder_rejected(struct tt_feeder *feeder, uint64_t count)
{
    feeder->rejected += count;
}

/* A stored fact is no event: it has no arrival, and stands with the last event of its feeder. Facts
 * of a task stay in the order of adding. */
static enum tt_err add_stored(struct tt_feeder *feeder, struct tt_feeder_item *made,
                              struct tt_str status, struct tt_fault *fault)
{
    struct tt_rec_item *item = &made->item;
    if (!wanted(feeder, item->tenant, item->task_id))
        return TT_OK;
    if (tt_intern_number(&feeder->pass->names, &feeder->status_cache, status, &item->status) !=
            TT_OK ||
        tt_origin_number(&feeder->pass->origins, &feeder->origin_cache, TT_STR_NONE, item->stage,
                         &item->origin) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    item->hash = tt_rec_hash(item->tenant, item->task_id);
    item->place = feeder->chunk_place + feeder->ordinal;
    return add_item(feeder, made, false, fault);
}

enum tt_err tt_feeder_add_state(struct tt_feeder *feeder, struct tt_str tenant,
                                struct tt_str task_id, struct tt_str status, int64_t event_time_us,
                                struct tt_fault *fault)
{
    struct tt_feeder_item made = {.item = {.kind = TT_REC_STATE,
                                           .tenant = tenant,
                                           .task_id = task_id,
                                           .event_time_us = event_time_us}};
    return add_stored(feeder, &made, status, fault);
}

enum tt_err tt_feeder_add_interval(struct tt_feeder *feeder, struct tt_str tenant,
                                   struct tt_str task_id, const struct tt_interval *interval,
                                   struct tt_fault *fault)
{
    struct tt_feeder_item made = {
        .item = {.kind = TT_REC_INTERVAL,
                 .tenant = tenant,
                 .task_id = task_id,
                 .stage = interval->stage,
                 .event_time_us = interval->valid_from_us,
                 .received_at_us = interval->valid_to_us,
                 .flags = interval->valid_to_us != TT_TIME_NONE ? TT_REC_RECEIVED : 0}};
    return add_stored(feeder, &made, interval->status, fault);
}
