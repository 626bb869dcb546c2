#include "adapters/redis/view_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100, STREAM_ID_BYTES = 48 };

/* "7:1718000000000-0" */
static enum tt_err parse_id(const struct tt_redis_view *view, const char *id,
                            unsigned *ret_partition, const char **ret_stream_id,
                            struct tt_fault *fault)
{
    char *end;
    errno = 0;
    unsigned long partition = strtoul(id, &end, 10);
    const char *stream_id = end + 1;
    size_t digits = *end == ':' ? strspn(stream_id, "0123456789") : 0;
    bool valid = id[0] >= '0' && id[0] <= '9' && errno == 0 && digits > 0 &&
                 stream_id[digits] == '-' &&
                 strspn(stream_id + digits + 1, "0123456789") == strlen(stream_id + digits + 1) &&
                 stream_id[digits + 1] != '\0' && strlen(stream_id) < STREAM_ID_BYTES;
    if (!valid)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "\"%.60s\" is not the id of a dead letter; expected partition:ms-seq, "
                            "as dead list prints it",
                            id);
    if (partition >= view->partition_count)
        return tt_fault_set(fault, TT_ERR_NOT_FOUND, "%.60s: the queue has partitions 0 to %u", id,
                            view->partition_count - 1);
    *ret_partition = (unsigned)partition;
    *ret_stream_id = stream_id;
    return TT_OK;
}

static enum tt_err no_letter(const char *id, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NOT_FOUND, "%.60s: no such dead letter", id);
}

static void read_letter(unsigned partition, const redisReply *entry, struct tt_dead_letter *letter)
{
    *letter = (struct tt_dead_letter){.partition = partition};
    snprintf(letter->id, sizeof letter->id, "%u:%s", partition, entry->element[0]->str);
    const redisReply *fields = entry->element[1];
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2) {
        struct tt_str name = tt_redis_reply_text(fields->element[i]);
        struct tt_str value = tt_redis_reply_text(fields->element[i + 1]);
        if (tt_str_equal(name, TT_STR("entry_id")))
            letter->entry_id = value;
        else if (tt_str_equal(name, TT_STR("reason")))
            letter->reason = value;
        else if (tt_str_equal(name, TT_STR("error")))
            letter->error = value;
        else if (tt_str_equal(name, TT_STR("tries")))
            letter->tries = value.ptr == NULL ? 0 : strtoll(value.ptr, NULL, 10);
        else if (tt_str_equal(name, TT_STR("parked")))
            letter->parks = true;
        else if (tt_str_equal(name, TT_STR("e")) && value.len > 0)
            letter->payload = value;
    }
    letter->written_ms = letter->entry_id.ptr == NULL ? 0 : strtoll(letter->entry_id.ptr, NULL, 10);
}

/* Letters of a partition from an id on; *ret_last is the last one's, for the next page. */
static enum tt_err tell_page(struct tt_redis_view *view, unsigned partition, const char *from,
                             const char *to, size_t max,
                             enum tt_err (*tell)(void *, const struct tt_dead_letter *),
                             void *context, size_t *ret_told, char last[static STREAM_ID_BYTES + 1],
                             struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_key(key, view->prefix, partition, "dead");
    tt_redis_word(&command, "XRANGE");
    tt_redis_word(&command, key);
    tt_redis_word(&command, from);
    tt_redis_word(&command, to);
    tt_redis_word(&command, "COUNT");
    tt_redis_number(&command, (int64_t)max);
    enum tt_err err = tt_redis_call(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    *ret_told = 0;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements && err == TT_OK;
         i++) {
        struct tt_dead_letter letter;
        read_letter(partition, reply->element[i], &letter);
        snprintf(last, STREAM_ID_BYTES + 1, "(%.46s", reply->element[i]->element[0]->str);
        err = tell(context, &letter);
        ++*ret_told;
    }
    freeReplyObject(reply);
    return err;
}

enum tt_err tt_redis_view_letters(struct tt_redis_view *view, size_t max,
                                  enum tt_err (*letter)(void *, const struct tt_dead_letter *),
                                  void *context, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (unsigned p = 0; p < view->partition_count && max > 0 && err == TT_OK; p++) {
        char from[STREAM_ID_BYTES + 1] = "-";
        size_t told = PAGE;
        while (told == PAGE && max > 0 && err == TT_OK) {
            err = tell_page(view, p, from, "+", max < PAGE ? max : PAGE, letter, context, &told,
                            from, fault);
            max -= err == TT_OK ? told : 0;
        }
    }
    return err;
}

enum tt_err tt_redis_view_letter(struct tt_redis_view *view, const char *id,
                                 enum tt_err (*letter)(void *, const struct tt_dead_letter *),
                                 void *context, struct tt_fault *fault)
{
    unsigned partition = 0;
    const char *stream_id = NULL;
    char last[STREAM_ID_BYTES + 1];
    size_t told = 0;
    enum tt_err err = parse_id(view, id, &partition, &stream_id, fault);
    if (err == TT_OK)
        err = tell_page(view, partition, stream_id, stream_id, 1, letter, context, &told, last,
                        fault);
    return err == TT_OK && told == 0 ? no_letter(id, fault) : err;
}

/* how: "requeue" or "drop". */
static enum tt_err unbury(struct tt_redis_view *view, const char *id, const char *how,
                          struct tt_fault *fault)
{
    unsigned partition = 0;
    const char *stream_id = NULL;
    tt_redis_turn_keys keys;
    redisReply *reply = NULL;
    enum tt_err err = parse_id(view, id, &partition, &stream_id, fault);
    if (err != TT_OK)
        return err;
    struct tt_redis_command command = {0};
    tt_redis_turn_keys_make(keys, view->prefix, partition);
    tt_redis_script(&command, &view->redis, TT_VIEW_UNBURY, TT_TURN_KEYS);
    for (int i = 0; i < TT_TURN_KEYS; i++)
        tt_redis_word(&command, keys[i]);
    tt_redis_word(&command, TT_REDIS_GROUP);
    tt_redis_word(&command, ""); /* holds nothing */
    tt_redis_word(&command, stream_id);
    tt_redis_word(&command, how);
    err = tt_redis_call_script(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    long long done = reply->integer;
    freeReplyObject(reply);
    if (done == 1)
        return TT_OK;
    return done == 0 ? no_letter(id, fault)
                     : tt_fault_set(fault, TT_ERR_REJECT,
                                    "%.60s: the entry had no field \"e\", there is nothing to put "
                                    "on the queue; drop it",
                                    id);
}

enum tt_err tt_redis_view_requeue(struct tt_redis_view *view, const char *id,
                                  struct tt_fault *fault)
{
    return unbury(view, id, "requeue", fault);
}

enum tt_err tt_redis_view_drop(struct tt_redis_view *view, const char *id, struct tt_fault *fault)
{
    return unbury(view, id, "drop", fault);
}
