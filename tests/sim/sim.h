/* A whole fleet in one process: the real engine over models of the queue and the store, in time
 * that passes only as the simulation says, with everything that goes wrong drawn from a seed. The
 * same plan gives the same run, call by call. docs/testing.md says what is looked for. */
#ifndef TT_TESTS_SIM_SIM_H
#define TT_TESTS_SIM_SIM_H

#include "tests/sim/plan.h"
#include <stdio.h>

struct tt_sim_result {
    char failure[1000]; /* empty: all promises were kept */
    uint64_t hash;      /* of all calls and their outcomes, and of the tables */
    uint64_t calls;     /* of ports */
    int64_t time_us;    /* that passed in it */
    int64_t quiet_us;   /* from the last trouble until nothing was left */
    /* What came about, to see that it does. */
    uint64_t events, rows, letters, lost, vanished, fenced, reused, turns_lost, kills, pauses,
        tails, halves;
};

/* True when all promises were kept. trace: every call, a line each; NULL: none. */
bool tt_sim_run(const struct tt_sim_plan *plan, FILE *trace, struct tt_sim_result *ret_result);
/* Frees what is kept between runs. */
void tt_sim_done(void);

#endif
