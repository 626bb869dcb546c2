/* label: threads */
#include "replay/pass_parts.h"

#include "tests/lib/suite.h"
#include <stdio.h>

enum { EVENTS = 8, PARTITIONS = 4, TASKS = 1500 };

/* The number'th order of the events, counted in factorials. */
static void order_of(unsigned number, unsigned *order)
{
    unsigned left[EVENTS];
    for (unsigned i = 0; i < EVENTS; i++)
        left[i] = i;
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned pick = number % (EVENTS - i);
        number /= EVENTS - i;
        order[i] = left[pick];
        left[pick] = left[EVENTS - i - 1];
    }
}

/* Tasks of a few partitions, each partition with TASKS different stories; every partition has
 * stories that others have too. */
static void add_tasks(struct tt_feeder *feeder)
{
    unsigned tasks[PARTITIONS] = {0}, full = 0;
    for (unsigned candidate = 0; full < PARTITIONS; candidate++) {
        char name[24];
        snprintf(name, sizeof name, "task %u", candidate);
        const struct tt_str tenant = TT_STR("default"), task_id = tt_str_from(name);
        unsigned p = tt_block_partition(tt_rec_hash(tenant, task_id)), order[EVENTS];
        if (p >= PARTITIONS || tasks[p] == TASKS)
            continue;
        order_of(1 + tasks[p] * (p + 1), order);
        full += ++tasks[p] == TASKS;
        for (unsigned i = 0; i < EVENTS; i++) {
            const struct tt_event event = {.tenant = tenant,
                                           .task_id = task_id,
                                           .status = TT_STR("A"),
                                           .event_time_us = 100 + (int64_t)order[i],
                                           .received_at_us = TT_TIME_NONE};
            struct tt_fault fault = {0};
            ck_assert_int_eq(tt_feeder_add(feeder, &event, &fault), TT_OK);
        }
    }
}

static struct tt_pass *judge(unsigned threads, const struct tt_report **ret_report)
{
    const struct tt_pass_options options = {
        .now_us = TT_TIME_NONE, .threads = threads, .memory_bytes = 64 << 20, .temp_dir = "/tmp"};
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&options, &pass, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    add_tasks(feeder);
    ck_assert_int_eq(tt_pass_finish(pass, ret_report, &fault), TT_OK);
    return pass;
}

TT_TEST(more_stories_than_are_told_are_cut_alike_by_any_number_of_threads)
{
    const struct tt_report *one, *more;
    struct tt_pass *alone = judge(1, &one);
    ck_assert_uint_eq(one->other_tasks, PARTITIONS * (TASKS - TT_STORIES_OF_PARTITION_MAX));
    for (unsigned threads = 2; threads <= 4; threads++) {
        struct tt_pass *together = judge(threads, &more);
        ck_assert_uint_eq(more->other_tasks, one->other_tasks);
        ck_assert_uint_eq(more->story_count, one->story_count);
        for (size_t i = 0; i < one->story_count; i++) {
            ck_assert_uint_eq(more->stories[i].tasks, one->stories[i].tasks);
            ck_assert_uint_eq(more->stories[i].example, one->stories[i].example);
        }
        for (size_t i = 0; i < one->task_count; i++)
            ck_assert_uint_eq(more->tasks[i]->story, one->tasks[i]->story);
        tt_pass_destroy(together);
    }
    tt_pass_destroy(alone);
}
TT_END

TT_SUITE("replay/stories", more_stories_than_are_told_are_cut_alike_by_any_number_of_threads)
