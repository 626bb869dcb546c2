/* Dead letters of parked tasks that are seen to by a call that Redis's file has only in part: the
 * beginning of such a transaction is carried out at the start after next. */
#include "tests/unit/adapters/redis/turns_scene.h"

#include "adapters/redis/view.h"
#include <stdio.h>
#include <string.h>

static void park(size_t dead, size_t behind)
{
    struct tt_fault fault = {0};
    const struct tt_queue_entry *list[] = {&batch.entries[behind]};
    const struct tt_queue_parking parking = {.entry = &batch.entries[dead],
                                             .reason = "unstorable",
                                             .error = "why",
                                             .tenant = TT_STR("default"),
                                             .task_id = {batch.entries[dead].payload.ptr + 12, 1},
                                             .behind = list,
                                             .behind_count = behind > dead};
    ck_assert_msg(a.park(a.context, &parking, &fault) == TT_OK, "%s", fault.text);
}

/* x1 and z1 are dead; x2 came with them, x3 comes later. */
static void park_two(void)
{
    add("x", 1);
    add("x", 2);
    add("z", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 x2*1 z1*1 ");
    park(0, 1);
    park(2, 0);
    finish(&a);
    add("x", 3);
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert_int_eq(number_of("ZCARD {t:0}:behind"), 4);
}

static enum tt_err keep_first(void *context, const struct tt_dead_letter *letter)
{
    snprintf(context, TT_LETTER_ID_BYTES, "%s", letter->id);
    return TT_ERR_STOPPED;
}

/* The oldest letter, that of x1 as long as it is there; false: there is none. */
static bool see_to_first(bool requeue)
{
    const struct tt_redis_view_options options = {.url = server.url, .prefix = "t"};
    struct tt_redis_view *view = NULL;
    struct tt_fault fault = {0};
    char id[TT_LETTER_ID_BYTES] = "";
    ck_assert_int_eq(tt_redis_view_open(&options, &view, &fault), TT_OK);
    enum tt_err err = tt_redis_view_letters(view, 9, keep_first, id, &fault);
    bool found = err == TT_ERR_STOPPED;
    if (found)
        err = requeue ? tt_redis_view_requeue(view, id, &fault)
                      : tt_redis_view_drop(view, id, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    tt_redis_view_close(view);
    return found;
}

/* Adds what can be claimed, without the number of its delivery. */
static void work_off(char *got)
{
    for (int round = 0; round < 5; round++) {
        const char *text = claim(&c, 9);
        for (; *text != '\0'; text += strcspn(text, " ") + 1)
            strncat(got, text, 2);
        finish(&c);
    }
}

/* Command `n` of the call is the last one in the file, and not whole; false: it has fewer. */
static bool see_to_cut_letter(const char *name, bool requeue, int n)
{
    char got[100] = "";
    set_up(name);
    park_two();
    ck_assert(see_to_first(requeue));
    tt_redis_server_stop(&server, SIGKILL);
    bool cut = tt_redis_server_cut(&server, NULL, n);
    start_with_what_was_cut(name);
    add("x", 4);
    work_off(got);
    while (see_to_first(false)) /* those that are still there */
        work_off(got);
    const char *from = strstr(got, "x2");
    ck_assert_msg(from != NULL && strcmp(from, "x2x3x4") == 0, "%s, command %d: %s",
                  requeue ? "requeue" : "drop", n, got);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(number_of("EXISTS {t:0}:parked {t:0}:behind {t:0}:wait"), 0);
    tear_down();
    return cut;
}

static void see_to_it(bool requeue)
{
    int n = 1;
    for (char name[20] = ""; n < 99; n++) {
        snprintf(name, sizeof name, "cut%d", n);
        if (!see_to_cut_letter(name, requeue, n))
            break;
    }
    ck_assert_int_ge(n, 5); /* so many words the call has at least */
}

TT_TEST(a_requeue_that_was_cut_off_in_the_file_keeps_the_order_and_lets_the_task_go_on)
{
    see_to_it(true);
}
TT_END

TT_TEST(a_drop_that_was_cut_off_in_the_file_keeps_the_order_and_lets_the_task_go_on)
{
    see_to_it(false);
}
TT_END

TT_SUITE("adapters/redis/park_lost",
         a_requeue_that_was_cut_off_in_the_file_keeps_the_order_and_lets_the_task_go_on,
         a_drop_that_was_cut_off_in_the_file_keeps_the_order_and_lets_the_task_go_on)
