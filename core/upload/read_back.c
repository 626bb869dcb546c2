#include "core/upload/read_back.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/upload/json_parts.h"

static const char *const history_columns[] = {
    "tenant",     "task_id",    "task_type",   "status",         "stage",           "event_time",
    "event_id",   "source",     "seq",         "correlation_id", "dataset_id",      "message",
    "error_code", "attributes", "received_at", "apply_seq",      "write_started_at"};
enum { HISTORY_COLUMNS = sizeof history_columns / sizeof *history_columns };

static void add_table(struct tt_buf *sql, struct tt_str dataset, const char *table)
{
    tt_buf_add_text(sql, " FROM `");
    tt_buf_add_str(sql, dataset);
    tt_buf_add_char(sql, '.');
    tt_buf_add_text(sql, table);
    tt_buf_add_char(sql, '`');
}

/* ---- Verification */

static void add_column_text(struct tt_buf *sql, const struct tt_upload_column *column)
{
    static const char *const before[] = {
        [TT_COLUMN_STRING] = "",    [TT_COLUMN_INT64] = "CAST(",
        [TT_COLUMN_BOOL] = "CAST(", [TT_COLUMN_TIMESTAMP] = "CAST(UNIX_MICROS(",
        [TT_COLUMN_JSON] = "",
    };
    static const char *const behind[] = {
        [TT_COLUMN_STRING] = "",
        [TT_COLUMN_INT64] = " AS STRING)",
        [TT_COLUMN_BOOL] = " AS STRING)",
        [TT_COLUMN_TIMESTAMP] = ") AS STRING)",
        [TT_COLUMN_JSON] = "",
    };
    tt_buf_add_text(sql, "IF(`");
    tt_buf_add_text(sql, column->name);
    tt_buf_add_text(sql, "` IS NULL, '-', ");
    tt_buf_add_text(sql, "CONCAT('+', ");
    tt_buf_add_text(sql, before[column->type]);
    if (column->type == TT_COLUMN_JSON) {
        tt_json_parts_sql(sql, column->name);
    } else {
        tt_buf_add_char(sql, '`');
        tt_buf_add_text(sql, column->name);
        tt_buf_add_char(sql, '`');
    }
    tt_buf_add_text(sql, behind[column->type]);
    tt_buf_add_text(sql, ")), '\\x1f'");
}

void tt_read_back_verify(struct tt_buf *sql, const struct tt_upload_table *table,
                         struct tt_str dataset)
{
    tt_buf_add_text(sql, "/* tasktrail:verify */ SELECT UNIX_MICROS(");
    tt_buf_add_text(sql, table->partition_by);
    tt_buf_add_text(sql, ") AS batch_time, COUNT(*) AS all_rows, COUNT(DISTINCT ");
    tt_buf_add_text(sql, table->row_uid);
    tt_buf_add_text(sql, ") AS different_rows, BIT_XOR(CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256("
                         "row_text)), 1, 15)) AS INT64)) AS digest FROM (SELECT ");
    tt_buf_add_text(sql, table->partition_by);
    tt_buf_add_text(sql, ", ");
    tt_buf_add_text(sql, table->row_uid);
    tt_buf_add_text(sql, ", CONCAT(");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            tt_buf_add_text(sql, ", ");
        add_column_text(sql, &table->columns[i]);
    }
    tt_buf_add_text(sql, ") AS row_text");
    add_table(sql, dataset, table->name);
    tt_buf_add_text(sql, " WHERE ");
    tt_buf_add_text(sql, table->partition_by);
    tt_buf_add_text(sql, " BETWEEN @from AND @to) GROUP BY batch_time ORDER BY batch_time");
}

/* A value as the query makes a text of it. */
static bool add_value(struct tt_buf *text, enum tt_column_type type, const struct tt_json *value)
{
    int64_t us;
    tt_buf_add_char(text, '+');
    switch (type) {
    case TT_COLUMN_STRING:
    case TT_COLUMN_INT64:
        if (tt_json_type(value) != TT_JSON_TEXT)
            return false;
        tt_buf_add_str(text, tt_json_text(value));
        return true;
    case TT_COLUMN_TIMESTAMP:
        if (tt_json_type(value) != TT_JSON_TEXT || !tt_time_parse(tt_json_text(value), &us))
            return false;
        tt_buf_add_int(text, us);
        return true;
    case TT_COLUMN_BOOL:
        if (tt_json_type(value) != TT_JSON_BOOL)
            return false;
        tt_buf_add_text(text, tt_json_bool(value) ? "true" : "false");
        return true;
    case TT_COLUMN_JSON: /* out of memory is told below, by the buffer */
        if (tt_json_parts_write(text, value) != TT_OK)
            text->err = TT_ERR_NO_MEMORY;
        return true;
    }
    return false;
}

enum tt_err tt_read_back_digest(const struct tt_upload_table *table, struct tt_str line,
                                const struct tt_crypto *crypto, struct tt_buf *scratch,
                                uint64_t *ret_digest, struct tt_fault *fault)
{
    struct tt_json *row = NULL;
    struct tt_digest *digest = NULL;
    unsigned char bytes[TT_SHA256_BYTES];
    enum tt_err err = tt_json_parse(line, TT_JSON_DEPTH_MAX, &row, fault);
    bool good = err == TT_OK && tt_json_type(row) == TT_JSON_OBJECT;
    tt_buf_clear(scratch);
    for (size_t i = 0; good && i < table->column_count; i++) {
        const struct tt_json *value = tt_json_get(row, table->columns[i].name);
        if (value == NULL || tt_json_type(value) == TT_JSON_NULL)
            tt_buf_add_char(scratch, '-');
        else
            good = add_value(scratch, table->columns[i].type, value);
        tt_buf_add_char(scratch, '\x1f');
    }
    tt_json_free(row);
    if (err == TT_ERR_NO_MEMORY || scratch->err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (!good)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "a line that is no row of %s", table->name);
    err = crypto->digest_begin(crypto->context, &digest, fault);
    if (err != TT_OK)
        return err;
    crypto->digest_add(digest, scratch->data, scratch->len);
    crypto->digest_end(digest, bytes);
    uint64_t first = 0;
    for (int i = 0; i < 8; i++)
        first = first << 8 | bytes[i];
    *ret_digest = first >> 4;
    return TT_OK;
}

/* ---- History */

void tt_read_back_history(struct tt_buf *sql, struct tt_str dataset)
{
    const struct tt_upload_table *table = &tt_upload_tables[TT_UPLOAD_AUDIT];
    tt_buf_add_text(sql, "/* tasktrail:history */ SELECT ");
    for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
        if (i > 0)
            tt_buf_add_text(sql, ", ");
        bool json = strcmp(history_columns[i], "attributes") == 0;
        tt_buf_add_text(sql, json ? "TO_JSON_STRING(attributes)" : history_columns[i]);
    }
    add_table(sql, dataset, table->name);
    /* A row that a sink of the at-least-once kind brought twice counts once. */
    tt_buf_add_text(sql, " WHERE tenant = @tenant AND task_id = @task_id QUALIFY ROW_NUMBER() OVER "
                         "(PARTITION BY row_uid ORDER BY written_at) = 1 ORDER BY apply_seq");
}

static enum tt_err wrong(size_t column, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_CORRUPT, "%s: column %s cannot be read",
                        tt_upload_tables[TT_UPLOAD_AUDIT].name, history_columns[column]);
}

enum tt_err tt_read_back_event(const struct tt_str *cells, size_t count, struct tt_event *ret_event,
                               int64_t *ret_apply_seq, int64_t *ret_applied_at_us,
                               struct tt_fault *fault)
{
    enum { TIME = 5, SEQ = 8, ATTRIBUTES = 13, RECEIVED = 14, APPLY_SEQ = 15, APPLIED_AT = 16 };
    struct tt_event event = {.received_at_us = TT_TIME_NONE};
    struct tt_str *const texts[HISTORY_COLUMNS] = {
        &event.tenant,         &event.task_id,    &event.task_type,
        &event.status,         &event.stage,      NULL,
        &event.event_id,       &event.source,     NULL,
        &event.correlation_id, &event.dataset_id, &event.message,
        &event.error_code,     &event.attributes};
    if (count != HISTORY_COLUMNS)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "history: %zu columns, expected %d", count,
                            HISTORY_COLUMNS);
    for (size_t i = 0; i < ATTRIBUTES + 1; i++)
        if (texts[i] != NULL)
            *texts[i] = cells[i];
    if (tt_str_equal(event.attributes, TT_STR("null"))) /* TO_JSON_STRING of none */
        event.attributes = TT_STR_NONE;
    if (event.tenant.len == 0 || event.task_id.len == 0 || event.status.len == 0)
        return wrong(0, fault);
    if (!tt_str_to_int(cells[TIME], &event.event_time_us) || !tt_time_in_range(event.event_time_us))
        return wrong(TIME, fault);
    event.has_seq = cells[SEQ].ptr != NULL;
    if (event.has_seq && !tt_str_to_int(cells[SEQ], &event.seq))
        return wrong(SEQ, fault);
    if (cells[RECEIVED].ptr != NULL && !tt_str_to_int(cells[RECEIVED], &event.received_at_us))
        return wrong(RECEIVED, fault);
    if (!tt_str_to_int(cells[APPLY_SEQ], ret_apply_seq))
        return wrong(APPLY_SEQ, fault);
    if (!tt_str_to_int(cells[APPLIED_AT], ret_applied_at_us))
        return wrong(APPLIED_AT, fault);
    *ret_event = event;
    return TT_OK;
}
