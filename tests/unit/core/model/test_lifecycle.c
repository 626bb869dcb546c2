#include "core/base/mem.h"
#include "core/model/lifecycle.h"
#include "tests/lib/suite.h"

static const char job[] =
    "{\"lifecycles\":[{\"name\":\"other\",\"task_types\":[\"X\"],\"initial\":[\"S\"],"
    "\"transitions\":{\"S\":[]}},"
    "{\"name\":\"job\",\"initial\":[\"CREATED\",\"IMPORTED\"],\"terminal\":[\"DONE\"],"
    "\"transitions\":{\"CREATED\":[\"QUEUED\"],\"IMPORTED\":[\"RUNNING\"],\"QUEUED\":[\"RUNNING\"],"
    "\"RUNNING\":[\"DONE\",\"FAILED\"],"
    "\"FAILED\":[\"QUEUED\"],\"ISLAND\":[]},\"max_age\":{\"RUNNING\":\"6h\"}}]}";

static struct tt_lifecycle_set *parsed(const char *text)
{
    struct tt_lifecycle_set *set = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_lifecycle_set_parse(tt_str_from(text), &set, &fault) == TT_OK, "%s",
                  fault.text);
    return set;
}

static int status(const struct tt_lifecycle *lifecycle, const char *name)
{
    int number = tt_lifecycle_status(lifecycle, tt_str_from(name));
    ck_assert_int_ge(number, 0);
    return number;
}

TT_TEST(the_first_that_names_the_type_wins_then_the_star)
{
    struct tt_lifecycle_set *set = parsed(job);
    ck_assert(tt_str_equal(tt_lifecycle_name(tt_lifecycle_for(set, TT_STR("X"))), TT_STR("other")));
    ck_assert(tt_str_equal(tt_lifecycle_name(tt_lifecycle_for(set, TT_STR("Y"))), TT_STR("job")));
    ck_assert(tt_str_equal(tt_lifecycle_name(tt_lifecycle_for(set, TT_STR_NONE)), TT_STR("job")));
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(steps_are_judged_by_the_first_rule_that_fits)
{
    struct tt_lifecycle_set *set = parsed(job);
    const struct tt_lifecycle *l = tt_lifecycle_for(set, TT_STR("Y"));
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "CREATED"), status(l, "QUEUED")),
                     TT_STEP_ALLOWED);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "QUEUED"), status(l, "QUEUED")),
                     TT_STEP_REPEATED);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "DONE"), status(l, "DONE")), TT_STEP_REPEATED);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "DONE"), status(l, "QUEUED")),
                     TT_STEP_AFTER_TERMINAL);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "CREATED"), status(l, "FAILED")),
                     TT_STEP_SKIPPED);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "RUNNING"), status(l, "CREATED")),
                     TT_STEP_ILLEGAL);
    ck_assert_int_eq(tt_lifecycle_judge(l, status(l, "RUNNING"), TT_STATUS_UNKNOWN),
                     TT_STEP_NOT_JUDGED);
    ck_assert(tt_lifecycle_start_violates(l, status(l, "QUEUED")));
    ck_assert(!tt_lifecycle_start_violates(l, TT_STATUS_UNKNOWN));
    ck_assert_int_eq(tt_lifecycle_max_age_us(l, status(l, "RUNNING")), INT64_C(21600000000));
    ck_assert_int_eq(tt_lifecycle_max_age_us(l, status(l, "QUEUED")), -1);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(shortest_paths_are_breadth_first_in_listing_order)
{
    struct tt_lifecycle_set *set = parsed(job);
    const struct tt_lifecycle *l = tt_lifecycle_for(set, TT_STR("Y"));
    int path[TT_LIFECYCLE_STATUSES_MAX];
    ck_assert_int_eq(tt_lifecycle_path(l, status(l, "CREATED"), status(l, "FAILED"), path), 2);
    ck_assert_int_eq(path[0], status(l, "QUEUED"));
    ck_assert_int_eq(path[1], status(l, "RUNNING"));
    ck_assert_int_eq(tt_lifecycle_path_from_start(l, status(l, "RUNNING"), path), 1);
    ck_assert_int_eq(path[0], status(l, "IMPORTED"));
    ck_assert_int_eq(tt_lifecycle_path_from_start(l, status(l, "ISLAND"), path), -1);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
{
    struct tt_lifecycle_set *set = NULL;
    bool failed = true;
    int tried = 0;
    for (; failed && tried < 1000; tried++) {
        struct tt_fault fault = {0};
        tt_mem_fail_after(tried, true);
        enum tt_err err = tt_lifecycle_set_parse(TT_STR(job), &set, &fault);
        tt_mem_fail_after(-1, false);
        failed = err != TT_OK;
        ck_assert(!failed || err == TT_ERR_NO_MEMORY);
    }
    ck_assert_int_gt(tried, 1);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_SUITE("core/model/lifecycle", the_first_that_names_the_type_wins_then_the_star,
         steps_are_judged_by_the_first_rule_that_fits,
         shortest_paths_are_breadth_first_in_listing_order,
         memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
