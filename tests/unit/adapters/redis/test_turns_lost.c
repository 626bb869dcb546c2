/* Turns where keys of them were lost, or their holders: made anew from what is pending, and tidied.
 */
#include "tests/unit/adapters/redis/turns_scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Helper keys are lost, one by one and all: what is pending is found again, in order. */
TT_TEST(lost_keys_are_made_anew_from_what_is_pending)
{
    static const char *const keys[] = {"{t:0}:held",   "{t:0}:wait",  "{t:0}:ready",
                                       "{t:0}:leases", "{t:0}:fence", NULL};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char name[20];
        struct tt_fault fault = {0};
        snprintf(name, sizeof name, "lost%zu", k);
        set_up(name);
        for (int n = 1; n <= 4; n++)
            add("x", n);
        ck_assert_str_eq(claim(&a, 2), "x1*1 x2*1 ");
        ck_assert_str_eq(claim(&b, 9), "");
        if (keys[k] != NULL)
            tt_redis_ask(&server, "DEL %s", keys[k]);
        else
            tt_redis_ask(&server, "DEL %s %s %s %s %s", keys[0], keys[1], keys[2], keys[3],
                         keys[4]);
        add("x", 5);
        struct tt_queue_batch seen;
        const char *text = tt_test_queue_claim(&c, 9, &seen);
        if (seen.count > 0) /* taken over from a: from the oldest on */
            ck_assert_msg(strncmp(text, "x1*", 3) == 0, "%zu: %s", k, text);
        bool lost = tt_test_queue_finish(&a);
        ck_assert_msg(lost == (seen.count > 0), "%zu", k);
        if (seen.count > 0)
            finish(&c);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(b.trim(b.context, &fault), TT_OK);
            claim(&b, 9);
            finish(&b);
        }
        ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
        ck_assert_int_eq(number_of("HGET {t:0}:counts applied"), 5);
        ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
        tear_down();
    }
}
TT_END

TT_TEST(something_new_of_an_id_never_passes_what_waits_though_its_mark_was_lost)
{
    set_up("mark");
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    add("y", 1);
    ck_assert_str_eq(claim(&c, 9), "y1*1 "); /* x2 waits; y stays held, so that not all is lost */
    finish(&a);
    tt_redis_ask(&server, "DEL {t:0}:ready");
    add("x", 3);
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert_str_eq(claim(&b, 9), "x2*1 x3*1 ");
    tear_down();
}
TT_END

TT_TEST(a_lock_that_came_to_somebody_else_is_not_released)
{
    set_up("else");
    add("x", 1);
    add("y", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 y1*1 ");
    tt_redis_ask(&server, "HSET {t:0}:held default/x somebody");
    finish(&a);
    ck_assert_int_eq(number_of("HEXISTS {t:0}:held default/x"), 1);
    ck_assert_int_eq(number_of("HEXISTS {t:0}:held default/y"), 0);
    tear_down();
}
TT_END

TT_TEST(consumers_of_dead_workers_are_removed_once_nothing_of_theirs_is_left)
{
    set_up("consumers");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b, 9), "x1*2 ");
    ck_assert_int_eq(tt_redis_ask(&server, "EVAL %s 1 {t:0}:events",
                                  "return #redis.call('XINFO', 'CONSUMERS', KEYS[1], 'appliers')"),
                     2); /* b's and that of what waits */
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/turns_lost", lost_keys_are_made_anew_from_what_is_pending,
         something_new_of_an_id_never_passes_what_waits_though_its_mark_was_lost,
         a_lock_that_came_to_somebody_else_is_not_released,
         consumers_of_dead_workers_are_removed_once_nothing_of_theirs_is_left)
