/* Exhaustive: two workers and a hot task, and one thing that goes wrong at one call of a port; then
 * at the next call, until a run has fewer calls. */
#include "tests/lib/suite.h"
#include "tests/sim/sim.h"

static struct tt_sim_plan plan;
static struct tt_sim_result result;

/* Both strikes at these calls; whether the run came as far as the later one. */
static bool strike(uint64_t seed, enum tt_sim_strike first, uint64_t first_at,
                   enum tt_sim_strike second, uint64_t second_at)
{
    tt_sim_plan_small(&plan, seed);
    plan.strikes[0].what = first;
    plan.strikes[0].at = first_at;
    plan.strikes[1].what = second;
    plan.strikes[1].at = second_at;
    ck_assert_msg(tt_sim_run(&plan, NULL, &result), "seed %llu, %d at call %llu, %d at %llu: %s",
                  (unsigned long long)seed, (int)first, (unsigned long long)first_at, (int)second,
                  (unsigned long long)second_at, result.failure);
    ck_assert_uint_eq(result.events, plan.events + plan.tasks);
    ck_assert_uint_eq(result.rows, plan.events + plan.tasks);
    return (first == TT_SIM_STRIKE_NONE || first_at < result.calls) &&
           (second == TT_SIM_STRIKE_NONE || second_at < result.calls);
}

TT_TEST(whatever_goes_wrong_at_whichever_call_no_promise_is_broken)
{
    for (uint64_t seed = 1; seed <= TT_SIM_STEP_SEEDS; seed++)
        for (enum tt_sim_strike what = TT_SIM_STRIKE_NONE + 1; what < TT_SIM_STRIKE_COUNT; what++) {
            uint64_t at = 0;
            while (strike(seed, what, at, TT_SIM_STRIKE_NONE, 0))
                at++;
            ck_assert_uint_gt(at, 30);
        }
    tt_sim_done();
}
TT_END

/* A worker stands still beyond its lease, and then another thing goes wrong. */
TT_TEST(nor_where_two_things_go_wrong)
{
    static const enum tt_sim_strike firsts[] = {TT_SIM_STRIKE_PAUSES, TT_SIM_STRIKE_DIES_AFTER};
    for (uint64_t seed = 1; seed <= TT_SIM_PAIR_SEEDS; seed++)
        for (size_t i = 0; i < 2; i++)
            for (uint64_t at = 0; strike(seed, firsts[i], at, TT_SIM_STRIKE_NONE, 0); at++)
                for (uint64_t then = at + 1;
                     strike(seed, firsts[i], at, TT_SIM_STRIKE_LOST_AFTER, then);
                     then += TT_SIM_PAIR_STRIDE)
                    ;
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
         nor_where_two_things_go_wrong, nothing_goes_wrong_where_nothing_is_struck)
