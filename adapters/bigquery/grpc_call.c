/* POST /service/method with one frame, then the end of the body; the answer's body has one frame,
 * and the outcome stands in the trailers.
 *
 * Failure modes: a proxy that speaks no HTTP/2 (said so), a token that ran out (renewed, once), an
 * answer of the front end, that has an HTTP status alone (read as gRPC says), an answer without
 * any status (unknown outcome: the caller asks). */
#include "adapters/bigquery/grpc_call.h"

#include <stdio.h>

enum { HEADERS_MAX = 6, URL_BYTES_MAX = 1024 };

void tt_grpc_answer_init(struct tt_grpc_answer *answer)
{
    *answer = (struct tt_grpc_answer){0};
    tt_buf_init(&answer->text, TT_FAULT_TEXT_BYTES);
    tt_buf_init(&answer->headers, 64 << 10);
    tt_http_answer_init(&answer->http);
}

void tt_grpc_answer_done(struct tt_grpc_answer *answer)
{
    tt_buf_done(&answer->text);
    tt_buf_done(&answer->headers);
    tt_http_answer_done(&answer->http);
}

/* What gRPC makes of an HTTP status where no grpc-status came. */
static int status_of_http(int status)
{
    switch (status) {
    case 200: return TT_GRPC_MISSING;
    case 400: return TT_GRPC_INTERNAL;
    case 401: return TT_GRPC_UNAUTHENTICATED;
    case 403: return TT_GRPC_PERMISSION_DENIED;
    case 404: return TT_GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504: return TT_GRPC_UNAVAILABLE;
    default: return TT_GRPC_UNKNOWN;
    }
}

static enum tt_err send(const struct tt_access *access, const struct tt_grpc_request *request,
                        bool refused, struct tt_grpc_answer *answer, struct tt_fault *fault)
{
    char url[URL_BYTES_MAX], timeout[32];
    struct tt_buf *texts = &answer->headers;
    struct tt_http_header headers[HEADERS_MAX] = {
        {"content-type", TT_STR("application/grpc+proto")}, {"te", TT_STR("trailers")}};
    size_t count = 2, params, authorization;
    tt_buf_clear(texts);
    tt_buf_addf(texts, "%s=", request->param);
    tt_percent_encode(texts, request->param_value);
    params = texts->len;
    enum tt_err err = TT_OK;
    if (access->authorize != NULL)
        err = access->authorize(access->context, refused, texts, fault);
    authorization = texts->len - params;
    if (err != TT_OK || texts->err != TT_OK)
        return err != TT_OK ? err : tt_fault_set(fault, texts->err, "grpc: headers too long");
    snprintf(url, sizeof url, "%s/%s", request->endpoint, request->method);
    snprintf(timeout, sizeof timeout, "%lldm", (long long)request->limit_ms);
    headers[count++] = (struct tt_http_header){"grpc-timeout", tt_str_from(timeout)};
    headers[count++] = (struct tt_http_header){"x-goog-request-params", {texts->data, params}};
    if (authorization > 0)
        headers[count++] =
            (struct tt_http_header){"authorization", {texts->data + params, authorization}};
    if (access->user_project != NULL)
        headers[count++] =
            (struct tt_http_header){"x-goog-user-project", tt_str_from(access->user_project)};
    const struct tt_http_request http = {
        .no_proxy = access->direct,
        .method = "POST",
        .url = url,
        .headers = headers,
        .header_count = count,
        .text = request->frame,
        .version = TT_HTTP_2,
        .total_ms = request->limit_ms + 5000,
    };
    return access->http->send(access->http->context, &http, &answer->http, fault);
}

static enum tt_err read_answer(struct tt_grpc_answer *answer, struct tt_fault *fault)
{
    struct tt_str body = tt_buf_str(&answer->http.body);
    if (answer->http.version != TT_HTTP_2)
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "the Storage Write API needs HTTP/2, which the server or a proxy on "
                            "the way does not speak; load jobs do not need it");
    tt_buf_clear(&answer->text);
    tt_percent_decode(&answer->text, tt_http_header(&answer->http, "grpc-message"));
    answer->status = tt_grpc_status_read(tt_http_header(&answer->http, "grpc-status"));
    if (answer->status == TT_GRPC_MISSING)
        answer->status = status_of_http(answer->http.status);
    answer->message = TT_STR_NONE;
    if (!tt_grpc_frame_next(&body, &answer->message) && answer->status == TT_GRPC_OK)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "grpc: an answer without a message");
    if (answer->status == TT_GRPC_MISSING)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "grpc: the answer broke off");
    return TT_OK;
}

enum tt_err tt_grpc_call(const struct tt_access *access, const struct tt_grpc_request *request,
                         struct tt_grpc_answer *answer, struct tt_fault *fault)
{
    for (int attempt = 0;; attempt++) {
        enum tt_err err = send(access, request, attempt > 0, answer, fault);
        if (err == TT_OK)
            err = read_answer(answer, fault);
        if (err != TT_OK || answer->status != TT_GRPC_UNAUTHENTICATED)
            return err;
        if (!tt_access_again(access, attempt))
            return tt_access_refused(access, tt_buf_str(&answer->text), fault);
    }
}

enum tt_err tt_grpc_fault(const struct tt_grpc_answer *answer, const char *what,
                          struct tt_fault *fault)
{
    return tt_fault_set(fault, tt_grpc_status_err(answer->status), "%s: %s: %.*s", what,
                        tt_grpc_status_name(answer->status),
                        TT_STR_ARGS(tt_buf_str(&answer->text)));
}
