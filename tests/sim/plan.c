#include "tests/sim/plan.h"

enum { MS = 1000, S = 1000 * MS };

uint64_t tt_sim_chance(uint64_t seed)
{
    seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64: neighbours have nothing in common */
    seed = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
    seed ^= seed >> 31;
    return seed == 0 ? 1 : seed;
}

uint64_t tt_sim_next(uint64_t *chance)
{
    uint64_t x = *chance;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *chance = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t tt_sim_below(uint64_t *chance, uint64_t limit)
{
    return (tt_sim_next(chance) >> 11) % limit;
}

bool tt_sim_percent(uint64_t *chance, unsigned share)
{
    return tt_sim_below(chance, 100) < share;
}

const char *tt_sim_trouble_name(enum tt_sim_trouble trouble)
{
    static const char *const names[] = {
#define TT_SIM_TROUBLE_NAME(upper, lower) #lower,
        TT_SIM_TROUBLES(TT_SIM_TROUBLE_NAME)
#undef TT_SIM_TROUBLE_NAME
    };
    return names[trouble];
}

/* Often nothing of it, else up to `most`. */
static unsigned some(uint64_t *chance, unsigned most)
{
    return tt_sim_percent(chance, 40) ? 0 : 1 + (unsigned)tt_sim_below(chance, most);
}

static int64_t between(uint64_t *chance, int64_t least, int64_t most)
{
    return least + (int64_t)tt_sim_below(chance, (uint64_t)(most - least + 1));
}

void tt_sim_plan_make(struct tt_sim_plan *plan, uint64_t seed)
{
    uint64_t chance = tt_sim_chance(seed);
    uint64_t *c = &chance;
    *plan = (struct tt_sim_plan){
        .seed = seed,
        .workers = (unsigned)between(c, 1, TT_SIM_WORKERS_MAX),
        .partitions = (unsigned)between(c, 1, 3),
        .tasks = (unsigned)between(c, 1, TT_SIM_TASKS_MAX),
        .events = (unsigned)between(c, 5, tt_sim_percent(c, 20) ? TT_SIM_EVENTS_MAX : 60),
        .batch_max = (size_t)between(c, 1, tt_sim_percent(c, 50) ? 4 : 40),
        .waiting_max = tt_sim_percent(c, 20) ? (size_t)between(c, 1, 8) : 4096,
        .lease_us = between(c, 1, 20) * 500 * MS,
        .by_arrival = tt_sim_percent(c, 30),
        .tenants = tt_sim_percent(c, 50),
        .park = tt_sim_percent(c, 40),
        .same_names = tt_sim_percent(c, 10),
        .one_writer = tt_sim_percent(c, 40),
        .burst = some(c, 95),
        .hot = some(c, 80),
        .duplicate = some(c, 30),
        .late = some(c, 40),
        .tie = some(c, 40),
        .undecodable = some(c, 10),
        .unstorable = some(c, 10),
        .lost_before = some(c, 300),
        .lost_after = some(c, 300),
        .slow = some(c, 100),
        .refused = some(c, 300),
        .late_commit = some(c, 60),
        .troubles_us = between(c, 5, 60) * S,
        .grain_ms = tt_sim_percent(c, 50) ? 1 : between(c, 1, 20) * 100,
    };
    plan->event_every_us = plan->troubles_us / plan->events / between(c, 1, 4) + 1;
    plan->trouble_every_us = between(c, 300, 6000) * MS;
    for (unsigned i = 0; i < TT_SIM_TROUBLE_COUNT; i++)
        plan->troubles |= tt_sim_percent(c, 40) ? 1U << i : 0;
    if (tt_sim_percent(c, 50)) { /* so that there is another partition to ask ahead */
        plan->partitions = (unsigned)between(c, 4, 8);
        plan->batch_max = (size_t)between(c, 1, 6);
        plan->workers = (unsigned)between(c, 1, tt_sim_percent(c, 60) ? 2 : TT_SIM_WORKERS_MAX);
    }
}

void tt_sim_plan_small(struct tt_sim_plan *plan, uint64_t seed)
{
    *plan = (struct tt_sim_plan){
        .seed = seed,
        .workers = 2,
        .partitions = 1,
        .tasks = 2,
        .events = 8,
        .batch_max = (size_t)seed % 3 + 1,
        .waiting_max = 4096,
        .lease_us = 1 * S,
        .hot = 80,
        .duplicate = 10,
        .late = 20,
        .event_every_us = 2 * MS,
        .grain_ms = 1,
    };
}
