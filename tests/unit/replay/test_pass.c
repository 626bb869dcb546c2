/* label: threads */
#include "replay/pass_parts.h"

#include "core/base/mem.h"
#include "tests/lib/suite.h"
#include <stdio.h>

static const struct tt_pass_options plain_options = {
    .now_us = TT_TIME_NONE, .threads = 2, .memory_bytes = 64 << 20, .temp_dir = "/tmp"};

static const char job[] = "{\"initial\":[\"A\"],\"terminal\":[\"C\"],"
                          "\"transitions\":{\"A\":[\"B\"],\"B\":[\"C\"]}}";

static struct tt_event event(const char *task, const char *status, int64_t at_us, const char *id)
{
    return (struct tt_event){.tenant = TT_STR("default"),
                             .task_id = tt_str_from(task),
                             .status = tt_str_from(status),
                             .event_id = tt_str_from(id),
                             .event_time_us = at_us,
                             .received_at_us = TT_TIME_NONE};
}

/* A few tasks of every kind: plain, late, twice, illegal. */
static enum tt_err feed_some(struct tt_feeder *feeder, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (int task = 0; task < 40 && err == TT_OK; task++) {
        char name[40], id[40];
        snprintf(name, sizeof name, "task %d", task);
        snprintf(id, sizeof id, "ID-%d", task);
        const struct tt_event events[] = {
            event(name, "A", 100 + task, id),
            event(name, task % 5 == 1 ? "C" : "B", task % 5 == 2 ? 50 : 300, NULL),
            event(name, "C", 200, task % 5 == 3 ? id : NULL),
        };
        for (size_t i = 0; i < 3 && err == TT_OK; i++)
            err = tt_feeder_add(feeder, &events[i], fault);
    }
    return err;
}

static enum tt_err run_pass(const struct tt_pass_options *options, uint64_t *ret_findings,
                            struct tt_fault *fault)
{
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_report *report = NULL;
    enum tt_err err = tt_pass_create(options, &pass, fault);
    if (err == TT_OK)
        err = tt_pass_feeder(pass, &feeder, fault);
    if (err == TT_OK)
        err = feed_some(feeder, fault);
    if (err == TT_OK)
        err = tt_pass_finish(pass, &report, fault);
    if (err == TT_OK)
        *ret_findings = report->finding_count;
    tt_pass_destroy(pass);
    return err;
}

TT_TEST(a_pass_without_memory_says_so_and_leaks_nothing_wherever_it_runs_out)
{
    struct tt_lifecycle_set *set = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_lifecycle_set_parse(tt_str_from(job), &set, &fault), TT_OK);
    struct tt_pass_options options = plain_options;
    options.lifecycles = set;
    options.threads = 1; /* the n-th allocation is then the same one every time */
    uint64_t whole = 0, findings = 0;
    ck_assert_int_eq(run_pass(&options, &whole, &fault), TT_OK);
    ck_assert_uint_gt(whole, 0);
    for (int sticky = 0; sticky < 2; sticky++) {
        long nth = 0;
        for (;; nth++) {
            struct tt_fault failed = {0};
            tt_mem_fail_after(nth, sticky);
            enum tt_err err = run_pass(&options, &findings, &failed);
            tt_mem_fail_after(-1, false);
            if (err == TT_OK)
                break;
            ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
            ck_assert_str_ne(failed.text, "");
        }
        ck_assert_int_gt(nth, 10);
        ck_assert_uint_eq(findings, whole);
    }
    tt_lifecycle_set_destroy(set);
}
TT_END

static struct tt_pass *begin_plain(void)
{
    struct tt_pass *pass = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&plain_options, &pass, &fault), TT_OK);
    return pass;
}

static struct tt_feeder *feeder_of(struct tt_pass *pass)
{
    struct tt_feeder *feeder = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    return feeder;
}

/* Ends the pass. */
static uint64_t duplicates_in(struct tt_pass *pass)
{
    const struct tt_report *report = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_finish(pass, &report, &fault), TT_OK);
    uint64_t count = report->summary.kinds[TT_KIND_DUPLICATE];
    tt_pass_destroy(pass);
    return count;
}

TT_TEST(more_sources_than_there_are_numbers_for_are_still_told_apart)
{
    enum { SOURCES = 70000 };
    struct tt_fault fault = {0};
    struct tt_pass *pass = begin_plain();
    struct tt_feeder *feeder = feeder_of(pass);
    for (int i = 0; i < SOURCES; i++) {
        /* Without event ids the source is part of what makes two events the same. */
        char source[40];
        snprintf(source, sizeof source, "host %d", i);
        struct tt_event one = event("t", "A", 100 + i, NULL);
        one.source = tt_str_from(source);
        ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_OK);
        one.source = TT_STR("another");
        ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_OK);
        if (i == SOURCES - 1) {
            one.source = tt_str_from(source);
            ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_OK);
        }
    }
    ck_assert_uint_eq(duplicates_in(pass), 1);
}
TT_END

/* As many as would take minutes if each were compared with all before it. */
TT_TEST(numbers_that_are_multiples_of_a_power_of_two_tell_events_apart_at_once)
{
    enum { EVENTS = 400000 };
    struct tt_fault fault = {0};
    struct tt_pass *pass = begin_plain();
    struct tt_feeder *feeder = feeder_of(pass);
    for (int64_t i = 0; i <= EVENTS; i++) {
        struct tt_event one = event("t", "A", 100, NULL);
        one.has_seq = true;
        one.seq = i % EVENTS << 22; /* as of ids that hold a time in their upper bits */
        ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_OK);
    }
    ck_assert_uint_eq(duplicates_in(pass), 1);
}
TT_END

TT_TEST(events_added_later_are_those_added_at_once)
{
    static char names[500][32]; /* texts that are added later are roomy */
    static const char tenant[32] = "default", status[32] = "A";
    uint64_t findings[2];
    for (int later = 0; later < 2; later++) {
        struct tt_pass *pass = NULL;
        struct tt_feeder *feeder = NULL;
        const struct tt_report *report = NULL;
        struct tt_fault fault = {0};
        ck_assert_int_eq(tt_pass_create(&plain_options, &pass, &fault), TT_OK);
        ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
        for (int i = 0; i < 500; i++) {
            snprintf(names[i], sizeof names[i], "task %d", i % 20);
            struct tt_event one = event(names[i], status, 1000 - i, NULL);
            one.tenant = tt_str_from(tenant);
            ck_assert_int_eq(later ? tt_feeder_add_later(feeder, &one, &fault)
                                   : tt_feeder_add(feeder, &one, &fault),
                             TT_OK);
        }
        ck_assert_int_eq(tt_feeder_flush(feeder, &fault), TT_OK);
        ck_assert_int_eq(tt_pass_finish(pass, &report, &fault), TT_OK);
        ck_assert_uint_eq(report->summary.events, 500);
        ck_assert_uint_eq(report->findings[1]->arrival, 41); /* task 0's third event */
        findings[later] = report->finding_count;
        tt_pass_destroy(pass);
    }
    ck_assert_uint_eq(findings[0], findings[1]);
}
TT_END

/* Counting takes too long: the feeder is told that it has counted so far. */
TT_TEST(a_chunk_of_more_than_four_billion_events_stands_before_the_next_one)
{
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_report *report = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&plain_options, &pass, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    feeder->ordinal = (uint64_t)UINT32_MAX - 2;
    for (int i = 0; i < 6; i++) {
        struct tt_event one = event("t", "A", 1000 - i, NULL);
        if (i == 5)
            ck_assert_int_eq(tt_feeder_chunk(feeder, 1, &fault), TT_OK);
        ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_OK);
    }
    ck_assert_int_eq(tt_pass_finish(pass, &report, &fault), TT_OK);
    ck_assert_uint_eq(report->finding_count, 5); /* all but the first are late */
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(report->findings[i]->arrival, (uint64_t)UINT32_MAX + i);
    tt_pass_destroy(pass);
}
TT_END

TT_TEST(counts_beyond_all_bounds_are_refused)
{
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    struct tt_fault fault = {0}, too_many = {0};
    struct tt_event one = event("t", "A", 1000, NULL);
    ck_assert_int_eq(tt_pass_create(&plain_options, &pass, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    feeder->ordinal = TT_REC_ORDINAL_MAX;
    ck_assert_int_eq(tt_feeder_add(feeder, &one, &fault), TT_ERR_LIMIT);
    ck_assert_int_eq(tt_feeder_chunk(feeder, TT_REC_CHUNK_MAX + 1, &too_many), TT_ERR_LIMIT);
    tt_pass_destroy(pass);
}
TT_END

TT_SUITE("replay/pass", a_pass_without_memory_says_so_and_leaks_nothing_wherever_it_runs_out,
         more_sources_than_there_are_numbers_for_are_still_told_apart,
         numbers_that_are_multiples_of_a_power_of_two_tell_events_apart_at_once,
         events_added_later_are_those_added_at_once,
         a_chunk_of_more_than_four_billion_events_stands_before_the_next_one,
         counts_beyond_all_bounds_are_refused)
