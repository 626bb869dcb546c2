/* Failure modes: the server is away, closes the connection or does not answer in time: UNAVAILABLE,
 * and the connection is closed, since what was sent may or may not have been done; an error reply:
 * by its first word (class RETRY for what passes: LOADING, READONLY, OOM, ...); a script it has
 * forgotten (restart, failover, SCRIPT FLUSH): loaded again. The password goes to the server alone:
 * no message holds a command's words. */
#include "adapters/redis/conn.h"

#include "core/base/assert.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static enum tt_err away(struct tt_redis *redis, const char *doing, struct tt_fault *fault)
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
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis at %s: %s: %s", redis->url.host,
                            doing, why);
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis at %s:%d: %s: %s", redis->url.host,
                        redis->url.port, doing, why);
}

enum tt_err tt_redis_refused(const redisReply *reply, struct tt_fault *fault)
{
    static const struct {
        const char *word;
        enum tt_err err;
    } words[] = {
        {"LOADING", TT_ERR_UNAVAILABLE},    {"READONLY", TT_ERR_UNAVAILABLE},
        {"MASTERDOWN", TT_ERR_UNAVAILABLE}, {"CLUSTERDOWN", TT_ERR_UNAVAILABLE},
        {"TRYAGAIN", TT_ERR_UNAVAILABLE},   {"BUSY", TT_ERR_BUSY},
        {"UNKILLABLE", TT_ERR_BUSY},        {"OOM", TT_ERR_NO_SPACE},
        {"MISCONF", TT_ERR_NO_SPACE},       {"NOAUTH", TT_ERR_DENIED},
        {"WRONGPASS", TT_ERR_DENIED},       {"NOPERM", TT_ERR_DENIED},
        {"NOGROUP", TT_ERR_UNAVAILABLE},    {"MOVED", TT_ERR_UNSUPPORTED},
        {"ASK", TT_ERR_UNSUPPORTED},        {"NOSCRIPT", TT_ERR_UNAVAILABLE},
        {"WRONGTYPE", TT_ERR_INVALID},
    };
    if (reply->type != REDIS_REPLY_ERROR)
        return TT_OK;
    size_t first = strcspn(reply->str, " ");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == first && memcmp(words[i].word, reply->str, first) == 0)
            return tt_fault_set(fault, words[i].err, "redis: %.300s", reply->str);
    return tt_fault_set(fault, TT_ERR_IO, "redis: %.300s", reply->str);
}

bool tt_redis_is_noscript(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}

void tt_redis_disconnect(struct tt_redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
}

enum tt_err tt_redis_send(struct tt_redis *redis, const struct tt_redis_command *command,
                          struct tt_fault *fault)
{
    if (redis->context == NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (redisAppendCommandArgv(redis->context, command->count,
                               (const char **)(uintptr_t)command->words,
                               command->lengths) != REDIS_OK)
        return away(redis, "send", fault);
    return TT_OK;
}

enum tt_err tt_redis_flush(struct tt_redis *redis, struct tt_fault *fault)
{
    int done = 0;
    if (redis->context == NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    errno = 0;
    while (done == 0)
        if (redisBufferWrite(redis->context, &done) != REDIS_OK)
            return away(redis, "write", fault);
    return TT_OK;
}

enum tt_err tt_redis_receive(struct tt_redis *redis, redisReply **ret_reply, struct tt_fault *fault)
{
    void *reply = NULL;
    if (redis->context == NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    errno = 0;
    if (redisGetReply(redis->context, &reply) != REDIS_OK || reply == NULL)
        return away(redis, "read", fault);
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
        err = tt_redis_refused(reply, fault);
    if (err == TT_OK && ret_reply != NULL)
        *ret_reply = reply;
    else if (reply != NULL)
        freeReplyObject(reply);
    return err;
}

static enum tt_err authenticate(struct tt_redis *redis, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    if (redis->password == NULL || redis->password[0] == '\0')
        return TT_OK;
    tt_redis_word(&command, "AUTH");
    if (redis->url.user[0] != '\0')
        tt_redis_word(&command, redis->url.user);
    tt_redis_word(&command, redis->password);
    return tt_redis_call(redis, &command, NULL, fault);
}

static enum tt_err select_db(struct tt_redis *redis, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    if (redis->url.db == 0)
        return TT_OK;
    tt_redis_word(&command, "SELECT");
    tt_redis_number(&command, redis->url.db);
    return tt_redis_call(redis, &command, NULL, fault);
}

enum tt_err tt_redis_load_scripts(struct tt_redis *redis, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    tt_assert(redis->script_count <= TT_REDIS_SCRIPTS_MAX);
    for (size_t i = 0; i < redis->script_count && err == TT_OK; i++) {
        struct tt_redis_command command = {0};
        redisReply *reply = NULL;
        tt_redis_word(&command, "SCRIPT");
        tt_redis_word(&command, "LOAD");
        tt_redis_word(&command, redis->scripts[i]);
        err = tt_redis_call(redis, &command, &reply, fault);
        if (err == TT_OK)
            snprintf(redis->shas[i], sizeof redis->shas[i], "%s", reply->str);
        if (reply != NULL)
            freeReplyObject(reply);
    }
    return err;
}

enum tt_err tt_redis_connect(struct tt_redis *redis, struct tt_fault *fault)
{
    struct timeval limit = {.tv_sec = TT_REDIS_TIMEOUT_MS / 1000,
                            .tv_usec = TT_REDIS_TIMEOUT_MS % 1000 * 1000};
    tt_redis_disconnect(redis);
    redis->context = redis->url.is_unix
                         ? redisConnectUnixWithTimeout(redis->url.host, limit)
                         : redisConnectWithTimeout(redis->url.host, redis->url.port, limit);
    if (redis->context == NULL || redis->context->err != 0)
        return away(redis, "connect", fault);
    if (redisSetTimeout(redis->context, limit) != REDIS_OK)
        return away(redis, "set a time limit", fault);
    enum tt_err err = authenticate(redis, fault);
    if (err == TT_OK)
        err = select_db(redis, fault);
    if (err == TT_OK)
        err = tt_redis_load_scripts(redis, fault);
    if (err != TT_OK)
        tt_redis_disconnect(redis);
    return err;
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
        err = tt_redis_refused(reply, fault);
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
