#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/task_in_memory.h"

static struct tt_test_task task;

static void apply_at(struct tt_event event, int64_t now_us)
{
    ck_assert_int_eq(tt_test_task_apply(&task, &event, false, now_us), TT_OK);
}

static void apply(struct tt_event event)
{
    apply_at(event, 1000);
}

#define ck_assert_status(text)                                                                     \
    ck_assert_msg(tt_str_equal(task.current.status, tt_str_from(text)), "status is %.*s, not %s",  \
                  TT_STR_ARGS(task.current.status), text)

TT_TEST(the_first_event_begins_the_row)
{
    tt_test_task_init(&task, false);
    struct tt_event event = tt_test_event_seq("QUEUED", 10, 4);
    event.task_type = TT_STR("SQL");
    event.stage = TT_STR("ingest");
    apply_at(event, 77);
    ck_assert_status("QUEUED");
    ck_assert(tt_str_equal(task.current.tenant, TT_STR("default")));
    ck_assert(tt_str_equal(task.current.task_id, TT_STR("t")));
    ck_assert(tt_str_equal(task.current.task_type, TT_STR("SQL")));
    ck_assert(tt_str_equal(task.current.stage, TT_STR("ingest")));
    ck_assert_int_eq(task.current.event_time_us, 10);
    ck_assert_int_eq(task.current.newest_event_time_us, 10);
    ck_assert(task.current.has_seq);
    ck_assert_int_eq(task.current.seq, 4);
    ck_assert_int_eq(task.current.first_seen_at_us, 77);
    ck_assert_int_eq(task.current.updated_at_us, 77);
    ck_assert_int_eq(task.current.events, 1);
    ck_assert_int_eq(task.current.fence, 5);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(an_older_event_is_counted_and_does_not_overwrite_a_newer_state)
{
    tt_test_task_init(&task, false);
    apply_at(tt_test_event("DONE", 30), 100);
    apply_at(tt_test_event("RUNNING", 20), 200);
    ck_assert_status("DONE");
    ck_assert_int_eq(task.current.event_time_us, 30);
    ck_assert_int_eq(task.current.first_seen_at_us, 100);
    ck_assert_int_eq(task.current.updated_at_us, 200);
    ck_assert_int_eq(task.current.events, 2);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(in_arrival_order_the_last_write_wins)
{
    tt_test_task_init(&task, true);
    apply(tt_test_event("DONE", 30));
    apply(tt_test_event("RUNNING", 20));
    ck_assert_status("RUNNING");
    ck_assert_int_eq(task.current.event_time_us, 20);
    ck_assert_int_eq(task.current.newest_event_time_us, 30);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(of_equal_times_the_higher_seq_wins_whichever_came_last)
{
    tt_test_task_init(&task, false);
    apply(tt_test_event_seq("DONE", 10, 2));
    apply(tt_test_event_seq("RUNNING", 10, 1));
    ck_assert_status("DONE");
    apply(tt_test_event_seq("CLOSED", 10, 3));
    ck_assert_status("CLOSED");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(of_equal_times_without_seq_the_later_arrival_wins)
{
    tt_test_task_init(&task, false);
    apply(tt_test_event_seq("DONE", 10, 2));
    apply(tt_test_event("RUNNING", 10));
    ck_assert_status("RUNNING");
    apply(tt_test_event_seq("CLOSED", 10, 1)); /* one of the three has no seq */
    ck_assert_status("CLOSED");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(changing_from_arrival_order_to_event_time_keeps_to_the_newest_event)
{
    tt_test_task_init(&task, true);
    apply(tt_test_event("DONE", 30));
    apply(tt_test_event("QUEUED", 10));
    task.apply_by_arrival = false;
    apply(tt_test_event("RUNNING", 20));
    ck_assert_status("DONE");
    tt_test_task_done(&task);
}
TT_END

TT_SUITE("core/handlers/current", the_first_event_begins_the_row,
         an_older_event_is_counted_and_does_not_overwrite_a_newer_state,
         in_arrival_order_the_last_write_wins,
         of_equal_times_the_higher_seq_wins_whichever_came_last,
         of_equal_times_without_seq_the_later_arrival_wins,
         changing_from_arrival_order_to_event_time_keeps_to_the_newest_event)
