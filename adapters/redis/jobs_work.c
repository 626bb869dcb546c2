/* A worker's side of jobs. */
#include "adapters/redis/jobs_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Taking */

static void take_field(struct tt_redis_job *job, struct tt_str name, struct tt_str value,
                       bool *ret_known)
{
    if (tt_str_equal(name, TT_STR("id")) && value.len < sizeof job->id)
        snprintf(job->id, sizeof job->id, "%.*s", TT_STR_ARGS(value));
    else if (tt_str_equal(name, TT_STR("part")) && value.ptr != NULL)
        job->part = (unsigned)strtoul(value.ptr, NULL, 10);
    else if (tt_str_equal(name, TT_STR("v")))
        *ret_known = tt_str_equal(value, TT_STR(TT_JOB_VERSION));
}

/* {entry id, deliveries, fields}; false for what we do not understand. */
static bool read_entry(const redisReply *reply, struct tt_redis_job *job)
{
    bool known = false;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        reply->element[2]->type != REDIS_REPLY_ARRAY)
        return false;
    const redisReply *fields = reply->element[2];
    snprintf(job->entry, sizeof job->entry, "%.*s",
             TT_STR_ARGS(tt_redis_reply_text(reply->element[0])));
    job->tries = reply->element[1]->integer;
    for (size_t i = 0; i + 1 < fields->elements; i += 2)
        take_field(job, tt_redis_reply_text(fields->element[i]),
                   tt_redis_reply_text(fields->element[i + 1]), &known);
    return known && job->id[0] != '\0' && job->entry[0] != '\0';
}

/* The body, or nothing where nobody waits any more. */
static enum tt_err read_body(struct tt_redis_jobs *jobs, struct tt_redis_job *job,
                             struct tt_fault *fault)
{
    char key[TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_job_key(key, jobs, "asked", job->id, UINT_MAX);
    tt_redis_word(&command, "GET");
    tt_redis_word(&command, key);
    enum tt_err err = tt_redis_call(&jobs->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    tt_buf_add_str(&job->body, tt_redis_reply_text(reply));
    freeReplyObject(reply);
    return job->body.err == TT_OK ? TT_OK : tt_fault_set(fault, job->body.err, "out of memory");
}

static enum tt_err throw_away(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                              struct tt_fault *fault)
{
    static const char *const verbs[] = {"XACK", "XDEL"};
    char key[TT_JOB_KEY_BYTES];
    enum tt_err err = TT_OK;
    tt_job_key(key, jobs, "requests", NULL, UINT_MAX);
    for (int i = 0; i < 2 && err == TT_OK; i++) {
        struct tt_redis_command command = {0};
        tt_redis_word(&command, verbs[i]);
        tt_redis_word(&command, key);
        if (i == 0)
            tt_redis_word(&command, TT_JOB_GROUP);
        tt_redis_word(&command, job->entry);
        err = tt_redis_call(&jobs->redis, &command, NULL, fault);
    }
    return err;
}

enum tt_err tt_redis_jobs_poll(struct tt_redis_jobs *jobs, bool take, struct tt_redis_job *ret_job,
                               bool *ret_taken, struct tt_fault *fault)
{
    char requests[TT_JOB_KEY_BYTES], workers[TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    *ret_taken = false;
    enum tt_err err = tt_jobs_connect(jobs, fault);
    if (err != TT_OK)
        return err;
    tt_job_key(requests, jobs, "requests", NULL, UINT_MAX);
    tt_job_key(workers, jobs, "workers", NULL, UINT_MAX);
    tt_redis_script(&command, &jobs->redis, TT_JOB_POLL, 2);
    tt_redis_word(&command, requests);
    tt_redis_word(&command, workers);
    tt_redis_word(&command, TT_JOB_GROUP);
    tt_redis_word(&command, jobs->worker);
    tt_redis_number(&command, jobs->lease_ms * TT_JOB_LIVES_PER_LEASE);
    tt_redis_number(&command, jobs->lease_ms);
    tt_redis_word(&command, take ? "1" : "0");
    err = tt_redis_call_script(&jobs->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    struct tt_redis_job job = {0};
    bool is_one = reply->type == REDIS_REPLY_ARRAY, understood = is_one && read_entry(reply, &job);
    freeReplyObject(reply);
    if (!understood) /* of another version, perhaps: others may understand it */
        return TT_OK;
    tt_buf_init(&job.body, TT_JOB_BODY_BYTES_MAX);
    err = read_body(jobs, &job, fault);
    if (err == TT_OK && job.body.len == 0)
        err = throw_away(jobs, &job, fault);
    *ret_taken = err == TT_OK && job.body.len > 0;
    if (*ret_taken)
        *ret_job = job;
    else
        tt_buf_done(&job.body);
    return err;
}

/* ---- Keeping, and giving back */

/* Idle for so long from now on, as far as others see. */
static enum tt_err claim_again(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                               int64_t idle_ms, struct tt_fault *fault)
{
    char requests[TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    enum tt_err err = tt_jobs_connect(jobs, fault);
    if (err != TT_OK)
        return err;
    tt_job_key(requests, jobs, "requests", NULL, UINT_MAX);
    tt_redis_word(&command, "XCLAIM");
    tt_redis_word(&command, requests);
    tt_redis_word(&command, TT_JOB_GROUP);
    tt_redis_word(&command, jobs->worker);
    tt_redis_word(&command, "0");
    tt_redis_word(&command, job->entry);
    tt_redis_word(&command, "IDLE");
    tt_redis_number(&command, idle_ms);
    tt_redis_word(&command, "JUSTID");
    return tt_redis_call(&jobs->redis, &command, NULL, fault);
}

enum tt_err tt_redis_jobs_renew(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                struct tt_fault *fault)
{
    return claim_again(jobs, job, 0, fault);
}

enum tt_err tt_redis_jobs_give_back(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                    struct tt_fault *fault)
{
    return claim_again(jobs, job, INT64_C(24) * 3600 * 1000, fault);
}

void tt_redis_jobs_leave(struct tt_redis_jobs *jobs)
{
    char workers[TT_JOB_KEY_BYTES];
    struct tt_redis_command command = {0};
    struct tt_fault ignored = {0};
    if (jobs == NULL || !tt_redis_is_connected(&jobs->redis))
        return;
    tt_job_key(workers, jobs, "workers", NULL, UINT_MAX);
    tt_redis_word(&command, "ZREM");
    tt_redis_word(&command, workers);
    tt_redis_word(&command, jobs->worker);
    if (tt_redis_call(&jobs->redis, &command, NULL, &ignored) != TT_OK)
        tt_fault_clear(&ignored); /* out of courtesy: it ends by itself */
}

/* ---- Answering */

static enum tt_err push(struct tt_redis_jobs *jobs, const char *key, struct tt_str piece,
                        struct tt_fault *fault)
{
    struct tt_redis_command add = {0}, live = {0};
    tt_redis_word(&add, "RPUSH");
    tt_redis_word(&add, key);
    tt_redis_text(&add, piece);
    enum tt_err err = tt_redis_call(&jobs->redis, &add, NULL, fault);
    tt_redis_word(&live, "PEXPIRE");
    tt_redis_word(&live, key);
    tt_redis_number(&live, TT_JOB_GRACE_MS);
    return err == TT_OK ? tt_redis_call(&jobs->redis, &live, NULL, fault) : err;
}

static enum tt_err push_all(struct tt_redis_jobs *jobs, const char *key, struct tt_str bytes,
                            const struct tt_fault *refused, struct tt_fault *fault)
{
    char head[TT_FAULT_TEXT_BYTES + 64] = "ok";
    if (refused != NULL)
        snprintf(head, sizeof head, "error %s %s", tt_err_name(refused->code), refused->text);
    enum tt_err err = push(jobs, key, tt_str_from(head), fault);
    for (size_t at = 0; refused == NULL && at < bytes.len && err == TT_OK;
         at += TT_JOB_PIECE_BYTES) {
        size_t left = bytes.len - at;
        err = push(
            jobs, key,
            (struct tt_str){bytes.ptr + at, left < TT_JOB_PIECE_BYTES ? left : TT_JOB_PIECE_BYTES},
            fault);
    }
    return err;
}

enum tt_err tt_redis_jobs_answer(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                 struct tt_str bytes, const struct tt_fault *refused,
                                 struct tt_fault *fault)
{
    enum { REQUESTS, PIECES, ANSWER, ANSWERED, ASKED, KEYS };
    char keys[KEYS][TT_JOB_KEY_BYTES], own[TT_JOB_ID_BYTES];
    struct tt_redis_command command = {0};
    enum tt_err err = tt_jobs_connect(jobs, fault);
    if (err != TT_OK)
        return err;
    snprintf(own, sizeof own, "%016" PRIx64 "%016" PRIx64,
             jobs->random->next(jobs->random->context), jobs->random->next(jobs->random->context));
    tt_job_key(keys[REQUESTS], jobs, "requests", NULL, UINT_MAX);
    tt_job_key(keys[PIECES], jobs, "pieces", own, UINT_MAX);
    tt_job_key(keys[ANSWER], jobs, "answer", job->id, job->part);
    tt_job_key(keys[ANSWERED], jobs, "answered", job->id, UINT_MAX);
    tt_job_key(keys[ASKED], jobs, "asked", job->id, UINT_MAX);
    err = push_all(jobs, keys[PIECES], bytes, refused, fault);
    if (err != TT_OK)
        return err;
    tt_redis_script(&command, &jobs->redis, TT_JOB_ANSWER, KEYS);
    for (int i = 0; i < KEYS; i++)
        tt_redis_word(&command, keys[i]);
    tt_redis_word(&command, TT_JOB_GROUP);
    tt_redis_word(&command, job->entry);
    tt_redis_number(&command, job->part);
    tt_redis_number(&command, TT_JOB_GRACE_MS * 10);
    return tt_redis_call_script(&jobs->redis, &command, NULL, fault);
}
