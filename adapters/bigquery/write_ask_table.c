/* Whether a committed batch is in the table, asked of the table itself: for when the service has
 * forgotten the stream. A commit shows all rows or none, so one row tells. */
#include "adapters/bigquery/write_parts.h"

#include <stdio.h>

enum { URL_BYTES_MAX = 1024 };

static void add_text(struct tt_buf *buf, const char *key, const char *value)
{
    tt_json_add_key(buf, key);
    tt_json_add_text(buf, tt_str_from(value));
}

static void add_parameter(struct tt_buf *buf, const char *name, const char *type,
                          struct tt_str value)
{
    tt_buf_addf(buf,
                "{\"name\":\"%s\",\"parameterType\":{\"type\":\"%s\"},\"parameterValue\":"
                "{\"value\":",
                name, type);
    tt_json_add_text(buf, value);
    tt_buf_add_text(buf, "}}");
}

/* Names cannot be parameters: they come from the settings, and are quoted. */
static void add_query(struct tt_buf *buf, const struct tt_write_options *options,
                      const struct tt_upload_table *table, bool with_time)
{
    struct tt_buf query;
    tt_buf_init(&query, 4096);
    tt_buf_add_text(&query, "/* tasktrail:has_row */ SELECT COUNT(*) FROM `");
    tt_buf_add_text(&query, options->project);
    tt_buf_add_text(&query, ".");
    tt_buf_add_text(&query, options->dataset);
    tt_buf_add_text(&query, ".");
    tt_buf_add_text(&query, table->name);
    tt_buf_add_text(&query, "` WHERE ");
    tt_buf_add_text(&query, table->row_uid);
    tt_buf_add_text(&query, " = @uid");
    if (with_time) {
        tt_buf_add_text(&query, " AND ");
        tt_buf_add_text(&query, table->partition_by);
        tt_buf_add_text(&query, " = @written_at");
    }
    tt_json_add_key(buf, "query");
    tt_json_add_text(buf, tt_buf_str(&query));
    tt_buf_done(&query);
}

static bool read_count(const struct tt_json *json, int64_t *ret_count)
{
    const struct tt_json *at = tt_json_get(json, "rows");
    static const char *const keys[] = {"f", "v"};
    for (size_t i = 0; i < 2; i++) {
        if (at == NULL || tt_json_type(at) != TT_JSON_ARRAY || tt_json_count(at) != 1 ||
            tt_json_type(tt_json_at(at, 0)) != TT_JSON_OBJECT)
            return false;
        at = tt_json_get(tt_json_at(at, 0), keys[i]);
    }
    return at != NULL && tt_json_type(at) == TT_JSON_TEXT &&
           tt_str_to_int(tt_json_text(at), ret_count);
}

enum tt_err tt_write_ask_table(struct tt_write *write, const struct tt_upload_table *table,
                               const struct tt_write_handle *handle, bool *ret_there,
                               struct tt_fault *fault)
{
    const struct tt_write_options *options = &write->options;
    struct tt_buf *body = &write->rows;
    char url[URL_BYTES_MAX];
    int64_t count = 0;
    bool with_time = handle->written_at.ptr != NULL && table->partition_by != NULL;
    if (handle->uid.ptr == NULL || options->rest_endpoint == NULL)
        return tt_fault_set(fault, TT_ERR_NOT_FOUND,
                            "the stream %.*s is forgotten, and its handle names no row: look into "
                            "%s whether the batch is there",
                            TT_STR_ARGS(handle->stream), table->name);
    tt_buf_clear(body);
    tt_buf_add_text(body, "{\"useLegacySql\":false,\"parameterMode\":\"NAMED\",\"timeoutMs\":60000,"
                          "\"formatOptions\":{\"useInt64Timestamp\":true}");
    if (options->location != NULL)
        add_text(body, "location", options->location);
    add_query(body, options, table, with_time);
    tt_buf_add_text(body, ",\"queryParameters\":[");
    add_parameter(body, "uid", "STRING", handle->uid);
    if (with_time) {
        tt_buf_add_char(body, ',');
        add_parameter(body, "written_at", "TIMESTAMP", handle->written_at);
    }
    tt_buf_add_text(body, "]}");
    snprintf(url, sizeof url, "%s/bigquery/v2/projects/%s/queries", options->rest_endpoint,
             options->job_project != NULL ? options->job_project : options->project);
    enum tt_err err = body->err == TT_OK ? TT_OK : tt_fault_set(fault, body->err, "out of memory");
    if (err == TT_OK)
        err = tt_json_call(&options->access, "POST", url, tt_buf_str(body), &write->json, fault);
    if (err == TT_OK && !read_count(write->json.json, &count))
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "the query for the batch is not done yet");
    if (err == TT_OK)
        *ret_there = count > 0;
    return err;
}
