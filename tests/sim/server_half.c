/* A claim of which only the beginning happened: a Redis (7.0.15) whose file ends within a
 * transaction keeps its beginning there, and carries that out when it starts the next time. A
 * script's writes are one transaction, in the order of TT_LUA_CLAIM. */
#include "tests/sim/server.h"

#include <string.h>

static bool is_new(const struct tt_model_partition *before, struct tt_model_id id)
{
    return tt_model_id_compare(id, before->delivered) > 0;
}

/* Takes out what the claim made pending of new entries, for this token. */
static void drop_new_pending(struct tt_model_partition *p, const struct tt_model_partition *before,
                             int token)
{
    size_t left = 0;
    for (size_t i = 0; i < p->pending_count; i++)
        if (p->pending[i].token != token || !is_new(before, p->pending[i].id))
            p->pending[left++] = p->pending[i];
    p->pending_count = left;
}

static void drop_new_turns(struct tt_model_turn *list, size_t *count,
                           const struct tt_model_partition *before)
{
    size_t left = 0;
    for (size_t i = 0; i < *count; i++)
        if (!is_new(before, list[i].id))
            list[left++] = list[i];
    *count = left;
}

/* From the last write to the first: those that did not happen. */
static void undo(struct tt_model_partition *p, const struct tt_model_partition *before, int token,
                 unsigned parts)
{
    if (parts < 11) {
        memcpy(p->leases, before->leases, sizeof p->leases);
        p->lease_count = before->lease_count;
    }
    if (parts < 10) {
        memcpy(p->held, before->held, sizeof p->held);
        p->held_count = before->held_count;
    }
    if (parts < 9)
        p->fence = before->fence;
    if (parts < 8)
        p->delivered = before->delivered;
    if (parts < 7)
        drop_new_pending(p, before, TT_MODEL_OUT);
    if (parts < 6)
        drop_new_turns(p->behind, &p->behind_count, before);
    if (parts < 5)
        drop_new_pending(p, before, TT_MODEL_WAITING);
    if (parts < 4)
        drop_new_turns(p->waits, &p->wait_count, before);
    if (parts < 3)
        drop_new_pending(p, before, token);
    if (parts < 2) {
        memcpy(p->pending, before->pending, sizeof p->pending);
        p->pending_count = before->pending_count;
    }
    if (parts < 1) {
        memcpy(p->waits, before->waits, sizeof p->waits);
        p->wait_count = before->wait_count;
    }
}

/* Whether a claim would give back what others held, in between. */
static bool has_dead_holder(const struct tt_model_server *server,
                            const struct tt_model_partition *p)
{
    bool dead = false;
    for (size_t i = 0; i < p->held_count; i++)
        dead = dead || !tt_model_alive(server, p, p->held[i].token);
    return dead;
}

bool tt_model_half_claim(struct tt_model_server *server, unsigned partition, int token,
                         int64_t lease_ms, size_t count, unsigned parts,
                         struct tt_model_partition *scratch)
{
    static struct tt_model_offers offers;
    static struct tt_model_claim claim;
    struct tt_model_partition *p = &server->partitions[partition];
    tt_model_tidy(server, partition, token);
    if (has_dead_holder(server, p))
        return false;
    tt_model_look(server, partition, p->delivered, count, &offers);
    *scratch = *p;
    tt_model_claim(server, partition, token, lease_ms, count, 0, TT_MODEL_ENTRIES_MAX, &offers,
                   &claim);
    if (claim.vanished > 0 || parts >= 11)
        return false;
    undo(p, scratch, token, parts);
    return true;
}
