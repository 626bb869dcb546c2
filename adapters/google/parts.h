/* What the files of this room share. */
#ifndef TT_ADAPTERS_GOOGLE_PARTS_H
#define TT_ADAPTERS_GOOGLE_PARTS_H

#include "adapters/google/credentials.h"
#include "core/base/json.h"
#include "core/base/mem.h"

enum tt_google_kind {
    TT_GOOGLE_SERVICE_ACCOUNT,
    TT_GOOGLE_AUTHORIZED_USER,
    TT_GOOGLE_EXTERNAL_ACCOUNT,
    TT_GOOGLE_METADATA
};

struct tt_google {
    struct tt_google_settings settings;
    enum tt_google_kind kind;
    const char *path;     /* of the file it comes from; NULL: none */
    struct tt_json *file; /* as read; owned */
    /* Whose credentials are used: of the file, or what an impersonation has within. */
    const struct tt_json *source;
    const char *impersonation; /* where another account's token is had with them; NULL: nowhere */
    char *project, *quota_project;
    char who[300];
    struct tt_buf token;
    struct tt_mono fresh_until, good_until; /* of the token */
    struct tt_http_answer answer;           /* of the last request */
};

/* A token and how long it is good for. */
struct tt_google_grant {
    struct tt_str token; /* borrowed from google->answer, or from `json` */
    int64_t lifetime_us;
    struct tt_json *json; /* owned */
};

/* The text of a key of the credentials file; absent: TT_STR_NONE. */
struct tt_str tt_google_text(const struct tt_json *object, const char *key);
/* The same, or INVALID. */
enum tt_err tt_google_need(const struct tt_google *google, const struct tt_json *object,
                           const char *key, struct tt_str *ret_text, struct tt_fault *fault);

/* One request for a token: a form (or, json, an object) to `url`; status 200 with an object in
 * ret_json, owned, or what went wrong. `extra`: one more header, or NULL. */
enum tt_err tt_google_ask(struct tt_google *google, const char *url, struct tt_str body,
                          bool body_is_json, const struct tt_http_header *extra,
                          struct tt_json **ret_json, struct tt_fault *fault);
/* What was written is whole; else NO_MEMORY or LIMIT: half a request would be refused. */
enum tt_err tt_google_written(const struct tt_google *google, const struct tt_buf *buf,
                              struct tt_fault *fault) TT_MUST_CHECK;
/* Adds a text, in percent what is neither letter, digit nor one of -_.~. */
void tt_google_percent(struct tt_buf *to, struct tt_str text);
/* Adds name=value to a form. */
void tt_google_form(struct tt_buf *form, const char *name, struct tt_str value);
/* access_token and expires_in of an answer. */
enum tt_err tt_google_read_grant(struct tt_json *json, struct tt_google_grant *ret_grant,
                                 struct tt_fault *fault);

/* What a token of the source is asked for. */
struct tt_str tt_google_scope(const struct tt_google *google);
/* Replaces the source's token by that of the account to be impersonated. */
enum tt_err tt_google_impersonate(struct tt_google *google, struct tt_google_grant *grant,
                                  struct tt_fault *fault);
/* The subject token of an external account of AWS: a signed request that Google sends on. */
enum tt_err tt_google_aws_subject(struct tt_google *google, const struct tt_json *source,
                                  struct tt_buf *subject, struct tt_fault *fault);
/* What a URL that the file names says, status 200. */
enum tt_err tt_google_fetch(struct tt_google *google, const char *method, const char *url,
                            const struct tt_http_header *headers, size_t header_count,
                            struct tt_buf *text, struct tt_fault *fault);

/* One for each kind. */
enum tt_err tt_google_service_account(struct tt_google *google, struct tt_google_grant *ret_grant,
                                      struct tt_fault *fault);
enum tt_err tt_google_external_account(struct tt_google *google, struct tt_google_grant *ret_grant,
                                       struct tt_fault *fault);
enum tt_err tt_google_metadata(struct tt_google *google, struct tt_google_grant *ret_grant,
                               struct tt_fault *fault);

/* "Sat, 21 Nov 2026 10:48:02 GMT" as in the Date header; false: no such time. */
bool tt_google_date(struct tt_str text, int64_t *ret_us);

#endif
