#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/task_in_memory.h"

static struct tt_test_task task;

static void apply(struct tt_event event)
{
    ck_assert_int_eq(tt_test_task_apply(&task, &event, false, 1000), TT_OK);
}

static void setup(bool apply_by_arrival)
{
    tt_test_task_init(&task, apply_by_arrival);
}

TT_TEST(events_in_order_give_one_stay_per_status)
{
    setup(false);
    apply(tt_test_event("QUEUED", 10));
    apply(tt_test_event("RUNNING", 20));
    apply(tt_test_event("RUNNING", 25));
    apply(tt_test_event("DONE", 30));
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-20, RUNNING 20-30, DONE 30-");
    ck_assert_int_eq(task.stays[2].position, 3);
    ck_assert_uint_eq(task.originals_read, 0);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_late_event_is_spliced_in_where_it_belongs)
{
    setup(false);
    apply(tt_test_event("QUEUED", 10));
    apply(tt_test_event("DONE", 30));
    apply(tt_test_event("RUNNING", 20));
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-20, RUNNING 20-30, DONE 30-");
    ck_assert_uint_eq(task.originals_read, 1);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_late_event_can_join_two_stays_or_begin_one_earlier)
{
    setup(false);
    apply(tt_test_event("RUNNING", 20));
    apply(tt_test_event("RUNNING", 30));
    apply(tt_test_event("PAUSED", 25));
    ck_assert_str_eq(tt_test_task_stays(&task), "RUNNING 20-25, PAUSED 25-30, RUNNING 30-");
    apply(tt_test_event("RUNNING", 5));
    ck_assert_str_eq(tt_test_task_stays(&task), "RUNNING 5-25, PAUSED 25-30, RUNNING 30-");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_stay_of_no_length_is_kept)
{
    setup(false);
    apply(tt_test_event("QUEUED", 10));
    apply(tt_test_event("RUNNING", 10));
    apply(tt_test_event("DONE", 10));
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-10, RUNNING 10-10, DONE 10-");
    ck_assert_uint_eq(task.originals_read, 0); /* ties without seq are in order */
    tt_test_task_done(&task);
}
TT_END

TT_TEST(ties_go_by_seq_where_all_have_one)
{
    setup(false);
    apply(tt_test_event_seq("DONE", 10, 3));
    apply(tt_test_event_seq("QUEUED", 10, 1));
    apply(tt_test_event_seq("RUNNING", 10, 2));
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-10, RUNNING 10-10, DONE 10-");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(one_event_without_seq_puts_its_whole_tie_back_into_arrival_order)
{
    setup(false);
    apply(tt_test_event_seq("B", 10, 2));
    apply(tt_test_event_seq("A", 10, 1));
    ck_assert_str_eq(tt_test_task_stays(&task), "A 10-10, B 10-");
    apply(tt_test_event("C", 10));
    ck_assert_str_eq(tt_test_task_stays(&task), "B 10-10, A 10-10, C 10-");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(arrival_order_of_the_state_leaves_the_stays_in_event_time)
{
    setup(true);
    apply(tt_test_event("RUNNING", 10));
    apply(tt_test_event("RUNNING", 20));
    apply(tt_test_event("RUNNING", 15));
    apply(tt_test_event("DONE", 17)); /* behind the current row's event, before the newest */
    ck_assert_str_eq(tt_test_task_stays(&task), "RUNNING 10-17, DONE 17-20, RUNNING 20-");
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_duplicate_changes_nothing)
{
    setup(false);
    struct tt_event queued = tt_test_event("QUEUED", 10), other = tt_test_event("DONE", 5);
    apply(queued);
    struct tt_changes changes = {.arena = &task.arena};
    const struct tt_handling handling = {
        .event = &other, .duplicate = true, .state = {.current = &task.current}};
    ck_assert_int_eq(tt_handlers_run(&handling, &changes, NULL), TT_OK);
    ck_assert_uint_eq(changes.count, 0);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(running_out_of_memory_is_an_error_and_changes_nothing)
{
    setup(false);
    apply(tt_test_event("QUEUED", 10));
    apply(tt_test_event("DONE", 30));
    struct tt_event late = tt_test_event("RUNNING", 20);
    tt_mem_fail_after(0, true);
    enum tt_err err = tt_test_task_apply(&task, &late, false, 1000);
    tt_mem_fail_after(-1, false);
    ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-30, DONE 30-");
    apply(late);
    ck_assert_str_eq(tt_test_task_stays(&task), "QUEUED 10-20, RUNNING 20-30, DONE 30-");
    tt_test_task_done(&task);
}
TT_END

TT_SUITE("core/handlers/interval", events_in_order_give_one_stay_per_status,
         a_late_event_is_spliced_in_where_it_belongs,
         a_late_event_can_join_two_stays_or_begin_one_earlier, a_stay_of_no_length_is_kept,
         ties_go_by_seq_where_all_have_one,
         one_event_without_seq_puts_its_whole_tie_back_into_arrival_order,
         arrival_order_of_the_state_leaves_the_stays_in_event_time, a_duplicate_changes_nothing,
         running_out_of_memory_is_an_error_and_changes_nothing)
