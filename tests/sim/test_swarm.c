/* Many seeds, each with a fleet, a load and troubles of its own: all promises are kept. A seed that
 * fails is printed with how to repeat it. */
#include "tests/lib/suite.h"
#include "tests/sim/seeds.h"
#include "tests/sim/sim.h"

static struct tt_sim_plan plan;
static struct tt_sim_result result;

static bool run(uint64_t seed)
{
    tt_sim_plan_make(&plan, seed);
    if (tt_sim_run(&plan, NULL, &result))
        return true;
    printf("seed %llu: %s\n  again: tools/sim --seed %llu --trace\n", (unsigned long long)seed,
           result.failure, (unsigned long long)seed);
    return false;
}

TT_TEST(every_seed_keeps_all_promises)
{
    unsigned failed = 0;
    struct tt_sim_result sum = {.hash = 0};
    for (uint64_t seed = 1; seed <= TT_SIM_SEEDS; seed++) {
        failed += !run(seed);
        sum.fenced += result.fenced;
        sum.turns_lost += result.turns_lost;
        sum.reused += result.reused;
        sum.vanished += result.vanished;
        sum.letters += result.letters;
        sum.lost += result.lost;
        sum.halves += result.halves;
    }
    ck_assert_uint_eq(failed, 0);
    /* It all came about. */
    ck_assert_uint_gt(sum.fenced, 0);
    ck_assert_uint_gt(sum.turns_lost, 0);
    ck_assert_uint_gt(sum.reused, 0);
    ck_assert_uint_gt(sum.letters, 0);
    ck_assert_uint_gt(sum.lost, 0);
    ck_assert_uint_gt(sum.halves, 0);
    tt_sim_done();
}
TT_END

TT_TEST(a_seed_gives_the_same_run_each_time)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        ck_assert(run(seed));
        const struct tt_sim_result first = result;
        ck_assert(run(seed));
        ck_assert_uint_eq(result.hash, first.hash);
        ck_assert_uint_eq(result.calls, first.calls);
        ck_assert_int_eq(result.time_us, first.time_us);
    }
    tt_sim_done();
}
TT_END

TT_TEST(two_seeds_give_two_runs)
{
    ck_assert(run(1));
    uint64_t first = result.hash;
    ck_assert(run(2));
    ck_assert_uint_ne(result.hash, first);
    tt_sim_done();
}
TT_END

TT_TEST(seeds_that_failed_once_do_not_fail_again)
{
    for (size_t i = 0; i < sizeof tt_sim_seeds / sizeof *tt_sim_seeds; i++)
        ck_assert_msg(run(tt_sim_seeds[i].seed), "%s", tt_sim_seeds[i].story);
    tt_sim_done();
}
TT_END

TT_SUITE_LIMIT("sim/swarm", 600, every_seed_keeps_all_promises, a_seed_gives_the_same_run_each_time,
               two_seeds_give_two_runs, seeds_that_failed_once_do_not_fail_again)
