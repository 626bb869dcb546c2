/* Inside of the simulator: world.c (time and who is next), worker.c, calls.c (what becomes of a
 * call), trouble.c, check.c. */
#ifndef TT_TESTS_SIM_WORLD_H
#define TT_TESTS_SIM_WORLD_H

#include "core/engine/worker.h"
#include "tests/sim/fiber.h"
#include "tests/sim/ledger.h"
#include "tests/sim/queue_client.h"
#include "tests/sim/sim.h"
#include "tests/sim/store_client.h"

#define TT_SIM_WALL_US INT64_C(1700000000000000) /* where clocks begin */
#define TT_SIM_NEVER   INT64_MAX

struct tt_sim;

/* A worker: what its life has in hand ends with it. */
struct tt_sim_worker {
    struct tt_sim *sim;
    unsigned index, life;
    char name[16];
    struct tt_fiber fiber;
    struct tt_model_queue queue;
    struct tt_model_store store;
    struct tt_link link;
    struct tt_clock clock;
    struct tt_random random;
    struct tt_observer observer;
    struct tt_queue queue_port;
    struct tt_store store_port;
    struct tt_worker_options options;
    volatile int stop;
    int64_t wake_us;   /* when it goes on; while down: when it comes up */
    int64_t paused_us; /* not before */
    bool down, crashed, finished;
    uint64_t connection;               /* of the queue; below the server's: broken */
    uint64_t calls[TT_SIM_CALL_COUNT]; /* number of the last one of each kind */
    bool idles;                        /* goes on when the server changes, */
    uint64_t changes;                  /* from this */
    int64_t wall_offset_us;
};

struct tt_sim {
    const struct tt_sim_plan *plan;
    FILE *trace;
    struct tt_sim_result *result;
    uint64_t chance, numbers; /* of what happens; of workers' own */
    int64_t now_us;
    bool healed;
    bool last_wave; /* the events after all was quiet have come */
    int64_t healed_us;
    uint64_t healed_calls;
    int64_t lease_left_us; /* then, of the lease that ends last */
    struct tt_sim_worker workers[TT_SIM_WORKERS_MAX];
    struct tt_sim_worker *running; /* NULL: none */
    struct tt_tenants *tenants;    /* NULL: all is wanted */
    /* the queue's server */
    struct tt_model_server server;
    int64_t server_offset_us; /* of its clock */
    uint64_t connection;      /* a new number breaks all that there are */
    struct tt_model_partition snapshot[TT_MODEL_PARTITIONS_MAX];
    struct tt_model_partition snapshot_scratch;
    size_t snapshot_events; /* how many of the ledger it has */
    bool has_snapshot;
    int64_t snapshot_server_us; /* the server's clock then */
    struct tt_model_tables tables;
    struct {
        const char *key; /* of the id that is held; NULL: none */
        unsigned partition;
        int token;
        int64_t fence, due_us; /* when it is let go */
        size_t rows;           /* that there were */
    } repair;
    size_t rows_seen; /* of its audit rows, by tt_sim_check_parked */
    struct tt_sim_ledger ledger;
    /* what is due */
    int64_t event_due_us, trouble_due_us, snapshot_due_us;
    int64_t queue_away_us, store_away_us, disk_full_us; /* until then */
};

/* world.c */
void tt_sim_fail(struct tt_sim *sim, const char *fmt, ...) TT_PRINTF(2, 3);
void tt_sim_note(struct tt_sim *sim, const struct tt_sim_worker *worker, const char *fmt, ...)
    TT_PRINTF(3, 4);
void tt_sim_mix(struct tt_sim *sim, uint64_t number);
void tt_sim_server_clock(struct tt_sim *sim);
static inline bool tt_sim_has(const struct tt_sim *sim, enum tt_sim_trouble trouble)
{
    return !sim->healed && (sim->plan->troubles & 1U << trouble) != 0;
}
/* Of 10,000. */
static inline bool tt_sim_rarely(struct tt_sim *sim, unsigned share)
{
    return !sim->healed && share > 0 && tt_sim_below(&sim->chance, 10000) < share;
}
static inline int64_t tt_sim_between(struct tt_sim *sim, int64_t least, int64_t most)
{
    return least + (int64_t)tt_sim_below(&sim->chance, (uint64_t)(most - least + 1));
}

/* worker.c */
void tt_sim_worker_start(struct tt_sim *sim, struct tt_sim_worker *worker);
/* Goes on until its next call. */
void tt_sim_worker_resume(struct tt_sim_worker *worker);
/* Its process is killed: nothing that it does from now on has an effect. */
void tt_sim_worker_kill(struct tt_sim_worker *worker);
/* Within the worker: time passes. */
void tt_sim_worker_sleep(struct tt_sim_worker *worker, int64_t us);

/* calls.c */
struct tt_link tt_sim_link(struct tt_sim_worker *worker);
bool tt_sim_store_wait(void *worker, unsigned tries);
bool tt_sim_store_has_time(void *worker);
void tt_sim_store_leave(void *worker, struct tt_model_tx *tx, bool committing);

/* trouble.c */
void tt_sim_trouble(struct tt_sim *sim);
void tt_sim_take_snapshot(struct tt_sim *sim);
/* Somebody who holds an id lets it go, or dies; nobody has written under his fence. */
void tt_sim_end_repair(struct tt_sim *sim);
/* All letters that tasks wait behind are dropped; false: there is none. */
bool tt_sim_let_go_parked(struct tt_sim *sim);

/* check.c, naive.c: after the run; they look at the ledger, the tables and the dead letters
 * alone. */
void tt_sim_check(struct tt_sim *sim);
/* After each commit. */
void tt_sim_check_parked(struct tt_sim *sim);
void tt_sim_check_state(struct tt_sim *sim);

#endif
