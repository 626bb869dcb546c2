/* The lives of a worker. */
#include "core/base/assert.h"
#include "core/base/limits.h"
#include "tests/sim/world.h"

#include <stdio.h>

void tt_sim_worker_sleep(struct tt_sim_worker *w, int64_t us)
{
    if (w->crashed)
        return;
    w->wake_us = w->sim->now_us + us;
    tt_fiber_yield(&w->fiber);
}

static int64_t wall_us(void *context)
{
    const struct tt_sim_worker *w = context;
    return TT_SIM_WALL_US + w->sim->now_us + w->wall_offset_us;
}

static struct tt_mono mono(void *context)
{
    return (struct tt_mono){((const struct tt_sim_worker *)context)->sim->now_us + 1};
}

static void sleep_us(void *context, int64_t us)
{
    struct tt_sim_worker *w = context;
    tt_sim_note(w->sim, w, "sleep %lld", (long long)us);
    tt_sim_worker_sleep(w, us);
}

static void idle(void *context, uint64_t changes, int64_t wait_ms)
{
    struct tt_sim_worker *w = context;
    w->idles = true;
    w->changes = changes;
    tt_sim_worker_sleep(w, wait_ms * 1000);
    w->idles = false;
}

static uint64_t next_number(void *context)
{
    return tt_sim_next(&((struct tt_sim_worker *)context)->sim->numbers);
}

static void observe(void *context, enum tt_observation what, int64_t number, const char *text)
{
    const struct tt_sim_worker *w = context;
    struct tt_sim_result *result = w->sim->result;
    static const char *const names[] = {
#define TT_OBSERVATION_NAME(upper, lower) #lower,
        TT_OBSERVATIONS(TT_OBSERVATION_NAME)
#undef TT_OBSERVATION_NAME
    };
    tt_sim_note(w->sim, w, "%s %lld %s", names[what], (long long)number, text);
    if (what == TT_OBSERVED_ENTRIES_VANISHED)
        result->vanished += (uint64_t)number;
    result->fenced += what == TT_OBSERVED_FENCED;
    result->turns_lost += what == TT_OBSERVED_TURN_LOST;
    result->reused += what == TT_OBSERVED_ENTRY_ID_REUSED;
}

static void live(void *argument)
{
    struct tt_sim_worker *w = argument;
    struct tt_worker_counts counts = {0};
    struct tt_fault fault = {0};
    enum tt_err err = tt_worker_run(&w->options, &counts, &fault);
    tt_sim_note(w->sim, w, "ends: %s", tt_err_name(err));
    w->down = true;
    w->wake_us = w->sim->now_us + 1000;
    if (w->crashed)
        w->wake_us += tt_sim_between(w->sim, 0, 2 * w->sim->plan->lease_us);
    else if (err != TT_OK)
        tt_sim_fail(w->sim, "%s gave up: %s: %s", w->name, tt_err_name(err), fault.text);
    else
        w->finished = w->sim->healed && w->stop == 0;
}

static const struct tt_tenants *tenants(void *context)
{
    return ((const struct tt_sim *)context)->tenants;
}

static void open_ports(struct tt_sim_worker *w)
{
    struct tt_sim *sim = w->sim;
    w->link = tt_sim_link(w);
    w->clock = (struct tt_clock){w, wall_us, mono, sleep_us};
    w->random = (struct tt_random){w, next_number};
    w->observer = (struct tt_observer){w, observe};
    w->queue = (struct tt_model_queue){
        .server = &sim->server,
        .link = &w->link,
        .clock = &w->clock,
        .random = &w->random,
        .idle = idle,
        .idle_context = w,
        .lease_ms = sim->plan->lease_us / 1000,
        .waiting_max = sim->plan->waiting_max,
        .locking = !sim->plan->unlocked,
    };
    snprintf(w->queue.worker, sizeof w->queue.worker, "%s", w->name);
    w->store = (struct tt_model_store){
        .tables = &sim->tables,
        .link = &w->link,
        .one_writer = sim->plan->one_writer,
        .wait_context = w,
        .wait = tt_sim_store_wait,
        .leave = tt_sim_store_leave,
        .has_time = tt_sim_store_has_time,
    };
    w->queue_port = tt_model_queue_port(&w->queue);
    w->store_port = tt_model_store_port(&w->store);
}

/* A name is kept through some deaths and not through others. */
void tt_sim_worker_start(struct tt_sim *sim, struct tt_sim_worker *w)
{
    w->sim = sim;
    if (w->life++ == 0 || tt_sim_percent(&sim->chance, 50))
        snprintf(w->name, sizeof w->name, "w%u.%u", sim->plan->same_names ? 0 : w->index,
                 sim->plan->same_names ? 0 : w->life);
    open_ports(w);
    w->stop = 0;
    w->down = w->crashed = w->finished = w->idles = false;
    w->paused_us = 0;
    w->connection = 0;
    w->options = (struct tt_worker_options){
        .queue = &w->queue_port,
        .store = &w->store_port,
        .clock = &w->clock,
        .random = &w->random,
        .observer = &w->observer,
        .name = tt_str_from(w->name),
        .batch_max = sim->plan->batch_max,
        .lease_us = sim->plan->lease_us,
        .drain_us = sim->plan->lease_us,
        .locking = !sim->plan->unlocked,
        .until_idle = sim->healed,
        .apply_by_arrival = sim->plan->by_arrival,
        .park = sim->plan->park,
        .tenants = {sim, tenants},
        .json_depth_max = TT_JSON_DEPTH_DEFAULT,
        .stop = &w->stop,
    };
    tt_sim_note(sim, w, "starts");
    tt_fiber_start(&w->fiber, live, w);
}

void tt_sim_worker_resume(struct tt_sim_worker *w)
{
    w->wake_us = TT_SIM_NEVER;
    w->sim->running = w;
    tt_fiber_resume(&w->fiber);
    w->sim->running = NULL;
    tt_assert(w->wake_us != TT_SIM_NEVER);
}

void tt_sim_worker_kill(struct tt_sim_worker *w)
{
    tt_sim_note(w->sim, w, "is killed");
    w->sim->result->kills++;
    w->crashed = true;
    w->paused_us = 0;
    w->wake_us = w->sim->now_us;
}
