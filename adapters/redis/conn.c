/* Failure modes: the server is away, closes the connection or does not answer in time: UNAVAILABLE,
 * and the connection is closed, since what was sent may or may not have been done; an error reply:
 * by its first word (class RETRY for what passes: LOADING, READONLY, OOM, ...); a script it has
 * forgotten (restart, failover, SCRIPT FLUSH): loaded again. The password goes to the server alone:
 * of a command's words a message holds the key alone. */
#include "adapters/redis/conn.h"

#include "adapters/redis/cluster.h"
#include "adapters/redis/keys.h"
#include "core/base/assert.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

void tt_redis_begin(struct tt_redis_command *command)
{
    command->count = 0;
    command->route = NULL;
    command->impatient = false;
}

void tt_redis_text(struct tt_redis_command *command, struct tt_str text)
{
    tt_assert(command->count < TT_REDIS_ARGS_MAX);
    command->words[command->count] = text.ptr == NULL ? "" : text.ptr;
    command->lengths[command->count++] = text.len;
}

void tt_redis_word(struct tt_redis_command *command, const char *word)
{
    tt_redis_text(command, tt_str_from(word));
}

void tt_redis_number(struct tt_redis_command *command, int64_t number)
{
    tt_assert(command->count < TT_REDIS_ARGS_MAX);
    char *digits = command->numbers[command->count];
    snprintf(digits, sizeof command->numbers[0], "%" PRId64, number);
    tt_redis_word(command, digits);
}

enum tt_err tt_redis_away(struct tt_redis *redis, const char *doing, struct tt_fault *fault)
{
    const redisContext *context = redis->context;
    char why[160];
    snprintf(why, sizeof why, "%s",
             context == NULL                                   ? "out of memory"
             : context->err == REDIS_ERR_IO && errno == EAGAIN ? "no answer in time"
             : context->errstr[0] != '\0'                      ? context->errstr
                                                               : "connection lost");
    tt_redis_disconnect(redis);
    if (redis->url.is_unix)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis at %s: %s: %s", redis->url.first.host,
                            doing, why);
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis at %s:%d: %s: %s", redis->url.first.host,
                        redis->url.first.port, doing, why);
}

enum tt_err tt_redis_refused(const redisReply *reply, struct tt_fault *fault)
{
    static const struct {
        const char *word;
        enum tt_err err;
    } words[] = {
        {"LOADING", TT_ERR_UNAVAILABLE},    {"READONLY", TT_ERR_UNAVAILABLE},
        {"MASTERDOWN", TT_ERR_UNAVAILABLE}, {"CLUSTERDOWN", TT_ERR_UNAVAILABLE},
        {"TRYAGAIN", TT_ERR_BUSY},          {"BUSY", TT_ERR_BUSY},
        {"UNKILLABLE", TT_ERR_BUSY},        {"OOM", TT_ERR_NO_SPACE},
        {"MISCONF", TT_ERR_NO_SPACE},       {"NOAUTH", TT_ERR_DENIED},
        {"WRONGPASS", TT_ERR_DENIED},       {"NOPERM", TT_ERR_DENIED},
        {"MOVED", TT_ERR_UNSUPPORTED},      {"ASK", TT_ERR_UNSUPPORTED},
        {"NOSCRIPT", TT_ERR_UNAVAILABLE},   {"WRONGTYPE", TT_ERR_INVALID},
        {"NOREPLICAS", TT_ERR_UNAVAILABLE}, {"UNBLOCKED", TT_ERR_UNAVAILABLE},
    };
    if (reply->type != REDIS_REPLY_ERROR)
        return TT_OK;
    if (tt_redis_is_error(reply, "NOGROUP") || strstr(reply->str, "no such key") != NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                            "redis: %.200s (a stream or its group is not there; a server that is "
                            "full does not make it)",
                            reply->str);
    size_t first = strcspn(reply->str, " ");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == first && memcmp(words[i].word, reply->str, first) == 0)
            return tt_fault_set(fault, words[i].err, "redis: %.300s", reply->str);
    bool passes = strstr(reply->str, "max number of clients") != NULL;
    return tt_fault_set(fault, passes ? TT_ERR_UNAVAILABLE : TT_ERR_IO, "redis: %.300s",
                        reply->str);
}

enum tt_err tt_redis_refused_at(const redisReply *reply, const char *key, struct tt_fault *fault)
{
    bool first = fault != NULL && fault->code == TT_OK; /* whose story is told */
    enum tt_err err = tt_redis_refused(reply, fault);
    bool is_of_key = tt_redis_is_error(reply, "WRONGTYPE") ||
                     (tt_redis_is_error(reply, "NOPERM") && strstr(reply->str, " key") != NULL);
    if (first && is_of_key)
        (void)tt_fault_prefix(fault, "%s", key);
    return err;
}

struct tt_str tt_redis_command_key(const struct tt_redis_command *command)
{
    int key = 1;
    if (command->route != NULL)
        return tt_str_from(command->route);
    if (strcmp(command->words[0], "EVALSHA") == 0)
        key = 3;
    else if (strcmp(command->words[0], "XGROUP") == 0)
        key = 2;
    tt_assert(command->count > key);
    return (struct tt_str){command->words[key], command->lengths[key]};
}

/* Names the key of a command that has one for certain: what stands in that place elsewhere may be a
 * password. A script has several, and Redis does not say which it was: all are of one partition. */
static enum tt_err refused_command(const struct tt_redis_command *command, const redisReply *reply,
                                   struct tt_fault *fault)
{
    static const char *const with_key[] = {"EVALSHA", "EXISTS", "GET",    "HGET",
                                           "HSETNX",  "XADD",   "XRANGE", "ZRANGE"};
    bool has_key = false;
    for (size_t i = 0; i < sizeof with_key / sizeof *with_key; i++)
        has_key |= strcmp(command->words[0], with_key[i]) == 0;
    if (!has_key)
        return tt_redis_refused(reply, fault);
    bool several = strcmp(command->words[0], "EVALSHA") == 0 && strcmp(command->words[2], "1") != 0;
    char key[TT_REDIS_KEY_BYTES + 32];
    snprintf(key, sizeof key, "%.*s%s", TT_STR_ARGS(tt_redis_command_key(command)),
             several ? " or a key beside it" : "");
    return tt_redis_refused_at(reply, key, fault);
}

bool tt_redis_is_error(const redisReply *reply, const char *word)
{
    size_t len = strlen(word);
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, word, len) == 0 &&
           (reply->str[len] == ' ' || reply->str[len] == '\0');
}

bool tt_redis_is_noscript(const redisReply *reply)
{
    return tt_redis_is_error(reply, "NOSCRIPT");
}

void tt_redis_disconnect(struct tt_redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    if (redis->cluster != NULL)
        tt_redis_cluster_disconnect(redis->cluster);
}

void tt_redis_done(struct tt_redis *redis)
{
    tt_redis_disconnect(redis);
    tt_redis_cluster_free(redis->cluster);
    redis->cluster = NULL;
}

bool tt_redis_is_connected(const struct tt_redis *redis)
{
    return redis->cluster != NULL ? tt_redis_cluster_is_connected(redis->cluster)
                                  : redis->context != NULL;
}

enum tt_err tt_redis_send(struct tt_redis *redis, const struct tt_redis_command *command,
                          struct tt_fault *fault)
{
    if (!tt_redis_is_connected(redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (redis->cluster != NULL)
        return tt_redis_cluster_send(redis, command, fault);
    if (redisAppendCommandArgv(redis->context, command->count,
                               (const char **)(uintptr_t)command->words,
                               command->lengths) != REDIS_OK)
        return tt_redis_away(redis, "send", fault);
    return TT_OK;
}

enum tt_err tt_redis_flush(struct tt_redis *redis, struct tt_fault *fault)
{
    int done = 0;
    if (!tt_redis_is_connected(redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (redis->cluster != NULL)
        return tt_redis_cluster_flush(redis, fault);
    errno = 0;
    while (done == 0)
        if (redisBufferWrite(redis->context, &done) != REDIS_OK)
            return tt_redis_away(redis, "write", fault);
    return TT_OK;
}

enum tt_err tt_redis_receive(struct tt_redis *redis, redisReply **ret_reply, struct tt_fault *fault)
{
    void *reply = NULL;
    if (!tt_redis_is_connected(redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (redis->cluster != NULL)
        return tt_redis_cluster_receive(redis, ret_reply, fault);
    errno = 0;
    if (redisGetReply(redis->context, &reply) != REDIS_OK || reply == NULL)
        return tt_redis_away(redis, "read", fault);
    *ret_reply = reply;
    return TT_OK;
}

/* Whether something can be read, or the connection has ended. */
static bool has_come(const struct tt_redis *redis)
{
    struct pollfd fd = {.fd = redis->context->fd, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

bool tt_redis_has_room(const struct tt_redis *redis)
{
    if (redis->context == NULL || redis->cluster != NULL)
        return false;
    struct pollfd fd = {.fd = redis->context->fd, .events = POLLOUT};
    return poll(&fd, 1, 0) > 0;
}

enum tt_err tt_redis_receive_now(struct tt_redis *redis, size_t *reads, redisReply **ret_reply,
                                 struct tt_fault *fault)
{
    void *reply = NULL;
    *ret_reply = NULL;
    if (!tt_redis_is_connected(redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (redis->cluster != NULL)
        return TT_OK;
    for (;;) {
        errno = 0;
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
            return tt_redis_away(redis, "read", fault);
        if (reply != NULL || *reads == 0 || !has_come(redis))
            break;
        (*reads)--;
        if (redisBufferRead(redis->context) != REDIS_OK)
            return tt_redis_away(redis, "read", fault);
    }
    *ret_reply = reply;
    return TT_OK;
}

enum tt_err tt_redis_call(struct tt_redis *redis, const struct tt_redis_command *command,
                          redisReply **ret_reply, struct tt_fault *fault)
{
    redisReply *reply = NULL;
    enum tt_err err = tt_redis_send(redis, command, fault);
    if (err == TT_OK)
        err = tt_redis_receive(redis, &reply, fault);
    if (err == TT_OK)
        err = refused_command(command, reply, fault);
    if (err == TT_OK && ret_reply != NULL)
        *ret_reply = reply;
    else if (reply != NULL)
        freeReplyObject(reply);
    return err;
}

enum tt_err tt_redis_load_scripts(struct tt_redis *redis, struct tt_fault *fault)
{
    enum tt_err err = TT_OK, refused = TT_OK;
    tt_assert(redis->script_count <= TT_REDIS_SCRIPTS_MAX);
    if (redis->cluster != NULL)
        return TT_OK; /* each node has them since it was connected; see cluster.c */
    for (size_t i = 0; i < redis->script_count && err == TT_OK; i++) {
        struct tt_redis_command command = {0};
        tt_redis_word(&command, "SCRIPT");
        tt_redis_word(&command, "LOAD");
        tt_redis_word(&command, redis->scripts[i]);
        err = tt_redis_send(redis, &command, fault);
    }
    for (size_t i = 0; i < redis->script_count && err == TT_OK; i++) {
        redisReply *reply = NULL;
        err = tt_redis_receive(redis, &reply, fault);
        if (err != TT_OK)
            break;
        if (refused == TT_OK)
            refused = tt_redis_refused(reply, fault);
        if (refused == TT_OK)
            snprintf(redis->shas[i], sizeof redis->shas[i], "%s", reply->str);
        freeReplyObject(reply);
    }
    return err != TT_OK ? err : refused;
}

void tt_redis_script(struct tt_redis_command *command, const struct tt_redis *redis, size_t script,
                     int keys)
{
    tt_redis_word(command, "EVALSHA");
    tt_redis_word(command, redis->shas[script]);
    tt_redis_number(command, keys);
}

enum tt_err tt_redis_call_script(struct tt_redis *redis, const struct tt_redis_command *command,
                                 redisReply **ret_reply, struct tt_fault *fault)
{
    redisReply *reply = NULL;
    enum tt_err err = tt_redis_send(redis, command, fault);
    if (err == TT_OK)
        err = tt_redis_receive(redis, &reply, fault);
    if (err != TT_OK)
        return err;
    if (!tt_redis_is_noscript(reply)) {
        err = refused_command(command, reply, fault);
        if (err == TT_OK && ret_reply != NULL)
            *ret_reply = reply;
        else
            freeReplyObject(reply);
        return err;
    }
    freeReplyObject(reply);
    err = tt_redis_load_scripts(redis, fault); /* the sum of the same text is the same */
    return err == TT_OK ? tt_redis_call(redis, command, ret_reply, fault) : err;
}

struct tt_str tt_redis_reply_text(const redisReply *reply)
{
    if (reply == NULL || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS))
        return TT_STR_NONE;
    return (struct tt_str){reply->str, (size_t)reply->len};
}
