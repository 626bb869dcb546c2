/* One call of a JSON interface of Google's: an object there, an object back. */
#ifndef TT_ADAPTERS_BIGQUERY_JSON_CALL_H
#define TT_ADAPTERS_BIGQUERY_JSON_CALL_H

#include "adapters/bigquery/access.h"
#include "core/base/json.h"

struct tt_json_call {
    struct tt_http_answer http;
    struct tt_buf authorization;
    struct tt_json *json; /* of the answer, owned; NULL: none, or no JSON */
    int status;
    char reason[64]; /* of an error: "rateLimitExceeded", "NOT_FOUND"; "" where none */
    int64_t wait_us; /* what an error asks to wait (Retry-After); 0: nothing said */
};

/* A call with more to it. */
struct tt_json_request {
    const char *method, *url;
    const char *content_type; /* NULL: JSON */
    struct tt_str text;       /* the body; or a reader, as the HTTP port has it: */
    enum tt_err (*read)(void *read_context, uint64_t offset, void *to, size_t size,
                        size_t *ret_size, struct tt_fault *fault);
    void *read_context;
    uint64_t read_bytes;
    const struct tt_http_header *headers; /* more of them, at most TT_JSON_CALL_HEADERS_MAX */
    size_t header_count;
    bool bare; /* 2xx, and 308, are fine with any body or none; json may be NULL */
};
enum { TT_JSON_CALL_HEADERS_MAX = 4 };

void tt_json_call_init(struct tt_json_call *call);
void tt_json_call_done(struct tt_json_call *call);

/* TT_OK: status 2xx, and an object in json. A token that is refused is renewed once. Errors, with
 * status and reason set: UNAVAILABLE (no answer, or one that says to come back: unknown outcome),
 * BUSY (a quota is used up), DENIED, NOT_FOUND, INVALID (the rest); those of the way out. */
enum tt_err tt_json_call(const struct tt_access *access, const char *method, const char *url,
                         struct tt_str body, struct tt_json_call *call,
                         struct tt_fault *fault) TT_MUST_CHECK;

enum tt_err tt_json_send(const struct tt_access *access, const struct tt_json_request *request,
                         struct tt_json_call *call, struct tt_fault *fault) TT_MUST_CHECK;

/* The error of a reason, or, where that says nothing, of the HTTP status. */
enum tt_err tt_json_classify(int status, const char *reason);

/* A value of an object of that type; NULL: absent, or of another type. The object may be NULL. */
const struct tt_json *tt_json_member(const struct tt_json *object, const char *key,
                                     enum tt_json_type type);
/* Its text; absent: TT_STR_NONE. */
struct tt_str tt_json_member_text(const struct tt_json *object, const char *key);

#endif
