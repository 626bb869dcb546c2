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
};

void tt_json_call_init(struct tt_json_call *call);
void tt_json_call_done(struct tt_json_call *call);

/* TT_OK: status 2xx, and an object in json. A token that is refused is renewed once. Errors, with
 * status and reason set: UNAVAILABLE (no answer, or one that says to come back: unknown outcome),
 * BUSY (a quota is used up), DENIED, NOT_FOUND, INVALID (the rest); those of the way out. */
enum tt_err tt_json_call(const struct tt_access *access, const char *method, const char *url,
                         struct tt_str body, struct tt_json_call *call,
                         struct tt_fault *fault) TT_MUST_CHECK;

#endif
