/* Behaviour follows the reason that the answer gives; where it gives none (a proxy's page, an error
 * of Pub/Sub, which has a status by name) the HTTP status. */
#include "adapters/bigquery/json_call.h"

#include <stdio.h>

enum { HEADERS_MAX = 4, DEPTH_MAX = 64 };

static const struct {
    const char *reason;
    enum tt_err err;
} reasons[] = {
    {"backendError", TT_ERR_UNAVAILABLE},
    {"internalError", TT_ERR_UNAVAILABLE},
    {"rateLimitExceeded", TT_ERR_UNAVAILABLE},
    {"userRateLimitExceeded", TT_ERR_UNAVAILABLE},
    {"jobRateLimitExceeded", TT_ERR_UNAVAILABLE},
    {"badGateway", TT_ERR_UNAVAILABLE},
    {"tableUnavailable", TT_ERR_UNAVAILABLE},
    {"quotaExceeded", TT_ERR_BUSY},
    {"accessDenied", TT_ERR_DENIED},
    {"notFound", TT_ERR_NOT_FOUND},
    {"PERMISSION_DENIED", TT_ERR_DENIED},
    {"NOT_FOUND", TT_ERR_NOT_FOUND},
    {"RESOURCE_EXHAUSTED", TT_ERR_UNAVAILABLE},
    {"UNAVAILABLE", TT_ERR_UNAVAILABLE},
    {"ABORTED", TT_ERR_UNAVAILABLE},
    {"INTERNAL", TT_ERR_UNAVAILABLE},
};

static enum tt_err classify(int status, const char *reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i].reason) == 0)
            return reasons[i].err;
    if (status == 401 || status == 408 || status == 429 || status >= 500 || status < 400)
        return TT_ERR_UNAVAILABLE;
    return status == 403 ? TT_ERR_DENIED : status == 404 ? TT_ERR_NOT_FOUND : TT_ERR_INVALID;
}

void tt_json_call_init(struct tt_json_call *call)
{
    *call = (struct tt_json_call){0};
    tt_http_answer_init(&call->http);
    tt_buf_init(&call->authorization, 64 << 10);
}

void tt_json_call_done(struct tt_json_call *call)
{
    tt_http_answer_done(&call->http);
    tt_buf_done(&call->authorization);
    tt_json_free(call->json);
    call->json = NULL;
}

static enum tt_err send(const struct tt_access *access, const char *method, const char *url,
                        struct tt_str body, bool refused, struct tt_json_call *call,
                        struct tt_fault *fault)
{
    struct tt_http_header headers[HEADERS_MAX];
    size_t count = 0;
    enum tt_err err = TT_OK;
    tt_buf_clear(&call->authorization);
    if (access->authorize != NULL)
        err = access->authorize(access->context, refused, &call->authorization, fault);
    if (err != TT_OK)
        return err;
    if (body.ptr != NULL)
        headers[count++] = (struct tt_http_header){"content-type", TT_STR("application/json")};
    if (call->authorization.len > 0)
        headers[count++] =
            (struct tt_http_header){"authorization", tt_buf_str(&call->authorization)};
    if (access->user_project != NULL)
        headers[count++] =
            (struct tt_http_header){"x-goog-user-project", tt_str_from(access->user_project)};
    const struct tt_http_request http = {
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = count,
        .text = body,
        .total_ms = 120 * 1000,
    };
    return access->http->send(access->http->context, &http, &call->http, fault);
}

static const struct tt_json *get(const struct tt_json *object, const char *key,
                                 enum tt_json_type type)
{
    if (object == NULL || tt_json_type(object) != TT_JSON_OBJECT)
        return NULL;
    const struct tt_json *value = tt_json_get(object, key);
    return value != NULL && tt_json_type(value) == type ? value : NULL;
}

static enum tt_err tell(struct tt_json_call *call, const char *method, struct tt_fault *fault)
{
    const struct tt_json *error = get(call->json, "error", TT_JSON_OBJECT);
    const struct tt_json *list = get(error, "errors", TT_JSON_ARRAY);
    const struct tt_json *message = get(error, "message", TT_JSON_TEXT);
    const struct tt_json *reason = NULL;
    if (list != NULL && tt_json_count(list) > 0)
        reason = get(tt_json_at(list, 0), "reason", TT_JSON_TEXT);
    if (reason == NULL)
        reason = get(error, "status", TT_JSON_TEXT);
    if (reason != NULL)
        snprintf(call->reason, sizeof call->reason, "%.*s", TT_STR_ARGS(tt_json_text(reason)));
    return tt_fault_set(
        fault, classify(call->status, call->reason), "%s: status %d%s%s: %.*s", method,
        call->status, call->reason[0] == '\0' ? "" : ", ", call->reason,
        TT_STR_ARGS(message == NULL ? TT_STR("no message") : tt_json_text(message)));
}

enum tt_err tt_json_call(const struct tt_access *access, const char *method, const char *url,
                         struct tt_str body, struct tt_json_call *call, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        tt_json_free(call->json);
        call->json = NULL;
        call->reason[0] = '\0';
        call->status = 0;
        err = send(access, method, url, body, attempt > 0, call, fault);
        if (err != TT_OK)
            return err;
        call->status = call->http.status;
        if (call->status != 401 || access->authorize == NULL)
            break;
    }
    struct tt_fault ignored = {0};
    err = tt_json_parse(tt_buf_str(&call->http.body), DEPTH_MAX, &call->json, &ignored);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(fault, err, "out of memory");
    if (call->status < 200 || call->status > 299)
        return tell(call, method, fault);
    if (call->json == NULL || tt_json_type(call->json) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "%s: status %d with an answer that is no JSON object", method,
                            call->status);
    return TT_OK;
}
