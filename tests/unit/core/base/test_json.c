#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/suite.h"

#include <pthread.h>

static const char text[] =
    "{\"a text that is longer than sixteen bytes\":\"and one that has quotes: "
    "\\\"x\\\", and so on\",\"list\":[1,2.5,true,null,{\"k\":{}}],\"b\":[]}";

TT_TEST(memory_that_runs_out_anywhere_is_told_and_what_was_taken_is_given_back)
{
    struct tt_json *json = NULL;
    unsigned told = 0;
    for (long nth = 0; json == NULL; nth++) {
        struct tt_fault fault = {0};
        tt_mem_fail_after(nth, false);
        enum tt_err err = tt_json_parse(TT_STR(text), 64, &json, &fault);
        tt_mem_fail_after(-1, false);
        ck_assert(err == (json == NULL ? TT_ERR_NO_MEMORY : TT_OK) && fault.code == err);
        told += err != TT_OK;
    }
    ck_assert_uint_gt(told, 20);
    ck_assert_int_eq(tt_json_int(tt_json_at(tt_json_get(json, "list"), 0)), 1);
    tt_json_free(json);
}
TT_END

static void *free_it(void *json)
{
    tt_json_free(json);
    return NULL;
}

TT_TEST(trees_are_freed_in_any_order_and_by_any_thread)
{
    struct tt_json *first = NULL, *second = NULL, *bad = NULL;
    pthread_t thread;
    ck_assert_int_eq(tt_json_parse(TT_STR(text), 64, &first, NULL), TT_OK);
    ck_assert_int_eq(tt_json_parse(TT_STR("[1,{\"a\":1,\"a\":2}]"), 64, &bad, NULL), TT_ERR_REJECT);
    ck_assert_int_eq(tt_json_parse(TT_STR(text), 64, &second, NULL), TT_OK);
    tt_json_free(first);
    ck_assert_int_eq(pthread_create(&thread, NULL, free_it, second), 0);
    pthread_join(thread, NULL);
}
TT_END

TT_SUITE("core/base/json", memory_that_runs_out_anywhere_is_told_and_what_was_taken_is_given_back,
         trees_are_freed_in_any_order_and_by_any_thread)
