/* Behaviour follows the reason that the answer gives; where it gives none (a proxy's page, an error
 * of Pub/Sub, which has a status by name) the HTTP status. */
#include "adapters/bigquery/json_call.h"

#include <stdio.h>

enum { HEADERS_MAX = 3 + TT_JSON_CALL_HEADERS_MAX, DEPTH_MAX = 64, TOTAL_MS = 120 * 1000 };
#define WAIT_S_MAX 3600

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
    {"jobBackendError", TT_ERR_UNAVAILABLE},
    {"jobInternalError", TT_ERR_UNAVAILABLE},
    {"tableUnavailable", TT_ERR_UNAVAILABLE},
    {"stopped", TT_ERR_UNAVAILABLE},
    {"authError", TT_ERR_DENIED},
    {"quotaExceeded", TT_ERR_BUSY},
    {"accessDenied", TT_ERR_DENIED},
    {"insufficientPermissions", TT_ERR_DENIED},
    {"billingNotEnabled", TT_ERR_DENIED},
    {"billingTierLimitExceeded", TT_ERR_DENIED},
    {"blocked", TT_ERR_DENIED},
    {"notFound", TT_ERR_NOT_FOUND},
    {"PERMISSION_DENIED", TT_ERR_DENIED},
    {"NOT_FOUND", TT_ERR_NOT_FOUND},
    {"RESOURCE_EXHAUSTED", TT_ERR_UNAVAILABLE},
    {"UNAVAILABLE", TT_ERR_UNAVAILABLE},
    {"ABORTED", TT_ERR_UNAVAILABLE},
    {"INTERNAL", TT_ERR_UNAVAILABLE},
};

enum tt_err tt_json_classify(int status, const char *reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i].reason) == 0)
            return reasons[i].err;
    if (status == 401)
        return TT_ERR_DENIED;
    if (status == 408 || status == 429 || status >= 500 || status < 400)
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

static enum tt_err send(const struct tt_access *access, const struct tt_json_request *request,
                        bool refused, struct tt_json_call *call, struct tt_fault *fault)
{
    struct tt_http_header headers[HEADERS_MAX];
    size_t count = 0;
    enum tt_err err = TT_OK;
    tt_buf_clear(&call->authorization);
    if (access->authorize != NULL)
        err = access->authorize(access->context, refused, &call->authorization, fault);
    if (err != TT_OK)
        return err;
    if (request->text.len > 0 || request->read != NULL)
        headers[count++] = (struct tt_http_header){
            "content-type",
            tt_str_from(request->content_type == NULL ? "application/json; charset=UTF-8"
                                                      : request->content_type)};
    if (call->authorization.len > 0)
        headers[count++] =
            (struct tt_http_header){"authorization", tt_buf_str(&call->authorization)};
    if (access->user_project != NULL)
        headers[count++] =
            (struct tt_http_header){"x-goog-user-project", tt_str_from(access->user_project)};
    for (size_t i = 0; i < request->header_count && count < HEADERS_MAX; i++)
        headers[count++] = request->headers[i];
    const struct tt_http_request http = {
        .method = request->method,
        .url = request->url,
        .headers = headers,
        .header_count = count,
        .text = request->text,
        .read = request->read,
        .read_context = request->read_context,
        .read_bytes = request->read_bytes,
        .no_proxy = access->direct,
        .total_ms = request->read == NULL ? TOTAL_MS : 0,
    };
    return access->http->send(access->http->context, &http, &call->http, fault);
}

const struct tt_json *tt_json_member(const struct tt_json *object, const char *key,
                                     enum tt_json_type type)
{
    if (object == NULL || tt_json_type(object) != TT_JSON_OBJECT)
        return NULL;
    const struct tt_json *value = tt_json_get(object, key);
    return value != NULL && tt_json_type(value) == type ? value : NULL;
}

struct tt_str tt_json_member_text(const struct tt_json *object, const char *key)
{
    const struct tt_json *value = tt_json_member(object, key, TT_JSON_TEXT);
    return value == NULL ? TT_STR_NONE : tt_json_text(value);
}

static void read_wait(struct tt_json_call *call)
{
    int64_t seconds;
    call->wait_us = 0;
    if (tt_str_to_int(tt_http_header(&call->http, "retry-after"), &seconds) && seconds > 0)
        call->wait_us = (seconds > WAIT_S_MAX ? WAIT_S_MAX : seconds) * INT64_C(1000000);
}

static enum tt_err tell(const struct tt_access *access, struct tt_json_call *call,
                        const char *method, struct tt_fault *fault)
{
    const struct tt_json *error = tt_json_member(call->json, "error", TT_JSON_OBJECT);
    const struct tt_json *list = tt_json_member(error, "errors", TT_JSON_ARRAY);
    const struct tt_json *message = tt_json_member(error, "message", TT_JSON_TEXT);
    const struct tt_json *reason = NULL;
    if (list != NULL && tt_json_count(list) > 0)
        reason = tt_json_member(tt_json_at(list, 0), "reason", TT_JSON_TEXT);
    if (reason == NULL)
        reason = tt_json_member(error, "status", TT_JSON_TEXT);
    if (reason != NULL)
        snprintf(call->reason, sizeof call->reason, "%.*s", TT_STR_ARGS(tt_json_text(reason)));
    if (call->status == 401)
        return tt_access_refused(access, message == NULL ? TT_STR_NONE : tt_json_text(message),
                                 fault);
    return tt_fault_set(
        fault, tt_json_classify(call->status, call->reason), "%s: status %d%s%s: %.*s", method,
        call->status, call->reason[0] == '\0' ? "" : ", ", call->reason,
        TT_STR_ARGS(message == NULL ? TT_STR("no message") : tt_json_text(message)));
}

enum tt_err tt_json_send(const struct tt_access *access, const struct tt_json_request *request,
                         struct tt_json_call *call, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (int attempt = 0;; attempt++) {
        tt_json_free(call->json);
        call->json = NULL;
        call->reason[0] = '\0';
        call->status = 0;
        call->wait_us = 0;
        err = send(access, request, attempt > 0, call, fault);
        if (err != TT_OK)
            return err;
        call->status = call->http.status;
        if (call->status != 401 || !tt_access_again(access, attempt))
            break;
    }
    struct tt_fault ignored = {0};
    bool good =
        (call->status >= 200 && call->status <= 299) || (request->bare && call->status == 308);
    err = tt_json_parse(tt_buf_str(&call->http.body), DEPTH_MAX, &call->json, &ignored);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(fault, err, "out of memory");
    if (!good) {
        read_wait(call);
        return tell(access, call, request->method, fault);
    }
    if (!request->bare && (call->json == NULL || tt_json_type(call->json) != TT_JSON_OBJECT))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "%s: status %d with an answer that is no JSON object", request->method,
                            call->status);
    return TT_OK;
}

enum tt_err tt_json_call(const struct tt_access *access, const char *method, const char *url,
                         struct tt_str body, struct tt_json_call *call, struct tt_fault *fault)
{
    const struct tt_json_request request = {.method = method, .url = url, .text = body};
    return tt_json_send(access, &request, call, fault);
}
