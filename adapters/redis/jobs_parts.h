/* Inside of jobs: jobs.c (life and keys), jobs_work.c, jobs_ask.c. */
#ifndef TT_ADAPTERS_REDIS_JOBS_PARTS_H
#define TT_ADAPTERS_REDIS_JOBS_PARTS_H

#include "adapters/redis/conn.h"
#include "adapters/redis/jobs.h"
#include "adapters/redis/keys.h"

enum tt_job_script {
    TT_JOB_POLL,
    TT_JOB_ANSWER,
    TT_JOB_ASK,
    TT_JOB_FORGET,
    TT_JOB_ALIVE,
    TT_JOB_SCRIPT_COUNT
};

#define TT_JOB_GROUP   "workers"
#define TT_JOB_VERSION "1"
enum {
    TT_JOB_KEY_BYTES = TT_REDIS_KEY_BYTES + TT_JOB_ID_BYTES + 16,
    TT_JOB_GRACE_MS = 60 * 1000, /* how long keys outlive the question's time-out */
    TT_JOB_LIVES_PER_LEASE = 3,
};

struct tt_redis_jobs {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    const char *worker;
    int64_t lease_ms;
    const struct tt_random *random;
};

/* "{prefix:jobs}:answer:ID:3"; id NULL and part UINT_MAX leave them out. */
void tt_job_key(char key[static TT_JOB_KEY_BYTES], const struct tt_redis_jobs *jobs,
                const char *name, const char *id, unsigned part);
/* Connects where there is no connection. */
enum tt_err tt_jobs_connect(struct tt_redis_jobs *jobs, struct tt_fault *fault) TT_MUST_CHECK;

#endif
