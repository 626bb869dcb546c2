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
            ck_assert_int_eq(b.trim(b.context, 1, &fault), TT_OK);
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

/* Its consumer stays until newer entries have been delivered: see script_finish.h. */
TT_TEST(nothing_is_left_with_the_consumer_of_a_dead_worker)
{
    set_up("consumers");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b, 9), "x1*2 ");
    finish(&b);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    tear_down();
}
TT_END

/* ---- A file that was cut within a transaction */

TT_TEST(a_claim_that_was_cut_off_in_the_file_loses_and_doubles_nothing_after_later_starts)
{
    for (int n = 1; n <= 5; n++) {
        char name[20], got[100] = "";
        snprintf(name, sizeof name, "cut%d", n);
        set_up(name);
        add("x", 1);
        ck_assert_str_eq(claim(&b, 9), "x1*1 "); /* so that x2 and x3 are claimed to wait */
        add("x", 2);
        add("y", 1);
        add("x", 3);
        add("z", 1);
        add("y", 2);
        ck_assert_str_eq(claim(&a, 9), "y1*1 z1*1 y2*1 ");
        tt_redis_server_stop(&server, SIGKILL);
        ck_assert(tt_redis_server_cut(&server, "XCLAIM", n));
        start_with_what_was_cut(name);
        for (int round = 0; round < 5; round++) {
            const char *text = claim(&c, 9);
            for (; *text != '\0'; text += strcspn(text, " ") + 1)
                strncat(got, text, 2);
            finish(&c);
        }
        ck_assert_msg(strlen(got) == 12, "%d: %s", n, got);
        ck_assert_msg(strstr(got, "x1") < strstr(got, "x2"), "%d: %s", n, got);
        ck_assert_msg(strstr(got, "x2") < strstr(got, "x3"), "%d: %s", n, got);
        ck_assert_msg(strstr(got, "y1") < strstr(got, "y2"), "%d: %s", n, got);
        ck_assert_ptr_nonnull(strstr(got, "z1"));
        ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
        tear_down();
    }
}
TT_END

/* The beginning of a claim that was cut off: its first entry was to wait, its second one was free.
 */
TT_TEST(what_was_not_delivered_is_not_trimmed_though_something_behind_it_is_pending)
{
    struct tt_fault fault = {0};
    set_up("trimmed");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 ");
    finish(&a);
    add("x", 2);
    add("y", 1);
    tt_redis_ask(&server, "EVAL %s 1 {t:0}:events",
                 "local all = redis.call('XRANGE', KEYS[1], '-', '+') return redis.call('XCLAIM', "
                 "KEYS[1], 'appliers', 'gone', 0, all[#all][1], 'FORCE', 'JUSTID')");
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 1);
    ck_assert_int_eq(a.trim(a.context, 1, &fault), TT_OK);
    ck_assert_str_eq(claim(&b, 9), "x2*1 y1*1 ");
    finish(&b);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    tear_down();
}
TT_END

/* ---- A group that is gone, or its stream, while we are connected */

static enum tt_err trim_it(struct tt_fault *fault)
{
    return a.trim(a.context, 1, fault);
}

static enum tt_err count_it(struct tt_fault *fault)
{
    struct tt_queue_backlog backlog;
    return a.backlog(a.context, &backlog, fault);
}

static enum tt_err claim_it(struct tt_fault *fault)
{
    return a.claim(a.context, 99, 0, &batch, fault);
}

static enum tt_err give_it_back(struct tt_fault *fault)
{
    return a.give_back(a.context, fault);
}

/* Also where there is nothing new, little, or much. */
TT_TEST(a_group_that_is_gone_is_made_anew_and_no_worker_ends_for_it)
{
    enum tt_err (*const calls[])(struct tt_fault *) = {claim_it, trim_it, count_it, give_it_back};
    static const char *const losses[] = {"DEL {t:0}:events",
                                         "XGROUP DESTROY {t:0}:events appliers"};
    static const int fresh[] = {0, 1, 40};
    set_up("gone");
    for (size_t k = 0; k < 2 * 3 * sizeof calls / sizeof *calls; k++) {
        struct tt_fault fault = {0};
        unsigned partitions;
        int64_t epoch;
        add("x", 1);
        ck_assert_str_eq(claim(&a, 9), "x1*1 ");
        if (calls[k / 6] != give_it_back)
            finish(&a);
        tt_redis_ask(&server, losses[k % 2]);
        for (int n = 0; n < fresh[k / 2 % 3]; n++)
            add("y", n);
        enum tt_err err = calls[k / 6](&fault);
        ck_assert_msg(err == TT_OK || tt_err_class(err) == TT_CLASS_RETRY, "%zu: %s", k,
                      fault.text);
        tt_fault_clear(&fault);
        ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
        add("z", 1);
        const char *text = claim(&a, 99);
        ck_assert_msg(strstr(text, "z1*1 ") != NULL, "%zu: %s", k, text);
        finish(&a);
        tt_redis_ask(&server, "DEL {t:0}:events");
        ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
    }
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/turns_lost", lost_keys_are_made_anew_from_what_is_pending,
         something_new_of_an_id_never_passes_what_waits_though_its_mark_was_lost,
         a_lock_that_came_to_somebody_else_is_not_released,
         a_group_that_is_gone_is_made_anew_and_no_worker_ends_for_it,
         nothing_is_left_with_the_consumer_of_a_dead_worker,
         a_claim_that_was_cut_off_in_the_file_loses_and_doubles_nothing_after_later_starts,
         what_was_not_delivered_is_not_trimmed_though_something_behind_it_is_pending)
