#include "reports/explain.h"

#include "reports/words.h"

static const struct {
    const char *definition, *example, *advice;
} texts[TT_KIND_COUNT] = {
    [TT_KIND_LATE_ARRIVAL] =
        {"The event's time lies before the largest event time of the same task that had arrived "
         "already.",
         "CREATED 12:00:00, RUNNING 12:00:02, then QUEUED 12:00:01: QUEUED is late by 1 s, "
         "overtaken by one event.",
         "Look at which sources are late and by how much. Let consumers order by event time, or "
         "wait as long as the report's figures for a watermark or a buffer say."},
    [TT_KIND_DUPLICATE] =
        {"An event with the same event_id (or, without one, the same status, time, stage, source "
         "and seq) had arrived before, and says the same.",
         "Event e7 = RUNNING 12:00:02 arrives twice.",
         "Nothing is wrong with the history: duplicates are left out of every check. Many of them "
         "point to a producer that repeats what was already received."},
    [TT_KIND_CONFLICTING_DUPLICATE] =
        {"An event carries the event_id of an earlier one, but another status, time or stage.",
         "Event e7 = RUNNING 12:00:02, and later event e7 = FAILED 12:00:02.",
         "The producer gives ids that are not unique, or changes what it said. The first one "
         "counts; find out which is true."},
    [TT_KIND_AMBIGUOUS_ORDER] =
        {"Several events of a task have the same time, not the same status, and not all a seq: "
         "nothing they say orders them.",
         "QUEUED and RUNNING, both at 12:00:02.000.",
         "The order shown is the one with the fewest violations (resolved_by lifecycle) or that of "
         "arrival. Give events a seq, or finer timestamps."},
    [TT_KIND_UNKNOWN_STATUS] = {"The task has a lifecycle, and the status is not in it.",
                                "Status EXPLODED, lifecycle CREATED, RUNNING, SUCCEEDED.",
                                "Add the status to the lifecycle, or find out who sends it. Steps "
                                "to and from it are not judged."},
    [TT_KIND_MISSING_INITIAL] =
        {"The first status by event time is known, but none that a history may begin with.",
         "RUNNING, SUCCEEDED: CREATED and QUEUED never came.",
         "Events are missing at the beginning, or the export begins in mid-life. `missing` names a "
         "shortest way there; null where there is none."},
    [TT_KIND_REPEATED_STATUS] =
        {"The same status twice in a row by event time, and the lifecycle does not list that step.",
         "QUEUED 12:00:01, QUEUED 12:00:02.",
         "A heartbeat or a retry that should be listed in the lifecycle, or an event between the "
         "two is missing."},
    [TT_KIND_AFTER_TERMINAL] =
        {"By event time another status follows one that the lifecycle calls terminal, and that "
         "step "
         "is not listed.",
         "CANCELLED 12:00:01, QUEUED 12:00:02.",
         "A service went on with a task that had ended, or a clock is wrong. Look at the sources "
         "of "
         "both events. Where tasks may be taken up again, list the step in the lifecycle."},
    [TT_KIND_SKIPPED_STATUS] =
        {"The step is not listed, but the second status can be reached from the first over others.",
         "CREATED, RUNNING: QUEUED between them never came.",
         "The events named in `missing` were lost or never sent, or the step is allowed and should "
         "be listed."},
    [TT_KIND_ILLEGAL_TRANSITION] =
        {"The step is not listed, and there is no way from the first status to the second.",
         "RUNNING 12:00:02, CREATED 12:00:03.",
         "Two tasks under one id, a wrong clock, or a lifecycle that lacks a step."},
    [TT_KIND_LOST_UPDATE] =
        {"The event that arrived last has another status than the one that happened last: who "
         "keeps "
         "the last arrival keeps a wrong status.",
         "SUCCEEDED 12:00:03 arrives, then RUNNING 12:00:02: last write wins shows RUNNING.",
         "Compare event times when writing the current status (tasktrail's workers do), and put "
         "right what was kept."},
    [TT_KIND_CLOCK_SUSPECT] =
        {"In order of arrival every step is allowed, in order of the timestamps some are not.",
         "CREATED 12:00:09, QUEUED 12:00:02, RUNNING 12:00:03 arrive in this order.",
         "A clock is wrong or a time zone was lost. Look at the source of the event that stands at "
         "the wrong end."},
    [TT_KIND_SEQUENCE_GAP] =
        {"Of one source's own counter for the task, numbers between others never came.",
         "seq 1, 2, 5: 3 and 4 are missing.",
         "These events were lost between the source and here, or are still to come."},
    [TT_KIND_SEQUENCE_DISORDER] =
        {"From one event of the timeline to the next of the same source, its counter falls.",
         "seq 5 at 12:00:04, seq 2 at 12:00:05.",
         "The source's clock went back, or its counter was reset."},
    [TT_KIND_FUTURE_TIMESTAMP] =
        {"event_time is later than received_at by more than --max-future (60s).",
         "event_time 13:00:00, received_at 12:00:03.",
         "The source's clock is ahead, or its zone is wrong."},
    [TT_KIND_STUCK] = {"With --now: the last status by event time is not terminal, and older than "
                       "the lifecycle's max_age for it.",
                       "RUNNING since 06:00:00, max_age 6h, now 12:00:01.",
                       "The task hangs, or its last events were lost."},
    [TT_KIND_STATE_MISMATCH] =
        {"The stored current status is another than replaying the audit rows gives, or there is "
         "none.",
         "Stored RUNNING, replayed SUCCEEDED.",
         "Something wrote the state in another way than by these events, or a tie was decided "
         "differently. tasktrail replay shows both sides."},
    [TT_KIND_INTERVAL_MISMATCH] =
        {"The stored stays of the task are others than replaying the audit rows gives.",
         "Stored CREATED from 12:00:00 on, replayed CREATED until 12:00:01, then QUEUED.",
         "Something beside the workers wrote them, or a tie was decided differently. The evidence "
         "holds both lists."},
    [TT_KIND_APPLY_DISORDER] =
        {"Rows of a task were written in another order than its events arrived.",
         "E1 arrived before E2, the row of E2 was written first.",
         "Workers ran with --locking none, or something beside the workers writes the table."},
};

/* A paragraph, indented, broken at 80 columns. */
static void add_paragraph(struct tt_buf *buf, const char *words, size_t indent)
{
    tt_buf_addf(buf, "%*s", (int)indent, "");
    tt_words_wrap(buf, tt_str_from(words), indent, 80);
    tt_buf_add_char(buf, '\n');
}

bool tt_explain(struct tt_str kind, struct tt_buf *buf)
{
    for (int k = 0; k < TT_KIND_COUNT; k++) {
        const char *name = tt_kind_name((enum tt_kind)k);
        if (!tt_str_equal(kind, tt_str_from(name)))
            continue;
        tt_buf_addf(buf, "%s (%s)\n", name, tt_severity_name(tt_kind_severity((enum tt_kind)k)));
        add_paragraph(buf, tt_kind_meaning((enum tt_kind)k), 2);
        tt_buf_add_text(buf, "\nReported when\n");
        add_paragraph(buf, texts[k].definition, 2);
        tt_buf_add_text(buf, "\nExample\n");
        add_paragraph(buf, texts[k].example, 2);
        tt_buf_add_text(buf, "\nWhat to do\n");
        add_paragraph(buf, texts[k].advice, 2);
        return true;
    }
    return false;
}
