#include "core/upload/line.h"

#include "core/base/digits.h"
#include "core/base/json.h"
#include "reports/record_json.h"
#include <stdio.h>

#define KEY(name) TT_STR(",\"" name "\":")

static void add_text(struct tt_buf *buf, struct tt_str key, struct tt_str text)
{
    if (text.ptr == NULL)
        return;
    tt_buf_add_str(buf, key);
    tt_json_add_text(buf, text);
}

/* INT64 travels as text: JSON numbers lose digits beyond 2^53. */
static void add_int(struct tt_buf *buf, struct tt_str key, int64_t value)
{
    char *start = tt_buf_reserve(buf, key.len + TT_DIGITS_MAX + 2);
    if (start == NULL)
        return;
    memcpy(start, key.ptr, key.len);
    char *at = start + key.len;
    *at++ = '"';
    at = tt_digits_put_int(at, value);
    memcpy(at, "\"", sizeof "\"");
    buf->len += (size_t)(at + 1 - start);
}

static void add_time(struct tt_buf *buf, struct tt_str key, int64_t us)
{
    char text[TT_TIME_TEXT_BYTES + 1];
    if (us == TT_TIME_NONE)
        return;
    text[0] = '"';
    tt_time_format(us, text + 1);
    text[TT_TIME_TEXT_BYTES] = '"';
    tt_buf_add_str(buf, key);
    tt_buf_add(buf, text, sizeof text);
}

static void add_bool(struct tt_buf *buf, struct tt_str key, bool value)
{
    tt_buf_add_str(buf, key);
    tt_buf_add_str(buf, value ? TT_STR("true") : TT_STR("false"));
}

void tt_line_common(struct tt_buf *buf, int64_t written_at_us, int64_t judged_to)
{
    add_time(buf, KEY("written_at"), written_at_us);
    add_int(buf, KEY("judged_to"), judged_to);
}

static void add_uid(struct tt_buf *buf, const struct tt_place *place)
{
    tt_buf_add_str(buf, TT_STR("{\"row_uid\":\""));
    tt_buf_add_int(buf, place->epoch);
    tt_buf_add_char(buf, '-');
    tt_buf_add_int(buf, place->partition);
    tt_buf_add_char(buf, '-');
    tt_buf_add_int(buf, place->entry_ms);
    tt_buf_add_char(buf, '-');
    tt_buf_add_int(buf, place->entry_seq);
    tt_buf_add_char(buf, '"');
}

static void add_event(struct tt_buf *buf, const struct tt_event *event)
{
    add_text(buf, KEY("tenant"), event->tenant);
    add_text(buf, KEY("task_id"), event->task_id);
    add_text(buf, KEY("task_type"), event->task_type);
    add_text(buf, KEY("status"), event->status);
    add_text(buf, KEY("stage"), event->stage);
    add_time(buf, KEY("event_time"), event->event_time_us);
    add_text(buf, KEY("event_id"), event->event_id);
    add_text(buf, KEY("source"), event->source);
    if (event->has_seq)
        add_int(buf, KEY("seq"), event->seq);
    add_text(buf, KEY("correlation_id"), event->correlation_id);
    add_text(buf, KEY("dataset_id"), event->dataset_id);
    add_text(buf, KEY("message"), event->message);
    add_text(buf, KEY("error_code"), event->error_code);
    if (event->attributes.ptr != NULL) {
        tt_buf_add_str(buf, KEY("attributes"));
        tt_buf_add_str(buf, event->attributes);
    }
    add_time(buf, KEY("received_at"), event->received_at_us);
}

void tt_line_audit(struct tt_buf *buf, const struct tt_audit_row *row)
{
    add_uid(buf, &row->place);
    add_event(buf, &row->event);
    add_time(buf, KEY("enqueued_at"), row->enqueued_at_us);
    add_time(buf, KEY("read_started_at"), row->read_started_at_us);
    add_time(buf, KEY("write_started_at"), row->write_started_at_us);
    add_text(buf, KEY("worker"), row->worker);
    add_int(buf, KEY("fence"), row->fence);
    add_int(buf, KEY("attempt"), row->attempt);
    add_int(buf, KEY("epoch"), row->place.epoch);
    add_int(buf, KEY("partition"), row->place.partition);
    add_int(buf, KEY("entry_ms"), row->place.entry_ms);
    add_int(buf, KEY("entry_seq"), row->place.entry_seq);
    add_int(buf, KEY("apply_seq"), row->apply_seq);
}

void tt_line_audit_end(struct tt_buf *buf, struct tt_str common,
                       const struct tt_single_event *judged, enum tt_verdict verdict,
                       bool duplicate)
{
    tt_buf_add_str(buf, common);
    add_bool(buf, KEY("duplicate"), judged == NULL ? duplicate : judged->duplicate);
    if (judged != NULL) {
        add_text(buf, KEY("verdict"), tt_str_from(tt_verdict_name(verdict)));
        add_int(buf, KEY("arrival_rank"), (int64_t)judged->arrival_rank + 1);
    }
    if (judged != NULL && !judged->duplicate) {
        add_int(buf, KEY("time_rank"), (int64_t)judged->time_rank + 1);
        add_bool(buf, KEY("late"), judged->late);
        add_int(buf, KEY("lateness_us"), judged->lateness_us);
        if (judged->transition != TT_LEGALITY_NOT_JUDGED)
            add_bool(buf, KEY("transition_legal"), judged->transition == TT_LEGALITY_ALLOWED);
        add_text(buf, KEY("previous_status"), judged->previous_status);
    }
    tt_buf_add_str(buf, TT_STR("}\n"));
}

void tt_line_finding(struct tt_buf *buf, const struct tt_line_task *task,
                     const struct tt_finding *finding, struct tt_line_uid *ret_uid)
{
    const size_t start = buf->len;
    add_text(buf, KEY("tenant"), task->tenant);
    add_text(buf, KEY("task_id"), task->task_id);
    add_text(buf, KEY("kind"), tt_str_from(tt_kind_name(finding->kind)));
    add_text(buf, KEY("severity"), tt_str_from(tt_severity_name(tt_kind_severity(finding->kind))));
    add_text(buf, KEY("event_id"), finding->event_id);
    add_int(buf, KEY("arrival"), (int64_t)finding->arrival);
    add_text(buf, KEY("status"), finding->status);
    add_time(buf, KEY("event_time"), finding->event_time_us);
    tt_buf_add_str(buf, KEY("evidence"));
    tt_record_write_evidence(buf, finding);
    if (buf->err != TT_OK)
        return;
    const struct tt_str text = {buf->data + start, buf->len - start};
    ret_uid->high = tt_str_hash(text, 1);
    ret_uid->low = tt_str_hash(text, ret_uid->high);
}

void tt_line_finding_whole(struct tt_buf *buf, const struct tt_line_task *task,
                           struct tt_str common, struct tt_line_uid uid, struct tt_str rest,
                           bool withdrawn)
{
    char digits[40];
    int len = snprintf(digits, sizeof digits, "%016llx%016llx", (unsigned long long)uid.high,
                       (unsigned long long)uid.low);
    const struct tt_str text = {digits, (size_t)len};
    tt_buf_add_str(buf, TT_STR("{\"row_uid\":\""));
    tt_buf_add_str(buf, text);
    tt_buf_add_char(buf, '-');
    tt_buf_add_int(buf, task->judged_to);
    tt_buf_add_char(buf, '"');
    add_text(buf, KEY("finding_uid"), text);
    add_bool(buf, KEY("withdrawn"), withdrawn);
    add_text(buf, KEY("task_type"), task->task_type);
    tt_buf_add_str(buf, rest);
    add_text(buf, KEY("verdict"), tt_str_from(tt_verdict_name(task->verdict)));
    tt_buf_add_str(buf, common);
    tt_buf_add_str(buf, TT_STR("}\n"));
}
