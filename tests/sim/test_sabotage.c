/* A checker that finds nothing proves nothing: what the promises rest on is taken away, one thing
 * at a time, and some seed must tell. Built with TT_SIM_ENGINE_IS_SABOTAGED for an engine that is
 * itself at fault. */
#include "tests/lib/suite.h"
#include "tests/sim/sim.h"

#include <string.h>

enum { SEEDS = 400, RARE_SEEDS = 20000, UNLOCKED = TT_SIM_SEEDS / 5 };

static struct tt_sim_plan plan;
static struct tt_sim_result result;

/* The seed that tells; 0: none. */
static uint64_t find(void (*sabotage)(void), uint64_t seeds, const char *broken)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        tt_sim_plan_make(&plan, seed);
        sabotage();
        if (tt_sim_run(&plan, NULL, &result))
            continue;
        printf("seed %llu: %s\n", (unsigned long long)seed, result.failure);
        if (strncmp(result.failure, broken, strlen(broken)) == 0)
            return seed;
    }
    return 0;
}

static void none(void)
{
}

#ifdef TT_SIM_ENGINE_IS_SABOTAGED
TT_TEST(an_engine_that_loses_events_is_found_out)
{
    ck_assert_uint_ne(find(none, SEEDS, "G1"), 0);
    tt_sim_done();
}
TT_END

TT_SUITE("sim/sabotage/engine", an_engine_that_loses_events_is_found_out)
#else
static void no_turn(void)
{
    plan.no_turn = true;
}

static void no_row_key(void)
{
    plan.no_row_key = true;
}

/* Whoever writes under an older fence has stood still, and others were given what he had. (Rare: of
 * some thousand seeds one, where nothing else happens in between.) */
static void no_fence(void)
{
    plan.no_fence = true;
    plan.troubles |= 1U << TT_SIM_PAUSE | 1U << TT_SIM_TAIL;
    plan.troubles &= ~(1U << TT_SIM_HALF_CLAIM);
    plan.trouble_every_us = plan.lease_us / 2;
}

static void unlocked(void)
{
    plan.unlocked = true;
    plan.park = false;
}

TT_TEST(without_locking_order_is_lost_and_nothing_else)
{
    unsigned disorders = 0;
    for (uint64_t seed = 1; seed <= UNLOCKED; seed++) {
        tt_sim_plan_make(&plan, seed);
        unlocked();
        if (tt_sim_run(&plan, NULL, &result))
            continue;
        ck_assert_msg(strncmp(result.failure, "G3", 2) == 0, "seed %llu: %s",
                      (unsigned long long)seed, result.failure);
        disorders++;
    }
    printf("%u of %u out of order\n", disorders, (unsigned)UNLOCKED);
    ck_assert_uint_gt(disorders, 0);
    tt_sim_done();
}
TT_END

TT_TEST(a_queue_that_hands_out_entries_without_their_turn_is_found_out)
{
    ck_assert_uint_ne(find(no_turn, SEEDS, "G3"), 0);
    tt_sim_done();
}
TT_END

TT_TEST(a_store_without_the_key_of_rows_is_found_out)
{
    ck_assert_uint_ne(find(no_row_key, SEEDS, "G2"), 0);
    tt_sim_done();
}
TT_END

TT_TEST(a_store_that_does_not_compare_fences_is_found_out)
{
    ck_assert_uint_ne(find(no_fence, RARE_SEEDS, "G"), 0); /* G4, or G3 of a lost entry */
    tt_sim_done();
}
TT_END

TT_TEST(without_sabotage_the_same_seeds_find_nothing)
{
    ck_assert_uint_eq(find(none, TT_SIM_SEEDS / 5, ""), 0);
    tt_sim_done();
}
TT_END

TT_SUITE("sim/sabotage/models", without_locking_order_is_lost_and_nothing_else,
         a_queue_that_hands_out_entries_without_their_turn_is_found_out,
         a_store_without_the_key_of_rows_is_found_out,
         a_store_that_does_not_compare_fences_is_found_out,
         without_sabotage_the_same_seeds_find_nothing)
#endif
