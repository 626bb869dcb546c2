/* Rows go in requests of some hundreds, each with its row_uid as insertId, which lets BigQuery take
 * out most copies within about a minute. Status 200 is not success: every answer is read for rows
 * that were not taken.
 *
 * Failure modes: a row that cannot be taken (nothing of its request is stored; it is named,
 * REFUSED; requests before it are stored), a column of ours that is not known (the table is looked
 * at; where it has the column, UNAVAILABLE: a new one takes minutes to get round), rows that wait
 * for it ("stopped") or met trouble of the server (the request again, a few times, then
 * UNAVAILABLE), a lost answer (sent again: perhaps twice there). What was taken is remembered until
 * the process ends, so that a batch that failed midway goes on where it was. */
#include "adapters/bigquery/sink_insertall.h"

#include "adapters/bigquery/json_call.h"
#include "adapters/bigquery/sent.h"
#include "adapters/bigquery/sink_answer.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <strings.h>

static const char way[] = "insertall";
enum {
    REQUEST_BYTES_MAX = 9 * 1000 * 1000,
    REQUEST_ROWS_MAX = 500,
    TRIES = 3,
    URL_BYTES_MAX = 1024
};

struct insertall {
    struct tt_insertall_options options;
    struct tt_json_call call;
    struct tt_sent sent;
    struct tt_buf request; /* being filled */
    uint64_t *rows;        /* numbers of its rows */
    unsigned row_count;
    char url[URL_BYTES_MAX];
    /* of the call in hand */
    const struct tt_sink_batch *batch;
    struct tt_sink_answer *answer;
    struct tt_fault *fault;
};

static const char request_head[] =
    "{\"kind\":\"bigquery#tableDataInsertAllRequest\",\"skipInvalidRows\":false,"
    "\"ignoreUnknownValues\":false,\"rows\":[";

static bool is_passing(struct tt_str reason)
{
    static const char *const passing[] = {"stopped",           "backendError", "internalError",
                                          "rateLimitExceeded", "timeout",      "tableUnavailable"};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (tt_str_equal(reason, tt_str_from(passing[i])))
            return true;
    return false;
}

/* Where a column of ours is not known, that is of the table, or of the servers that take rows,
 * which learn of a new column some minutes after the table has it. Only the message tells it apart
 * from a value that does not fit the column. */
static bool is_of_column(const struct insertall *insertall, const struct tt_json *error)
{
    static const char unknown[] = "no such field";
    const struct tt_upload_table *table = insertall->batch->table;
    struct tt_str message = tt_json_member_text(error, "message");
    struct tt_str location = tt_json_member_text(error, "location");
    if (message.len < sizeof unknown - 1 || strncasecmp(message.ptr, unknown, sizeof unknown - 1))
        return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (tt_str_equal(location, tt_str_from(table->columns[i].name)))
            return true;
    return false;
}

/* The table's own trouble, or some patience. */
static enum tt_err wait_for_column(struct insertall *insertall, const struct tt_json *error)
{
    struct tt_bq *bq = insertall->options.bq;
    enum tt_err err = TT_OK;
    if (bq != NULL)
        err = tt_bq_tables(bq, &insertall->batch->table, 1, false, insertall->fault);
    return err != TT_OK ? err
                        : tt_fault_set(insertall->fault, TT_ERR_UNAVAILABLE,
                                       "insertAll: the column %.*s is not known yet",
                                       TT_STR_ARGS(tt_json_member_text(error, "location")));
}

/* One element of insertErrors. STOPPED: it names a row that can never be taken; other errors: no
 * row of the batch can be, for now. */
static enum tt_err judge(struct insertall *insertall, const struct tt_json *entry)
{
    const struct tt_json *index = NULL, *errors = NULL;
    if (tt_json_type(entry) == TT_JSON_OBJECT) {
        index = tt_json_get(entry, "index");
        errors = tt_json_get(entry, "errors");
    }
    if (errors == NULL || tt_json_type(errors) != TT_JSON_ARRAY)
        return TT_OK;
    for (size_t i = 0; i < tt_json_count(errors); i++) {
        const struct tt_json *error = tt_json_at(errors, i);
        struct tt_str reason = tt_json_member_text(error, "reason");
        int64_t row = -1;
        if (is_passing(reason))
            continue;
        if (is_of_column(insertall, error))
            return wait_for_column(insertall, error);
        if (index != NULL && tt_json_type(index) == TT_JSON_INT && tt_json_int(index) >= 0 &&
            tt_json_int(index) < (int64_t)insertall->row_count)
            row = (int64_t)insertall->rows[tt_json_int(index)];
        tt_sink_refuse(insertall->answer, row, reason, tt_json_member_text(error, "message"));
        return TT_ERR_STOPPED;
    }
    return TT_OK;
}

/* STOPPED, with an answer of REFUSED: a row was refused. */
static enum tt_err send_once(struct insertall *insertall, bool *ret_taken)
{
    enum tt_err err =
        tt_json_call(&insertall->options.access, "POST", insertall->url,
                     tt_buf_str(&insertall->request), &insertall->call, insertall->fault);
    if (err != TT_OK)
        return err;
    const struct tt_json *errors = tt_json_get(insertall->call.json, "insertErrors");
    *ret_taken = errors == NULL || tt_json_type(errors) == TT_JSON_NULL ||
                 (tt_json_type(errors) == TT_JSON_ARRAY && tt_json_count(errors) == 0);
    if (*ret_taken || tt_json_type(errors) != TT_JSON_ARRAY)
        return TT_OK;
    for (size_t i = 0; i < tt_json_count(errors) && err == TT_OK; i++)
        err = judge(insertall, tt_json_at(errors, i));
    return err;
}

static enum tt_err flush(struct insertall *insertall)
{
    bool taken = false;
    enum tt_err err = TT_OK;
    if (insertall->row_count == 0)
        return TT_OK;
    tt_buf_add_text(&insertall->request, "]}");
    if (insertall->request.err != TT_OK)
        return tt_fault_set(insertall->fault, TT_ERR_NO_MEMORY, "out of memory");
    for (int attempt = 0; attempt < TRIES && err == TT_OK && !taken; attempt++)
        err = send_once(insertall, &taken);
    if (err == TT_OK && !taken)
        err = tt_fault_set(insertall->fault, TT_ERR_UNAVAILABLE,
                           "insertAll: rows were not taken, for the moment");
    for (unsigned i = 0; i < insertall->row_count && err == TT_OK; i++)
        tt_sent_set(&insertall->sent, insertall->rows[i]);
    tt_buf_clear(&insertall->request);
    insertall->row_count = 0;
    return err;
}

static enum tt_err add_row(void *context, uint64_t row, struct tt_str json)
{
    struct insertall *insertall = context;
    const struct tt_insertall_options *options = &insertall->options;
    struct tt_json *parsed = NULL;
    struct tt_fault why = {0};
    if (row >= insertall->sent.now->count || tt_sent_has(&insertall->sent, row))
        return TT_OK;
    enum tt_err err = tt_json_parse(json, TT_JSON_DEPTH_MAX, &parsed, &why);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(insertall->fault, err, "out of memory");
    if (err != TT_OK)
        return tt_sink_refuse_row(insertall->answer, row, TT_STR("invalid"), why.text);
    struct tt_str uid = tt_json_member_text(parsed, insertall->batch->table->row_uid);
    size_t bytes = json.len + uid.len + 64;
    if (insertall->row_count == options->request_rows_max ||
        (insertall->row_count > 0 && insertall->request.len + bytes > options->request_bytes_max))
        err = flush(insertall);
    if (err == TT_OK && bytes + sizeof request_head > options->request_bytes_max)
        err = tt_sink_refuse_row(insertall->answer, row, TT_STR("tooLarge"),
                                 "the row is larger than a request");
    if (err == TT_OK) {
        tt_buf_add_text(&insertall->request, insertall->row_count == 0 ? request_head : ",");
        tt_buf_add_char(&insertall->request, '{');
        if (uid.len > 0 && uid.len <= 128) { /* a longer one is not taken */
            tt_json_add_key(&insertall->request, "insertId");
            tt_json_add_text(&insertall->request, uid);
        }
        tt_json_add_key(&insertall->request, "json");
        tt_buf_add_str(&insertall->request, json);
        tt_buf_add_char(&insertall->request, '}');
        insertall->rows[insertall->row_count++] = row;
    }
    tt_json_free(parsed);
    return err;
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    (void)context;
    return tt_sent_begin(way, batch, handle, fault);
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct insertall *insertall = context;
    const struct tt_insertall_options *options = &insertall->options;
    struct tt_sink_answer answer;
    tt_sink_say(&answer, TT_SINK_ABSENT);
    insertall->batch = batch;
    insertall->answer = &answer;
    insertall->fault = fault;
    insertall->row_count = 0;
    tt_buf_clear(&insertall->request);
    snprintf(insertall->url, sizeof insertall->url,
             "%s/bigquery/v2/projects/%s/datasets/%s/tables/%s/insertAll", options->endpoint,
             options->project, options->dataset, batch->table->name);
    enum tt_err err = tt_sent_start(&insertall->sent, way, batch, fault);
    if (err == TT_OK)
        err = batch->body->lines(batch->body->context, 0, add_row, insertall, fault);
    if (err == TT_OK)
        err = flush(insertall);
    return tt_sent_end(&insertall->sent, err, &answer, ret_answer);
}

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct insertall *insertall = context;
    return tt_sent_ask(&insertall->sent, way, batch, ret_answer, fault);
}

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    struct tt_bq *bq = ((struct insertall *)context)->options.bq;
    return bq == NULL ? TT_OK : tt_bq_tables(bq, list, count, create, fault);
}

enum tt_err tt_insertall_open(const struct tt_insertall_options *options, struct tt_sink *ret_sink,
                              struct tt_fault *fault)
{
    struct insertall *insertall = tt_mem_zalloc(sizeof *insertall);
    if (insertall == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    insertall->options = *options;
    if (insertall->options.request_bytes_max == 0)
        insertall->options.request_bytes_max = REQUEST_BYTES_MAX;
    if (insertall->options.request_rows_max == 0)
        insertall->options.request_rows_max = REQUEST_ROWS_MAX;
    tt_json_call_init(&insertall->call);
    tt_buf_init(&insertall->request, 0);
    insertall->rows = tt_mem_array(insertall->options.request_rows_max, sizeof *insertall->rows);
    *ret_sink = (struct tt_sink){insertall, way, true, 0, tables, begin, send, NULL, ask};
    if (insertall->rows != NULL)
        return TT_OK;
    tt_insertall_close(ret_sink);
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

void tt_insertall_close(struct tt_sink *sink)
{
    struct insertall *insertall = sink->context;
    if (insertall == NULL)
        return;
    tt_json_call_done(&insertall->call);
    tt_sent_done(&insertall->sent);
    tt_buf_done(&insertall->request);
    tt_mem_free(insertall->rows);
    tt_mem_free(insertall);
    *sink = (struct tt_sink){0};
}
