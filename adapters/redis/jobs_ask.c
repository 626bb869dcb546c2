/* The side of jobs that asks. */
#include "adapters/redis/jobs_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORGET_KEYS_MAX = 128 };

enum tt_err tt_redis_jobs_alive(struct tt_redis_jobs *jobs, unsigned *ret_alive,
                                struct tt_fault *fault)
{
    char workers[TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    enum tt_err err = tt_jobs_connect(jobs, fault);
    if (err != TT_OK)
        return err;
    tt_job_key(workers, jobs, "workers", NULL, UINT_MAX);
    tt_redis_script(&command, &jobs->redis, TT_JOB_ALIVE, 1);
    tt_redis_word(&command, workers);
    err = tt_redis_call_script(&jobs->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    *ret_alive = (unsigned)reply->integer;
    freeReplyObject(reply);
    return TT_OK;
}

enum tt_err tt_redis_jobs_ask(struct tt_redis_jobs *jobs, struct tt_str body, unsigned parts,
                              int64_t timeout_ms, char ret_id[static TT_JOB_ID_BYTES],
                              struct tt_fault *fault)
{
    char requests[TT_JOB_KEY_BYTES], asked[TT_JOB_KEY_BYTES], id[TT_JOB_ID_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    if (body.len > TT_JOB_BODY_BYTES_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "what is asked is larger than %d bytes",
                            TT_JOB_BODY_BYTES_MAX);
    enum tt_err err = tt_jobs_connect(jobs, fault);
    if (err != TT_OK)
        return err;
    snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, jobs->random->next(jobs->random->context),
             jobs->random->next(jobs->random->context));
    tt_job_key(requests, jobs, "requests", NULL, UINT_MAX);
    tt_job_key(asked, jobs, "asked", id, UINT_MAX);
    tt_redis_script(&command, &jobs->redis, TT_JOB_ASK, 2);
    tt_redis_word(&command, requests);
    tt_redis_word(&command, asked);
    tt_redis_word(&command, TT_JOB_VERSION);
    tt_redis_word(&command, id);
    tt_redis_number(&command, parts);
    tt_redis_number(&command, timeout_ms);
    tt_redis_number(&command, timeout_ms + TT_JOB_GRACE_MS);
    tt_redis_text(&command, body);
    tt_redis_number(&command, TT_JOBS_WAITING_MAX);
    err = tt_redis_call_script(&jobs->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    bool taken = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);
    if (!taken)
        return tt_fault_set(fault, TT_ERR_LIMIT,
                            "redis: %d questions wait for idle workers already",
                            TT_JOBS_WAITING_MAX);
    snprintf(ret_id, TT_JOB_ID_BYTES, "%s", id);
    return TT_OK;
}

/* ---- Answers */

/* A reply of the list's command, NULL where there is nothing. */
static enum tt_err list_call(struct tt_redis_jobs *jobs, const char *verb, const char *key,
                             int64_t index, redisReply **ret_reply, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_word(&command, verb);
    tt_redis_word(&command, key);
    if (index >= 0)
        tt_redis_number(&command, index);
    enum tt_err err = tt_redis_call(&jobs->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    if (reply->type == REDIS_REPLY_STRING) {
        *ret_reply = reply;
    } else {
        *ret_reply = NULL;
        freeReplyObject(reply);
    }
    return TT_OK;
}

/* "error NAME TEXT" as the error it was. */
static enum tt_err refused(struct tt_str head, struct tt_fault *fault)
{
    char text[TT_FAULT_TEXT_BYTES + 64];
    snprintf(text, sizeof text, "%.*s", TT_STR_ARGS(head));
    char *name = strchr(text, ' '), *words = name == NULL ? NULL : strchr(name + 1, ' ');
    if (words == NULL || strncmp(text, "error ", 6) != 0)
        return tt_fault_set(fault, TT_ERR_IO, "redis: an answer of unexpected shape");
    *words = '\0';
    for (int code = TT_OK + 1; code <= TT_ERR_STOPPED; code++)
        if (strcmp(tt_err_name((enum tt_err)code), name + 1) == 0)
            return tt_fault_set(fault, (enum tt_err)code, "a worker: %s", words + 1);
    return tt_fault_set(fault, TT_ERR_IO, "a worker: %s", words + 1);
}

static enum tt_err read_answer(struct tt_redis_jobs *jobs, const char *key, struct tt_buf *bytes,
                               struct tt_fault *fault)
{
    redisReply *reply = NULL;
    tt_buf_clear(bytes);
    enum tt_err err = list_call(jobs, "LINDEX", key, 0, &reply, fault);
    if (err == TT_OK && reply == NULL)
        return tt_fault_set(fault, TT_ERR_IO, "redis: an answer is gone");
    if (err == TT_OK && !tt_str_equal(tt_redis_reply_text(reply), TT_STR("ok")))
        err = refused(tt_redis_reply_text(reply), fault);
    if (reply != NULL)
        freeReplyObject(reply);
    for (int64_t i = 1; err == TT_OK; i++) {
        err = list_call(jobs, "LINDEX", key, i, &reply, fault);
        if (err != TT_OK || reply == NULL)
            break;
        tt_buf_add_str(bytes, tt_redis_reply_text(reply));
        freeReplyObject(reply);
        if (bytes->err != TT_OK)
            err = tt_fault_set(fault, bytes->err, "an answer is too large");
    }
    return err;
}

enum tt_err tt_redis_jobs_next(struct tt_redis_jobs *jobs, const char *id, unsigned *ret_part,
                               struct tt_buf *bytes, bool *ret_has, struct tt_fault *fault)
{
    char answered[TT_JOB_KEY_BYTES], answer[TT_JOB_KEY_BYTES];
    redisReply *reply = NULL;
    *ret_has = false;
    enum tt_err err = tt_jobs_connect(jobs, fault);
    tt_job_key(answered, jobs, "answered", id, UINT_MAX);
    if (err == TT_OK)
        err = list_call(jobs, "LPOP", answered, -1, &reply, fault);
    if (err != TT_OK || reply == NULL)
        return err;
    *ret_part = (unsigned)strtoul(reply->str, NULL, 10);
    freeReplyObject(reply);
    tt_job_key(answer, jobs, "answer", id, *ret_part);
    err = read_answer(jobs, answer, bytes, fault);
    *ret_has = err == TT_OK;
    return err;
}

void tt_redis_jobs_forget(struct tt_redis_jobs *jobs, const char *id, unsigned parts)
{
    enum { OWN = 3 };
    char keys[FORGET_KEYS_MAX][TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    struct tt_fault ignored = {0};
    unsigned count = parts < FORGET_KEYS_MAX - OWN ? parts : FORGET_KEYS_MAX - OWN;
    if (!tt_redis_is_connected(&jobs->redis)) /* everything ends by itself */
        return;
    tt_job_key(keys[0], jobs, "requests", NULL, UINT_MAX);
    tt_job_key(keys[1], jobs, "asked", id, UINT_MAX);
    tt_job_key(keys[2], jobs, "answered", id, UINT_MAX);
    for (unsigned i = 0; i < count; i++)
        tt_job_key(keys[OWN + i], jobs, "answer", id, i);
    tt_redis_script(&command, &jobs->redis, TT_JOB_FORGET, (int)(OWN + count));
    for (unsigned i = 0; i < OWN + count; i++)
        tt_redis_word(&command, keys[i]);
    tt_redis_word(&command, id);
    if (tt_redis_call_script(&jobs->redis, &command, NULL, &ignored) != TT_OK)
        tt_fault_clear(&ignored);
}
