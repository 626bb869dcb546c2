/* A relay between a client and a real redis-server, which can make the server forget its scripts
 * between two commands that came together. */
#ifndef TT_TESTS_LIB_RELAY_H
#define TT_TESTS_LIB_RELAY_H

#include "tests/lib/redis_server.h"

struct tt_relay {
    pid_t pid;
    int control;
    char url[340]; /* for one client, which connects once */
};

/* Starts it; it ends with the test. */
void tt_relay_start(struct tt_relay *relay, const struct tt_redis_server *server);
/* The client's next command goes through and is answered, then scripts are forgotten, then the rest
 * goes through. */
void tt_relay_flush_behind_next(const struct tt_relay *relay);
void tt_relay_stop(struct tt_relay *relay);

#endif
