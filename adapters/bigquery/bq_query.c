/* Queries with named parameters; their rows page by page. Reading can be repeated, so what passes
 * is tried again here. */
#include "adapters/bigquery/bq_parts.h"

#include "adapters/bigquery/grpc_frame.h"
#include "core/base/mem.h"
#include <stdio.h>

enum { TRIES = 6, PAGE_ROWS = 5000, WAIT_MS = 10000, COLUMNS_MAX = 256 };

struct reading {
    struct tt_bq *bq;
    struct tt_bq_query *query;
    struct tt_fault *fault;
    char job[300];
    struct tt_buf token; /* of the next page; empty: the first */
    struct tt_str *cells;
};

static void write_parameters(struct tt_buf *body, const struct tt_bq_query *query)
{
    tt_buf_add_text(body, ",\"parameterMode\":\"NAMED\",\"queryParameters\":[");
    for (size_t i = 0; i < query->parameter_count; i++) {
        const struct tt_bq_parameter *parameter = &query->parameters[i];
        tt_buf_add_text(body, i > 0 ? ",{" : "{");
        tt_bq_pair(body, "name", tt_str_from(parameter->name));
        tt_buf_add_text(body, ",\"parameterType\":{");
        tt_bq_pair(body, "type", tt_str_from(parameter->type));
        tt_buf_add_text(body, "},\"parameterValue\":{");
        tt_bq_pair(body, "value", parameter->value);
        tt_buf_add_text(body, "}}");
    }
    tt_buf_add_char(body, ']');
}

static uint64_t page_rows(const struct tt_bq_query *query)
{
    return query->page_rows > 0 ? query->page_rows : PAGE_ROWS;
}

static void write_query(struct tt_bq *bq, const struct tt_bq_query *query)
{
    struct tt_buf *body = &bq->body;
    tt_buf_clear(body);
    tt_buf_add_char(body, '{');
    tt_bq_pair(body, "query", tt_str_from(query->sql));
    tt_bq_pair(body, "location", tt_str_from(bq->location));
    tt_buf_addf(body,
                ",\"useLegacySql\":false,\"maxResults\":%llu,\"timeoutMs\":%d,"
                "\"formatOptions\":{\"useInt64Timestamp\":true}",
                (unsigned long long)page_rows(query), WAIT_MS);
    if (query->bytes_billed_max > 0)
        tt_buf_addf(body, ",\"maximumBytesBilled\":\"%llu\"",
                    (unsigned long long)query->bytes_billed_max);
    if (query->parameter_count > 0)
        write_parameters(body, query);
    tt_buf_add_char(body, '}');
}

static enum tt_err fetch(struct reading *reading, struct tt_fault *fault)
{
    struct tt_bq *bq = reading->bq;
    if (reading->job[0] == '\0') {
        write_query(bq, reading->query);
        return tt_bq_call(bq, "POST", tt_bq_url(bq, "%s/queries", bq->options.job_project), fault);
    }
    const char *url = tt_bq_url(bq,
                                "%s/queries/%s?location=%s&maxResults=%llu&timeoutMs=%d"
                                "&formatOptions.useInt64Timestamp=true",
                                bq->options.job_project, reading->job, bq->location,
                                (unsigned long long)page_rows(reading->query), WAIT_MS);
    if (reading->token.len > 0) {
        tt_buf_add_text(&bq->url, "&pageToken=");
        tt_percent_encode(&bq->url, tt_buf_str(&reading->token));
        url = bq->url.err == TT_OK ? bq->url.data : "";
    }
    return tt_json_call(&bq->options.access, "GET", url, TT_STR_NONE, &bq->call, fault);
}

static enum tt_err fetch_patiently(struct reading *reading)
{
    const struct tt_clock *clock = reading->bq->options.clock;
    int64_t wait_us = 500000;
    for (int tries = 1;; tries++) {
        struct tt_fault why = {0};
        enum tt_err err = fetch(reading, &why);
        if (err == TT_OK)
            return TT_OK;
        if (tt_err_class(err) != TT_CLASS_RETRY || tries == TRIES)
            return tt_fault_set(reading->fault, err, "query: %s", why.text);
        int64_t asked_us = reading->bq->call.wait_us;
        clock->sleep_us(clock->context, asked_us > wait_us ? asked_us : wait_us);
        wait_us *= 2;
    }
}

/* ---- The answer */

static enum tt_err give_row(struct reading *reading, const struct tt_json *row)
{
    const struct tt_json *cells = tt_json_member(row, "f", TT_JSON_ARRAY);
    size_t count = cells == NULL ? 0 : tt_json_count(cells);
    if (cells == NULL || count > COLUMNS_MAX)
        return tt_fault_set(reading->fault, TT_ERR_UNAVAILABLE, "query: a row without cells");
    for (size_t i = 0; i < count; i++)
        reading->cells[i] = tt_json_member_text(tt_json_at(cells, i), "v");
    reading->query->ret_rows++;
    return reading->query->row == NULL
               ? TT_OK
               : reading->query->row(reading->query->row_context, reading->cells, count);
}

static enum tt_err remember_job(struct reading *reading)
{
    const struct tt_json *reference =
        tt_json_member(reading->bq->call.json, "jobReference", TT_JSON_OBJECT);
    struct tt_str id = tt_json_member_text(reference, "jobId");
    if (reading->job[0] != '\0')
        return TT_OK;
    if (id.len == 0 || id.len >= sizeof reading->job)
        return tt_fault_set(reading->fault, TT_ERR_UNAVAILABLE, "query: no job in the answer");
    snprintf(reading->job, sizeof reading->job, "%.*s", TT_STR_ARGS(id));
    return TT_OK;
}

/* *ret_more: another page, or the result is not there yet. */
static enum tt_err take_page(struct reading *reading, bool *ret_more)
{
    const struct tt_json *json = reading->bq->call.json;
    const struct tt_json *complete = tt_json_member(json, "jobComplete", TT_JSON_BOOL);
    *ret_more = true;
    if (complete == NULL)
        return tt_fault_set(reading->fault, TT_ERR_UNAVAILABLE, "query: no result in the answer");
    if (!tt_json_bool(complete)) /* the server has waited for a while already */
        return remember_job(reading);
    const struct tt_json *rows = tt_json_member(json, "rows", TT_JSON_ARRAY);
    struct tt_str token = tt_json_member_text(json, "pageToken");
    int64_t bytes;
    if (tt_str_to_int(tt_json_member_text(json, "totalBytesProcessed"), &bytes) && bytes >= 0)
        reading->query->ret_bytes = (uint64_t)bytes;
    *ret_more = token.len > 0;
    tt_buf_clear(&reading->token);
    tt_buf_add_str(&reading->token, token);
    enum tt_err err = reading->token.err == TT_OK
                          ? TT_OK
                          : tt_fault_set(reading->fault, TT_ERR_LIMIT, "query: page: too long");
    if (err == TT_OK && *ret_more)
        err = remember_job(reading);
    for (size_t i = 0; rows != NULL && i < tt_json_count(rows) && err == TT_OK; i++)
        err = give_row(reading, tt_json_at(rows, i));
    return err;
}

enum tt_err tt_bq_query(struct tt_bq *bq, struct tt_bq_query *query, struct tt_fault *fault)
{
    struct reading reading = {.bq = bq, .query = query, .fault = fault};
    enum tt_err err = tt_bq_dataset(bq, false, fault);
    query->ret_rows = 0;
    query->ret_bytes = 0;
    if (err != TT_OK)
        return err;
    reading.cells = tt_mem_array(COLUMNS_MAX, sizeof *reading.cells);
    if (reading.cells == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_buf_init(&reading.token, 4096);
    for (bool more = true; more && err == TT_OK;) {
        err = fetch_patiently(&reading);
        if (err == TT_OK)
            err = take_page(&reading, &more);
    }
    tt_buf_done(&reading.token);
    tt_mem_free(reading.cells);
    return err;
}
