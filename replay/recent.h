/* Tasks seen lately by one feeder, and the number of each one's head record: the events of a task
 * mostly stand near to each other. A direct-mapped table that fits the second-level cache; what it
 * forgets is only written out once more. Texts are compared, hashes never trusted.
 *
 * Threads: one per feeder.
 */
#ifndef TT_REPLAY_RECENT_H
#define TT_REPLAY_RECENT_H

#include "core/base/mem.h"
#include "core/base/str_quick.h"
#include <stddef.h>

enum { TT_RECENT_SLOTS = 32768, TT_RECENT_NAME_BYTES = 48 };

struct tt_recent_slot {
    uint64_t hash; /* of tenant and task */
    uint32_t head;
    uint8_t tenant_len, task_len; /* task_len 0: empty slot */
    char name[TT_RECENT_NAME_BYTES + 2];
};
_Static_assert(sizeof(struct tt_recent_slot) == 64, "one cache line");
enum { TT_RECENT_BYTES = TT_RECENT_SLOTS * sizeof(struct tt_recent_slot) }; /* a huge page */

_Static_assert(TT_RECENT_BYTES % TT_MEM_HUGE_BYTES == 0, "whole huge pages");

struct tt_recent {
    struct tt_recent_slot *slots; /* TT_RECENT_SLOTS, zeroed at first */
};

static inline struct tt_recent_slot *tt_recent_slot(const struct tt_recent *recent, uint64_t hash)
{
    return &recent->slots[hash % TT_RECENT_SLOTS];
}

/* Whether the slot is that of this task. */
static inline bool tt_recent_is(const struct tt_recent_slot *slot, uint64_t hash,
                                struct tt_str tenant, struct tt_str task_id)
{
    return slot->hash == hash && slot->task_len == task_id.len && slot->tenant_len == tenant.len &&
           tt_str_quick_same(slot->name, tenant.ptr, tenant.len) &&
           tt_str_quick_same(slot->name + tenant.len, task_id.ptr, task_id.len);
}

/* The same where both texts are roomy (tt_str_ends_roomy). */
static inline bool tt_recent_is_roomy(const struct tt_recent_slot *slot, uint64_t hash,
                                      struct tt_str tenant, struct tt_str task_id)
{
    if (__builtin_expect(tenant.len > TT_STR_SHORT_BYTES || task_id.len > TT_STR_SHORT_BYTES, 0))
        return tt_recent_is(slot, hash, tenant, task_id);
    return slot->hash == hash && slot->task_len == task_id.len && slot->tenant_len == tenant.len &&
           tt_str_same_roomy(slot->name, tenant.ptr, tenant.len) &&
           tt_str_same_roomy(slot->name + tenant.len, task_id.ptr, task_id.len);
}
_Static_assert(offsetof(struct tt_recent_slot, name) + 3 * TT_STR_SHORT_BYTES <=
                   sizeof(struct tt_recent_slot),
               "names are read like roomy ones");

/* Names that are too long for a slot are not remembered. */
static inline void tt_recent_remember(struct tt_recent_slot *slot, uint64_t hash,
                                      struct tt_str tenant, struct tt_str task_id, uint32_t head)
{
    if (tenant.len + task_id.len > TT_RECENT_NAME_BYTES)
        return;
    slot->hash = hash;
    slot->head = head;
    slot->tenant_len = (uint8_t)tenant.len;
    slot->task_len = (uint8_t)task_id.len;
    memcpy(slot->name, tenant.ptr, tenant.len);
    memcpy(slot->name + tenant.len, task_id.ptr, task_id.len);
}

#endif
