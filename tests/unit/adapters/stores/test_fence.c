/* Who may write: over every store. */
#include "tests/lib/applying.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdlib.h>

static struct tt_test_store test;
static struct tt_fault fault;

static enum tt_err fence(int64_t partition, int64_t number)
{
    const struct tt_store_partition one = {.partition = partition, .fence = number};
    tt_fault_clear(&fault);
    return test.store.fence(test.store.context, &one, 1, &fault);
}

static void begin(void)
{
    tt_fault_clear(&fault);
    ck_assert_msg(test.store.begin(test.store.context, &fault) == TT_OK, "%s", fault.text);
}

static void commit(void)
{
    tt_fault_clear(&fault);
    ck_assert_msg(test.store.commit(test.store.context, &fault) == TT_OK, "%s", fault.text);
}

static int64_t reserve(struct tt_store *store, int64_t up_to)
{
    int64_t number = -1;
    tt_fault_clear(&fault);
    ck_assert_msg(store->reserve_fences(store->context, up_to, &number, &fault) == TT_OK, "%s",
                  fault.text);
    return number;
}

/* New holdings begin above it. */
static int64_t known(void)
{
    return reserve(&test.store, 0) - TT_FENCE_STEP;
}

TT_TEST(new_numbers_are_above_all_fences_that_were_committed)
{
    static const int64_t numbers[] = {
        1, 2, TT_FENCE_STEP, 3 * TT_FENCE_STEP + 1, 3, INT64_C(5000000000000)};
    int64_t newest = 0;
    tt_test_store_make(&test, _i);
    ck_assert_int_eq(known(), 0);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        newest = numbers[i] > newest ? numbers[i] : newest;
        begin();
        ck_assert_int_eq(fence((int64_t)i % 3, numbers[i]), TT_OK);
        commit();
        int64_t above = known();
        ck_assert_int_ge(above, newest);
        newest = above + TT_FENCE_STEP; /* now reserved */
    }
    tt_test_store_done(&test);
}
TT_END

TT_TEST(a_fence_that_was_rolled_back_is_not_known)
{
    tt_test_store_make(&test, _i);
    begin();
    ck_assert_int_eq(fence(4, 1), TT_OK);
    test.store.rollback(test.store.context);
    ck_assert_int_eq(known(), 0);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(each_who_reserves_a_step_has_numbers_of_its_own)
{
    struct tt_test_store *one = &test;
    tt_test_store_make(one, _i);
    int64_t newest = reserve(&one->store, 0);
    ck_assert_int_eq(newest, TT_FENCE_STEP);
    for (int i = 0; i < 3; i++) {
        int64_t next = reserve(&one->store, 0);
        ck_assert_int_eq(next, newest + TT_FENCE_STEP);
        newest = next;
    }
    ck_assert_rows(one, "SELECT partition, fence FROM partition_fence", "-1|4096");
    tt_test_store_done(one);
}
TT_END

TT_TEST(numbers_are_reserved_up_to_where_they_are_wanted_and_never_taken_back)
{
    tt_test_store_make(&test, _i);
    ck_assert_int_eq(reserve(&test.store, 1), TT_FENCE_STEP);
    ck_assert_int_eq(reserve(&test.store, 5000), 5120);
    ck_assert_int_eq(reserve(&test.store, 3), 5120);
    ck_assert_int_eq(reserve(&test.store, 0), 5120 + TT_FENCE_STEP);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(without_locking_no_fence_is_remembered)
{
    tt_test_store_make(&test, _i);
    begin();
    ck_assert_int_eq(fence(3, 0), TT_OK);
    commit();
    ck_assert_int_eq(known(), 0);
    tt_test_store_done(&test);
}
TT_END

/* One event of a task, on partition 3, under a fence. */
static enum tt_err apply(struct tt_applying *applying, const char *task, const char *status,
                         int64_t number, int64_t id_ms)
{
    uint64_t rows = 0;
    struct tt_event event = tt_test_event(status, id_ms);
    event.task_id = tt_str_from(task);
    applying->fences[3] = number;
    tt_applying_add(applying, &event, 3, id_ms, 0);
    return tt_applying_try(applying, &rows);
}

TT_TEST(a_task_is_not_written_under_an_older_fence_than_its_row_has)
{
    static struct tt_applying applying;
    tt_test_store_make(&test, _i);
    tt_applying_begin(&applying, &test.store, false);
    ck_assert_int_eq(apply(&applying, "a", "QUEUED", 7, 100), TT_OK);
    ck_assert_int_eq(apply(&applying, "a", "RUNNING", 6, 101), TT_ERR_FENCED);
    ck_assert_ptr_nonnull(strstr(applying.fault.text, "task a"));
    ck_assert_rows(&test, "SELECT count(*) FROM task_status_audit", "1");
    ck_assert_rows(&test, "SELECT status, fence FROM task_status_current", "QUEUED|7");
    ck_assert_int_eq(apply(&applying, "a", "RUNNING", 7, 101), TT_OK);
    ck_assert_int_eq(apply(&applying, "a", "DONE", 8, 102), TT_OK);
    ck_assert_rows(&test, "SELECT status, fence FROM task_status_current", "DONE|8");
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(another_task_of_the_partition_may_have_an_older_fence)
{
    static struct tt_applying applying;
    tt_test_store_make(&test, _i);
    tt_applying_begin(&applying, &test.store, false);
    ck_assert_int_eq(apply(&applying, "a", "QUEUED", 7, 100), TT_OK);
    ck_assert_int_eq(apply(&applying, "b", "QUEUED", 5, 101), TT_OK);
    ck_assert_int_eq(apply(&applying, "b", "RUNNING", 5, 103), TT_OK);
    ck_assert_rows(&test, "SELECT task_id, fence FROM task_status_current ORDER BY task_id",
                   "a|7\nb|5");
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(a_duplicate_carries_its_fence_into_the_row_of_its_task)
{
    static struct tt_applying applying;
    tt_test_store_make(&test, _i);
    tt_applying_begin(&applying, &test.store, false);
    struct tt_event event = tt_test_event("QUEUED", 10);
    applying.fences[3] = 3;
    ck_assert_uint_eq(tt_apply_one(&applying, &event, 100), 1);
    applying.fences[3] = 9;
    ck_assert_uint_eq(tt_apply_one(&applying, &event, 101), 1);
    ck_assert_rows(&test, "SELECT events, fence FROM task_status_current", "1|9");
    applying.fences[3] = 8;
    uint64_t rows = 0;
    tt_applying_add(&applying, &event, 3, 102, 0);
    ck_assert_int_eq(tt_applying_try(&applying, &rows), TT_ERR_FENCED);
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(without_locking_nothing_is_refused_and_the_fence_of_a_task_stays)
{
    static struct tt_applying applying;
    tt_test_store_make(&test, _i);
    tt_applying_begin(&applying, &test.store, false);
    ck_assert_int_eq(apply(&applying, "a", "QUEUED", 7, 100), TT_OK);
    applying.locking = false;
    ck_assert_int_eq(apply(&applying, "a", "RUNNING", 0, 101), TT_OK);
    ck_assert_rows(&test, "SELECT status, fence FROM task_status_current", "RUNNING|7");
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(a_fenced_batch_leaves_nothing_in_the_store)
{
    static struct tt_applying applying;
    uint64_t rows = 0;
    struct tt_event event = tt_test_event("QUEUED", 10), other = tt_test_event("QUEUED", 10);
    other.task_id = TT_STR("other");
    tt_test_store_make(&test, _i);
    tt_applying_begin(&applying, &test.store, false);
    applying.fences[3] = 2;
    ck_assert_uint_eq(tt_apply_one(&applying, &event, 100), 1);
    applying.fences[2] = 5;
    applying.fences[3] = 1;
    tt_applying_add(&applying, &other, 2, 100, 0);
    tt_applying_add(&applying, &event, 3, 101, 0);
    ck_assert_int_eq(tt_applying_try(&applying, &rows), TT_ERR_FENCED);
    ck_assert_rows(&test, "SELECT count(*) FROM task_status_audit", "1");
    applying.fences[3] = 2;
    tt_applying_add(&applying, &event, 3, 101, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}
TT_END

TT_STORE_SUITE("adapters/stores/fence", new_numbers_are_above_all_fences_that_were_committed,
               a_fence_that_was_rolled_back_is_not_known,
               each_who_reserves_a_step_has_numbers_of_its_own,
               numbers_are_reserved_up_to_where_they_are_wanted_and_never_taken_back,
               without_locking_no_fence_is_remembered,
               a_task_is_not_written_under_an_older_fence_than_its_row_has,
               another_task_of_the_partition_may_have_an_older_fence,
               a_duplicate_carries_its_fence_into_the_row_of_its_task,
               without_locking_nothing_is_refused_and_the_fence_of_a_task_stays,
               a_fenced_batch_leaves_nothing_in_the_store)
