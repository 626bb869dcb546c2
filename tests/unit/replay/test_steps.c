/* Learning from a pass: its limits. What is counted is held against a second count in
 * tests/property/test_steps.c. */
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "replay/pass.h"
#include "replay/steps.h"
#include "tests/lib/suite.h"

#include <stdio.h>

static const struct tt_pass_options plain_options = {
    .now_us = TT_TIME_NONE, .threads = 1, .memory_bytes = 1 << 28, .temp_dir = "/tmp"};

static enum tt_err feed(struct tt_feeder *feeder, int task, int status, int time,
                        struct tt_fault *fault)
{
    char id[24], name[24];
    snprintf(id, sizeof id, "task %d", task);
    snprintf(name, sizeof name, "s%d", status);
    const struct tt_event event = {
        .tenant = TT_STR("default"),
        .task_id = tt_str_from(id),
        .status = tt_str_from(name),
        .event_time_us = time,
        .received_at_us = TT_TIME_NONE,
    };
    return tt_feeder_add(feeder, &event, fault);
}

/* Some tasks that teach, and some that are left out, learned from. */
static enum tt_err learn(size_t *ret_rows, struct tt_fault *fault)
{
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_step_counts *counts;
    enum tt_err err = tt_pass_create(&plain_options, &pass, fault);
    if (err == TT_OK)
        err = tt_pass_feeder(pass, &feeder, fault);
    for (int task = 0; task < 40 && err == TT_OK; task++)
        for (int i = 0; i < 5 && err == TT_OK; i++)
            err = feed(feeder, task, i + task % 30, task % 7 == 0 ? 1 : i, fault);
    if (err == TT_OK)
        err = tt_pass_learn(pass, true, &counts, fault);
    if (err == TT_OK)
        *ret_rows = counts->count;
    tt_pass_destroy(pass);
    return err;
}

TT_TEST(learning_without_memory_says_so_and_leaks_nothing_wherever_it_runs_out)
{
    size_t whole = 0, rows = 0;
    struct tt_fault fault = {0};
    ck_assert_int_eq(learn(&whole, &fault), TT_OK);
    ck_assert_uint_gt(whole, 50);
    for (int sticky = 0; sticky < 2; sticky++) {
        long nth = 0;
        for (;; nth++) {
            struct tt_fault failed = {0};
            tt_mem_fail_after(nth, sticky);
            enum tt_err err = learn(&rows, &failed);
            tt_mem_fail_after(-1, false);
            if (err == TT_OK)
                break;
            ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
            ck_assert_str_ne(failed.text, "");
        }
        ck_assert_int_gt(nth, 10);
        ck_assert_uint_eq(rows, whole);
    }
}
TT_END

TT_TEST(more_different_steps_than_can_be_counted_are_an_error_that_says_why)
{
    enum { TASK_EVENTS = 1000 };
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_step_counts *counts;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&plain_options, &pass, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    /* 1,100 statuses, a step between nearly any two */
    for (int task = 0; task < 2 + TT_STEPS_MAX / TASK_EVENTS; task++)
        for (int i = 0; i < TASK_EVENTS; i++)
            ck_assert_int_eq(feed(feeder, task, (i * (task + 1)) % 1103, i, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_learn(pass, true, &counts, &fault), TT_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(fault.text, "look like free text"));
    tt_pass_destroy(pass);
}
TT_END

TT_SUITE("replay/steps", learning_without_memory_says_so_and_leaks_nothing_wherever_it_runs_out,
         more_different_steps_than_can_be_counted_are_an_error_that_says_why)
