#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/task_in_memory.h"

static struct tt_test_task task;

static struct tt_event in_set(const char *status, int64_t event_time_us)
{
    struct tt_event event = tt_test_event(status, event_time_us);
    event.correlation_id = TT_STR("request");
    event.dataset_id = TT_STR("set");
    return event;
}

static void apply(struct tt_event event)
{
    ck_assert_int_eq(tt_test_task_apply(&task, &event, false, 1000), TT_OK);
}

#define ck_assert_counts(want_finished, want_succeeded, want_failed)                               \
    do {                                                                                           \
        ck_assert(task.has_progress);                                                              \
        ck_assert_int_eq(task.progress.finished, want_finished);                                   \
        ck_assert_int_eq(task.progress.succeeded, want_succeeded);                                 \
        ck_assert_int_eq(task.progress.failed, want_failed);                                       \
    } while (0)

TT_TEST(a_task_counts_once_when_it_finishes)
{
    tt_test_task_init(&task, false);
    apply(in_set("RUNNING", 10));
    ck_assert_counts(0, 0, 0);
    ck_assert_int_eq(task.progress.records_expected, -1);
    ck_assert_int_eq(task.progress.first_failure_at_us, TT_TIME_NONE);
    apply(in_set("SUCCEEDED", 20));
    apply(in_set("SUCCEEDED", 30));
    ck_assert_counts(1, 1, 0);
    ck_assert(tt_str_equal(task.progress.correlation_id, TT_STR("request")));
    ck_assert(tt_str_equal(task.progress.dataset_id, TT_STR("set")));
    tt_test_task_done(&task);
}
TT_END

TT_TEST(every_default_final_status_counts)
{
    const char *const succeeded[] = {"SUCCESS", "SUCCEEDED", "COMPLETED", "SKIPPED",
                                     "PARTIAL_SUCCESS"},
                      *const failed[] = {"FAILED", "CANCELLED"};
    for (size_t i = 0; i < sizeof succeeded / sizeof *succeeded; i++) {
        tt_test_task_init(&task, false);
        apply(in_set(succeeded[i], 10));
        ck_assert_counts(1, 1, 0);
        tt_test_task_done(&task);
    }
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++) {
        tt_test_task_init(&task, false);
        apply(in_set(failed[i], 10));
        ck_assert_counts(1, 0, 1);
        tt_test_task_done(&task);
    }
}
TT_END

TT_TEST(a_task_that_is_tried_again_leaves_the_counts)
{
    tt_test_task_init(&task, false);
    apply(in_set("FAILED", 10));
    ck_assert_counts(1, 0, 1);
    apply(in_set("RUNNING", 20));
    ck_assert_counts(0, 0, 0);
    apply(in_set("SUCCEEDED", 30));
    ck_assert_counts(1, 1, 0);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_late_event_does_not_move_a_finished_task)
{
    tt_test_task_init(&task, false);
    apply(in_set("SUCCEEDED", 30));
    apply(in_set("RUNNING", 20));
    ck_assert_counts(1, 1, 0);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(a_task_that_was_finished_before_it_named_its_data_set_is_not_taken_out)
{
    tt_test_task_init(&task, false);
    apply(tt_test_event("SUCCEEDED", 10));
    ck_assert(!task.has_progress);
    apply(in_set("RUNNING", 20));
    ck_assert_counts(0, 0, 0);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(events_that_do_not_name_the_data_set_again_count_in_it)
{
    tt_test_task_init(&task, false);
    apply(in_set("RUNNING", 10));
    apply(tt_test_event("SUCCEEDED", 20));
    ck_assert_counts(1, 1, 0);
    struct tt_event elsewhere = in_set("FAILED", 30);
    elsewhere.dataset_id = TT_STR("another");
    apply(elsewhere);
    ck_assert_counts(1, 0, 1);
    ck_assert(tt_str_equal(task.progress.dataset_id, TT_STR("set")));
    tt_test_task_done(&task);
}
TT_END

TT_TEST(the_first_failure_is_the_earliest_in_event_time)
{
    tt_test_task_init(&task, false);
    struct tt_event late = in_set("FAILED", 30), early = in_set("FAILED", 20);
    late.message = TT_STR("disk full");
    apply(late);
    ck_assert(tt_str_equal(task.progress.first_failure, TT_STR("disk full")));
    apply(early);
    ck_assert(tt_str_equal(task.progress.first_failure, TT_STR("FAILED")));
    ck_assert_int_eq(task.progress.first_failure_at_us, 20);
    apply(in_set("FAILED", 25));
    ck_assert_int_eq(task.progress.first_failure_at_us, 20);
    tt_test_task_done(&task);
}
TT_END

TT_TEST(the_expected_records_come_from_the_attributes)
{
    tt_test_task_init(&task, false);
    struct tt_event event = in_set("RUNNING", 10);
    event.attributes = TT_STR("{\"record_count\":12}");
    apply(event);
    ck_assert_int_eq(task.progress.records_expected, 12);
    event.event_time_us = 11;
    event.attributes = TT_STR("{\"recordCount\":13}");
    apply(event);
    ck_assert_int_eq(task.progress.records_expected, 13);
    static const char *const none[] = {"{\"record_count\":-1}", "{\"record_count\":\"14\"}", "{}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        event.event_time_us++;
        event.attributes = tt_str_from(none[i]);
        apply(event);
        ck_assert_int_eq(task.progress.records_expected, 13);
    }
    tt_test_task_done(&task);
}
TT_END

TT_TEST(the_last_stage_is_that_of_the_state_not_of_a_late_event)
{
    tt_test_task_init(&task, false);
    struct tt_event event = in_set("RUNNING", 20);
    event.stage = TT_STR("enrich");
    apply(event);
    event.event_time_us = 10;
    event.stage = TT_STR("ingest");
    apply(event);
    ck_assert(tt_str_equal(task.progress.last_stage, TT_STR("enrich")));
    tt_test_task_done(&task);
}
TT_END

TT_TEST(any_allocation_may_fail_and_the_counts_stay_whole)
{
    tt_test_task_init(&task, false);
    apply(in_set("RUNNING", 30));
    struct tt_event late = in_set("FAILED", 20);
    late.attributes = TT_STR("{\"record_count\":12}");
    enum tt_err err = TT_ERR_NO_MEMORY;
    long failing = 0;
    for (; err != TT_OK; failing++) {
        ck_assert_int_lt(failing, 1000);
        tt_arena_done(&task.arena); /* the first use of the arena allocates, too */
        tt_mem_fail_after(failing, true);
        err = tt_test_task_apply(&task, &late, false, 1000);
        tt_mem_fail_after(-1, false);
        ck_assert(err == TT_OK || err == TT_ERR_NO_MEMORY);
        if (err != TT_OK) {
            ck_assert_int_eq(task.current.events, 1);
            ck_assert_int_eq(task.progress.records_expected, -1);
        }
    }
    ck_assert_int_ge(failing, 2);
    ck_assert_int_eq(task.progress.records_expected, 12);
    ck_assert_int_eq(task.progress.first_failure_at_us, 20);
    ck_assert_counts(0, 0, 0);
    tt_test_task_done(&task);
}
TT_END

TT_SUITE("core/handlers/progress", a_task_counts_once_when_it_finishes,
         every_default_final_status_counts, a_task_that_is_tried_again_leaves_the_counts,
         a_late_event_does_not_move_a_finished_task,
         a_task_that_was_finished_before_it_named_its_data_set_is_not_taken_out,
         events_that_do_not_name_the_data_set_again_count_in_it,
         the_first_failure_is_the_earliest_in_event_time,
         the_expected_records_come_from_the_attributes,
         the_last_stage_is_that_of_the_state_not_of_a_late_event,
         any_allocation_may_fail_and_the_counts_stay_whole)
