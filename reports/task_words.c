#include "reports/task_words.h"

#include "core/base/time.h"
#include "reports/task_words_parts.h"
#include "reports/words.h"

enum { LINE_BYTES_MAX = 64 * 1024 };

/* ---- Pieces ---- */

void tt_telling_line(struct tt_telling *telling, const char *label)
{
    telling->sink->line(telling->sink->context, label, tt_buf_str(&telling->buf));
    tt_buf_clear(&telling->buf);
}

/* Events stand in order of arrival. */
const struct tt_lane_event *tt_telling_event(const struct tt_telling *telling, uint64_t arrival)
{
    const struct tt_lane_event *events = telling->picture->events;
    size_t low = 0, high = telling->picture->event_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (events[middle].arrival < arrival)
            low = middle + 1;
        else
            high = middle;
    }
    return low < telling->picture->event_count && events[low].arrival == arrival ? &events[low]
                                                                                 : NULL;
}

void tt_telling_add_status(struct tt_telling *telling, struct tt_str status)
{
    tt_words_add(&telling->buf, status, TT_TOLD_NAME_COLUMNS);
}

/* "E9"; "an event" where it is not known. */
void tt_telling_add_event(struct tt_telling *telling, const struct tt_lane_event *event)
{
    if (event == NULL)
        tt_buf_add_text(&telling->buf, "an event");
    else
        tt_buf_addf(&telling->buf, "E%llu", (unsigned long long)event->arrival_rank + 1);
}

const char *tt_telling_joint(size_t i, size_t count)
{
    return i == 0 ? "" : i + 1 == count ? " and " : ", ";
}

/* "E9 RUNNING" */
static void add_named(struct tt_telling *telling, uint64_t arrival, struct tt_str status)
{
    tt_telling_add_event(telling, tt_telling_event(telling, arrival));
    tt_buf_add_char(&telling->buf, ' ');
    tt_telling_add_status(telling, status);
}

/* ---- Everything else ---- */

static void tell_lost(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    tt_buf_add_text(buf, "whoever keeps what arrived last shows ");
    tt_telling_add_status(telling, finding->lost_update.arrival_final_status);
    tt_buf_add_text(buf, ", although by event time the task is ");
    tt_telling_add_status(telling, finding->status);
    tt_buf_add_text(buf, " since ");
    tt_buf_add_time(buf, finding->event_time_us);
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "So");
}

static void add_missing(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    for (size_t i = 0; i < finding->step.missing_count && i < 2 * TT_TOLD_LIST_MAX; i++) {
        tt_buf_add_text(buf, i == 0 ? ": missing is " : ", ");
        tt_telling_add_status(telling, finding->step.missing[i]);
    }
    tt_buf_add_text(buf, finding->step.missing_count > 2 * TT_TOLD_LIST_MAX ? ", ..." : "");
}

static void tell_step(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    if (finding->kind == TT_KIND_MISSING_INITIAL) {
        add_named(telling, finding->arrival, finding->status);
        tt_buf_add_text(buf, " is the first by event time: ");
    } else {
        add_named(telling, finding->step.previous_arrival, finding->step.previous_status);
        tt_buf_add_text(buf, " -> ");
        add_named(telling, finding->arrival, finding->status);
        tt_buf_add_text(buf, ", next to each other by event time: ");
    }
    tt_buf_add_text(buf, tt_kind_meaning(finding->kind));
    if (finding->kind == TT_KIND_MISSING_INITIAL || finding->kind == TT_KIND_SKIPPED_STATUS)
        add_missing(telling, finding);
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "Step");
}

static void tell_state(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    if (finding->state_mismatch.stored_status.ptr == NULL)
        tt_buf_add_text(buf, "applied is nothing");
    else {
        tt_buf_add_text(buf, "applied is ");
        tt_telling_add_status(telling, finding->state_mismatch.stored_status);
        tt_buf_add_text(buf, ", event time ");
        tt_buf_add_time(buf, finding->state_mismatch.stored_event_time_us);
    }
    tt_buf_add_text(buf, "; replayed is ");
    tt_telling_add_status(telling, finding->status);
    tt_buf_add_text(buf, ", event time ");
    tt_buf_add_time(buf, finding->event_time_us);
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "Store");
}

static void add_stays(struct tt_telling *telling, const struct tt_interval *stays, size_t count)
{
    struct tt_buf *buf = &telling->buf;
    for (size_t i = 0; i < count && i < 2 * TT_TOLD_LIST_MAX; i++) {
        tt_buf_add_text(buf, i == 0 ? "" : ", ");
        tt_telling_add_status(telling, stays[i].status);
        tt_buf_add_text(buf, " from ");
        tt_buf_add_time(buf, stays[i].valid_from_us);
        if (stays[i].valid_to_us != TT_TIME_NONE) {
            tt_buf_add_text(buf, " to ");
            tt_buf_add_time(buf, stays[i].valid_to_us);
        }
    }
    tt_buf_add_text(buf, count == 0 ? "none" : count > 2 * TT_TOLD_LIST_MAX ? ", ..." : "");
}

static void tell_stays(struct tt_telling *telling, const struct tt_finding *finding)
{
    tt_buf_add_text(&telling->buf, "applied stays: ");
    add_stays(telling, finding->interval_mismatch.stored, finding->interval_mismatch.stored_count);
    tt_buf_add_char(&telling->buf, '.');
    tt_telling_line(telling, "Store");
    tt_buf_add_text(&telling->buf, "replayed stays: ");
    add_stays(telling, finding->interval_mismatch.replayed,
              finding->interval_mismatch.replayed_count);
    tt_buf_add_char(&telling->buf, '.');
    tt_telling_line(telling, "Store");
}

static void tell_tie(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    size_t count = finding->ambiguous_order.count;
    for (size_t i = 0; i < count && i < 2 * TT_TOLD_LIST_MAX; i++) {
        tt_buf_add_text(buf, tt_telling_joint(i, count));
        tt_telling_add_event(telling,
                             tt_telling_event(telling, finding->ambiguous_order.arrivals[i]));
    }
    if (count > 2 * TT_TOLD_LIST_MAX)
        tt_buf_addf(buf, " and %zu more", count - 2 * TT_TOLD_LIST_MAX);
    tt_buf_add_text(buf, " have the same time, ");
    tt_buf_add_time(buf, finding->event_time_us);
    tt_buf_add_text(buf, finding->ambiguous_order.by_lifecycle
                             ? "; the lifecycle decided which came first."
                             : "; they stand as they arrived.");
    tt_telling_line(telling, "Tie");
}

static void tell_copy(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    add_named(telling, finding->arrival, finding->status);
    if (finding->kind == TT_KIND_DUPLICATE) {
        tt_buf_add_text(buf, " is a copy of ");
        tt_telling_add_event(telling, tt_telling_event(telling, finding->duplicate.of_arrival));
        tt_buf_add_text(buf, " and is left out.");
    } else {
        tt_buf_add_text(buf, " at ");
        tt_buf_add_time(buf, finding->event_time_us);
        tt_buf_add_text(buf, " has the identity of ");
        add_named(telling, finding->duplicate.of_arrival, finding->duplicate.of_status);
        tt_buf_add_text(buf, " at ");
        tt_buf_add_time(buf, finding->duplicate.of_event_time_us);
        tt_buf_add_text(buf, ", which arrived first and counts.");
    }
    tt_telling_line(telling, "Copy");
}

static void tell_other(struct tt_telling *telling, const struct tt_finding *finding)
{
    struct tt_buf *buf = &telling->buf;
    add_named(telling, finding->arrival, finding->status);
    tt_buf_add_text(buf, ": ");
    tt_buf_add_text(buf, tt_kind_meaning(finding->kind));
    switch (finding->kind) {
    case TT_KIND_SEQUENCE_GAP:
        tt_buf_addf(buf, " (%lld to %lld, before this one)",
                    (long long)finding->sequence_gap.first_missing,
                    (long long)finding->sequence_gap.last_missing);
        break;
    case TT_KIND_SEQUENCE_DISORDER:
        tt_buf_addf(buf, " (from %lld to %lld)", (long long)finding->sequence_disorder.previous_seq,
                    (long long)finding->sequence_disorder.seq);
        break;
    case TT_KIND_FUTURE_TIMESTAMP:
        tt_buf_add_text(buf, " (");
        tt_buf_add_duration(buf, finding->future_timestamp.ahead_us);
        tt_buf_add_text(buf, " ahead)");
        break;
    case TT_KIND_STUCK:
        tt_buf_add_text(buf, " (");
        tt_buf_add_duration(buf, finding->stuck.age_us);
        tt_buf_add_text(buf, ", at most ");
        tt_buf_add_duration(buf, finding->stuck.max_age_us);
        tt_buf_add_char(buf, ')');
        break;
    case TT_KIND_APPLY_DISORDER:
        tt_buf_add_text(buf, " (before ");
        tt_telling_add_event(
            telling, tt_telling_event(telling, finding->apply_disorder.applied_before_arrival));
        tt_buf_add_char(buf, ')');
        break;
    default: break;
    }
    tt_buf_add_char(buf, '.');
    tt_telling_line(telling, "Also");
}

static void tell_one(struct tt_telling *telling, const struct tt_finding *finding)
{
    switch (finding->kind) {
    case TT_KIND_LATE_ARRIVAL: break; /* told before, in groups */
    case TT_KIND_LOST_UPDATE: tell_lost(telling, finding); break;
    case TT_KIND_MISSING_INITIAL:
    case TT_KIND_ILLEGAL_TRANSITION:
    case TT_KIND_AFTER_TERMINAL:
    case TT_KIND_SKIPPED_STATUS:
    case TT_KIND_REPEATED_STATUS: tell_step(telling, finding); break;
    case TT_KIND_STATE_MISMATCH: tell_state(telling, finding); break;
    case TT_KIND_INTERVAL_MISMATCH: tell_stays(telling, finding); break;
    case TT_KIND_AMBIGUOUS_ORDER: tell_tie(telling, finding); break;
    case TT_KIND_DUPLICATE:
    case TT_KIND_CONFLICTING_DUPLICATE: tell_copy(telling, finding); break;
    default: tell_other(telling, finding); break;
    }
}

/* One kind's findings, the first few in full. */
static void tell_kind(struct tt_telling *telling, enum tt_kind kind)
{
    const struct tt_report *report = telling->picture->report;
    size_t told = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i]->kind == kind && told++ < TT_TOLD_MAX)
            tell_one(telling, report->findings[i]);
    if (told <= TT_TOLD_MAX || kind == TT_KIND_LATE_ARRIVAL)
        return;
    tt_buf_addf(&telling->buf, "%zu more of %s.", told - TT_TOLD_MAX, tt_kind_name(kind));
    tt_telling_line(telling, "And");
}

void tt_task_words(const struct tt_task_picture *picture, const struct tt_task_words_sink *sink)
{
    struct tt_telling telling = {.picture = picture, .sink = sink};
    const struct tt_report *report = picture->report;
    tt_buf_init(&telling.buf, LINE_BYTES_MAX);
    tt_telling_late(&telling);
    tell_kind(&telling, TT_KIND_LOST_UPDATE);
    if (report->summary.explained_by_reordering > 0) {
        tt_buf_add_text(&telling.buf,
                        "its steps are not allowed as they arrived; by event time all are.");
        tt_telling_line(&telling, "So");
    }
    for (int severity = TT_SEVERITY_ERROR; severity >= TT_SEVERITY_INFO; severity--)
        for (int kind = 0; kind < TT_KIND_COUNT; kind++)
            if ((int)tt_kind_severity((enum tt_kind)kind) == severity &&
                kind != TT_KIND_LOST_UPDATE)
                tell_kind(&telling, (enum tt_kind)kind);
    if (report->finding_count == 0) {
        tt_buf_add_text(&telling.buf, "was found: the orders agree.");
        tt_telling_line(&telling, "Nothing");
    }
    if (report->summary.without_lifecycle > 0) {
        tt_buf_add_text(&telling.buf, report->has_lifecycle
                                          ? "no lifecycle names its type: no step was judged."
                                          : "no lifecycle was given: no step was judged.");
        tt_telling_line(&telling, "Note");
    }
    tt_buf_done(&telling.buf);
}
