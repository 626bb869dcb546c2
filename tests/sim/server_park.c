/* Parked tasks of the model, as in adapters/redis/script_park.h. */
#include "tests/sim/server.h"

#include "core/base/assert.h"
#include <stdio.h>
#include <string.h>

struct tt_model_parked *tt_model_find_parked(struct tt_model_partition *p, const char *key)
{
    for (size_t i = 0; i < p->parked_count; i++)
        if (strcmp(p->parked[i].key, key) == 0)
            return &p->parked[i];
    return NULL;
}

void tt_model_set_parked(struct tt_model_partition *p, const char *key, struct tt_model_id id)
{
    if (tt_model_find_parked(p, key) != NULL)
        return;
    tt_assert(p->parked_count < TT_MODEL_ENTRIES_MAX);
    p->parked[p->parked_count++] = (struct tt_model_parked){key, id};
}

/* XCLAIM: only what is pending changes hands. */
static void hand_to(struct tt_model_partition *p, int token, struct tt_model_id id)
{
    struct tt_model_pending *pending = tt_model_pending_find(p, id);
    if (pending == NULL)
        return;
    pending->token = token;
    if (tt_model_find(p, id) == NULL)
        tt_model_pending_drop(p, id);
}

void tt_model_put_out(struct tt_model_partition *p, const char *key, struct tt_model_id id)
{
    tt_model_turn_add(p->behind, &p->behind_count, key, id);
    hand_to(p, TT_MODEL_OUT, id);
}

void tt_model_park(struct tt_model_server *server, unsigned partition, int token,
                   struct tt_model_id id, const char *reason, int64_t tries, struct tt_str payload,
                   const char *key, const struct tt_model_id *behind, size_t behind_count)
{
    struct tt_model_partition *p = &server->partitions[partition];
    struct tt_model_letter letter = {
        .entry_id = id, .payload = payload, .tries = tries, .parked = key};
    if (tt_model_lease(p, token) == NULL)
        return;
    snprintf(letter.reason, sizeof letter.reason, "%s", reason);
    tt_model_put_letter(server, p, &letter);
    tt_model_set_parked(p, key, id);
    tt_model_find_parked(p, key)->id = id;
    tt_model_put_out(p, key, id);
    for (size_t i = 0; i < behind_count; i++)
        tt_model_put_out(p, key, behind[i]);
    for (size_t at; (at = tt_model_first_wait(p, key)) != SIZE_MAX;) {
        struct tt_model_id waits = p->waits[at].id;
        tt_model_wait_drop(p, at);
        tt_model_put_out(p, key, waits);
    }
}

bool tt_model_has_letter_of(const struct tt_model_partition *p,
                            const struct tt_model_parked *parked)
{
    for (size_t i = 0; i < p->letter_count; i++)
        if (tt_model_id_compare(p->letters[i].entry_id, parked->id) == 0 &&
            p->letters[i].parked != NULL && strcmp(p->letters[i].parked, parked->key) == 0)
            return true;
    return false;
}

void tt_model_unbury(struct tt_model_server *server, unsigned partition, size_t number,
                     bool requeue)
{
    struct tt_model_partition *p = &server->partitions[partition];
    const struct tt_model_letter letter = p->letters[number];
    struct tt_model_parked *parked = NULL;
    struct tt_model_keys tasks = {.count = 0};
    if (letter.parked != NULL) {
        tt_model_take_from(p, TT_MODEL_OUT, &tasks);
        parked = tt_model_find_parked(p, letter.parked);
    }
    p->letter_count--;
    memmove(p->letters + number, p->letters + number + 1,
            (p->letter_count - number) * sizeof *p->letters);
    if (parked == NULL || (tt_model_id_compare(parked->id, letter.entry_id) != 0 &&
                           tt_model_has_letter_of(p, parked)))
        return;
    bool again = requeue && tt_model_find(p, letter.entry_id) != NULL;
    p->parked_count--;
    memmove(parked, parked + 1, (size_t)(p->parked + p->parked_count - parked) * sizeof *parked);
    for (size_t at;
         (at = tt_model_first_turn(p->behind, p->behind_count, letter.parked)) != SIZE_MAX;) {
        struct tt_model_id id = p->behind[at].id;
        p->behind_count--;
        memmove(p->behind + at, p->behind + at + 1, (p->behind_count - at) * sizeof *p->behind);
        if (tt_model_id_compare(id, letter.entry_id) == 0 && !again) {
            tt_model_pending_drop(p, id);
            continue;
        }
        hand_to(p, TT_MODEL_WAITING, id);
        tt_model_wait_for(p, letter.parked, id);
    }
    tasks.count = 0;
    tt_model_keys_add(&tasks, letter.parked);
    tt_model_mark_ready(server, p, &tasks);
}
