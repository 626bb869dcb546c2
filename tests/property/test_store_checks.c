/* What the report expects of the tables is what event by event comes to stand there, whatever the
 * order of arrival; and whatever else stands there is told. The seed is printed; TT_SEED sets it.
 */
#include "replay/pass.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/task_in_memory.h"
#include <stdio.h>

enum { HISTORIES = 1000, EVENTS_MAX = 14 };

enum harm { NO_HARM, OTHER_STATUS, NO_ROW, OTHER_STAY, OTHER_END, NO_STAYS, HARMS };

static const char *const statuses[] = {"QUEUED", "RUNNING", "SUCCEEDED", "FAILED"};

/* Late events, ties, some with seq; ids, so that none is a copy. */
static size_t make_history(struct tt_event *events, uint64_t *random)
{
    static char ids[EVENTS_MAX][24];
    size_t count = 1 + tt_test_next(random) % EVENTS_MAX;
    for (size_t i = 0; i < count; i++) {
        snprintf(ids[i], sizeof ids[i], "id-%zu", i);
        events[i] = tt_test_event(statuses[tt_test_next(random) % 4],
                                  (int64_t)(tt_test_next(random) % EVENTS_MAX));
        events[i].event_id = tt_str_from(ids[i]);
        events[i].has_seq = tt_test_next(random) % 4 != 0;
        events[i].seq = (int64_t)(tt_test_next(random) % 5);
    }
    return count;
}

static void feed_events(struct tt_feeder *feeder, const struct tt_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tt_feeder_add_applied(feeder, &events[i], (int64_t)i + 1, 1, NULL), TT_OK);
}

static void feed_tables(struct tt_feeder *feeder, const struct tt_test_task *task, enum harm harm)
{
    const struct tt_str tenant = TT_STR("default"), id = TT_STR("t");
    const struct tt_current_row *row = &task->current;
    if (harm != NO_ROW)
        ck_assert_int_eq(tt_feeder_add_state(feeder, tenant, id,
                                             harm == OTHER_STATUS ? TT_STR("LOST") : row->status,
                                             row->event_time_us, NULL),
                         TT_OK);
    for (size_t i = 0; i < task->stay_count && harm != NO_STAYS; i++) {
        const struct tt_interval_row *stay = &task->stays[i];
        bool harmed = i + 1 == task->stay_count;
        const struct tt_interval stored = {
            .valid_from_us = stay->valid_from_us,
            .valid_to_us = harmed && harm == OTHER_END ? 99 : stay->valid_to_us,
            .status = harmed && harm == OTHER_STAY ? TT_STR("LOST") : stay->status,
            .stage = stay->stage};
        ck_assert_int_eq(tt_feeder_add_interval(feeder, tenant, id, &stored, NULL), TT_OK);
    }
}

static void check_history(const struct tt_event *events, size_t count, bool by_arrival,
                          enum harm harm)
{
    static struct tt_test_task task;
    const struct tt_pass_options options = {.from_store = true,
                                            .ties_by_arrival = true,
                                            .apply_by_arrival = by_arrival,
                                            .now_us = TT_TIME_NONE,
                                            .threads = 1,
                                            .memory_bytes = 16 << 20,
                                            .temp_dir = "/tmp"};
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    const struct tt_report *report = NULL;
    tt_test_task_init(&task, by_arrival);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tt_test_task_apply(&task, &events[i], false, 1), TT_OK);
    ck_assert_int_eq(tt_pass_create(&options, &pass, NULL), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, NULL), TT_OK);
    feed_events(feeder, events, count);
    feed_tables(feeder, &task, harm);
    ck_assert_int_eq(tt_pass_finish(pass, &report, NULL), TT_OK);
    ck_assert_uint_eq(report->summary.kinds[TT_KIND_STATE_MISMATCH],
                      harm == OTHER_STATUS || harm == NO_ROW);
    ck_assert_uint_eq(report->summary.kinds[TT_KIND_INTERVAL_MISMATCH], harm >= OTHER_STAY);
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i]->kind == TT_KIND_INTERVAL_MISMATCH)
            ck_assert_uint_eq(report->findings[i]->interval_mismatch.replayed_count,
                              task.stay_count);
    tt_pass_destroy(pass);
    tt_test_task_done(&task);
}

static void check_many(bool by_arrival)
{
    struct tt_event events[EVENTS_MAX];
    uint64_t random = tt_test_seed(20260301);
    for (int i = 0; i < HISTORIES; i++) {
        size_t count = make_history(events, &random);
        check_history(events, count, by_arrival, NO_HARM);
        check_history(events, count, by_arrival, 1 + (enum harm)(i % (HARMS - 1)));
    }
}

TT_TEST(what_workers_write_by_event_time_is_what_the_report_expects_and_all_else_is_told)
{
    check_many(false);
}
TT_END

TT_TEST(what_workers_write_by_arrival_is_what_the_report_expects_and_all_else_is_told)
{
    check_many(true);
}
TT_END

TT_SUITE("store_checks",
         what_workers_write_by_event_time_is_what_the_report_expects_and_all_else_is_told,
         what_workers_write_by_arrival_is_what_the_report_expects_and_all_else_is_told)
