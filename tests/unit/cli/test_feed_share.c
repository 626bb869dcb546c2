/* The command line's files are not a library: this one is taken as it is. */
#include "cli/feed_share.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/lib/history.h"
#include "tests/lib/suite.h"

enum { THREADS_MAX = 6, UNITS_MAX = 100, ROUNDS = 2000 };
#define NO_UNIT UINT32_MAX

TT_TEST(a_thread_whose_fellows_never_begin_reads_all_units_in_order)
{
    struct tt_feed_shares shares;
    uint32_t unit;
    bool jumped;
    ck_assert_int_eq(tt_feed_shares_init(&shares, 37, 4), TT_OK);
    for (uint32_t i = 0; i < 37; i++) {
        ck_assert(tt_feed_shares_next(&shares, 0, &unit, &jumped));
        ck_assert_uint_eq(unit, i);
    }
    ck_assert(!tt_feed_shares_next(&shares, 0, &unit, &jumped));
    tt_feed_shares_done(&shares);
}
TT_END

/* Threads that began; each has a unit in hand, or NO_UNIT. */
struct scene {
    struct tt_feed_shares shares;
    uint32_t in_hand[THREADS_MAX], told;
    bool began[THREADS_MAX], through[THREADS_MAX];
};

/* The thread asks for a unit, or ends the one it has if its turn has come. */
static bool move(struct scene *scene, size_t thread)
{
    uint32_t before = scene->in_hand[thread], unit;
    bool jumped;
    if (!scene->began[thread] || scene->through[thread])
        return false;
    if (before != NO_UNIT && before != scene->told)
        return false;
    if (before != NO_UNIT) {
        scene->told++;
        scene->in_hand[thread] = NO_UNIT;
        return true;
    }
    if (!tt_feed_shares_next(&scene->shares, thread, &unit, &jumped)) {
        scene->through[thread] = true;
        return true;
    }
    ck_assert_uint_ge(unit, scene->told);
    for (size_t t = 0; t < THREADS_MAX; t++)
        ck_assert_uint_ne(scene->in_hand[t], unit);
    scene->in_hand[thread] = unit;
    return true;
}

TT_TEST(threads_that_wait_for_their_turn_never_wait_for_a_unit_that_nobody_reads)
{
    uint64_t seed = tt_chance_seed("feed_share");
    struct tt_chance chance = {seed};
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t units = 1 + tt_chance_below(&chance, UNITS_MAX);
        size_t threads = 1 + tt_chance_below(&chance, THREADS_MAX);
        struct scene scene = {.told = 0};
        threads = threads > units ? units : threads;
        ck_assert_int_eq(tt_feed_shares_init(&scene.shares, units, threads), TT_OK);
        for (size_t t = 0; t < THREADS_MAX; t++) {
            scene.in_hand[t] = NO_UNIT;
            scene.began[t] = t == 0 || (t < threads && tt_chance_of(&chance, 60));
        }
        while (scene.told < units) {
            bool moved = false;
            for (int tries = 0; tries < 5; tries++)
                moved = move(&scene, tt_chance_below(&chance, (unsigned)threads)) || moved;
            for (size_t t = 0; t < threads && !moved; t++)
                moved = move(&scene, t);
            ck_assert_msg(moved, "all wait for unit %u", scene.told);
        }
        tt_feed_shares_done(&scene.shares);
    }
}
TT_END

TT_SUITE("cli/feed_share", a_thread_whose_fellows_never_begin_reads_all_units_in_order,
         threads_that_wait_for_their_turn_never_wait_for_a_unit_that_nobody_reads)
