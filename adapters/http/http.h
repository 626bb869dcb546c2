/* The HTTP port over libcurl: one connection pool, one request at a time. Certificates are always
 * checked. A proxy comes from the environment (https_proxy, no_proxy, ...), as curl reads it.
 * Threads: one at a time for each opened client. */
#ifndef TT_ADAPTERS_HTTP_HTTP_H
#define TT_ADAPTERS_HTTP_HTTP_H

#include "core/port/http.h"

struct tt_http_settings {
    const char *ca_file;      /* PEM; NULL: what the system trusts */
    int stall_s;              /* nothing moved for so long: UNAVAILABLE; 0: 60 */
    const volatile int *stop; /* set by a signal handler; borrowed, may be NULL */
};

/* Errors: INVALID (no such CA file), NO_MEMORY. */
enum tt_err tt_http_open(const struct tt_http_settings *settings, struct tt_http *ret_http,
                         struct tt_fault *fault) TT_MUST_CHECK;
void tt_http_close(struct tt_http *http); /* a zeroed one is fine */

#endif
