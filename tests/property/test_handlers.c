/* Whatever the order of arrival, event by event the tables come to hold what all the events at once
 * say. The seed is printed; TT_SEED sets it. */
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/task_in_memory.h"

enum { HISTORIES = 3000, EVENTS_MAX = 14 };

static const char *const statuses[] = {"QUEUED", "RUNNING", "SUCCEEDED", "FAILED"};

static void shuffle(struct tt_event *events, size_t count, uint64_t *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = tt_test_next(random) % i;
        struct tt_event swap = events[i - 1];
        events[i - 1] = events[k];
        events[k] = swap;
    }
}

static size_t make_history(struct tt_event *events, bool ties, uint64_t *random)
{
    size_t count = 1 + tt_test_next(random) % EVENTS_MAX;
    int64_t time_us = 0;
    for (size_t i = 0; i < count; i++) {
        time_us += ties ? (int64_t)(tt_test_next(random) % 2) : 1;
        events[i] = tt_test_event(statuses[tt_test_next(random) % 4], time_us);
        events[i].has_seq = ties && tt_test_next(random) % 4 != 0;
        events[i].seq = (int64_t)(tt_test_next(random) % 5);
        events[i].correlation_id = TT_STR("c");
        events[i].dataset_id = TT_STR("d");
    }
    shuffle(events, count, random);
    return count;
}

static bool is_final(struct tt_str status)
{
    return tt_str_equal(status, TT_STR("SUCCEEDED")) || tt_str_equal(status, TT_STR("FAILED"));
}

static void check_history(const struct tt_event *events, size_t count, bool apply_by_arrival)
{
    static struct tt_test_task task;
    tt_test_task_init(&task, apply_by_arrival);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(tt_test_task_apply(&task, &events[i], false, 1), TT_OK);
        const struct tt_event *last = apply_by_arrival ? &events[i] : &task.timeline[i];
        ck_assert_str_eq(tt_test_task_stays(&task), tt_test_task_expected_stays(&task));
        ck_assert(tt_str_equal(task.current.status, last->status));
        ck_assert_int_eq(task.current.event_time_us, last->event_time_us);
        ck_assert_int_eq(task.current.events, (int64_t)i + 1);
        ck_assert_int_eq(task.progress.finished, is_final(last->status));
        ck_assert_int_eq(task.progress.succeeded + task.progress.failed, task.progress.finished);
    }
    tt_test_task_done(&task);
}

static void check_many(bool ties, bool apply_by_arrival)
{
    struct tt_event events[EVENTS_MAX];
    uint64_t random = tt_test_seed(20260301);
    for (int i = 0; i < HISTORIES; i++)
        check_history(events, make_history(events, ties, &random), apply_by_arrival);
}

TT_TEST(any_arrival_order_of_distinct_times_gives_the_rows_of_the_sorted_order)
{
    check_many(false, false);
}
TT_END

TT_TEST(ties_with_and_without_seq_give_the_rows_of_the_timeline)
{
    check_many(true, false);
}
TT_END

TT_TEST(in_arrival_order_the_stays_still_follow_event_time)
{
    check_many(false, true);
    check_many(true, true);
}
TT_END

TT_SUITE("property/handlers",
         any_arrival_order_of_distinct_times_gives_the_rows_of_the_sorted_order,
         ties_with_and_without_seq_give_the_rows_of_the_timeline,
         in_arrival_order_the_stays_still_follow_event_time)
