/* A real redis-server of the test's own: on a socket in the test's folder, append-only file on.
 * What it has confirmed is written to that file, so that a killed server has it when it starts
 * again. (It is not synced: that matters where the machine dies. With "everysec" the write is put
 * off while a sync is under way, and a kill loses what was confirmed meanwhile.) */
#ifndef TT_TESTS_LIB_REDIS_SERVER_H
#define TT_TESTS_LIB_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

struct tt_redis_server {
    pid_t pid;
    char dir[300], socket[330], url[340];
};

/* Starts it and waits until it answers. Starting again in the same folder loads what it wrote. */
void tt_redis_server_start(struct tt_redis_server *server, const char *name);
/* The same with words for redis-server behind ("--maxmemory", "1", NULL), and without waiting. */
void tt_redis_server_begin(struct tt_redis_server *server, const char *name,
                           const char *const *words);
bool tt_redis_server_answers(const struct tt_redis_server *server);
/* SIGKILL: as a crash. SIGTERM: as a shutdown. */
void tt_redis_server_stop(struct tt_redis_server *server, int signal_number);
/* Of a server that is down: cuts its append-only file off in the middle of command `n`, 1 and up,
 * of the last transaction there, as a crash does; `word`: only commands of that name count (NULL:
 * all). False: there are fewer, and nothing is cut. */
bool tt_redis_server_cut(const struct tt_redis_server *server, const char *word, int n);
/* A connection; the caller frees. */
redisContext *tt_redis_server_connect(const struct tt_redis_server *server);
/* An integer reply of a command (of its first element for an array); fails the test on an error
 * reply. */
long long tt_redis_ask(const struct tt_redis_server *server, const char *format, ...);

#endif
