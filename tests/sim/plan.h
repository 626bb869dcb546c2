/* What a run of the simulator is: the fleet, its load, and what goes wrong. All of it follows from
 * the seed, so that each seed has troubles of its own (some have few kinds of them, some many). */
#ifndef TT_TESTS_SIM_PLAN_H
#define TT_TESTS_SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the tenants of a run want, where plan.tenants is set. */
#define TT_SIM_TENANTS                                                                             \
    "{\"tenants\": {\"other\": {\"exclude\": [\"NOISE\"], \"apply_order\": \"arrival\"}}}"

enum { TT_SIM_WORKERS_MAX = 4, TT_SIM_TASKS_MAX = 10, TT_SIM_EVENTS_MAX = 200 };
enum { TT_SIM_LEDGER_MAX = TT_SIM_EVENTS_MAX + TT_SIM_TASKS_MAX };

/* Strikes now and then, until the troubles end. */
#define TT_SIM_TROUBLES(X)                                                                         \
    X(KILL, kill)                 /* a worker dies; another or the same comes up later */          \
    X(STOP, stop)                 /* a worker is asked to stop, and started again */               \
    X(PAUSE, pause)               /* a worker stands still, mostly beyond its lease */             \
    X(TAIL, tail)                 /* the queue's server comes up without its newest commands */    \
    X(FORGET_TURNS, forget_turns) /* an older state of the group, locks, fences; all entries */    \
    X(FORGET_KEY, forget_key)     /* one of the keys beside a stream is gone */                    \
    X(LOSE_GROUP, lose_group)     /* the consumer group is gone */                                 \
    X(QUEUE_AWAY, queue_away)                                                                      \
    X(STORE_AWAY, store_away)                                                                      \
    X(DISK_FULL, disk_full)                                                                        \
    X(SERVER_CLOCK, server_clock) /* the clock of the queue's server jumps */                      \
    X(WALL_CLOCK, wall_clock)     /* that of a worker does */                                      \
    X(OPERATOR, operator)         /* somebody sees to a dead letter */                             \
    X(REPAIR, repair) /* an id is held by somebody else, for a while or until he dies */           \
    X(HALF_CLAIM,                                                                                  \
      half_claim) /* only the beginning of a claim has happened, and its worker is gone */

enum tt_sim_trouble {
#define TT_SIM_TROUBLE_ENUM(upper, lower) TT_SIM_##upper,
    TT_SIM_TROUBLES(TT_SIM_TROUBLE_ENUM)
#undef TT_SIM_TROUBLE_ENUM
        TT_SIM_TROUBLE_COUNT
};
const char *tt_sim_trouble_name(enum tt_sim_trouble trouble);

/* What happens at one call of a run, counted from 0. */
enum tt_sim_strike {
    TT_SIM_STRIKE_NONE,
    TT_SIM_STRIKE_DIES_BEFORE, /* the worker, before the call has its effect */
    TT_SIM_STRIKE_DIES_AFTER,
    TT_SIM_STRIKE_LOST_BEFORE, /* the call fails and has no effect */
    TT_SIM_STRIKE_LOST_AFTER,  /* it has its effect and fails */
    TT_SIM_STRIKE_PAUSES,      /* the worker stands still for two leases before the effect */
    TT_SIM_STRIKE_COUNT
};

struct tt_sim_plan {
    uint64_t seed;
    unsigned workers, partitions, tasks, events;
    size_t batch_max;
    size_t waiting_max; /* entries that may wait in a partition */
    int64_t lease_us;
    int64_t event_every_us; /* on average */
    unsigned burst;         /* percent that come right behind another */
    int64_t troubles_us;    /* how long there are troubles */
    int64_t grain_ms;       /* the server's clock goes in steps of this: ids come again */
    bool by_arrival;
    bool tenants;
    bool same_names; /* all workers have one */
    bool park;       /* a task waits behind its dead letter */
    bool unlocked;   /* --locking none */
    bool one_writer; /* the store is as SQLite, else as PostgreSQL */
    unsigned hot, duplicate, late, tie, undecodable, unstorable; /* percent of the events */
    unsigned lost_before, lost_after, slow, refused;             /* of 10,000 calls */
    unsigned late_commit; /* percent of the commits that got lost: they happen later */
    unsigned troubles;    /* bits, by enum tt_sim_trouble */
    int64_t trouble_every_us;
    struct {
        enum tt_sim_strike what;
        uint64_t at; /* the number of the call */
    } strikes[2];
    /* Sabotage of the models: what the fleet relies on is not kept. */
    bool no_turn, no_row_key, no_fence;
};

void tt_sim_plan_make(struct tt_sim_plan *plan, uint64_t seed);
/* Two workers, one task and a few events in one partition; nothing goes wrong. */
void tt_sim_plan_small(struct tt_sim_plan *plan, uint64_t seed);

/* xorshift64*; never 0. */
uint64_t tt_sim_next(uint64_t *chance);
uint64_t tt_sim_below(uint64_t *chance, uint64_t limit); /* 0 .. limit - 1 */
bool tt_sim_percent(uint64_t *chance, unsigned share);
uint64_t tt_sim_chance(uint64_t seed);

#endif
