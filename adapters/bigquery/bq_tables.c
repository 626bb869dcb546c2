/* Tables as we need them: looked at, made, given further columns.
 *
 * Failure modes: another makes the same table or column meanwhile (409, 412: looked at again), a
 * column is there with another type (refused, with its name). */
#include "adapters/bigquery/bq_parts.h"

#include <stdio.h>

static const char *mode_name(bool required)
{
    return required ? "REQUIRED" : "NULLABLE";
}

static void write_column(struct tt_buf *json, const struct tt_upload_column *column)
{
    tt_buf_add_char(json, '{');
    tt_bq_pair(json, "name", tt_str_from(column->name));
    tt_bq_pair(json, "type", tt_str_from(tt_column_type_name(column->type)));
    tt_bq_pair(json, "mode", tt_str_from(mode_name(column->required)));
    tt_bq_pair(json, "description", tt_str_from(column->description));
    tt_buf_add_char(json, '}');
}

void tt_bq_table_reference(const struct tt_bq *bq, struct tt_buf *json, const char *table)
{
    tt_json_add_key(json, "tableReference");
    tt_buf_add_char(json, '{');
    tt_bq_pair(json, "projectId", tt_str_from(bq->options.project));
    tt_bq_pair(json, "datasetId", tt_str_from(bq->options.dataset));
    tt_bq_pair(json, "tableId", tt_str_from(table));
    tt_buf_add_char(json, '}');
}

static void write_table(const struct tt_bq *bq, struct tt_buf *json,
                        const struct tt_upload_table *table)
{
    tt_buf_clear(json);
    tt_buf_add_char(json, '{');
    tt_bq_table_reference(bq, json, table->name);
    tt_bq_pair(json, "description", tt_str_from(table->description));
    tt_json_add_key(json, "schema");
    tt_buf_add_text(json, "{\"fields\":[");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            tt_buf_add_char(json, ',');
        write_column(json, &table->columns[i]);
    }
    tt_buf_add_text(json, "]}");
    tt_json_add_key(json, "timePartitioning");
    tt_buf_add_text(json, "{\"type\":\"DAY\"");
    tt_bq_pair(json, "field", tt_str_from(table->partition_by));
    tt_buf_add_text(json, "},\"clustering\":{\"fields\":[");
    for (size_t i = 0; i < 4 && table->cluster_by[i] != NULL; i++) {
        if (i > 0)
            tt_buf_add_char(json, ',');
        tt_json_add_text(json, tt_str_from(table->cluster_by[i]));
    }
    tt_buf_add_text(json, "]}}");
}

/* ---- Comparing */

static const struct tt_json *find_field(const struct tt_json *fields, const char *name)
{
    for (size_t i = 0; fields != NULL && i < tt_json_count(fields); i++) {
        const struct tt_json *field = tt_json_at(fields, i);
        struct tt_str theirs = tt_json_member_text(field, "name");
        /* names of columns know no case */
        if (theirs.len == strlen(name) && strncasecmp(theirs.ptr, name, theirs.len) == 0)
            return field;
    }
    return NULL;
}

/* The API gives older names for these. */
static bool is_type(struct tt_str theirs, enum tt_column_type ours)
{
    return tt_str_equal(theirs, tt_str_from(tt_column_type_name(ours))) ||
           (ours == TT_COLUMN_INT64 && tt_str_equal(theirs, TT_STR("INT64"))) ||
           (ours == TT_COLUMN_BOOL && tt_str_equal(theirs, TT_STR("BOOL")));
}

static enum tt_err compare_column(const struct tt_bq *bq, const struct tt_upload_table *table,
                                  const struct tt_upload_column *column,
                                  const struct tt_json *field, struct tt_fault *fault)
{
    struct tt_str type = tt_json_member_text(field, "type");
    struct tt_str mode = tt_json_member_text(field, "mode");
    if (mode.len == 0)
        mode = TT_STR("NULLABLE");
    /* A column may take more than we send, not less. */
    bool fits = is_type(type, column->type) &&
                (tt_str_equal(mode, TT_STR("NULLABLE")) ||
                 (column->required && tt_str_equal(mode, TT_STR("REQUIRED"))));
    if (fits)
        return TT_OK;
    return tt_fault_set(
        fault, TT_ERR_INVALID, "table %s.%s.%s: column %s is %.*s %.*s, expected %s %s",
        bq->options.project, bq->options.dataset, table->name, column->name, TT_STR_ARGS(type),
        TT_STR_ARGS(mode), tt_column_type_name(column->type), mode_name(column->required));
}

static bool is_ours(const struct tt_upload_table *table, struct tt_str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strlen(table->columns[i].name) == name.len &&
            strncasecmp(table->columns[i].name, name.ptr, name.len) == 0)
            return true;
    return false;
}

/* Their columns that we know nothing of stay empty. */
static enum tt_err compare_others(const struct tt_bq *bq, const struct tt_upload_table *table,
                                  const struct tt_json *fields, struct tt_fault *fault)
{
    for (size_t i = 0; fields != NULL && i < tt_json_count(fields); i++) {
        struct tt_str name = tt_json_member_text(tt_json_at(fields, i), "name");
        struct tt_str mode = tt_json_member_text(tt_json_at(fields, i), "mode");
        if (tt_str_equal(mode, TT_STR("REQUIRED")) && !is_ours(table, name))
            return tt_fault_set(fault, TT_ERR_INVALID,
                                "table %s.%s.%s: column %.*s is REQUIRED, expected no such column, "
                                "or one that may be empty",
                                bq->options.project, bq->options.dataset, table->name,
                                TT_STR_ARGS(name));
    }
    return TT_OK;
}

/* *ret_missing: columns that are to be added. */
static enum tt_err compare(const struct tt_bq *bq, const struct tt_upload_table *table,
                           const struct tt_json *fields, size_t *ret_missing,
                           struct tt_fault *fault)
{
    size_t missing = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        const struct tt_json *field = find_field(fields, column->name);
        enum tt_err err = TT_OK;
        if (field != NULL)
            err = compare_column(bq, table, column, field, fault);
        else if (column->required)
            err = tt_fault_set(fault, TT_ERR_INVALID,
                               "table %s.%s.%s: column %s is missing, expected %s REQUIRED, which "
                               "cannot be added to a table that exists",
                               bq->options.project, bq->options.dataset, table->name, column->name,
                               tt_column_type_name(column->type));
        missing += field == NULL;
        if (err != TT_OK)
            return err;
    }
    *ret_missing = missing;
    return compare_others(bq, table, fields, fault);
}

/* ---- Making and changing */

static const char *table_url(struct tt_bq *bq, const char *table)
{
    return tt_bq_url(bq, "%s/datasets/%s/tables/%s", bq->options.project, bq->options.dataset,
                     table);
}

enum tt_err tt_bq_table_get(struct tt_bq *bq, const char *table, struct tt_fault *fault)
{
    return tt_json_call(&bq->options.access, "GET", table_url(bq, table), TT_STR_NONE, &bq->call,
                        fault);
}

enum tt_err tt_bq_table_patch(struct tt_bq *bq, const char *table, struct tt_fault *fault)
{
    char match[200];
    struct tt_str etag = tt_json_member_text(bq->call.json, "etag");
    snprintf(match, sizeof match, "%.*s", TT_STR_ARGS(etag));
    const struct tt_http_header header = {"if-match", tt_str_from(match)};
    const struct tt_json_request request = {.method = "PATCH",
                                            .url = table_url(bq, table),
                                            .text = tt_buf_str(&bq->body),
                                            .headers = &header,
                                            .header_count = etag.len > 0};
    if (bq->body.err != TT_OK)
        return tt_fault_set(fault, bq->body.err, "BigQuery: the request is too long");
    return tt_json_send(&bq->options.access, &request, &bq->call, fault);
}

/* All of their columns as they are, and ours that are missing behind them. */
static enum tt_err add_columns(struct tt_bq *bq, const struct tt_upload_table *table,
                               const struct tt_json *fields, struct tt_fault *fault)
{
    struct tt_buf *body = &bq->body;
    tt_buf_clear(body);
    tt_buf_add_text(body, "{\"schema\":{\"fields\":[");
    for (size_t i = 0; fields != NULL && i < tt_json_count(fields); i++) {
        if (i > 0)
            tt_buf_add_char(body, ',');
        tt_json_write(body, tt_json_at(fields, i));
    }
    for (size_t i = 0; i < table->column_count; i++)
        if (find_field(fields, table->columns[i].name) == NULL) {
            if (body->data[body->len - 1] != '[')
                tt_buf_add_char(body, ',');
            write_column(body, &table->columns[i]);
        }
    tt_buf_add_text(body, "]}}");
    return tt_bq_table_patch(bq, table->name, fault);
}

/* One look, and one change where one is due. *ret_again: look again. */
static enum tt_err settle(struct tt_bq *bq, const struct tt_upload_table *table, bool create,
                          bool *ret_again, struct tt_fault *fault)
{
    enum tt_err err = tt_bq_table_get(bq, table->name, fault);
    *ret_again = false;
    if (err == TT_ERR_NOT_FOUND && create) {
        tt_fault_clear(fault);
        write_table(bq, &bq->body, table);
        err = tt_bq_call(
            bq, "POST",
            tt_bq_url(bq, "%s/datasets/%s/tables", bq->options.project, bq->options.dataset),
            fault);
        *ret_again = err == TT_OK || bq->call.status == 409;
        return *ret_again ? TT_OK : err;
    }
    if (err != TT_OK)
        return err;
    const struct tt_json *schema = tt_json_member(bq->call.json, "schema", TT_JSON_OBJECT);
    const struct tt_json *fields = tt_json_member(schema, "fields", TT_JSON_ARRAY);
    size_t missing = 0;
    err = compare(bq, table, fields, &missing, fault);
    if (err != TT_OK || missing == 0)
        return err;
    if (!create)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "table %s.%s.%s: %zu columns are missing; upload --init adds them",
                            bq->options.project, bq->options.dataset, table->name, missing);
    err = add_columns(bq, table, fields, fault);
    *ret_again = err == TT_OK || bq->call.status == 412;
    return *ret_again ? TT_OK : err;
}

static enum tt_err table_is_fit(struct tt_bq *bq, const struct tt_upload_table *table, bool create,
                                struct tt_fault *fault)
{
    bool again = true;
    for (int tries = 0; tries < TT_BQ_CHANGE_TRIES && again; tries++) {
        struct tt_fault why = {0};
        enum tt_err err = settle(bq, table, create, &again, &why);
        if (err == TT_ERR_INVALID && bq->call.status == 200)
            return tt_fault_set(fault, err, "%s", why.text);
        if (err != TT_OK)
            return tt_fault_set(fault, err, "table %s.%s.%s: %s%s", bq->options.project,
                                bq->options.dataset, table->name, why.text,
                                err == TT_ERR_NOT_FOUND ? "; upload --init makes it" : "");
    }
    return again ? tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                                "table %s.%s.%s: it is being changed by somebody else",
                                bq->options.project, bq->options.dataset, table->name)
                 : TT_OK;
}

enum tt_err tt_bq_tables(struct tt_bq *bq, const struct tt_upload_table *const *tables,
                         size_t count, bool create, struct tt_fault *fault)
{
    enum tt_err err = tt_bq_dataset(bq, create, fault);
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = table_is_fit(bq, tables[i], create, fault);
    return err;
}
