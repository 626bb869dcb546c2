/* One task judged alone: what is told of each event, and that its findings are those of a pass. */
#include "replay/pass.h"
#include "replay/single.h"
#include "reports/record_json.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <stdio.h>
#include <string.h>

static const char lifecycle_text[] =
    "{\"initial\": [\"A\"], \"terminal\": [\"D\"],"
    " \"transitions\": {\"A\": [\"B\"], \"B\": [\"C\"], \"C\": [\"D\"]}}";

static struct tt_lifecycle_set *lifecycles(void)
{
    struct tt_lifecycle_set *set = NULL;
    ck_assert_int_eq(tt_lifecycle_set_parse(tt_str_from(lifecycle_text), &set, NULL), TT_OK);
    return set;
}

static struct tt_single *single_of(const struct tt_lifecycle_set *set)
{
    const struct tt_single_options options = {.lifecycles = set, .max_future_us = 60000000};
    struct tt_single *single = NULL;
    ck_assert_int_eq(tt_single_create(&options, &single, NULL), TT_OK);
    return single;
}

static void add(struct tt_single *single, const char *status, int64_t time_us, const char *id,
                int64_t seq)
{
    struct tt_event event = tt_test_event(status, time_us);
    event.event_id = tt_str_from(id);
    ck_assert_int_eq(tt_single_add(single, &event, (uint64_t)seq, seq, NULL), TT_OK);
}

static bool has_kind(const struct tt_single_task *task, enum tt_kind kind)
{
    for (size_t i = 0; i < task->finding_count; i++)
        if (task->findings[i].kind == kind)
            return true;
    return false;
}

TT_TEST(a_late_event_stands_at_its_place_in_time_and_the_steps_are_those_of_time_order)
{
    struct tt_lifecycle_set *set = lifecycles();
    struct tt_single *single = single_of(set);
    struct tt_single_task task;
    add(single, "A", 1000, "1", 1);
    add(single, "C", 3000, "3", 2);
    add(single, "B", 2000, "2", 3);
    add(single, "B", 2000, "2", 4);
    ck_assert_int_eq(tt_single_judge(single, INT64_MAX, &task, NULL), TT_OK);
    ck_assert_uint_eq(task.event_count, 4);
    ck_assert_int_eq(task.verdict, TT_VERDICT_REORDERED);
    ck_assert(task.events[2].late);
    ck_assert_int_eq(task.events[2].lateness_us, 1000);
    ck_assert_uint_eq(task.events[2].time_rank, 1);
    ck_assert_uint_eq(task.events[1].time_rank, 2);
    ck_assert_int_eq(task.events[1].transition, TT_LEGALITY_ALLOWED);
    ck_assert(tt_str_equal(task.events[1].previous_status, TT_STR("B")));
    ck_assert(tt_str_equal(task.events[2].previous_status, TT_STR("A")));
    ck_assert_ptr_null(task.events[0].previous_status.ptr);
    ck_assert(task.events[3].duplicate && !task.events[3].late);
    ck_assert(!has_kind(&task, TT_KIND_SKIPPED_STATUS));
    tt_single_destroy(single);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(an_earlier_moment_is_judged_without_what_was_written_later)
{
    struct tt_lifecycle_set *set = lifecycles();
    struct tt_single *single = single_of(set);
    struct tt_single_task task;
    add(single, "A", 1000, "1", 1);
    add(single, "C", 3000, "3", 2);
    add(single, "B", 2000, "2", 3);
    ck_assert_int_eq(tt_single_judge(single, 2, &task, NULL), TT_OK);
    ck_assert_uint_eq(task.event_count, 2);
    ck_assert_int_eq(task.verdict, TT_VERDICT_VIOLATION);
    ck_assert(has_kind(&task, TT_KIND_SKIPPED_STATUS));
    ck_assert_int_eq(task.events[1].transition, TT_LEGALITY_VIOLATION);
    ck_assert(tt_str_equal(task.events[1].previous_status, TT_STR("A")));
    ck_assert_int_eq(tt_single_judge(single, 3, &task, NULL), TT_OK);
    ck_assert_int_eq(task.verdict, TT_VERDICT_REORDERED);
    ck_assert(!has_kind(&task, TT_KIND_SKIPPED_STATUS));
    tt_single_destroy(single);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(steps_from_and_to_unknown_statuses_are_not_judged)
{
    struct tt_lifecycle_set *set = lifecycles();
    struct tt_single *single = single_of(set);
    struct tt_single_task task;
    add(single, "A", 1, "1", 1);
    add(single, "X", 2, "2", 2);
    add(single, "B", 3, "3", 3);
    ck_assert_int_eq(tt_single_judge(single, INT64_MAX, &task, NULL), TT_OK);
    ck_assert_int_eq(task.events[0].transition, TT_LEGALITY_ALLOWED);
    ck_assert_int_eq(task.events[1].transition, TT_LEGALITY_NOT_JUDGED);
    ck_assert_int_eq(task.events[2].transition, TT_LEGALITY_NOT_JUDGED);
    ck_assert(has_kind(&task, TT_KIND_UNKNOWN_STATUS));
    tt_single_destroy(single);
    tt_lifecycle_set_destroy(set);
}
TT_END

enum { EVENTS_MAX = 14 };

static uint64_t seed;

/* Random events of one task with everything that makes trouble: ties, repeats, copies, unknown. */
static size_t make_events(struct tt_event *events, char ids[][8])
{
    static const char *const statuses[] = {"A", "B", "C", "D", "X"};
    size_t count = 1 + tt_test_next(&seed) % EVENTS_MAX;
    for (size_t i = 0; i < count; i++) {
        events[i] = tt_test_event(statuses[tt_test_next(&seed) % 5],
                                  (int64_t)(tt_test_next(&seed) % 8) * 1000);
        snprintf(ids[i], 8, "e%d", (int)(tt_test_next(&seed) % 20));
        if (tt_test_next(&seed) % 2)
            events[i].event_id = tt_str_from(ids[i]);
        events[i].has_seq = tt_test_next(&seed) % 2;
        events[i].seq = events[i].has_seq ? (int64_t)(tt_test_next(&seed) % 9) : 0;
        if (tt_test_next(&seed) % 3 == 0)
            events[i].source = tt_str_from("here");
        if (tt_test_next(&seed) % 3 == 0)
            events[i].received_at_us = (int64_t)(tt_test_next(&seed) % 9) - 60000000;
    }
    return count;
}

static void judge_by_pass(const struct tt_lifecycle_set *set, const struct tt_event *events,
                          size_t count, struct tt_buf *text, enum tt_verdict *ret_verdict)
{
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_report *report = NULL;
    const struct tt_pass_options options = {.lifecycles = set,
                                            .now_us = TT_TIME_NONE,
                                            .max_future_us = 60000000,
                                            .threads = 1,
                                            .memory_bytes = 1 << 20};
    ck_assert_int_eq(tt_pass_create(&options, &pass, NULL), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, NULL), TT_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tt_feeder_add(feeder, &events[i], NULL), TT_OK);
    ck_assert_int_eq(tt_pass_finish(pass, &report, NULL), TT_OK);
    for (size_t i = 0; i < report->finding_count; i++) {
        tt_buf_addf(text, "%s %d ", tt_kind_name(report->findings[i]->kind),
                    (int)report->findings[i]->arrival);
        tt_record_write_evidence(text, report->findings[i]);
    }
    *ret_verdict = TT_VERDICT_CLEAN;
    for (int v = 0; v < TT_VERDICT_COUNT; v++)
        if (report->summary.verdicts[v] > 0)
            *ret_verdict = v;
    tt_pass_destroy(pass);
}

TT_TEST(findings_and_verdict_are_those_of_a_full_pass_over_the_same_events)
{
    struct tt_lifecycle_set *set = lifecycles();
    struct tt_single *single = single_of(set);
    struct tt_buf by_pass, alone;
    tt_buf_init(&by_pass, 0);
    tt_buf_init(&alone, 0);
    printf("seed %llu\n", (unsigned long long)(seed = 20260301));
    for (int round = 0; round < 2000; round++) {
        struct tt_event events[EVENTS_MAX];
        char ids[EVENTS_MAX][8];
        struct tt_single_task task;
        enum tt_verdict verdict;
        size_t count = make_events(events, ids);
        tt_buf_clear(&by_pass);
        tt_buf_clear(&alone);
        judge_by_pass(set, events, count, &by_pass, &verdict);
        tt_single_begin(single);
        for (size_t i = 0; i < count; i++)
            ck_assert_int_eq(tt_single_add(single, &events[i], i + 1, (int64_t)i + 1, NULL), TT_OK);
        ck_assert_int_eq(tt_single_judge(single, INT64_MAX, &task, NULL), TT_OK);
        for (size_t i = 0; i < task.finding_count; i++) {
            tt_buf_addf(&alone, "%s %d ", tt_kind_name(task.findings[i].kind),
                        (int)task.findings[i].arrival);
            tt_record_write_evidence(&alone, &task.findings[i]);
        }
        ck_assert_int_eq(task.verdict, verdict);
        ck_assert(tt_str_equal(tt_buf_str(&alone), tt_buf_str(&by_pass)));
    }
    tt_buf_done(&by_pass);
    tt_buf_done(&alone);
    tt_single_destroy(single);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_SUITE("replay/single",
         a_late_event_stands_at_its_place_in_time_and_the_steps_are_those_of_time_order,
         an_earlier_moment_is_judged_without_what_was_written_later,
         steps_from_and_to_unknown_statuses_are_not_judged,
         findings_and_verdict_are_those_of_a_full_pass_over_the_same_events)
