/* What every call to Google needs: the way out, and leave to use it. */
#ifndef TT_ADAPTERS_BIGQUERY_ACCESS_H
#define TT_ADAPTERS_BIGQUERY_ACCESS_H

#include "core/port/http.h"

struct tt_access {
    const struct tt_http *http;
    void *context;
    /* Appends the value of the Authorization header ("Bearer ..."); appends nothing: none is sent.
     * `refused`: the last one was not taken, make a new one. NULL: none is ever sent. */
    enum tt_err (*authorize)(void *context, bool refused, struct tt_buf *value,
                             struct tt_fault *fault);
    bool direct;              /* past the environment's proxy: what is asked is on this machine */
    const char *user_project; /* whose quota it uses, x-goog-user-project; NULL: nothing said */
};

/* A call was refused for its token: whether it is to be sent again, with `refused`. attempt: 0 on.
 */
bool tt_access_again(const struct tt_access *access, int attempt);
/* It is not: DENIED. said: by the server, or empty. */
enum tt_err tt_access_refused(const struct tt_access *access, struct tt_str said,
                              struct tt_fault *fault);

#endif
