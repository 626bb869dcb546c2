/* Exhaustive: two workers and a hot task, and one thing that goes wrong at one call of a port; then
 * at the next call, until a run has fewer calls. */
#include "tests/lib/suite.h"
#include "tests/sim/sim.h"

static struct tt_sim_plan plan;
static struct tt_sim_result result;

/* How many calls there were to strike at. */
static uint64_t strike_everywhere(enum tt_sim_strike strike, uint64_t seed)
{
    uint64_t at = 0;
    for (bool reached = true; reached; at++) {
        tt_sim_plan_small(&plan, seed);
        plan.strike = strike;
        plan.strike_at = at;
        ck_assert_msg(tt_sim_run(&plan, NULL, &result), "seed %llu, strike %d at call %llu: %s",
                      (unsigned long long)seed, (int)strike, (unsigned long long)at,
                      result.failure);
        ck_assert_uint_eq(result.events, plan.events);
        ck_assert_uint_eq(result.rows, plan.events);
        reached = at < result.calls;
    }
    return at - 1;
}

TT_TEST(whatever_goes_wrong_at_whichever_call_no_promise_is_broken)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        for (enum tt_sim_strike strike = TT_SIM_STRIKE_DIES_BEFORE; strike < TT_SIM_STRIKE_COUNT;
             strike++)
            ck_assert_uint_gt(strike_everywhere(strike, seed), 30);
    tt_sim_done();
}
TT_END

TT_TEST(nothing_goes_wrong_where_nothing_is_struck)
{
    tt_sim_plan_small(&plan, 1);
    ck_assert_msg(tt_sim_run(&plan, NULL, &result), "%s", result.failure);
    ck_assert_uint_eq(result.kills + result.fenced + result.turns_lost, 0);
    tt_sim_done();
}
TT_END

TT_SUITE("sim/steps", whatever_goes_wrong_at_whichever_call_no_promise_is_broken,
         nothing_goes_wrong_where_nothing_is_struck)
