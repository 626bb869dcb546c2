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

static int64_t known(unsigned partition)
{
    int64_t number = -1;
    tt_fault_clear(&fault);
    ck_assert_msg(test.store.fence_known(test.store.context, partition, &number, &fault) == TT_OK,
                  "%s", fault.text);
    return number;
}

TT_TEST(an_older_fence_is_refused_and_a_newer_one_remembered)
{
    tt_test_store_make(&test, _i);
    ck_assert_int_eq(known(3), 0);
    begin();
    ck_assert_int_eq(fence(3, 5), TT_OK);
    ck_assert_int_eq(fence(3, 5), TT_OK);
    ck_assert_int_eq(test.store.commit(test.store.context, &fault), TT_OK);
    begin();
    ck_assert_int_eq(fence(3, 4), TT_ERR_FENCED);
    ck_assert_ptr_nonnull(strstr(fault.text, "partition 3"));
    test.store.rollback(test.store.context);
    ck_assert_int_eq(known(3), 5);
    begin();
    ck_assert_int_eq(fence(4, 1), TT_OK);
    test.store.rollback(test.store.context);
    ck_assert_int_eq(known(4), 0);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(one_older_fence_of_several_refuses_them_all)
{
    tt_test_store_make(&test, _i);
    struct tt_store_partition all[] = {
        {.partition = 1, .fence = 7}, {.partition = 2, .fence = 7}, {.partition = 300, .fence = 7}};
    begin();
    ck_assert_int_eq(test.store.fence(test.store.context, all, 3, &fault), TT_OK);
    ck_assert_int_eq(test.store.commit(test.store.context, &fault), TT_OK);
    all[0].fence = 8;
    all[1].fence = 6;
    begin();
    ck_assert_int_eq(test.store.fence(test.store.context, all, 3, &fault), TT_ERR_FENCED);
    ck_assert_ptr_nonnull(strstr(fault.text, "partition 2"));
    test.store.rollback(test.store.context);
    ck_assert_int_eq(known(1), 7);
    ck_assert_int_eq(known(300), 7);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(without_locking_no_fence_is_remembered_or_refused)
{
    tt_test_store_make(&test, _i);
    begin();
    ck_assert_int_eq(fence(3, 5), TT_OK);
    ck_assert_int_eq(test.store.commit(test.store.context, &fault), TT_OK);
    begin();
    ck_assert_int_eq(fence(3, 0), TT_OK);
    ck_assert_int_eq(fence(4, 0), TT_OK);
    ck_assert_int_eq(test.store.commit(test.store.context, &fault), TT_OK);
    ck_assert_int_eq(known(3), 5);
    ck_assert_int_eq(known(4), 0);
    tt_test_store_done(&test);
}
TT_END

TT_TEST(a_fenced_batch_leaves_nothing_in_the_store)
{
    static struct tt_applying old, new;
    uint64_t rows = 0;
    struct tt_event event = tt_test_event("QUEUED", 10);
    tt_test_store_make(&test, _i);
    tt_applying_begin(&new, &test.store, false);
    new.fences[3] = 2;
    ck_assert_uint_eq(tt_apply_one(&new, &event, 100), 1);
    tt_applying_done(&new);
    tt_applying_begin(&old, &test.store, false);
    tt_applying_add(&old, &event, 2, 100, 0);
    tt_applying_add(&old, &event, 3, 101, 0);
    ck_assert_int_eq(tt_applying_try(&old, &rows), TT_ERR_FENCED);
    ck_assert_rows(&test, "SELECT count(*) FROM task_status_audit", "1");
    ck_assert_int_eq(known(2), 0);
    old.fences[3] = 2;
    tt_applying_add(&old, &event, 3, 101, 0);
    ck_assert_uint_eq(tt_applying_run(&old), 1);
    tt_applying_done(&old);
    tt_test_store_done(&test);
}
TT_END

TT_STORE_SUITE("adapters/stores/fence", an_older_fence_is_refused_and_a_newer_one_remembered,
               one_older_fence_of_several_refuses_them_all,
               without_locking_no_fence_is_remembered_or_refused,
               a_fenced_batch_leaves_nothing_in_the_store)
