#include "core/model/audit_json.h"

#include "core/base/json.h"
#include <stddef.h>

enum type { STRING, INT64, TIMESTAMP, BOOL, JSON };

struct column {
    const char *name;
    enum type type;
    bool required;
    size_t offset; /* in struct tt_audit_row */
    const char *description;
};

#define ROW(member) offsetof(struct tt_audit_row, member)
static const struct column columns[] = {
    {"epoch", INT64, true, ROW(place.epoch),
     "life of the queue: grows when entry ids were given again"},
    {"partition", INT64, true, ROW(place.partition), "partition of the queue"},
    {"entry_ms", INT64, true, ROW(place.entry_ms), "first part of the queue's entry id"},
    {"entry_seq", INT64, true, ROW(place.entry_seq), "second part of the queue's entry id"},
    {"tenant", STRING, true, ROW(event.tenant), "system or customer the task belongs to"},
    {"task_id", STRING, true, ROW(event.task_id), "the task"},
    {"task_type", STRING, false, ROW(event.task_type), "kind of task"},
    {"status", STRING, true, ROW(event.status), "status the event tells of"},
    {"stage", STRING, false, ROW(event.stage), "step of a longer flow"},
    {"event_time", TIMESTAMP, true, ROW(event.event_time_us),
     "when it happened, by the source's clock"},
    {"event_id", STRING, false, ROW(event.event_id), "the producer's id of the event"},
    {"source", STRING, false, ROW(event.source), "host or service that observed it"},
    {"seq", INT64, false, ROW(event.seq), "the source's own counter"},
    {"correlation_id", STRING, false, ROW(event.correlation_id), "request it belongs to"},
    {"dataset_id", STRING, false, ROW(event.dataset_id), "data set it belongs to"},
    {"message", STRING, false, ROW(event.message), "why, on failure"},
    {"error_code", STRING, false, ROW(event.error_code), "code of the failure"},
    {"attributes", JSON, false, ROW(event.attributes), "everything else the event carried"},
    {"received_at", TIMESTAMP, false, ROW(event.received_at_us),
     "when the first system of ours saw it"},
    {"enqueued_at", TIMESTAMP, true, ROW(enqueued_at_us), "when it was put on the queue"},
    {"read_started_at", TIMESTAMP, true, ROW(read_started_at_us), "when its batch was read"},
    {"write_started_at", TIMESTAMP, true, ROW(write_started_at_us), "when its transaction began"},
    {"worker", STRING, true, ROW(worker), "worker that applied it"},
    {"fence", INT64, true, ROW(fence), "fencing number of the holding it was applied under"},
    {"attempt", INT64, true, ROW(attempt), "deliveries it took"},
    {"apply_seq", INT64, true, ROW(apply_seq), "order in which rows were written"},
    {"duplicate", BOOL, true, ROW(duplicate),
     "another row of the task tells the same event, and came first"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void add_int(struct tt_buf *buf, const char *name, int64_t value)
{
    tt_json_add_key(buf, name);
    tt_buf_add_char(buf, '"');
    tt_buf_add_int(buf, value);
    tt_buf_add_char(buf, '"');
}

static void add_column(struct tt_buf *buf, const struct tt_audit_row *row,
                       const struct column *column)
{
    const void *at = (const char *)row + column->offset;
    const struct tt_str *text = at;
    const int64_t *number = at;
    switch (column->type) {
    case STRING:
        if (text->ptr != NULL) {
            tt_json_add_key(buf, column->name);
            tt_json_add_text(buf, *text);
        }
        break;
    case INT64:
        if (column->offset != ROW(event.seq) || row->event.has_seq)
            add_int(buf, column->name, *number);
        break;
    case TIMESTAMP:
        if (*number != TT_TIME_NONE) {
            tt_json_add_key(buf, column->name);
            tt_buf_add_char(buf, '"');
            tt_buf_add_time(buf, *number);
            tt_buf_add_char(buf, '"');
        }
        break;
    case BOOL:
        tt_json_add_key(buf, column->name);
        tt_buf_add_text(buf, *(const bool *)at ? "true" : "false");
        break;
    case JSON:
        if (text->ptr != NULL) {
            tt_json_add_key(buf, column->name);
            tt_buf_add_str(buf, *text);
        }
        break;
    }
}

void tt_audit_write_json(struct tt_buf *buf, const struct tt_audit_row *row)
{
    tt_buf_add_char(buf, '{');
    for (size_t i = 0; i < COLUMNS; i++)
        add_column(buf, row, &columns[i]);
    tt_buf_add_char(buf, '}');
}

void tt_audit_write_schema(struct tt_buf *buf)
{
    static const char *const types[] = {"STRING", "INTEGER", "TIMESTAMP", "BOOLEAN", "JSON"};
    tt_buf_add_text(buf, "[\n");
    for (size_t i = 0; i < COLUMNS; i++) {
        tt_buf_addf(
            buf, " {\"name\": \"%s\", \"type\": \"%s\", \"mode\": \"%s\", \"description\": ",
            columns[i].name, types[columns[i].type], columns[i].required ? "REQUIRED" : "NULLABLE");
        tt_json_add_text(buf, tt_str_from(columns[i].description));
        tt_buf_add_text(buf, i + 1 < COLUMNS ? "},\n" : "}\n");
    }
    tt_buf_add_text(buf, "]\n");
}
