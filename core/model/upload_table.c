#include "core/model/upload_table.h"

#include "core/base/json.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct tt_upload_column audit_columns[] = {
    {"row_uid", TT_COLUMN_STRING, true, "the row: epoch-partition-entry_ms-entry_seq"},
    {"written_at", TT_COLUMN_TIMESTAMP, true, "when its batch was made; the partition"},
    {"tenant", TT_COLUMN_STRING, true, "system or customer the task belongs to"},
    {"task_id", TT_COLUMN_STRING, true, "the task"},
    {"task_type", TT_COLUMN_STRING, false, "kind of task"},
    {"status", TT_COLUMN_STRING, true, "status the event tells of"},
    {"stage", TT_COLUMN_STRING, false, "step of a longer flow"},
    {"event_time", TT_COLUMN_TIMESTAMP, true, "when it happened, by the source's clock"},
    {"event_id", TT_COLUMN_STRING, false, "the producer's id of the event"},
    {"source", TT_COLUMN_STRING, false, "host or service that observed it"},
    {"seq", TT_COLUMN_INT64, false, "the source's own counter"},
    {"correlation_id", TT_COLUMN_STRING, false, "request it belongs to"},
    {"dataset_id", TT_COLUMN_STRING, false, "data set it belongs to"},
    {"message", TT_COLUMN_STRING, false, "why, on failure"},
    {"error_code", TT_COLUMN_STRING, false, "code of the failure"},
    {"attributes", TT_COLUMN_JSON, false, "everything else the event carried"},
    {"received_at", TT_COLUMN_TIMESTAMP, false, "when the first system of ours saw it"},
    {"enqueued_at", TT_COLUMN_TIMESTAMP, true, "when it was put on the queue"},
    {"read_started_at", TT_COLUMN_TIMESTAMP, true, "when the worker's batch was read"},
    {"write_started_at", TT_COLUMN_TIMESTAMP, true, "when the worker's transaction began"},
    {"worker", TT_COLUMN_STRING, true, "worker that applied it"},
    {"fence", TT_COLUMN_INT64, true, "fencing number of the holding it was applied under"},
    {"attempt", TT_COLUMN_INT64, true, "deliveries it took"},
    {"epoch", TT_COLUMN_INT64, true, "life of the queue: grows when entry ids were given again"},
    {"partition", TT_COLUMN_INT64, true, "partition of the queue"},
    {"entry_ms", TT_COLUMN_INT64, true, "first part of the queue's entry id"},
    {"entry_seq", TT_COLUMN_INT64, true, "second part of the queue's entry id"},
    {"apply_seq", TT_COLUMN_INT64, true, "order in which rows were written"},
    {"judged_to", TT_COLUMN_INT64, true, "largest apply_seq the judgement knew of"},
    {"verdict", TT_COLUMN_STRING, false, "of the task: clean, reordered, clock_suspect, violation"},
    {"arrival_rank", TT_COLUMN_INT64, false,
     "place of the event in its task's arrival order, 1 on"},
    {"time_rank", TT_COLUMN_INT64, false, "place in its task's time order, 1 on; none: duplicate"},
    {"late", TT_COLUMN_BOOL, false, "an event with a later time had arrived before"},
    {"lateness_us", TT_COLUMN_INT64, false, "by how much, in microseconds; 0: not late"},
    {"duplicate", TT_COLUMN_BOOL, true,
     "another row of the task tells the same event, and came first"},
    {"transition_legal", TT_COLUMN_BOOL, false,
     "whether the lifecycle allows the step to it in time order; none: not judged"},
    {"previous_status", TT_COLUMN_STRING, false, "status before it in time order; none: the first"},
};

static const struct tt_upload_column discrepancy_columns[] = {
    {"row_uid", TT_COLUMN_STRING, true, "the row: finding_uid-judged_to"},
    {"written_at", TT_COLUMN_TIMESTAMP, true, "when its batch was made; the partition"},
    {"tenant", TT_COLUMN_STRING, true, "system or customer the task belongs to"},
    {"task_id", TT_COLUMN_STRING, true, "the task"},
    {"task_type", TT_COLUMN_STRING, false, "kind of task"},
    {"finding_uid", TT_COLUMN_STRING, true, "the discrepancy: the same for the same record"},
    {"withdrawn", TT_COLUMN_BOOL, true,
     "it was found before and, as of judged_to, holds no longer"},
    {"judged_to", TT_COLUMN_INT64, true, "largest apply_seq the judgement knew of"},
    {"kind", TT_COLUMN_STRING, true, "kind of discrepancy"},
    {"severity", TT_COLUMN_STRING, true, "error, warning or info"},
    {"event_id", TT_COLUMN_STRING, false, "of the event it is about"},
    {"arrival", TT_COLUMN_INT64, true,
     "apply_seq of the event it is about; the evidence names events by it, too"},
    {"status", TT_COLUMN_STRING, true, "status of that event"},
    {"event_time", TT_COLUMN_TIMESTAMP, true, "time of that event"},
    {"evidence", TT_COLUMN_JSON, true, "what it was seen by, for each kind its own keys"},
    {"verdict", TT_COLUMN_STRING, true, "of the task: clean, reordered, clock_suspect, violation"},
};

const struct tt_upload_table tt_upload_tables[TT_UPLOAD_TABLES] = {
    [TT_UPLOAD_AUDIT] =
        {
            .name = "task_status_audit",
            .description = "status events of tasks, one row an event, with what the checks say",
            .columns = audit_columns,
            .column_count = COUNT(audit_columns),
            .partition_by = "written_at",
            .cluster_by = {"tenant", "task_id"},
            .row_uid = "row_uid",
        },
    [TT_UPLOAD_DISCREPANCY] =
        {
            .name = "task_status_discrepancy",
            .description = "discrepancies of tasks, found and withdrawn: rows are only ever added",
            .columns = discrepancy_columns,
            .column_count = COUNT(discrepancy_columns),
            .partition_by = "written_at",
            .cluster_by = {"tenant", "task_id"},
            .row_uid = "row_uid",
        },
};

const struct tt_upload_table *tt_upload_table_named(struct tt_str name)
{
    for (size_t i = 0; i < TT_UPLOAD_TABLES; i++)
        if (tt_str_equal(name, tt_str_from(tt_upload_tables[i].name)))
            return &tt_upload_tables[i];
    return NULL;
}

const char *tt_column_type_name(enum tt_column_type type)
{
    static const char *const names[] = {
        [TT_COLUMN_STRING] = "STRING",       [TT_COLUMN_INT64] = "INTEGER",
        [TT_COLUMN_TIMESTAMP] = "TIMESTAMP", [TT_COLUMN_BOOL] = "BOOLEAN",
        [TT_COLUMN_JSON] = "JSON",
    };
    return names[type];
}

void tt_upload_table_write_schema(struct tt_buf *buf, const struct tt_upload_table *table)
{
    tt_buf_add_text(buf, "[\n");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        tt_buf_addf(buf,
                    " {\"name\": \"%s\", \"type\": \"%s\", \"mode\": \"%s\", \"description\": ",
                    column->name, tt_column_type_name(column->type),
                    column->required ? "REQUIRED" : "NULLABLE");
        tt_json_add_text(buf, tt_str_from(column->description));
        tt_buf_add_text(buf, i + 1 < table->column_count ? "},\n" : "}\n");
    }
    tt_buf_add_text(buf, "]\n");
}
