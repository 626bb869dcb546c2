/* The sink of load jobs. The batch's id is the job's id, which a project takes once: whatever
 * happens on the way, the same id again makes at most one job, and a job loads all rows or none.
 *
 * Failure modes: the answer is lost (the caller asks, by the id); the id is taken (409: an earlier
 * try arrived, so ask); the job fails for a passing reason (FAILED: the id is burnt, a new
 * generation needs another), or for its rows (REFUSED); a quota is used up, the service says when
 * to come back (RUNNING or FAILED, with the time to wait). */
#include "adapters/bigquery/bq_parts.h"
#include "adapters/bigquery/sink_answer.h"

#include <stdio.h>

enum { LOADS_PER_DAY = 1500, SESSIONS_MAX = 3 };
#define MINUTE_US (60 * INT64_C(1000000))

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    return tt_bq_tables(context, list, count, create, fault);
}

/* "project:location.id", as BigQuery names a job in full. */
static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    struct tt_bq *bq = context;
    const char *location = NULL;
    enum tt_err err = tt_bq_location(bq, &location, fault);
    if (err != TT_OK)
        return err;
    tt_buf_addf(handle, "%s:%s.%.*s", bq->options.job_project, location, TT_STR_ARGS(batch->id));
    return handle->err == TT_OK ? TT_OK : tt_fault_set(fault, handle->err, "out of memory");
}

struct job {
    char project[256], location[64], id[600];
};

static enum tt_err read_handle(struct tt_str handle, struct job *ret_job, struct tt_fault *fault)
{
    static const char *const others[] = {"projects/", "insertall:"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (handle.len > strlen(others[i]) && memcmp(handle.ptr, others[i], strlen(others[i])) == 0)
            return tt_fault_set(fault, TT_ERR_INVALID,
                                "the batch was begun by another way than --via load; upload by "
                                "that one until it is done (%.*s)",
                                TT_STR_ARGS(handle));
    const char *colon = handle.len > 0 ? memrchr(handle.ptr, ':', handle.len) : NULL;
    size_t rest = colon == NULL ? 0 : handle.len - (size_t)(colon + 1 - handle.ptr);
    const char *dot = colon == NULL ? NULL : memchr(colon, '.', rest + 1);
    if (dot == NULL || (size_t)(colon - handle.ptr) >= sizeof ret_job->project ||
        (size_t)(dot - colon) > sizeof ret_job->location || rest >= sizeof ret_job->id)
        return tt_fault_set(fault, TT_ERR_CORRUPT, "\"%.*s\" is not the name of a load job",
                            TT_STR_ARGS(handle));
    snprintf(ret_job->project, sizeof ret_job->project, "%.*s", (int)(colon - handle.ptr),
             handle.ptr);
    snprintf(ret_job->location, sizeof ret_job->location, "%.*s", (int)(dot - colon - 1),
             colon + 1);
    snprintf(ret_job->id, sizeof ret_job->id, "%.*s",
             (int)(handle.len - (size_t)(dot + 1 - handle.ptr)), dot + 1);
    return TT_OK;
}

static void write_job(struct tt_bq *bq, const struct job *job, const char *table)
{
    struct tt_buf *body = &bq->body;
    tt_buf_clear(body);
    tt_buf_add_text(body, "{\"jobReference\":{");
    tt_bq_pair(body, "projectId", tt_str_from(job->project));
    tt_bq_pair(body, "jobId", tt_str_from(job->id));
    tt_bq_pair(body, "location", tt_str_from(job->location));
    tt_buf_add_text(body, "},\"configuration\":{\"labels\":{\"app\":\"tasktrail\"},"
                          "\"jobTimeoutMs\":\"1800000\",\"load\":{\"destinationTable\":{");
    tt_bq_pair(body, "projectId", tt_str_from(bq->options.project));
    tt_bq_pair(body, "datasetId", tt_str_from(bq->options.dataset));
    tt_bq_pair(body, "tableId", tt_str_from(table));
    tt_buf_add_text(body, "},\"sourceFormat\":\"NEWLINE_DELIMITED_JSON\","
                          "\"createDisposition\":\"CREATE_NEVER\","
                          "\"writeDisposition\":\"WRITE_APPEND\",\"maxBadRecords\":0,"
                          "\"ignoreUnknownValues\":false,\"autodetect\":false}}}");
}

/* ---- What a job says */

static bool is_among(struct tt_str reason, const char *const *list)
{
    for (; *list != NULL; list++)
        if (tt_str_equal(reason, tt_str_from(*list)))
            return true;
    return false;
}

/* Of a job that is over: nothing of it is loaded. */
static void say_failed(const struct tt_json *error, struct tt_sink_answer *answer)
{
    static const char *const of_rows[] = {"invalid", "invalidQuery", NULL};
    static const char *const passing[] = {"backendError",
                                          "internalError",
                                          "rateLimitExceeded",
                                          "jobRateLimitExceeded",
                                          "jobBackendError",
                                          "jobInternalError",
                                          "tableUnavailable",
                                          "stopped",
                                          "timeout",
                                          "badGateway",
                                          NULL};
    struct tt_str reason = tt_json_member_text(error, "reason");
    struct tt_str message = tt_json_member_text(error, "message");
    tt_sink_refuse(answer, -1, reason, message);
    if (is_among(reason, of_rows))
        return;
    answer->state = TT_SINK_FAILED;
    /* A quota, or something that has to be changed first; every try is counted against a quota. */
    if (!is_among(reason, passing))
        answer->wait_us = 5 * MINUTE_US;
}

static uint64_t count_of(const struct tt_json *load, const char *key)
{
    int64_t value;
    return tt_str_to_int(tt_json_member_text(load, key), &value) && value >= 0 ? (uint64_t)value
                                                                               : UINT64_MAX;
}

enum tt_err tt_bq_read_job(const struct tt_json *job, const struct tt_sink_batch *batch,
                           struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    const struct tt_json *status = tt_json_member(job, "status", TT_JSON_OBJECT);
    const struct tt_json *error = tt_json_member(status, "errorResult", TT_JSON_OBJECT);
    struct tt_str state = tt_json_member_text(status, "state");
    struct tt_sink_answer answer;
    tt_sink_say(&answer, TT_SINK_RUNNING);
    if (state.len == 0)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "load job: no state in the answer");
    if (!tt_str_equal(state, TT_STR("DONE"))) {
        *ret_answer = answer;
        return TT_OK;
    }
    if (error != NULL) {
        say_failed(error, &answer);
        *ret_answer = answer;
        return TT_OK;
    }
    const struct tt_json *statistics = tt_json_member(job, "statistics", TT_JSON_OBJECT);
    const struct tt_json *load = tt_json_member(statistics, "load", TT_JSON_OBJECT);
    uint64_t rows = count_of(load, "outputRows"), bad = count_of(load, "badRecords");
    if (rows != batch->body->rows || (bad != 0 && bad != UINT64_MAX))
        return tt_fault_set(
            fault, TT_ERR_CORRUPT, "load job %.*s: it says it is done, with %lld of %llu rows",
            TT_STR_ARGS(batch->handle), (long long)rows, (unsigned long long)batch->body->rows);
    tt_sink_say(&answer, TT_SINK_DONE);
    answer.rows = rows;
    *ret_answer = answer;
    return TT_OK;
}

/* ---- Sending and asking */

/* An error that says when to come back is no reason to count a failure: nothing is there yet, and
 * asking later tells so. */
static bool says_when(const struct tt_json_call *call, const struct tt_fault *why, enum tt_err err,
                      struct tt_sink_answer *answer)
{
    bool quota = err == TT_ERR_BUSY;
    if (!quota && (err != TT_ERR_UNAVAILABLE || call->wait_us == 0))
        return false;
    tt_sink_say(answer, TT_SINK_RUNNING);
    answer->wait_us = call->wait_us > 0 ? call->wait_us : 5 * MINUTE_US;
    snprintf(answer->reason, sizeof answer->reason, "%s", call->reason);
    snprintf(answer->message, sizeof answer->message, "%s", why->text);
    return true;
}

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_bq *bq = context;
    struct job job;
    struct tt_fault why = {0};
    enum tt_err err = read_handle(batch->handle, &job, fault);
    if (err != TT_OK)
        return err;
    const char *url = tt_bq_url(bq, "%s/jobs/%s?location=%s", job.project, job.id, job.location);
    err = tt_json_call(&bq->options.access, "GET", url, TT_STR_NONE, &bq->call, &why);
    if (err == TT_OK)
        return tt_bq_read_job(bq->call.json, batch, ret_answer, fault);
    if (err == TT_ERR_NOT_FOUND && strcmp(bq->call.reason, "notFound") == 0) {
        tt_sink_say(ret_answer, TT_SINK_ABSENT);
        return TT_OK;
    }
    if (says_when(&bq->call, &why, err, ret_answer))
        return TT_OK;
    return tt_fault_set(fault, err, "load job %s: %s", job.id, why.text);
}

static enum tt_err send_once(struct tt_bq *bq, const struct job *job,
                             const struct tt_sink_batch *batch, struct tt_fault *fault)
{
    write_job(bq, job, batch->table->name);
    bq->call.status = 0;
    bq->call.wait_us = 0;
    return batch->body->bytes <= bq->options.multipart_bytes_max
               ? tt_bq_multipart(bq, job->project, batch, fault)
               : tt_bq_resumable(bq, job->project, batch, fault);
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_bq *bq = context;
    struct job job;
    struct tt_fault why = {0};
    enum tt_err err = read_handle(batch->handle, &job, fault);
    if (err != TT_OK)
        return err;
    for (int session = 1;; session++) {
        tt_fault_clear(&why);
        err = send_once(bq, &job, batch, &why);
        if (err == TT_OK)
            return tt_bq_read_job(bq->call.json, batch, ret_answer, fault);
        if (bq->call.status == 409) /* this job is there: an earlier try arrived */
            return ask(context, batch, ret_answer, fault);
        bool lost = err == TT_ERR_FENCED; /* the session; see bq_upload.c */
        if (!lost || session == SESSIONS_MAX)
            break;
        struct tt_sink_answer answer;
        err = ask(context, batch, &answer, fault);
        if (err != TT_OK || answer.state != TT_SINK_ABSENT) {
            if (err == TT_OK)
                *ret_answer = answer;
            return err;
        }
    }
    if (err == TT_ERR_FENCED)
        err = bq->call.status == 400 ? TT_ERR_INVALID : TT_ERR_UNAVAILABLE;
    if (says_when(&bq->call, &why, err, ret_answer))
        return TT_OK;
    return tt_fault_set(fault, err, "load job %s: %s", job.id, why.text);
}

struct tt_sink tt_bq_load_sink(struct tt_bq *bq)
{
    return (struct tt_sink){.context = bq,
                            .name = "load",
                            .loads_per_day = LOADS_PER_DAY,
                            .tables = tables,
                            .begin = begin,
                            .send = send,
                            .ask = ask};
}
