/* What goes wrong now and then. */
#include "tests/sim/world.h"

#include <stdio.h>
#include <string.h>

/* What the server may lose of its own. */
enum {
    LOSSES = 1U << TT_SIM_HALF_CLAIM | 1U << TT_SIM_TAIL | 1U << TT_SIM_FORGET_TURNS |
             1U << TT_SIM_FORGET_KEY | 1U << TT_SIM_LOSE_GROUP,
    LEASES_END = LOSSES | 1U << TT_SIM_SERVER_CLOCK, /* or seem to, and then do not */
};

static struct tt_sim_worker *anybody(struct tt_sim *sim)
{
    return &sim->workers[tt_sim_below(&sim->chance, sim->plan->workers)];
}

static void pause_worker(struct tt_sim *sim, struct tt_sim_worker *w)
{
    if (w->down || w->crashed)
        return;
    w->paused_us = sim->now_us + tt_sim_between(sim, 0, 3 * sim->plan->lease_us);
    sim->result->pauses++;
}

/* ---- The queue's server */

static void break_connections(struct tt_sim *sim)
{
    sim->connection++;
}

void tt_sim_take_snapshot(struct tt_sim *sim)
{
    for (unsigned i = 0; i < sim->plan->partitions; i++)
        sim->snapshot[i] = sim->server.partitions[i];
    sim->snapshot_events = sim->ledger.count;
    sim->snapshot_server_us = sim->now_us + sim->server_offset_us;
    sim->has_snapshot = true;
}

/* The server, or the node of one partition, comes up with what it had at the time of the snapshot.
 * What came after that is lost. Its clock may be back too, and then ids come again. */
static void lose_tail(struct tt_sim *sim)
{
    bool all = tt_sim_percent(&sim->chance, 50);
    unsigned one = (unsigned)tt_sim_below(&sim->chance, sim->plan->partitions);
    for (unsigned i = 0; i < sim->plan->partitions; i++)
        if (all || i == one)
            sim->server.partitions[i] = sim->snapshot[i];
    for (size_t i = sim->snapshot_events; i < sim->ledger.count; i++) {
        struct tt_sim_entry *entry = &sim->ledger.entries[i];
        if ((all || entry->partition == one) && !entry->lost) {
            entry->lost = true;
            sim->result->lost++;
        }
    }
    if (tt_sim_percent(&sim->chance, 60))
        sim->server_offset_us = sim->snapshot_server_us - sim->now_us;
    sim->result->tails++;
    break_connections(sim);
}

static bool has_letter(const struct tt_model_partition *p, struct tt_model_id entry_id)
{
    for (size_t i = 0; i < p->letter_count; i++)
        if (tt_model_id_compare(p->letters[i].entry_id, entry_id) == 0)
            return true;
    return false;
}

/* Letters that there are now, besides those that there were. */
static void add_letters(struct tt_model_partition *p, const struct tt_model_partition *now)
{
    for (size_t i = 0; i < now->letter_count; i++) {
        if (has_letter(p, now->letters[i].entry_id))
            continue;
        size_t at = p->letter_count++;
        for (; at > 0 && tt_model_id_compare(p->letters[at - 1].id, now->letters[i].id) > 0; at--)
            p->letters[at] = p->letters[at - 1];
        p->letters[at] = now->letters[i];
    }
}

/* All entries are there and all dead letters; what the group knew, and the locks, are old. */
static void forget_turns(struct tt_sim *sim)
{
    unsigned number = (unsigned)tt_sim_below(&sim->chance, sim->plan->partitions);
    struct tt_model_partition *p = &sim->server.partitions[number];
    struct tt_model_partition *old = &sim->snapshot[number];
    struct tt_model_partition *now = &sim->snapshot_scratch;
    *now = *p;
    *p = *old;
    for (size_t i = 0; i < now->entry_count; i++)
        p->entries[i] = now->entries[i];
    p->entry_count = now->entry_count;
    add_letters(p, now);
    p->last_id = now->last_id;
    break_connections(sim);
}

static void forget_key(struct tt_sim *sim)
{
    struct tt_model_partition *p =
        &sim->server.partitions[tt_sim_below(&sim->chance, sim->plan->partitions)];
    switch (tt_sim_below(&sim->chance, 8)) {
    case 0: p->held_count = 0; break;
    case 1: p->wait_count = 0; break;
    case 2: p->ready_count = 0; break;
    case 3: p->lease_count = 0; break;
    case 4: p->fence = 0; break;
    case 5: p->parked_count = 0; break;
    case 6: p->behind_count = 0; break;
    default: p->wake = (struct tt_model_id){0, 0};
    }
    break_connections(sim);
}

static void lose_group(struct tt_sim *sim)
{
    struct tt_model_partition *p =
        &sim->server.partitions[tt_sim_below(&sim->chance, sim->plan->partitions)];
    p->has_group = false;
    p->pending_count = 0;
    p->delivered = (struct tt_model_id){0, 0};
    if (tt_sim_percent(&sim->chance, 50))
        break_connections(sim);
}

/* Somebody's claim, who is gone; the server has come up with the beginning of it. */
static void cut_a_claim(struct tt_sim *sim)
{
    char name[TT_MODEL_NAME_BYTES];
    unsigned number = (unsigned)tt_sim_below(&sim->chance, sim->plan->partitions);
    size_t count = 1 + tt_sim_below(&sim->chance, 8);
    unsigned parts = (unsigned)tt_sim_below(&sim->chance, TT_MODEL_CLAIM_PARTS);
    if (!sim->server.partitions[number].has_group || sim->plan->unlocked)
        return;
    snprintf(name, sizeof name, "gone#%d", sim->server.token_count);
    tt_sim_server_clock(sim);
    sim->result->halves +=
        tt_model_half_claim(&sim->server, number, tt_model_token(&sim->server, name),
                            sim->plan->lease_us / 1000, count, parts, &sim->snapshot_scratch);
    tt_sim_note(sim, NULL, "%u parts of a claim in partition %u", parts, number);
    break_connections(sim);
}

/* ---- Dead letters */

static void mark_dropped(struct tt_sim *sim, unsigned partition,
                         const struct tt_model_letter *letter)
{
    for (size_t i = 0; i < sim->ledger.count; i++) {
        struct tt_sim_entry *entry = &sim->ledger.entries[i];
        if (entry->partition == partition &&
            tt_model_id_compare(entry->id, letter->entry_id) == 0 &&
            tt_str_equal(entry->payload, letter->payload))
            entry->dropped = true;
    }
}

static void see_to(struct tt_sim *sim, unsigned partition, size_t number, bool requeue)
{
    const struct tt_model_letter *letter = &sim->server.partitions[partition].letters[number];
    tt_sim_note(sim, NULL, "letter %zu of partition %u, %lld-%lld: %s", number, partition,
                (long long)letter->entry_id.ms, (long long)letter->entry_id.seq,
                requeue ? "requeued" : "dropped");
    if (!requeue)
        mark_dropped(sim, partition, letter);
    tt_sim_server_clock(sim);
    tt_model_unbury(&sim->server, partition, number, requeue);
}

/* Only of letters that a task waits behind: to requeue another is to send a new event. */
static void see_to_some(struct tt_sim *sim)
{
    unsigned partition = (unsigned)tt_sim_below(&sim->chance, sim->plan->partitions);
    const struct tt_model_partition *p = &sim->server.partitions[partition];
    if (!p->has_group || p->letter_count == 0)
        return;
    size_t number = tt_sim_below(&sim->chance, p->letter_count);
    if (p->letters[number].parked != NULL)
        see_to(sim, partition, number, tt_sim_percent(&sim->chance, 50));
}

/* The letter that the task waits behind, as far as anybody can tell. */
static size_t letter_of(const struct tt_model_partition *p, const char *key)
{
    for (size_t i = 0; i < p->letter_count; i++)
        if (p->letters[i].parked != NULL && strcmp(p->letters[i].parked, key) == 0)
            return i;
    return SIZE_MAX;
}

bool tt_sim_let_go_parked(struct tt_sim *sim)
{
    bool some = false;
    for (unsigned i = 0; i < sim->plan->partitions; i++) {
        struct tt_model_partition *p = &sim->server.partitions[i];
        while (p->parked_count > 0) {
            size_t letter = letter_of(p, p->parked[0].key);
            if (letter == SIZE_MAX) {
                tt_sim_fail(sim, "G5: task %s is parked behind no letter", p->parked[0].key);
                return false;
            }
            see_to(sim, i, letter, false);
            some = true;
        }
    }
    return some;
}

/* ---- An id held */

static void begin_repair(struct tt_sim *sim)
{
    char name[TT_MODEL_NAME_BYTES];
    if (sim->repair.key != NULL || sim->ledger.count == 0 || sim->plan->unlocked)
        return;
    const struct tt_sim_entry *entry =
        &sim->ledger.entries[tt_sim_below(&sim->chance, sim->ledger.count)];
    if (entry->key[0] == '!')
        return;
    snprintf(name, sizeof name, "repair#%d", sim->server.token_count);
    int token = tt_model_token(&sim->server, name);
    int64_t reserved = tt_model_reserve_fences(&sim->tables, 0);
    int64_t fence = tt_model_hold_id(&sim->server, entry->partition, token, entry->key,
                                     sim->plan->lease_us / 1000, reserved - TT_FENCE_STEP);
    tt_sim_note(sim, NULL, "%s is held: %lld", entry->key, (long long)fence);
    if (fence == 0)
        return;
    sim->repair.key = entry->key;
    sim->repair.partition = entry->partition;
    sim->repair.token = token;
    sim->repair.fence = fence;
    sim->repair.rows = sim->tables.audit_count;
    sim->repair.due_us = sim->now_us + tt_sim_between(sim, 100, 2 * sim->plan->lease_us);
}

void tt_sim_end_repair(struct tt_sim *sim)
{
    struct tt_model_partition *p = &sim->server.partitions[sim->repair.partition];
    bool alive = tt_model_alive(&sim->server, p, sim->repair.token);
    bool holds = tt_model_holder(p, sim->repair.key) == sim->repair.token;
    bool sure = alive && (sim->plan->troubles & LEASES_END) == 0;
    for (size_t i = sim->repair.rows; i < sim->tables.audit_count && sure; i++) {
        const struct tt_audit_row *row = &sim->tables.audit[i];
        char key[TT_MODEL_KEY_BYTES];
        snprintf(key, sizeof key, "%.*s/%.*s", TT_STR_ARGS(row->event.tenant),
                 TT_STR_ARGS(row->event.task_id));
        if (strcmp(key, sim->repair.key) == 0 && row->fence > sim->repair.fence)
            tt_sim_fail(sim, "G4: task %s was held, and row %zu was written", key, i);
    }
    if (sure && !holds)
        tt_sim_fail(sim, "G4: task %s was held, and somebody else took it", sim->repair.key);
    if (tt_sim_percent(&sim->chance, 70) && p->has_group)
        tt_model_finish(&sim->server, sim->repair.partition, sim->repair.token, NULL, 0,
                        &sim->repair.key, 1);
    tt_sim_note(sim, NULL, "%s is held no more", sim->repair.key);
    sim->repair.key = NULL;
    sim->repair.due_us = TT_SIM_NEVER;
}

/* ---- */

static void strike(struct tt_sim *sim, enum tt_sim_trouble trouble)
{
    struct tt_sim_worker *w = anybody(sim);
    int64_t while_us = sim->now_us + tt_sim_between(sim, 1000, 2 * sim->plan->lease_us);
    switch (trouble) {
    case TT_SIM_KILL:
        if (!w->down)
            tt_sim_worker_kill(w);
        break;
    case TT_SIM_STOP: w->stop = 1 + tt_sim_percent(&sim->chance, 30); break;
    case TT_SIM_PAUSE: pause_worker(sim, w); break;
    case TT_SIM_TAIL: lose_tail(sim); break;
    case TT_SIM_FORGET_TURNS: forget_turns(sim); break;
    case TT_SIM_FORGET_KEY: forget_key(sim); break;
    case TT_SIM_LOSE_GROUP: lose_group(sim); break;
    case TT_SIM_QUEUE_AWAY: sim->queue_away_us = while_us; break;
    case TT_SIM_STORE_AWAY: sim->store_away_us = while_us; break;
    case TT_SIM_DISK_FULL: sim->disk_full_us = while_us; break;
    case TT_SIM_SERVER_CLOCK:
        sim->server_offset_us +=
            tt_sim_between(sim, -2 * sim->plan->lease_us, 2 * sim->plan->lease_us);
        break;
    case TT_SIM_WALL_CLOCK:
        w->wall_offset_us = tt_sim_between(sim, -INT64_C(7200000000), INT64_C(7200000000));
        break;
    case TT_SIM_OPERATOR: see_to_some(sim); break;
    case TT_SIM_REPAIR: begin_repair(sim); break;
    case TT_SIM_HALF_CLAIM: cut_a_claim(sim); break;
    default: break;
    }
}

void tt_sim_trouble(struct tt_sim *sim)
{
    unsigned kinds[TT_SIM_TROUBLE_COUNT], count = 0;
    for (unsigned i = 0; i < TT_SIM_TROUBLE_COUNT; i++)
        if (tt_sim_has(sim, i))
            kinds[count++] = i;
    if (count == 0)
        return;
    unsigned kind = kinds[tt_sim_below(&sim->chance, count)];
    if ((kind == TT_SIM_TAIL || kind == TT_SIM_FORGET_TURNS) && !sim->has_snapshot)
        return;
    tt_sim_note(sim, NULL, "trouble: %s", tt_sim_trouble_name(kind));
    tt_sim_mix(sim, kind);
    strike(sim, kind);
}
