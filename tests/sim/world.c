/* Time, and who is next. */
#include "tests/sim/world.h"

#include "core/base/assert.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* After the troubles everything must be quiet within this. */
enum { CALLS_UNTIL_QUIET = 100 * 1000 };
#define QUIET_WITHIN_US(plan) (60 * INT64_C(1000000) + 10 * (plan)->lease_us)

static struct tt_sim *kept; /* between runs: large */

void tt_sim_mix(struct tt_sim *sim, uint64_t number)
{
    uint64_t index = sim->running == NULL ? TT_SIM_WORKERS_MAX : sim->running->index;
    uint64_t hash = sim->result->hash;
    hash = (hash ^ number ^ index << 32) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29 ^ (uint64_t)sim->now_us) * UINT64_C(0xbf58476d1ce4e5b9);
    sim->result->hash = hash ^ hash >> 32;
}

void tt_sim_note(struct tt_sim *sim, const struct tt_sim_worker *worker, const char *fmt, ...)
{
    va_list args;
    if (sim->trace == NULL)
        return;
    fprintf(sim->trace, "%12lld %-6s ", (long long)sim->now_us, worker == NULL ? "" : worker->name);
    va_start(args, fmt);
    vfprintf(sim->trace, fmt, args);
    va_end(args);
    fputc('\n', sim->trace);
}

void tt_sim_fail(struct tt_sim *sim, const char *fmt, ...)
{
    va_list args;
    if (sim->result->failure[0] != '\0')
        return;
    va_start(args, fmt);
    vsnprintf(sim->result->failure, sizeof sim->result->failure, fmt, args);
    va_end(args);
    tt_sim_note(sim, NULL, "FAILED: %s", sim->result->failure);
}

void tt_sim_server_clock(struct tt_sim *sim)
{
    int64_t now_ms = (TT_SIM_WALL_US + sim->now_us + sim->server_offset_us) / 1000;
    sim->server.now_ms = now_ms - now_ms % sim->plan->grain_ms;
}

/* ---- What is due */

static void produce(struct tt_sim *sim, int task)
{
    struct tt_sim_entry *entry = tt_sim_ledger_add(&sim->ledger, sim->plan, task, &sim->chance);
    tt_sim_server_clock(sim);
    entry->id = tt_model_add(&sim->server, entry->partition, entry->payload, entry->key);
    if (entry->key[0] == '\0')
        snprintf(entry->key, sizeof entry->key, "!%lld-%lld", (long long)entry->id.ms,
                 (long long)entry->id.seq);
    tt_sim_note(sim, NULL, "event %zu at %u:%lld-%lld %s %.*s", sim->ledger.count - 1,
                entry->partition, (long long)entry->id.ms, (long long)entry->id.seq, entry->key,
                TT_STR_ARGS(entry->payload));
}

static void produce_next(struct tt_sim *sim)
{
    produce(sim, -1);
    sim->event_due_us = TT_SIM_NEVER;
    if (sim->ledger.count < sim->plan->events) {
        bool at_once = tt_sim_percent(&sim->chance, sim->plan->burst);
        sim->event_due_us =
            sim->now_us + tt_sim_between(sim, 0, at_once ? 500 : 2 * sim->plan->event_every_us);
    }
}

static void end_orphans(struct tt_sim *sim)
{
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++) {
        struct tt_model_tx *tx = &sim->tables.tx[i];
        if (!tx->open || !tx->orphan || tx->orphan_until_us > sim->now_us)
            continue;
        tt_sim_note(sim, NULL, "a transaction that was left %s",
                    tx->orphan_commits ? "commits" : "is rolled back");
        if (tx->orphan_commits)
            tt_model_tx_commit(&sim->tables, tx);
        else
            tt_model_tx_rollback(tx);
        tt_sim_check_parked(sim);
    }
}

/* A clock that was set back makes the leases from before it last longer. */
static int64_t longest_lease_us(struct tt_sim *sim)
{
    int64_t left_ms = 0;
    tt_sim_server_clock(sim);
    for (unsigned i = 0; i < sim->plan->partitions; i++) {
        const struct tt_model_partition *p = &sim->server.partitions[i];
        for (size_t k = 0; k < p->lease_count; k++)
            if (p->leases[k].ends_ms - sim->server.now_ms > left_ms)
                left_ms = p->leases[k].ends_ms - sim->server.now_ms;
    }
    return left_ms * 1000;
}

/* The troubles are over; the workers go on until nothing is left. */
static void heal(struct tt_sim *sim)
{
    tt_sim_note(sim, NULL, "healed");
    sim->healed = true;
    sim->healed_us = sim->now_us;
    sim->healed_calls = sim->result->calls;
    sim->lease_left_us = longest_lease_us(sim);
    sim->queue_away_us = sim->store_away_us = sim->disk_full_us = 0;
    sim->trouble_due_us = sim->snapshot_due_us = TT_SIM_NEVER;
    for (unsigned i = 0; i < sim->plan->workers; i++)
        sim->workers[i].options.until_idle = true;
}

/* All is quiet, but there is more to come. */
static void begin_wave(struct tt_sim *sim)
{
    sim->healed_us = sim->now_us;
    sim->healed_calls = sim->result->calls;
    for (unsigned i = 0; i < sim->plan->workers; i++) {
        sim->workers[i].finished = false;
        sim->workers[i].wake_us = sim->now_us + tt_sim_between(sim, 0, 1000);
    }
}

/* All is quiet: whatever waits behind letters must get through once they are dropped, and then one
 * more event of each task. False: that was all. */
static bool next_wave(struct tt_sim *sim)
{
    tt_sim_note(sim, NULL, "quiet");
    if (sim->result->quiet_us == 0)
        sim->result->quiet_us = sim->now_us - sim->healed_us;
    if (!tt_sim_let_go_parked(sim)) {
        if (sim->last_wave)
            return false;
        sim->last_wave = true;
        for (unsigned task = 0; task < sim->plan->tasks; task++)
            produce(sim, (int)task);
    }
    begin_wave(sim);
    return true;
}

static int64_t due_us(const struct tt_sim_worker *w)
{
    if (w->finished)
        return TT_SIM_NEVER;
    return w->wake_us > w->paused_us ? w->wake_us : w->paused_us;
}

static struct tt_sim_worker *next_worker(struct tt_sim *sim)
{
    struct tt_sim_worker *next = &sim->workers[0];
    for (unsigned i = 1; i < sim->plan->workers; i++)
        if (due_us(&sim->workers[i]) < due_us(next))
            next = &sim->workers[i];
    return next;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t orphans_due_us(const struct tt_sim *sim)
{
    int64_t due = TT_SIM_NEVER;
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++)
        if (sim->tables.tx[i].open && sim->tables.tx[i].orphan)
            due = earlier(due, sim->tables.tx[i].orphan_until_us);
    return due;
}

/* Those that wait for the server to change. */
static void wake_idle(struct tt_sim *sim)
{
    for (unsigned i = 0; i < sim->plan->workers; i++) {
        struct tt_sim_worker *w = &sim->workers[i];
        if (!w->idles || w->changes == sim->server.changes)
            continue;
        w->idles = false;
        w->wake_us = earlier(w->wake_us, sim->now_us + tt_sim_between(sim, 10, 500));
    }
}

static void run_worker(struct tt_sim *sim, struct tt_sim_worker *w)
{
    if (w->down)
        tt_sim_worker_start(sim, w);
    tt_sim_worker_resume(w);
}

/* One step; false when nothing is left to come. */
static bool step(struct tt_sim *sim)
{
    struct tt_sim_worker *w = next_worker(sim);
    int64_t orphans_us = orphans_due_us(sim), next_us = due_us(w);
    if (next_us == TT_SIM_NEVER) {
        tt_assert(sim->healed);
        return next_wave(sim);
    }
    next_us = earlier(next_us, earlier(orphans_us, sim->event_due_us));
    next_us = earlier(next_us, earlier(sim->trouble_due_us, sim->snapshot_due_us));
    next_us = earlier(next_us, sim->repair.due_us);
    if (next_us > sim->now_us)
        sim->now_us = next_us;
    if (!sim->healed && sim->event_due_us == TT_SIM_NEVER && sim->now_us >= sim->plan->troubles_us)
        heal(sim);
    tt_sim_server_clock(sim);
    if (sim->repair.due_us == next_us) {
        tt_sim_end_repair(sim);
    } else if (orphans_us == next_us) {
        end_orphans(sim);
    } else if (sim->event_due_us == next_us) {
        produce_next(sim);
    } else if (sim->trouble_due_us == next_us) {
        tt_sim_trouble(sim);
        sim->trouble_due_us = sim->now_us + tt_sim_between(sim, 1, 2 * sim->plan->trouble_every_us);
    } else if (sim->snapshot_due_us == next_us) {
        tt_sim_take_snapshot(sim);
        sim->snapshot_due_us =
            sim->now_us + tt_sim_between(sim, 1, 2 * sim->plan->trouble_every_us);
    } else {
        run_worker(sim, w);
    }
    wake_idle(sim);
    return true;
}

static bool is_jammed(struct tt_sim *sim)
{
    int64_t quiet_within_us = QUIET_WITHIN_US(sim->plan) + sim->lease_left_us;
    if (!sim->healed || (sim->now_us - sim->healed_us < quiet_within_us &&
                         sim->result->calls - sim->healed_calls < CALLS_UNTIL_QUIET))
        return false;
    tt_sim_fail(sim, "G5: not quiet %lld s and %llu calls after the last trouble",
                (long long)(sim->now_us - sim->healed_us) / 1000000,
                (unsigned long long)(sim->result->calls - sim->healed_calls));
    return true;
}

/* ---- A run */

static void begin(struct tt_sim *sim, const struct tt_sim_plan *plan, FILE *trace,
                  struct tt_sim_result *result)
{
    sim->plan = plan;
    sim->trace = trace;
    sim->result = result;
    sim->chance = tt_sim_chance(plan->seed ^ UINT64_C(0x5eed));
    sim->numbers = tt_sim_chance(plan->seed ^ UINT64_C(0xface));
    sim->now_us = 0;
    sim->healed = sim->last_wave = sim->has_snapshot = false;
    sim->server_offset_us = 0;
    sim->connection = 1;
    sim->queue_away_us = sim->store_away_us = sim->disk_full_us = 0;
    sim->event_due_us = 0;
    sim->repair.key = NULL;
    sim->repair.due_us = TT_SIM_NEVER;
    sim->trouble_due_us = plan->troubles == 0 ? TT_SIM_NEVER : plan->trouble_every_us;
    sim->snapshot_due_us = plan->troubles == 0 ? TT_SIM_NEVER : plan->trouble_every_us / 2;
    tt_model_server_init(&sim->server, plan->partitions);
    sim->server.gives_all = plan->no_turn;
    tt_model_tables_init(&sim->tables);
    sim->tables.unstorable = TT_SIM_UNSTORABLE_MESSAGE;
    sim->tables.no_row_key = plan->no_row_key;
    sim->tables.no_fence = plan->no_fence;
    sim->tenants = NULL;
    if (plan->tenants)
        tt_assert(tt_tenants_parse(TT_STR(TT_SIM_TENANTS), &sim->tenants, NULL) == TT_OK);
    sim->ledger.count = sim->rows_seen = 0;
    tt_arena_init(&sim->ledger.arena, 0);
    for (unsigned i = 0; i < plan->workers; i++) {
        struct tt_sim_worker *w = &sim->workers[i];
        const struct tt_fiber fiber = w->fiber; /* its stack is used again */
        *w = (struct tt_sim_worker){.sim = sim, .index = i, .down = true, .fiber = fiber};
        w->wake_us = tt_sim_between(sim, 0, 100000);
    }
}

/* Workers that are in the middle of something, after a failure. */
static void end_workers(struct tt_sim *sim)
{
    for (unsigned i = 0; i < sim->plan->workers; i++)
        if (sim->workers[i].fiber.running) {
            tt_sim_worker_kill(&sim->workers[i]);
            tt_sim_worker_resume(&sim->workers[i]);
        }
}

bool tt_sim_run(const struct tt_sim_plan *plan, FILE *trace, struct tt_sim_result *ret_result)
{
    if (kept == NULL)
        kept = calloc(1, sizeof *kept);
    tt_assert(kept != NULL);
    struct tt_sim *sim = kept;
    *ret_result = (struct tt_sim_result){.hash = plan->seed};
    begin(sim, plan, trace, ret_result);
    while (ret_result->failure[0] == '\0' && !is_jammed(sim) && step(sim))
        ;
    ret_result->time_us = sim->now_us;
    ret_result->events = sim->ledger.count;
    ret_result->rows = sim->tables.audit_count;
    end_workers(sim);
    if (ret_result->failure[0] == '\0')
        tt_sim_check(sim);
    for (size_t i = 0; i < sim->tables.audit_count; i++)
        tt_sim_mix(sim, (uint64_t)sim->tables.audit[i].place.entry_ms ^
                            (uint64_t)sim->tables.audit[i].fence << 40);
    tt_tenants_destroy(sim->tenants);
    tt_model_tables_done(&sim->tables);
    tt_arena_done(&sim->ledger.arena);
    return ret_result->failure[0] == '\0';
}

void tt_sim_done(void)
{
    for (unsigned i = 0; kept != NULL && i < TT_SIM_WORKERS_MAX; i++)
        tt_fiber_done(&kept->workers[i].fiber);
    free(kept);
    kept = NULL;
}
