#include "reports/explain.h"

#include "reports/words.h"

static const struct {
    const char *definition, *example, *advice;
} texts[TT_KIND_COUNT] = {
    [TT_KIND_LATE_ARRIVAL] = {"The event's time lies before the largest event time of the same "
                              "task that had arrived already.",
                              "CREATED 12:00:00, RUNNING 12:00:02, then QUEUED 12:00:01: QUEUED is "
                              "late by 1 s, overtaken by one event.",
                              "Look at which sources are late and by how much. Let consumers order "
                              "by event time, or wait as long as the watermark\n"
                              "or hold-back figures of the report say."},
    [TT_KIND_DUPLICATE] = {"An event with the same event_id (or, without one, the same status, "
                           "time, stage, source and seq) had\n"
                           "arrived before, and tells the same.",
                           "Event e7 = RUNNING 12:00:02 arrives twice.",
                           "Nothing is wrong with the history: duplicates are left out of every "
                           "check. Many of them point to a producer\n"
                           "that repeats what was already received."},
    [TT_KIND_CONFLICTING_DUPLICATE] =
        {"An event carries the event_id of an earlier one, but another status, time or stage.",
         "Event e7 = RUNNING 12:00:02, and later event e7 = FAILED 12:00:02.",
         "The producer gives ids that are not unique, or changes what it said. The first one "
         "counts; find out which is true."},
    [TT_KIND_AMBIGUOUS_ORDER] = {"Several events of a task have the same time and not all a seq: "
                                 "the time alone does not order them.",
                                 "QUEUED and RUNNING both at 12:00:02.000.",
                                 "The order shown is the one with the fewest violations "
                                 "(resolved_by lifecycle) or that of arrival. Give events a\n"
                                 "seq, or finer timestamps."},
    [TT_KIND_UNKNOWN_STATUS] = {"The task has a lifecycle, and the status is not in it.",
                                "Status EXPLODED, lifecycle CREATED, RUNNING, SUCCEEDED.",
                                "Add the status to the lifecycle, or find out who sends it. Steps "
                                "to and from it are not judged."},
    [TT_KIND_MISSING_INITIAL] =
        {"The first status in event time is known, but none that a history may begin with.",
         "RUNNING, SUCCEEDED: CREATED and QUEUED never came.",
         "Events are missing at the beginning, or the export begins in mid-life. `missing` names a "
         "shortest way there."},
    [TT_KIND_REPEATED_STATUS] =
        {"The same status twice in a row in event time, and the lifecycle does not list that step.",
         "QUEUED 12:00:01, QUEUED 12:00:02.",
         "A heartbeat or a retry that should be listed in the lifecycle, or an event between the "
         "two is missing."},
    [TT_KIND_AFTER_TERMINAL] = {"A status follows one that the lifecycle calls terminal.",
                                "CANCELLED 12:00:01, QUEUED 12:00:02.",
                                "A service went on with a task that had ended, or a clock is "
                                "wrong. Look at the sources of both events."},
    [TT_KIND_SKIPPED_STATUS] =
        {"The step is not listed, but the second status can be reached from the first over others.",
         "CREATED, RUNNING: QUEUED between them never came.",
         "The events named in `missing` were lost or never sent."},
    [TT_KIND_ILLEGAL_TRANSITION] =
        {"The step is not listed, and there is no way from the first status to the second.",
         "RUNNING 12:00:02, CREATED 12:00:03.",
         "Two tasks under one id, a wrong clock, or a lifecycle that lacks a step."},
    [TT_KIND_LOST_UPDATE] =
        {"The event that arrived last is not the one that happened last: who keeps the last "
         "arrival keeps a wrong status.",
         "SUCCEEDED 12:00:03 arrives, then RUNNING 12:00:02: last write wins shows RUNNING.",
         "Compare event times when writing the current status (tasktrail's workers do), and repair "
         "what was kept."},
    [TT_KIND_CLOCK_SUSPECT] =
        {"In order of arrival every step is allowed, in order of the timestamps some are not.",
         "CREATED 12:00:09, QUEUED 12:00:02, RUNNING 12:00:03 arrive in this order.",
         "A clock is wrong or a time zone was lost. Look at the source of the event that stands at "
         "the wrong end."},
    [TT_KIND_SEQUENCE_GAP] =
        {"Numbers of a source's own counter for the task never came.",
         "seq 1, 2, 5: 3 and 4 are missing.",
         "These events were lost between the source and here, or are still to come."},
    [TT_KIND_SEQUENCE_DISORDER] = {"Along the timeline a source's own counter falls.",
                                   "seq 5 at 12:00:04, seq 2 at 12:00:05.",
                                   "The source's clock went back, or its counter was reset."},
    [TT_KIND_FUTURE_TIMESTAMP] = {"event_time is later than received_at by more than --max-future.",
                                  "event_time 13:00:00, received 12:00:03.",
                                  "The source's clock is ahead, or its zone is wrong."},
    [TT_KIND_STUCK] = {"With --now: the last status is not terminal and older than the lifecycle's "
                       "max_age for it.",
                       "RUNNING since 06:00, max_age 6h, now 12:00:01.",
                       "The task hangs, or its last events were lost."},
    [TT_KIND_STATE_MISMATCH] =
        {"task_status_current holds another status than replaying the audit rows gives.",
         "Stored RUNNING, replayed SUCCEEDED.",
         "Something wrote the state in another way than by these events, or a tie was decided "
         "differently. Replay the task."},
    [TT_KIND_INTERVAL_MISMATCH] =
        {"task_status_interval holds other stays than replaying the audit rows gives.",
         "Stored CREATED from 12:00:00 on, replayed CREATED until 12:00:01, then QUEUED.",
         "As for state_mismatch. Evidence shows both lists."},
    [TT_KIND_APPLY_DISORDER] =
        {"Rows of a task were written in another order than its events arrived.",
         "E1 arrived before E2, the row of E2 was written first.",
         "Workers ran with --locking none, or something beside the workers writes the table."},
};

bool tt_explain(struct tt_str kind, struct tt_buf *buf)
{
    for (int k = 0; k < TT_KIND_COUNT; k++) {
        const char *name = tt_kind_name((enum tt_kind)k);
        if (!tt_str_equal(kind, tt_str_from(name)))
            continue;
        tt_buf_addf(buf, "%s (%s): %s.\n\n%s\n\nExample\n  %s\n\nWhat to do\n", name,
                    tt_severity_name(tt_kind_severity((enum tt_kind)k)),
                    tt_kind_meaning((enum tt_kind)k), texts[k].definition, texts[k].example);
        for (const char *at = texts[k].advice; *at != '\0';) {
            size_t len = 0;
            while (at[len] != '\0' && at[len] != '\n')
                len++;
            tt_buf_addf(buf, "  %.*s\n", (int)len, at);
            at += len + (at[len] == '\n');
        }
        return true;
    }
    return false;
}
