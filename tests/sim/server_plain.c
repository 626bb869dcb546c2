/* What the model does where nothing is locked: XREADGROUP, XAUTOCLAIM and XACK, and nothing else.
 */
#include "tests/sim/server.h"

#include "core/base/assert.h"
#include <string.h>

static void begin(struct tt_model_claim *claim)
{
    claim->fence = claim->more = 0;
    claim->mixed = false;
    claim->count = claim->task_count = claim->vanished = 0;
}

void tt_model_read(struct tt_model_server *server, unsigned partition, int consumer, size_t count,
                   struct tt_model_claim *ret_claim)
{
    struct tt_model_partition *p = &server->partitions[partition];
    begin(ret_claim);
    for (size_t i = 0; i < p->entry_count && ret_claim->count < count; i++) {
        const struct tt_model_entry *entry = &p->entries[i];
        if (tt_model_id_compare(entry->id, p->delivered) <= 0)
            continue;
        tt_assert(p->pending_count < TT_MODEL_ENTRIES_MAX);
        p->pending[p->pending_count++] =
            (struct tt_model_pending){entry->id, consumer, 1, server->now_ms};
        p->delivered = ret_claim->last = entry->id;
        ret_claim->deliveries[ret_claim->count] = 1;
        ret_claim->entries[ret_claim->count++] = *entry;
    }
}

void tt_model_recover(struct tt_model_server *server, unsigned partition, int consumer,
                      size_t count, int64_t idle_ms, struct tt_model_id *cursor,
                      struct tt_model_claim *ret_claim)
{
    struct tt_model_partition *p = &server->partitions[partition];
    size_t attempts = 10 * count, i = 0;
    begin(ret_claim);
    while (i < p->pending_count && tt_model_id_compare(p->pending[i].id, *cursor) < 0)
        i++;
    for (; i < p->pending_count && attempts > 0 && count > 0; attempts--) {
        struct tt_model_pending *pending = &p->pending[i];
        const struct tt_model_entry *entry = tt_model_find(p, pending->id);
        if (entry == NULL) {
            ret_claim->vanished++;
            count--;
            tt_model_pending_drop(p, pending->id);
            continue;
        }
        i++;
        if (server->now_ms - pending->given_ms < idle_ms)
            continue;
        *pending = (struct tt_model_pending){pending->id, consumer, pending->deliveries + 1,
                                             server->now_ms};
        ret_claim->deliveries[ret_claim->count] = pending->deliveries;
        ret_claim->entries[ret_claim->count++] = *entry;
        count--;
    }
    *cursor = i < p->pending_count ? p->pending[i].id : (struct tt_model_id){0, 0};
}

void tt_model_acknowledge(struct tt_model_server *server, unsigned partition, struct tt_model_id id)
{
    tt_model_pending_drop(&server->partitions[partition], id);
}
