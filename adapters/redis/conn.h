/* Connecting to Redis, commands, pipelines, scripts, errors as ours. To one server this is one
 * connection; to a cluster it is one for each node in use, and cluster.c sends each command where
 * its keys are. Inside adapters/redis only. Threads: one. */
#ifndef TT_ADAPTERS_REDIS_CONN_H
#define TT_ADAPTERS_REDIS_CONN_H

#include "adapters/redis/url.h"
#include "core/base/str.h"
#include <hiredis/hiredis.h>
#include <stdint.h>

enum {
    TT_REDIS_ARGS_MAX = 512,
    TT_REDIS_TIMEOUT_MS = 5000,
    TT_REDIS_SCRIPTS_MAX = 16,
    TT_REDIS_SHA_BYTES = 41
};

struct tt_redis_cluster;

struct tt_redis {
    struct tt_redis_url url;
    const char *password;             /* borrowed; NULL: none */
    redisContext *context;            /* NULL: not connected, or to a cluster */
    struct tt_redis_cluster *cluster; /* owned; NULL: one server */
    size_t connects;                  /* so many; see connect.c */
    const char *const *scripts;       /* texts, borrowed */
    size_t script_count;
    char shas[TT_REDIS_SCRIPTS_MAX][TT_REDIS_SHA_BYTES];
};

/* The words of one command. Texts are borrowed until it is sent; numbers are kept inside. All keys
 * of a command are of one slot. */
struct tt_redis_command {
    const char *words[TT_REDIS_ARGS_MAX];
    size_t lengths[TT_REDIS_ARGS_MAX];
    char numbers[TT_REDIS_ARGS_MAX][24];
    int count;
    const char *route; /* in a cluster: goes where this key is; NULL: to its own keys */
    bool impatient;    /* in a cluster: told at once when its slot is on the move */
};
void tt_redis_begin(struct tt_redis_command *command); /* no words, the rest as after {0} */
void tt_redis_word(struct tt_redis_command *command, const char *word);
void tt_redis_text(struct tt_redis_command *command, struct tt_str text);
void tt_redis_number(struct tt_redis_command *command, int64_t number);
/* Its first key, or where it is routed to; borrowed as the words are. */
struct tt_str tt_redis_command_key(const struct tt_redis_command *command);

/* Connects, authenticates, finds out whether it is a cluster, selects the database, loads the
 * scripts. Errors: UNAVAILABLE, DENIED, INVALID. */
enum tt_err tt_redis_connect(struct tt_redis *redis, struct tt_fault *fault) TT_MUST_CHECK;
void tt_redis_disconnect(struct tt_redis *redis);
/* Disconnects and frees. */
void tt_redis_done(struct tt_redis *redis);
bool tt_redis_is_connected(const struct tt_redis *redis);

/* Queues a command; replies come in the same order. Errors: UNAVAILABLE (the connection is closed
 * then), NO_MEMORY. */
enum tt_err tt_redis_send(struct tt_redis *redis, const struct tt_redis_command *command,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* Puts on its way what was queued, without waiting for answers. Errors: UNAVAILABLE (the connection
 * is closed then). */
enum tt_err tt_redis_flush(struct tt_redis *redis, struct tt_fault *fault) TT_MUST_CHECK;
/* The next reply, owned by the caller (freeReplyObject). Errors: UNAVAILABLE (the connection is
 * closed then). An error reply is returned as a reply: see tt_redis_refused. */
enum tt_err tt_redis_receive(struct tt_redis *redis, redisReply **ret_reply,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* The same without waiting: NULL where it has not come yet, or in a cluster. *reads: how often to
 * read from the connection at most; goes down. */
enum tt_err tt_redis_receive_now(struct tt_redis *redis, size_t *reads, redisReply **ret_reply,
                                 struct tt_fault *fault) TT_MUST_CHECK;
/* Whether some tens of kilobytes can be sent without waiting; in a cluster nobody knows. */
bool tt_redis_has_room(const struct tt_redis *redis);
/* Both; an error reply becomes an error. */
enum tt_err tt_redis_call(struct tt_redis *redis, const struct tt_redis_command *command,
                          redisReply **ret_reply, struct tt_fault *fault) TT_MUST_CHECK;

/* TT_OK unless the reply is an error: then the error that fits its first word. */
enum tt_err tt_redis_refused(const redisReply *reply, struct tt_fault *fault) TT_MUST_CHECK;
/* The same, and names the key where it holds something else (WRONGTYPE) or is not for this user
 * (NOPERM), which Redis does not. */
enum tt_err tt_redis_refused_at(const redisReply *reply, const char *key,
                                struct tt_fault *fault) TT_MUST_CHECK;
/* Whether it is an error that begins with this word. */
bool tt_redis_is_error(const redisReply *reply, const char *word);
bool tt_redis_is_noscript(const redisReply *reply);

/* Begins a call of a loaded script: EVALSHA sha keys... The caller adds keys and arguments. */
void tt_redis_script(struct tt_redis_command *command, const struct tt_redis *redis, size_t script,
                     int keys);
/* Calls a script alone; when the server has forgotten it, loads it and calls again. */
enum tt_err tt_redis_call_script(struct tt_redis *redis, const struct tt_redis_command *command,
                                 redisReply **ret_reply, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_redis_load_scripts(struct tt_redis *redis, struct tt_fault *fault) TT_MUST_CHECK;

/* For cluster.c: a connection to this one server, whatever it is part of, with the scripts. */
enum tt_err tt_redis_connect_node(struct tt_redis *node, struct tt_fault *fault) TT_MUST_CHECK;
/* For cluster.c: closes the connection; gives UNAVAILABLE with the reason. */
enum tt_err tt_redis_away(struct tt_redis *redis, const char *doing, struct tt_fault *fault);

struct tt_str tt_redis_reply_text(const redisReply *reply); /* absent for nil and for NULL */

#endif
