/* The model's claim, as in adapters/redis/script_claim.h. */
#include "tests/sim/server.h"

#include "core/base/assert.h"
#include <string.h>

struct claiming {
    struct tt_model_server *server;
    struct tt_model_partition *p;
    struct tt_model_claim *claim;
    struct tt_model_keys mine;
    int me;
};

static int lease_before(const struct claiming *c, const struct tt_model_lease *a,
                        const struct tt_model_lease *b)
{
    if (a->ends_ms != b->ends_ms)
        return a->ends_ms < b->ends_ms;
    return strcmp(c->server->tokens[a->token], c->server->tokens[b->token]) < 0;
}

/* The leases that have ended, the first ten. */
static size_t list_ended(const struct claiming *c, int *ret_tokens)
{
    struct tt_model_lease ended[TT_MODEL_LEASES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->p->lease_count; i++) {
        const struct tt_model_lease *lease = &c->p->leases[i];
        size_t at = count;
        if (lease->ends_ms > c->server->now_ms)
            continue;
        for (; at > 0 && lease_before(c, lease, &ended[at - 1]); at--)
            ended[at] = ended[at - 1];
        ended[at] = *lease;
        count++;
    }
    if (count > 10)
        count = 10;
    for (size_t i = 0; i < count; i++)
        ret_tokens[i] = ended[i].token;
    return count;
}

/* Of a claim that was cut off; see TT_LUA_TIDY. */
static bool has_pending_behind(const struct tt_model_partition *p)
{
    return p->pending_count > 0 &&
           tt_model_id_compare(p->pending[p->pending_count - 1].id, p->delivered) > 0;
}

static uint64_t tidy(struct claiming *c)
{
    uint64_t vanished = 0;
    struct tt_model_partition *p = c->p;
    if (has_pending_behind(p)) {
        while (has_pending_behind(p))
            p->pending_count--;
        return tt_model_begin_anew(c->server, p);
    }
    int tokens[TT_MODEL_ENTRIES_MAX], dead[TT_MODEL_ENTRIES_MAX];
    size_t count = tt_model_consumers(c->server, p, tokens), dead_count = 0;
    size_t waiting = 0, out = 0, others = 0;
    for (size_t i = 0; i < p->pending_count; i++) {
        waiting += p->pending[i].token == TT_MODEL_WAITING;
        out += p->pending[i].token == TT_MODEL_OUT;
    }
    for (size_t i = 0; i < count; i++) {
        bool other = tokens[i] >= TT_MODEL_FIRST_TOKEN;
        others += other;
        if (other && (tokens[i] == c->me || !tt_model_alive(c->server, p, tokens[i])))
            dead[dead_count++] = tokens[i];
    }
    if (p->wait_count != waiting || p->behind_count != out || (out > 0 && p->parked_count == 0) ||
        (p->held_count == 0 && others > 0) ||
        (p->held_count == 0 && waiting > 0 && p->ready_count == 0)) {
        return tt_model_begin_anew(c->server, p);
    }
    bool had_held = p->held_count > 0;
    for (size_t i = 0; i < dead_count; i++)
        vanished += tt_model_give_back_in(c->server, p, dead[i]);
    size_t ended = had_held ? list_ended(c, tokens) : 0;
    for (size_t i = 0; i < ended; i++)
        vanished += tt_model_give_back_in(c->server, p, tokens[i]);
    return vanished;
}

void tt_model_tidy(struct tt_model_server *server, unsigned partition, int token)
{
    struct claiming c = {server, &server->partitions[partition], NULL, {.count = 0}, token};
    tidy(&c);
}

static void add_task(struct claiming *c, const char *key)
{
    tt_model_keys_add(&c->mine, key);
    c->claim->tasks[c->claim->task_count++] = key;
}

static void add_entry(struct claiming *c, const struct tt_model_entry *entry, int64_t deliveries)
{
    c->claim->deliveries[c->claim->count] = deliveries;
    c->claim->entries[c->claim->count++] = *entry;
}

/* Takes what waits for the key, up to the budget; gives what is left of it. */
static size_t take_key(struct claiming *c, const char *key, size_t budget)
{
    struct tt_model_partition *p = c->p;
    size_t at = tt_model_first_wait(p, key);
    if (at == SIZE_MAX)
        return budget;
    add_task(c, key);
    for (; budget > 0 && at < p->wait_count && strcmp(p->waits[at].key, key) == 0; budget--) {
        struct tt_model_id id = p->waits[at].id;
        const struct tt_model_entry *entry = tt_model_find(p, id);
        struct tt_model_pending *pending = tt_model_pending_find(p, id);
        tt_model_wait_drop(p, at);
        if (entry != NULL && pending != NULL) {
            pending->token = c->me;
            pending->deliveries++;
            add_entry(c, entry, pending->deliveries);
            c->claim->mixed = true;
        } else {
            c->claim->vanished++;
            tt_model_pending_drop(p, id);
        }
    }
    return budget;
}

static size_t take_ready(struct claiming *c, size_t budget)
{
    struct tt_model_partition *p = c->p;
    size_t taken = 0;
    for (; budget > 0 && taken < p->ready_count; taken++) {
        const char *key = p->ready[taken];
        if (tt_model_holder(p, key) < 0 && !tt_model_keys_have(&c->mine, key))
            budget = take_key(c, key, budget);
    }
    p->ready_count -= taken;
    memmove((void *)p->ready, (void *)(p->ready + taken), p->ready_count * sizeof *p->ready);
    return budget;
}

static bool is_free(struct claiming *c, const char *key, bool waiting)
{
    int holder = tt_model_holder(c->p, key);
    if (c->server->gives_all)
        return true;
    if (holder >= 0 && holder != c->me) {
        if (tt_model_alive(c->server, c->p, holder))
            return false;
        c->claim->vanished += tt_model_give_back_in(c->server, c->p, holder);
        return tt_model_first_wait(c->p, key) == SIZE_MAX;
    }
    if (waiting && tt_model_first_wait(c->p, key) != SIZE_MAX) {
        tt_model_push_ready(c->p, key);
        return false;
    }
    return true;
}

void tt_model_look(const struct tt_model_server *server, unsigned partition,
                   struct tt_model_id after, size_t max, struct tt_model_offers *ret_offers)
{
    const struct tt_model_partition *p = &server->partitions[partition];
    ret_offers->after = after;
    ret_offers->count = 0;
    for (size_t i = 0; i < p->entry_count && ret_offers->count < max; i++)
        if (tt_model_id_compare(p->entries[i].id, after) > 0)
            ret_offers->entries[ret_offers->count++] = p->entries[i];
    ret_offers->all = ret_offers->count < max;
}

/* An entry that was deleted meanwhile gets no pending one. */
static void add_pending(struct tt_model_partition *p, struct tt_model_id id, int token,
                        int64_t deliveries)
{
    if (tt_model_find(p, id) == NULL)
        return;
    tt_assert(p->pending_count < TT_MODEL_ENTRIES_MAX);
    p->pending[p->pending_count++] = (struct tt_model_pending){id, token, deliveries, 0};
}

static void take_offer(struct claiming *c, const struct tt_model_entry *entry, bool away)
{
    struct tt_model_partition *p = c->p;
    if (tt_model_keys_have(&c->mine, entry->key)) {
        add_pending(p, entry->id, c->me, 1);
        add_entry(c, entry, 1);
        return;
    }
    add_pending(p, entry->id, away ? TT_MODEL_OUT : TT_MODEL_WAITING, 0);
    if (away)
        tt_model_turn_add(p->behind, &p->behind_count, entry->key, entry->id);
    else
        tt_model_wait_for(p, entry->key, entry->id);
}

/* Takes the offers from `first` to before `end`. */
static void take_new(struct claiming *c, const struct tt_model_offers *offers, size_t first,
                     size_t end)
{
    struct tt_model_partition *p = c->p;
    struct tt_model_keys asked = {.count = 0}, away = {.count = 0};
    bool waiting = p->wait_count > 0;
    for (size_t i = first; i < end; i++) {
        const char *key = offers->entries[i].key;
        if (tt_model_keys_have(&asked, key) || tt_model_keys_have(&c->mine, key))
            continue;
        tt_model_keys_add(&asked, key);
        if (tt_model_find_parked(p, key) != NULL)
            tt_model_keys_add(&away, key);
        else if (is_free(c, key, waiting))
            add_task(c, key);
    }
    for (size_t i = first; i < end; i++)
        take_offer(c, &offers->entries[i], tt_model_keys_have(&away, offers->entries[i].key));
    p->delivered = offers->entries[end - 1].id;
}

/* How many of the offers somebody had before us; false: what was seen is too little, or there is a
 * gap. */
static bool first_offer(const struct tt_model_partition *p, const struct tt_model_offers *offers,
                        size_t *ret_first)
{
    size_t first = 0;
    while (first < offers->count &&
           tt_model_id_compare(p->delivered, offers->entries[first].id) >= 0)
        first++;
    *ret_first = first;
    return tt_model_id_compare(p->delivered, offers->after) >= 0 && (offers->all || first == 0);
}

static void take_offers(struct claiming *c, const struct tt_model_offers *offers, size_t first,
                        size_t budget)
{
    size_t end = first + budget < offers->count ? first + budget : offers->count;
    c->claim->more = end < offers->count || end == first + budget;
    if (end > first)
        take_new(c, offers, first, end);
}

void tt_model_claim(struct tt_model_server *server, unsigned partition, int token, int64_t lease_ms,
                    size_t count, int64_t floor, size_t waiting_max,
                    const struct tt_model_offers *offers, struct tt_model_claim *ret_claim)
{
    struct claiming c = {server, &server->partitions[partition], ret_claim, {.count = 0}, token};
    struct tt_model_claim *claim = ret_claim;
    claim->fence = claim->more = 0;
    claim->mixed = false;
    claim->count = claim->task_count = claim->vanished = 0;
    claim->last = c.p->delivered;
    size_t first = 0;
    if (!first_offer(c.p, offers, &first)) {
        claim->more = 3;
        return;
    }
    claim->vanished += tidy(&c);
    size_t budget = take_ready(&c, count);
    if (budget == 0) {
        claim->more = 1;
    } else if (c.p->wait_count >= waiting_max) {
        claim->more = 2;
    } else {
        take_offers(&c, offers, first, budget);
    }
    claim->last = c.p->delivered;
    if (claim->count == 0 && claim->task_count > 0) { /* all that was found has vanished */
        claim->more = 1;
        claim->task_count = 0;
        tt_model_mark_ready(server, c.p, &c.mine);
    }
    if (claim->task_count == 0)
        return;
    claim->fence = ++c.p->fence;
    if (claim->fence <= floor)
        claim->fence = c.p->fence = floor + 1;
    for (size_t i = 0; i < claim->task_count; i++)
        tt_model_hold(c.p, claim->tasks[i], token);
    tt_model_set_lease(c.p, token, server->now_ms + lease_ms);
}
