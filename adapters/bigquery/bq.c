#include "adapters/bigquery/bq_parts.h"

#include "core/base/mem.h"
#include <stdio.h>

enum { URL_BYTES_MAX = 8 << 10, BODY_BYTES_MAX = 4 << 20 };

enum tt_err tt_bq_open(const struct tt_bq_options *options, struct tt_bq **ret_bq,
                       struct tt_fault *fault)
{
    struct tt_bq *bq = tt_mem_zalloc(sizeof *bq);
    if (bq == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    bq->options = *options;
    if (bq->options.job_project == NULL)
        bq->options.job_project = options->project;
    if (bq->options.multipart_bytes_max == 0)
        bq->options.multipart_bytes_max = 10 << 20;
    if (bq->options.chunk_bytes == 0)
        bq->options.chunk_bytes = 8 << 20;
    tt_json_call_init(&bq->call);
    tt_buf_init(&bq->url, URL_BYTES_MAX);
    tt_buf_init(&bq->body, BODY_BYTES_MAX);
    *ret_bq = bq;
    return TT_OK;
}

void tt_bq_close(struct tt_bq *bq)
{
    if (bq == NULL)
        return;
    tt_json_call_done(&bq->call);
    tt_buf_done(&bq->url);
    tt_buf_done(&bq->body);
    tt_mem_free(bq);
}

const char *tt_bq_url(struct tt_bq *bq, const char *format, ...)
{
    char path[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    tt_buf_clear(&bq->url);
    tt_buf_addf(&bq->url, "%s/bigquery/v2/projects/%s", bq->options.endpoint, path);
    return bq->url.err == TT_OK ? bq->url.data : "";
}

enum tt_err tt_bq_call(struct tt_bq *bq, const char *method, const char *url,
                       struct tt_fault *fault)
{
    bq->call.status = 0;
    if (bq->body.err != TT_OK)
        return tt_fault_set(fault, bq->body.err, "BigQuery: the request is too long");
    return tt_json_call(&bq->options.access, method, url, tt_buf_str(&bq->body), &bq->call, fault);
}

void tt_bq_pair(struct tt_buf *json, const char *key, struct tt_str value)
{
    tt_json_add_key(json, key);
    tt_json_add_text(json, value);
}

/* ---- The data set */

static enum tt_err read_location(struct tt_bq *bq, struct tt_fault *fault)
{
    struct tt_str location = tt_json_member_text(bq->call.json, "location");
    const char *wanted = bq->options.location;
    if (location.len == 0 || location.len >= sizeof bq->location)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "data set %s.%s: no location in the answer",
                            bq->options.project, bq->options.dataset);
    if (wanted != NULL &&
        (strlen(wanted) != location.len || strncasecmp(wanted, location.ptr, location.len) != 0))
        return tt_fault_set(
            fault, TT_ERR_INVALID, "data set %s.%s: its location is %.*s, expected %s",
            bq->options.project, bq->options.dataset, TT_STR_ARGS(location), wanted);
    snprintf(bq->location, sizeof bq->location, "%.*s", TT_STR_ARGS(location));
    return TT_OK;
}

static enum tt_err get(struct tt_bq *bq, struct tt_fault *fault)
{
    tt_buf_clear(&bq->body);
    const char *url = tt_bq_url(bq, "%s/datasets/%s", bq->options.project, bq->options.dataset);
    enum tt_err err = tt_json_call(&bq->options.access, "GET", url, TT_STR_NONE, &bq->call, fault);
    if (err == TT_OK)
        return read_location(bq, fault);
    return tt_fault_prefix(fault, "data set %s.%s", bq->options.project, bq->options.dataset);
}

static enum tt_err make(struct tt_bq *bq, struct tt_fault *fault)
{
    struct tt_buf *body = &bq->body;
    tt_buf_clear(body);
    tt_buf_add_char(body, '{');
    tt_json_add_key(body, "datasetReference");
    tt_buf_add_char(body, '{');
    tt_bq_pair(body, "projectId", tt_str_from(bq->options.project));
    tt_bq_pair(body, "datasetId", tt_str_from(bq->options.dataset));
    tt_buf_add_char(body, '}');
    if (bq->options.location != NULL)
        tt_bq_pair(body, "location", tt_str_from(bq->options.location));
    tt_buf_add_char(body, '}');
    struct tt_fault why = {0};
    enum tt_err err =
        tt_bq_call(bq, "POST", tt_bq_url(bq, "%s/datasets", bq->options.project), &why);
    if (err == TT_OK || bq->call.status == 409) /* somebody else was quicker */
        return TT_OK;
    return tt_fault_set(fault, err, "data set %s.%s: %s", bq->options.project, bq->options.dataset,
                        why.text);
}

enum tt_err tt_bq_dataset(struct tt_bq *bq, bool create, struct tt_fault *fault)
{
    if (bq->location[0] != '\0')
        return TT_OK;
    struct tt_fault why = {0};
    enum tt_err err = get(bq, &why);
    if (err == TT_ERR_NOT_FOUND && create) {
        tt_fault_clear(&why);
        err = make(bq, &why);
        if (err == TT_OK)
            err = get(bq, &why);
    }
    if (err == TT_ERR_NOT_FOUND)
        return tt_fault_set(fault, err, "%s; upload --init makes it", why.text);
    return err == TT_OK ? err : tt_fault_set(fault, err, "%s", why.text);
}

enum tt_err tt_bq_location(struct tt_bq *bq, const char **ret_location, struct tt_fault *fault)
{
    enum tt_err err = tt_bq_dataset(bq, false, fault);
    if (err == TT_OK)
        *ret_location = bq->location;
    return err;
}
