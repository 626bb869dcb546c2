/* Where a Redis server is, or several of a cluster. Threads: any. */
#ifndef TT_ADAPTERS_REDIS_URL_H
#define TT_ADAPTERS_REDIS_URL_H

#include "core/base/err.h"
#include <stddef.h>

enum { TT_REDIS_NAME_BYTES = 256, TT_REDIS_OTHERS_MAX = 15 };

struct tt_redis_address {
    char host[TT_REDIS_NAME_BYTES];
    int port;
};

struct tt_redis_url {
    bool is_unix; /* first.host is a path */
    struct tt_redis_address first;
    struct tt_redis_address others[TT_REDIS_OTHERS_MAX]; /* of the same cluster */
    size_t other_count;
    char user[TT_REDIS_NAME_BYTES]; /* empty: none */
    int db;
};

/* redis://[user@]host[:port][,host[:port]...][/db], redis://[v6::address]:port,
 * unix:///path[?db=N]. Errors: INVALID; UNSUPPORTED for rediss:// (this build has no TLS). A
 * password in the URL is refused: it would show in process lists. */
enum tt_err tt_redis_url_parse(const char *text, struct tt_redis_url *ret_url,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
