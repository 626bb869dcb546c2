/* Where a Redis server is. Threads: any. */
#ifndef TT_ADAPTERS_REDIS_URL_H
#define TT_ADAPTERS_REDIS_URL_H

#include "core/base/err.h"

enum { TT_REDIS_NAME_BYTES = 256 };

struct tt_redis_url {
    bool is_unix; /* host is a path */
    char host[TT_REDIS_NAME_BYTES];
    int port;
    char user[TT_REDIS_NAME_BYTES]; /* empty: none */
    int db;
};

/* redis://[user@]host[:port][/db], redis://[v6::address]:port, unix:///path[?db=N]. Errors:
 * INVALID; UNSUPPORTED for rediss:// (this build has no TLS). A password in the URL is refused: it
 * would show in process lists. */
enum tt_err tt_redis_url_parse(const char *text, struct tt_redis_url *ret_url,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
