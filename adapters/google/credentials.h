/* Leave to use Google's services: access tokens, made from whatever credentials there are, kept
 * until shortly before they end.
 *
 * Looked for in the order of Google's own libraries: the file that GOOGLE_APPLICATION_CREDENTIALS
 * names, the file that gcloud writes, the metadata server of a machine at Google. Files may be of
 * the types service_account, authorized_user, external_account (its token from a file, a URL or
 * AWS) and impersonated_service_account (of one of the others).
 *
 * Nothing secret (keys, assertions, tokens) stands in any fault. Threads: one. */
#ifndef TT_ADAPTERS_GOOGLE_CREDENTIALS_H
#define TT_ADAPTERS_GOOGLE_CREDENTIALS_H

#include "core/port/clock.h"
#include "core/port/crypto.h"
#include "core/port/http.h"

struct tt_google_settings {
    const struct tt_http *http; /* these outlive the credentials */
    const struct tt_crypto *crypto;
    const struct tt_clock *clock;
    /* Whole files into a buffer; as tt_file_read. */
    enum tt_err (*read_file)(const char *path, struct tt_buf *buf, struct tt_fault *fault);
    const char *scope;           /* space between several */
    const char *file;            /* GOOGLE_APPLICATION_CREDENTIALS; NULL: not set */
    const char *well_known_file; /* of gcloud; need not be there; NULL: unknown */
    const char *metadata_host;   /* GCE_METADATA_HOST; NULL: Google's address */
    const char *quota_project;   /* GOOGLE_CLOUD_QUOTA_PROJECT; NULL: what the file says */
    /* For external accounts of AWS; NULL: AWS's metadata server is asked. */
    const char *aws_access_key_id;     /* AWS_ACCESS_KEY_ID */
    const char *aws_secret_access_key; /* AWS_SECRET_ACCESS_KEY */
    const char *aws_session_token;     /* AWS_SESSION_TOKEN; NULL: the key is a lasting one */
    const char *aws_region;            /* AWS_REGION, else AWS_DEFAULT_REGION */
};

struct tt_google;

/* Reads what there is; asks nobody for a token yet. Errors: those of reading the named file;
 * INVALID (its content), UNSUPPORTED (its type), NO_MEMORY. */
enum tt_err tt_google_open(const struct tt_google_settings *settings, struct tt_google **ret_google,
                           struct tt_fault *fault) TT_MUST_CHECK;
void tt_google_close(struct tt_google *google); /* NULL is fine */

/* Appends "Bearer ..."; `refused`: the last token was not taken, get another one. Errors:
 * UNAVAILABLE (whoever gives tokens is away, or answers what cannot be read, or there is no
 * metadata server either), DENIED (refused, and why; a wrong clock is named), those of reading
 * files. Never one of class POISON. */
enum tt_err tt_google_authorize(void *google, bool refused, struct tt_buf *value,
                                struct tt_fault *fault);

/* Whose quota is used (x-goog-user-project), and whose project the key is of; NULL: not said. */
const char *tt_google_quota_project(const struct tt_google *google);
const char *tt_google_project(const struct tt_google *google);
/* "service account x@y", for people. */
const char *tt_google_who(const struct tt_google *google);

#endif
