/* Turns of the model, as in adapters/redis/script_turns.h and script_finish.h. */
#include "tests/sim/server.h"

#include "core/base/assert.h"
#include <stdlib.h>
#include <string.h>

void tt_model_keys_add(struct tt_model_keys *keys, const char *key)
{
    if (tt_model_keys_have(keys, key))
        return;
    tt_assert(keys->count < TT_MODEL_ENTRIES_MAX);
    keys->list[keys->count++] = key;
}

bool tt_model_keys_have(const struct tt_model_keys *keys, const char *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->list[i], key) == 0)
            return true;
    return false;
}

/* ---- The lists beside the stream */

struct tt_model_pending *tt_model_pending_find(struct tt_model_partition *p, struct tt_model_id id)
{
    size_t low = 0, high = p->pending_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = tt_model_id_compare(p->pending[middle].id, id);
        if (order == 0)
            return &p->pending[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void tt_model_pending_drop(struct tt_model_partition *p, struct tt_model_id id)
{
    struct tt_model_pending *found = tt_model_pending_find(p, id);
    if (found == NULL)
        return;
    p->pending_count--;
    memmove(found, found + 1, (size_t)(p->pending + p->pending_count - found) * sizeof *found);
}

static int turn_compare(const struct tt_model_turn *turn, const char *key, struct tt_model_id id)
{
    int order = strcmp(turn->key, key);
    return order != 0 ? order : tt_model_id_compare(turn->id, id);
}

void tt_model_turn_add(struct tt_model_turn *list, size_t *count, const char *key,
                       struct tt_model_id id)
{
    size_t at = *count;
    while (at > 0 && turn_compare(&list[at - 1], key, id) > 0)
        at--;
    if (at > 0 && turn_compare(&list[at - 1], key, id) == 0)
        return;
    tt_assert(*count < TT_MODEL_ENTRIES_MAX);
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = (struct tt_model_turn){key, id};
    ++*count;
}

size_t tt_model_first_turn(const struct tt_model_turn *list, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].key, key) == 0)
            return i;
    return SIZE_MAX;
}

void tt_model_wait_for(struct tt_model_partition *p, const char *key, struct tt_model_id id)
{
    tt_model_turn_add(p->waits, &p->wait_count, key, id);
}

size_t tt_model_first_wait(const struct tt_model_partition *p, const char *key)
{
    return tt_model_first_turn(p->waits, p->wait_count, key);
}

void tt_model_wait_drop(struct tt_model_partition *p, size_t place)
{
    p->wait_count--;
    memmove(p->waits + place, p->waits + place + 1, (p->wait_count - place) * sizeof *p->waits);
}

static size_t find_held(const struct tt_model_partition *p, const char *key)
{
    size_t at = 0;
    while (at < p->held_count && strcmp(p->held[at].key, key) != 0)
        at++;
    return at;
}

int tt_model_holder(const struct tt_model_partition *p, const char *key)
{
    size_t at = find_held(p, key);
    return at == p->held_count ? -1 : p->held[at].token;
}

void tt_model_hold(struct tt_model_partition *p, const char *key, int token)
{
    size_t at = find_held(p, key);
    tt_assert(at < TT_MODEL_ENTRIES_MAX);
    p->held[at] = (struct tt_model_held){key, token};
    p->held_count += at == p->held_count;
}

void tt_model_release(struct tt_model_partition *p, const char *key)
{
    size_t at = find_held(p, key);
    if (at == p->held_count)
        return;
    p->held_count--;
    memmove(p->held + at, p->held + at + 1, (p->held_count - at) * sizeof *p->held);
}

void tt_model_push_ready(struct tt_model_partition *p, const char *key)
{
    tt_assert(p->ready_count < TT_MODEL_READY_MAX);
    p->ready[p->ready_count++] = key;
}

/* ---- Leases */

const struct tt_model_lease *tt_model_lease(const struct tt_model_partition *p, int token)
{
    for (size_t i = 0; i < p->lease_count; i++)
        if (p->leases[i].token == token)
            return &p->leases[i];
    return NULL;
}

bool tt_model_alive(const struct tt_model_server *server, const struct tt_model_partition *p,
                    int token)
{
    const struct tt_model_lease *lease = tt_model_lease(p, token);
    return lease != NULL && lease->ends_ms > server->now_ms;
}

void tt_model_set_lease(struct tt_model_partition *p, int token, int64_t ends_ms)
{
    tt_model_drop_lease(p, token);
    tt_assert(p->lease_count < TT_MODEL_LEASES_MAX);
    p->leases[p->lease_count++] = (struct tt_model_lease){token, ends_ms};
}

void tt_model_drop_lease(struct tt_model_partition *p, int token)
{
    for (size_t i = p->lease_count; i-- > 0;)
        if (p->leases[i].token == token)
            p->leases[i] = p->leases[--p->lease_count];
}

/* ---- Giving back */

uint64_t tt_model_take_from(struct tt_model_partition *p, int token, struct tt_model_keys *tasks)
{
    uint64_t vanished = 0;
    for (size_t i = 0; i < p->pending_count;) {
        struct tt_model_pending *pending = &p->pending[i];
        if (pending->token != token) {
            i++;
            continue;
        }
        const struct tt_model_entry *entry = tt_model_find(p, pending->id);
        if (entry == NULL) {
            vanished++;
            tt_model_pending_drop(p, pending->id);
            continue;
        }
        i++;
        if (token == TT_MODEL_OUT)
            tt_model_set_parked(p, entry->key, entry->id);
        if (tt_model_find_parked(p, entry->key) != NULL) {
            tt_model_put_out(p, entry->key, entry->id);
            continue;
        }
        tt_model_wait_for(p, entry->key, entry->id);
        tt_model_keys_add(tasks, entry->key);
        pending->token = TT_MODEL_WAITING;
    }
    return vanished;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t tt_model_mark_ready(struct tt_model_server *server, struct tt_model_partition *p,
                           struct tt_model_keys *tasks)
{
    size_t ready = 0;
    qsort((void *)tasks->list, tasks->count, sizeof *tasks->list, by_text);
    for (size_t i = 0; i < tasks->count; i++)
        if (tt_model_first_wait(p, tasks->list[i]) != SIZE_MAX) {
            tt_model_push_ready(p, tasks->list[i]);
            ready++;
        }
    if (ready > 0) {
        p->wake = (struct tt_model_id){server->now_ms > p->wake.ms ? server->now_ms : p->wake.ms,
                                       p->wake.seq + 1};
        server->changes++;
    }
    return ready;
}

uint64_t tt_model_give_back_in(struct tt_model_server *server, struct tt_model_partition *p,
                               int token)
{
    struct tt_model_keys tasks = {.count = 0};
    tt_model_drop_lease(p, token);
    size_t kept = 0;
    for (size_t i = 0; i < p->held_count; i++)
        if (p->held[i].token == token)
            tt_model_keys_add(&tasks, p->held[i].key);
        else
            p->held[kept++] = p->held[i];
    p->held_count = kept;
    uint64_t vanished = tt_model_take_from(p, token, &tasks);
    tt_model_mark_ready(server, p, &tasks);
    return vanished;
}

size_t tt_model_consumers(const struct tt_model_server *server, const struct tt_model_partition *p,
                          int *ret_tokens)
{
    size_t count = 0;
    for (size_t i = 0; i < p->pending_count; i++) {
        int token = p->pending[i].token;
        size_t at = 0;
        while (at < count && strcmp(server->tokens[ret_tokens[at]], server->tokens[token]) < 0)
            at++;
        if (at < count && ret_tokens[at] == token)
            continue;
        memmove(ret_tokens + at + 1, ret_tokens + at, (count - at) * sizeof *ret_tokens);
        ret_tokens[at] = token;
        count++;
    }
    return count;
}

uint64_t tt_model_begin_anew(struct tt_model_server *server, struct tt_model_partition *p)
{
    struct tt_model_keys tasks = {.count = 0};
    int tokens[TT_MODEL_ENTRIES_MAX];
    uint64_t vanished = 0;
    p->held_count = p->wait_count = p->ready_count = p->lease_count = p->behind_count = 0;
    vanished += tt_model_take_from(p, TT_MODEL_OUT, &tasks);
    size_t count = tt_model_consumers(server, p, tokens);
    for (size_t i = 0; i < count; i++)
        if (tokens[i] != TT_MODEL_OUT)
            vanished += tt_model_take_from(p, tokens[i], &tasks);
    tt_model_mark_ready(server, p, &tasks);
    return vanished;
}

/* ---- The scripts that end a turn */

int64_t tt_model_finish(struct tt_model_server *server, unsigned partition, int token,
                        const struct tt_model_id *ids, size_t id_count, const char *const *tasks,
                        size_t task_count)
{
    struct tt_model_partition *p = &server->partitions[partition];
    struct tt_model_keys released = {.count = 0};
    int64_t ready = 0;
    if (tt_model_lease(p, token) == NULL)
        return -1;
    for (size_t i = 0; i < id_count; i++)
        tt_model_pending_drop(p, ids[i]);
    for (size_t i = 0; i < task_count; i++)
        if (tt_model_holder(p, tasks[i]) == token) {
            tt_model_keys_add(&released, tasks[i]);
            tt_model_release(p, tasks[i]);
        }
    if (released.count > 0 && p->wait_count > 0)
        ready = (int64_t)tt_model_mark_ready(server, p, &released);
    tt_model_drop_lease(p, token);
    return ready;
}

uint64_t tt_model_give_back(struct tt_model_server *server, unsigned partition, int token)
{
    return tt_model_give_back_in(server, &server->partitions[partition], token);
}

bool tt_model_renew(struct tt_model_server *server, unsigned partition, int token, int64_t lease_ms)
{
    struct tt_model_partition *p = &server->partitions[partition];
    if (tt_model_lease(p, token) == NULL)
        return false;
    tt_model_set_lease(p, token, server->now_ms + lease_ms);
    return true;
}

uint64_t tt_model_tend(struct tt_model_server *server, unsigned partition)
{
    struct tt_model_partition *p = &server->partitions[partition];
    struct tt_model_keys held = {.count = 0}, tasks = {.count = 0};
    uint64_t vanished = 0;
    for (size_t i = 0; i < p->held_count; i++) {
        int token = p->held[i].token;
        if (tt_model_alive(server, p, token))
            continue;
        vanished += tt_model_give_back_in(server, p, token);
        i = SIZE_MAX; /* from the start: the list has changed */
    }
    for (size_t i = 0; i < p->held_count; i++)
        tt_model_keys_add(&held, p->held[i].key);
    for (size_t i = 0; i < p->ready_count; i++)
        tt_model_keys_add(&held, p->ready[i]);
    for (size_t i = 0; i < p->wait_count; i++)
        if (!tt_model_keys_have(&held, p->waits[i].key))
            tt_model_keys_add(&tasks, p->waits[i].key);
    tt_model_mark_ready(server, p, &tasks);
    return vanished;
}

int64_t tt_model_hold_id(struct tt_model_server *server, unsigned partition, int token,
                         const char *key, int64_t lease_ms, int64_t floor)
{
    struct tt_model_partition *p = &server->partitions[partition];
    tt_model_tidy(server, partition, token);
    int holder = tt_model_holder(p, key);
    if (holder >= 0 && holder != token) {
        if (tt_model_alive(server, p, holder))
            return 0;
        tt_model_give_back_in(server, p, holder);
    }
    if (++p->fence <= floor)
        p->fence = floor + 1;
    tt_model_hold(p, key, token);
    tt_model_set_lease(p, token, server->now_ms + lease_ms);
    return p->fence;
}
