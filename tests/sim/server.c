/* Streams, dead letters and heartbeats of the model; turns are in server_turns.c. */
#include "tests/sim/server.h"

#include "core/base/assert.h"
#include <stdio.h>
#include <string.h>

void tt_model_server_init(struct tt_model_server *server, unsigned partitions)
{
    tt_assert(partitions >= 1 && partitions <= TT_MODEL_PARTITIONS_MAX);
    for (unsigned i = 0; i < partitions; i++) { /* not all of it: it is large */
        struct tt_model_partition *p = &server->partitions[i];
        p->has_group = false;
        p->last_id = p->delivered = p->wake = (struct tt_model_id){0, 0};
        p->entry_count = p->pending_count = p->wait_count = p->held_count = 0;
        p->lease_count = p->letter_count = p->ready_count = 0;
        p->behind_count = p->parked_count = 0;
        p->fence = 0;
    }
    server->partition_count = partitions;
    server->worker_count = server->key_count = 0;
    server->now_ms = 0;
    server->changes = 0;
    server->gives_all = false;
    server->token_count = TT_MODEL_FIRST_TOKEN;
    snprintf(server->tokens[TT_MODEL_WAITING], TT_MODEL_NAME_BYTES, "*");
    snprintf(server->tokens[TT_MODEL_OUT], TT_MODEL_NAME_BYTES, "+");
}

int tt_model_token(struct tt_model_server *server, const char *name)
{
    tt_assert(server->token_count < TT_MODEL_TOKENS_MAX);
    snprintf(server->tokens[server->token_count], TT_MODEL_NAME_BYTES, "%s", name);
    return server->token_count++;
}

const char *tt_model_key(struct tt_model_server *server, const char *text)
{
    for (size_t i = 0; i < server->key_count; i++)
        if (strcmp(server->keys[i], text) == 0)
            return server->keys[i];
    tt_assert(server->key_count < TT_MODEL_KEYS_MAX);
    snprintf(server->keys[server->key_count], TT_MODEL_KEY_BYTES, "%s", text);
    return server->keys[server->key_count++];
}

static struct tt_model_id next_id(const struct tt_model_server *server, struct tt_model_id last)
{
    if (server->now_ms > last.ms)
        return (struct tt_model_id){server->now_ms, 0};
    return (struct tt_model_id){last.ms, last.seq + 1};
}

struct tt_model_id tt_model_add(struct tt_model_server *server, unsigned partition,
                                struct tt_str payload, const char *key)
{
    struct tt_model_partition *p = &server->partitions[partition];
    tt_assert(p->entry_count < TT_MODEL_ENTRIES_MAX);
    p->last_id = next_id(server, p->last_id);
    p->entries[p->entry_count++] = (struct tt_model_entry){p->last_id, payload, key};
    server->changes++;
    return p->last_id;
}

void tt_model_make_group(struct tt_model_server *server, unsigned partition)
{
    struct tt_model_partition *p = &server->partitions[partition];
    if (p->has_group)
        return;
    p->has_group = true;
    p->delivered = (struct tt_model_id){0, 0};
    p->pending_count = 0;
}

const struct tt_model_entry *tt_model_find(const struct tt_model_partition *p,
                                           struct tt_model_id id)
{
    size_t low = 0, high = p->entry_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = tt_model_id_compare(p->entries[middle].id, id);
        if (order == 0)
            return &p->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void tt_model_trim(struct tt_model_server *server, unsigned partition)
{
    struct tt_model_partition *p = &server->partitions[partition];
    if (!p->has_group)
        return;
    struct tt_model_id least = p->delivered;
    if (p->pending_count > 0 && tt_model_id_compare(p->pending[0].id, least) < 0)
        least = p->pending[0].id;
    size_t gone = 0;
    while (gone < p->entry_count && tt_model_id_compare(p->entries[gone].id, least) < 0)
        gone++;
    memmove(p->entries, p->entries + gone, (p->entry_count - gone) * sizeof *p->entries);
    p->entry_count -= gone;
}

struct tt_queue_backlog tt_model_backlog(const struct tt_model_server *server, unsigned partition)
{
    const struct tt_model_partition *p = &server->partitions[partition];
    struct tt_queue_backlog backlog = {.pending = p->pending_count};
    for (size_t i = 0; i < p->pending_count; i++)
        backlog.pending -= p->pending[i].token == TT_MODEL_OUT;
    for (size_t i = 0; i < p->entry_count; i++)
        backlog.unread += tt_model_id_compare(p->entries[i].id, p->delivered) > 0;
    return backlog;
}

/* ---- Dead letters */

static bool has_letter(const struct tt_model_partition *p, struct tt_model_id id)
{
    for (size_t i = 0; i < p->letter_count; i++)
        if (tt_model_id_compare(p->letters[i].id, id) >= 0 &&
            tt_model_id_compare(p->letters[i].entry_id, id) == 0)
            return true;
    return false;
}

void tt_model_put_letter(struct tt_model_server *server, struct tt_model_partition *p,
                         const struct tt_model_letter *letter)
{
    struct tt_model_id last = {0, 0};
    if (has_letter(p, letter->entry_id))
        return;
    if (p->letter_count > 0)
        last = p->letters[p->letter_count - 1].id;
    tt_assert(p->letter_count < TT_MODEL_ENTRIES_MAX);
    p->letters[p->letter_count] = *letter;
    p->letters[p->letter_count++].id =
        tt_model_id_compare(letter->entry_id, last) > 0 ? letter->entry_id : next_id(server, last);
}

void tt_model_bury(struct tt_model_server *server, unsigned partition, int token,
                   struct tt_model_id id, const char *reason, int64_t tries, struct tt_str payload)
{
    struct tt_model_partition *p = &server->partitions[partition];
    struct tt_model_letter letter = {.entry_id = id, .payload = payload, .tries = tries};
    if (token >= 0 && tt_model_lease(p, token) == NULL)
        return;
    snprintf(letter.reason, sizeof letter.reason, "%s", reason);
    tt_model_put_letter(server, p, &letter);
    tt_model_pending_drop(p, id);
}

/* ---- Heartbeats */

static void forget_worker(struct tt_model_server *server, size_t i)
{
    server->workers[i] = server->workers[--server->worker_count];
}

void tt_model_beat(struct tt_model_server *server, const char *name, int64_t lifetime_ms,
                   unsigned *ret_alive, unsigned *ret_rank)
{
    unsigned rank = 0;
    for (size_t i = server->worker_count; i-- > 0;)
        if (strcmp(server->workers[i].name, name) == 0)
            forget_worker(server, i);
    if (lifetime_ms > 0) {
        tt_assert(server->worker_count < TT_MODEL_WORKERS_MAX);
        snprintf(server->workers[server->worker_count].name, TT_MODEL_NAME_BYTES, "%s", name);
        server->workers[server->worker_count++].seen_ms = server->now_ms;
        for (size_t i = server->worker_count; i-- > 0;)
            if (server->workers[i].seen_ms <= server->now_ms - lifetime_ms)
                forget_worker(server, i);
    }
    for (size_t i = 0; i < server->worker_count; i++)
        rank += strcmp(server->workers[i].name, name) < 0;
    *ret_alive = (unsigned)server->worker_count;
    *ret_rank = rank;
}
