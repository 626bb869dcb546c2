/* One gRPC call: one message there, one back, over HTTP/2. */
#ifndef TT_ADAPTERS_BIGQUERY_GRPC_CALL_H
#define TT_ADAPTERS_BIGQUERY_GRPC_CALL_H

#include "adapters/bigquery/access.h"
#include "adapters/bigquery/grpc_frame.h"

struct tt_grpc_request {
    const char *endpoint; /* https://bigquerystorage.googleapis.com */
    const char *method;   /* "google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows" */
    /* The x-goog-request-params header, which routes the call: "write_stream", its value. */
    const char *param;
    struct tt_str param_value;
    struct tt_str frame; /* tt_grpc_frame_begin, the message, tt_grpc_frame_end */
    int64_t limit_ms;
};

struct tt_grpc_answer {
    int status;            /* enum tt_grpc_status, never MISSING */
    struct tt_buf text;    /* what the service says about it */
    struct tt_str message; /* the first of the body, absent where there is none */
    struct tt_http_answer http;
    struct tt_buf headers; /* what was sent of them */
};

void tt_grpc_answer_init(struct tt_grpc_answer *answer);
void tt_grpc_answer_done(struct tt_grpc_answer *answer);

/* TT_OK whenever a status came, whatever else it says; a token that is refused is renewed once.
 * Errors: those of the way out; UNAVAILABLE: the answer broke off or has no status: unknown
 * outcome; UNSUPPORTED: no HTTP/2; DENIED: the new token is refused, too. */
enum tt_err tt_grpc_call(const struct tt_access *access, const struct tt_grpc_request *request,
                         struct tt_grpc_answer *answer, struct tt_fault *fault) TT_MUST_CHECK;
/* The story of an answer that is not OK; returns its error. */
enum tt_err tt_grpc_fault(const struct tt_grpc_answer *answer, const char *what,
                          struct tt_fault *fault);

#endif
