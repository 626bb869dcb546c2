/* Jobs: questions that workers answer when they have nothing else to do. Version 1.
 *
 * Who asks puts a body (what is asked, as text), and an entry for each part of it on a stream.
 * Workers take entries when they are idle, work, and answer with bytes. One that dies is followed
 * by another when its lease has ended. All keys begin with {prefix:jobs}, so they are in one slot:
 *
 *   :requests     stream, with the group `workers`: v, id, part, until (ms, the server's clock)
 *   :workers      who takes jobs, by the end of what they said last (ms)
 *   :asked:ID     the body; goes away with the question
 *   :answer:ID:N  list of pieces: "ok", or "error NAME TEXT", then the bytes, cut into pieces
 *   :answered:ID  parts that have their answers, in the order they came
 *
 * Every key but the first two ends by itself some time after the question. Threads: one for each
 * object. Errors: those of a connection; it is made anew with the next call.
 */
#ifndef TT_ADAPTERS_REDIS_JOBS_H
#define TT_ADAPTERS_REDIS_JOBS_H

#include "core/base/buf.h"
#include "core/port/random.h"

struct tt_redis_jobs;

struct tt_redis_jobs_options {
    const char *url;
    const char *password; /* borrowed; NULL: none */
    const char *prefix;
    const char *worker;             /* its name; borrowed; NULL: it only asks */
    int64_t lease_ms;               /* how long an answer outlives a dead worker */
    const struct tt_random *random; /* for names nobody else has */
};

enum {
    TT_JOB_ID_BYTES = 40,
    TT_JOB_BODY_BYTES_MAX = 64 << 20,
    TT_JOB_ANSWER_BYTES_MAX = 1 << 30,
    TT_JOB_PIECE_BYTES = 1 << 20,
    TT_JOBS_WAITING_MAX = 4096, /* entries on the stream; then nothing more is asked */
};

/* Errors: INVALID, UNSUPPORTED, NO_MEMORY. Does not connect yet. Returns owned. */
enum tt_err tt_redis_jobs_create(const struct tt_redis_jobs_options *options,
                                 struct tt_redis_jobs **ret_jobs,
                                 struct tt_fault *fault) TT_MUST_CHECK;
void tt_redis_jobs_destroy(struct tt_redis_jobs *jobs);

/* ---- Working */

struct tt_redis_job {
    char id[TT_JOB_ID_BYTES], entry[TT_JOB_ID_BYTES];
    unsigned part;
    int64_t tries; /* deliveries, this one included */
    struct tt_buf body;
};

/* Says that this worker takes jobs; where `take`, takes one if there is one. The body is the
 * caller's to free (tt_buf_done). */
enum tt_err tt_redis_jobs_poll(struct tt_redis_jobs *jobs, bool take, struct tt_redis_job *ret_job,
                               bool *ret_taken, struct tt_fault *fault) TT_MUST_CHECK;
/* The lease of the job begins anew. */
enum tt_err tt_redis_jobs_renew(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                struct tt_fault *fault) TT_MUST_CHECK;
/* Somebody else may have it at once. */
enum tt_err tt_redis_jobs_give_back(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                    struct tt_fault *fault) TT_MUST_CHECK;
/* Answers; nothing happens where another was quicker, or nobody waits any more. refused: the answer
 * is this error, else the bytes. */
enum tt_err tt_redis_jobs_answer(struct tt_redis_jobs *jobs, const struct tt_redis_job *job,
                                 struct tt_str bytes, const struct tt_fault *refused,
                                 struct tt_fault *fault) TT_MUST_CHECK;
/* This worker takes no more jobs. */
void tt_redis_jobs_leave(struct tt_redis_jobs *jobs);

/* ---- Asking */

/* How many workers take jobs. */
enum tt_err tt_redis_jobs_alive(struct tt_redis_jobs *jobs, unsigned *ret_alive,
                                struct tt_fault *fault) TT_MUST_CHECK;
/* Asks, in so many parts. Errors also: LIMIT (the body; too much is asked already). */
enum tt_err tt_redis_jobs_ask(struct tt_redis_jobs *jobs, struct tt_str body, unsigned parts,
                              int64_t timeout_ms, char ret_id[static TT_JOB_ID_BYTES],
                              struct tt_fault *fault) TT_MUST_CHECK;
/* The next answer, if there is one: its part, and its bytes, which replace what is in the buffer.
 * Errors also: the one that was answered. */
enum tt_err tt_redis_jobs_next(struct tt_redis_jobs *jobs, const char *id, unsigned *ret_part,
                               struct tt_buf *bytes, bool *ret_has,
                               struct tt_fault *fault) TT_MUST_CHECK;
/* Takes everything of the question away. */
void tt_redis_jobs_forget(struct tt_redis_jobs *jobs, const char *id, unsigned parts);

#endif
