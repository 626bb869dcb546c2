#include "adapters/redis/meta.h"

#include "adapters/redis/keys.h"
#include "core/base/limits.h"
#include "core/base/time.h"

static enum tt_err set_once(struct tt_redis *redis, const char *key, const char *field,
                            int64_t value, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    tt_redis_word(&command, "HSETNX");
    tt_redis_word(&command, key);
    tt_redis_word(&command, field);
    tt_redis_number(&command, value);
    return tt_redis_call(redis, &command, NULL, fault);
}

static enum tt_err get(struct tt_redis *redis, const char *key, const char *field,
                       redisReply **ret_reply, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    tt_redis_word(&command, "HGET");
    tt_redis_word(&command, key);
    tt_redis_word(&command, field);
    return tt_redis_call(redis, &command, ret_reply, fault);
}

/* Sets it only where nothing is there: a server that is full refuses to set, and workers must be
 * able to connect to it and make room. */
static enum tt_err get_number(struct tt_redis *redis, const char *key, const char *field,
                              int64_t first, int64_t max, int64_t *ret_value,
                              struct tt_fault *fault)
{
    redisReply *reply = NULL;
    uint64_t value = 0;
    enum tt_err err = get(redis, key, field, &reply, fault);
    if (err == TT_OK && reply->type == REDIS_REPLY_NIL) {
        freeReplyObject(reply);
        reply = NULL;
        err = set_once(redis, key, field, first, fault);
        if (err == TT_OK)
            err = get(redis, key, field, &reply, fault);
    }
    if (err != TT_OK)
        return err;
    struct tt_str text = tt_redis_reply_text(reply);
    if (text.len == 0 || text.ptr[text.len - 1] > '9' || !tt_size_parse(text, &value) ||
        value < 1 || value > (uint64_t)max)
        err = tt_fault_set(fault, TT_ERR_INVALID,
                           "redis: %s: field %s is \"%.*s\", expected a number from 1 to %lld", key,
                           field, TT_STR_ARGS(text), (long long)max);
    else
        *ret_value = (int64_t)value;
    freeReplyObject(reply);
    return err;
}

enum tt_err tt_redis_meta(struct tt_redis *redis, const char *prefix, unsigned partitions_wanted,
                          unsigned *ret_partitions, int64_t *ret_epoch, struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES];
    int64_t partitions = 0, epoch = 0;
    tt_redis_global_key(key, prefix, "meta");
    enum tt_err err = get_number(redis, key, "partitions",
                                 partitions_wanted == 0 ? TT_PARTITIONS_DEFAULT : partitions_wanted,
                                 TT_PARTITIONS_MAX, &partitions, fault);
    if (err == TT_OK)
        err = get_number(redis, key, "epoch", 1, INT64_MAX, &epoch, fault);
    if (err == TT_OK && partitions_wanted != 0 && partitions_wanted != partitions)
        err = tt_fault_set(fault, TT_ERR_INVALID,
                           "--partitions: the queue %s has %lld partitions, which cannot change",
                           prefix, (long long)partitions);
    if (err != TT_OK)
        return err;
    *ret_partitions = (unsigned)partitions;
    *ret_epoch = epoch;
    return TT_OK;
}
