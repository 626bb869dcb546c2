#include "reports/record_json.h"

#include "core/base/json.h"
#include "core/base/time.h"

/* A key that is not the first of its object. */
#define KEY(name) TT_STR(",\"" name "\":")

static void add_text(struct tt_buf *buf, struct tt_str key, struct tt_str text)
{
    tt_buf_add_str(buf, key);
    tt_json_add_text(buf, text);
}

static void add_int(struct tt_buf *buf, struct tt_str key, int64_t value)
{
    tt_buf_add_str(buf, key);
    tt_buf_add_int(buf, value);
}

static void add_uint(struct tt_buf *buf, struct tt_str key, uint64_t value)
{
    tt_buf_add_str(buf, key);
    tt_buf_add_uint(buf, value);
}

static void add_time(struct tt_buf *buf, struct tt_str key, int64_t us)
{
    tt_buf_add_str(buf, key);
    if (us == TT_TIME_NONE) {
        tt_buf_add_str(buf, TT_STR("null"));
        return;
    }
    tt_buf_add_char(buf, '"');
    tt_buf_add_time(buf, us);
    tt_buf_add_char(buf, '"');
}

static void add_missing(struct tt_buf *buf, const struct tt_finding *finding)
{
    tt_buf_add_str(buf, KEY("missing"));
    if (finding->step.missing == NULL) {
        tt_buf_add_str(buf, TT_STR("null"));
        return;
    }
    tt_buf_add_char(buf, '[');
    for (size_t i = 0; i < finding->step.missing_count; i++) {
        if (i > 0)
            tt_buf_add_char(buf, ',');
        tt_json_add_text(buf, finding->step.missing[i]);
    }
    tt_buf_add_char(buf, ']');
}

static void add_arrivals(struct tt_buf *buf, const struct tt_finding *finding)
{
    tt_buf_add_str(buf, KEY("arrivals"));
    tt_buf_add_char(buf, '[');
    for (size_t i = 0; i < finding->ambiguous_order.count; i++) {
        if (i > 0)
            tt_buf_add_char(buf, ',');
        tt_buf_add_uint(buf, finding->ambiguous_order.arrivals[i]);
    }
    tt_buf_add_char(buf, ']');
    add_text(buf, KEY("resolved_by"),
             tt_str_from(finding->ambiguous_order.by_lifecycle ? "lifecycle" : "arrival"));
}

static void add_intervals(struct tt_buf *buf, struct tt_str key,
                          const struct tt_interval *intervals, size_t count)
{
    tt_buf_add_str(buf, key);
    tt_buf_add_char(buf, '[');
    for (size_t i = 0; i < count; i++) {
        add_text(buf, i == 0 ? TT_STR("{\"status\":") : TT_STR(",{\"status\":"),
                 intervals[i].status);
        add_time(buf, KEY("valid_from"), intervals[i].valid_from_us);
        add_time(buf, KEY("valid_to"), intervals[i].valid_to_us);
        tt_buf_add_char(buf, '}');
    }
    tt_buf_add_char(buf, ']');
}

static void add_previous(struct tt_buf *buf, const struct tt_finding *finding)
{
    add_text(buf, KEY("previous_status"), finding->step.previous_status);
    add_uint(buf, KEY("previous_arrival"), finding->step.previous_arrival);
}

static void add_duplicate(struct tt_buf *buf, const struct tt_finding *finding)
{
    add_uint(buf, KEY("of_arrival"), finding->duplicate.of_arrival);
    if (finding->kind != TT_KIND_CONFLICTING_DUPLICATE)
        return;
    add_text(buf, KEY("of_status"), finding->duplicate.of_status);
    add_time(buf, KEY("of_event_time"), finding->duplicate.of_event_time_us);
}

static void add_sequence(struct tt_buf *buf, const struct tt_finding *finding)
{
    if (finding->kind == TT_KIND_SEQUENCE_GAP) {
        add_text(buf, KEY("source"), finding->sequence_gap.source);
        add_int(buf, KEY("first_missing"), finding->sequence_gap.first_missing);
        add_int(buf, KEY("last_missing"), finding->sequence_gap.last_missing);
    } else {
        add_text(buf, KEY("source"), finding->sequence_disorder.source);
        add_int(buf, KEY("seq"), finding->sequence_disorder.seq);
        add_int(buf, KEY("previous_seq"), finding->sequence_disorder.previous_seq);
    }
}

static void add_evidence(struct tt_buf *buf, const struct tt_finding *f)
{
    switch (f->kind) {
    case TT_KIND_LATE_ARRIVAL:
        add_int(buf, KEY("lateness_us"), f->late_arrival.lateness_us);
        add_uint(buf, KEY("overtaken_by"), f->late_arrival.overtaken_by);
        add_uint(buf, KEY("behind_arrival"), f->late_arrival.behind_arrival);
        break;
    case TT_KIND_DUPLICATE:
    case TT_KIND_CONFLICTING_DUPLICATE: add_duplicate(buf, f); break;
    case TT_KIND_AMBIGUOUS_ORDER: add_arrivals(buf, f); break;
    case TT_KIND_MISSING_INITIAL: add_missing(buf, f); break;
    case TT_KIND_REPEATED_STATUS:
        add_uint(buf, KEY("previous_arrival"), f->step.previous_arrival);
        break;
    case TT_KIND_AFTER_TERMINAL:
    case TT_KIND_ILLEGAL_TRANSITION: add_previous(buf, f); break;
    case TT_KIND_SKIPPED_STATUS:
        add_previous(buf, f);
        add_missing(buf, f);
        break;
    case TT_KIND_LOST_UPDATE:
        add_text(buf, KEY("arrival_final_status"), f->lost_update.arrival_final_status);
        add_uint(buf, KEY("arrival_final_arrival"), f->lost_update.arrival_final_arrival);
        break;
    case TT_KIND_CLOCK_SUSPECT:
        add_uint(buf, KEY("time_violations"), f->clock_suspect.time_violations);
        break;
    case TT_KIND_SEQUENCE_GAP:
    case TT_KIND_SEQUENCE_DISORDER: add_sequence(buf, f); break;
    case TT_KIND_FUTURE_TIMESTAMP:
        add_int(buf, KEY("ahead_us"), f->future_timestamp.ahead_us);
        break;
    case TT_KIND_STUCK:
        add_int(buf, KEY("age_us"), f->stuck.age_us);
        add_int(buf, KEY("max_age_us"), f->stuck.max_age_us);
        break;
    case TT_KIND_STATE_MISMATCH:
        add_text(buf, KEY("stored_status"), f->state_mismatch.stored_status);
        add_time(buf, KEY("stored_event_time"), f->state_mismatch.stored_event_time_us);
        break;
    case TT_KIND_INTERVAL_MISMATCH:
        add_intervals(buf, KEY("stored"), f->interval_mismatch.stored,
                      f->interval_mismatch.stored_count);
        add_intervals(buf, KEY("replayed"), f->interval_mismatch.replayed,
                      f->interval_mismatch.replayed_count);
        break;
    case TT_KIND_APPLY_DISORDER:
        add_uint(buf, KEY("applied_before_arrival"), f->apply_disorder.applied_before_arrival);
        break;
    case TT_KIND_UNKNOWN_STATUS:
    case TT_KIND_COUNT: break;
    }
}

/* Up to the tenant, the same for all findings of a kind. */
#define OPENING(upper, lower, severity) [TT_KIND_##upper] = OPENING_##severity(#lower),
#define OPENING_ERROR(kind)             TT_STR("{\"kind\":\"" kind "\",\"severity\":\"error\"")
#define OPENING_WARNING(kind)           TT_STR("{\"kind\":\"" kind "\",\"severity\":\"warning\"")
#define OPENING_INFO(kind)              TT_STR("{\"kind\":\"" kind "\",\"severity\":\"info\"")

void tt_record_write(struct tt_buf *buf, const struct tt_report *report,
                     const struct tt_finding *finding)
{
    static const struct tt_str openings[TT_KIND_COUNT] = {TT_KINDS(OPENING)};
    const struct tt_report_task *task = report->tasks[finding->task];
    tt_buf_add_str(buf, openings[finding->kind]);
    add_text(buf, KEY("tenant"), task->tenant);
    add_text(buf, KEY("task_id"), task->task_id);
    add_text(buf, KEY("event_id"), finding->event_id);
    add_uint(buf, KEY("arrival"), finding->arrival);
    add_text(buf, KEY("status"), finding->status);
    add_time(buf, KEY("event_time"), finding->event_time_us);
    add_evidence(buf, finding);
    tt_buf_add_char(buf, '}');
}

void tt_record_write_evidence(struct tt_buf *buf, const struct tt_finding *finding)
{
    const size_t start = buf->len;
    add_evidence(buf, finding);
    if (buf->len > start)
        buf->data[start] = '{'; /* in place of the first comma */
    else
        tt_buf_add_char(buf, '{');
    tt_buf_add_char(buf, '}');
}
