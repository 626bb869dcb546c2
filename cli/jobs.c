/* Happy path: idle -> a job is taken -> a thread answers it from the store, while the worker goes
 * on looking for events and renews the job's lease -> the answer is sent -> the next.
 *
 * Failure modes: Redis is away: tried again after a while; the job's lease ends and another takes
 * it. The store is away: given back, up to so many tries, then the error is the answer. Asked to
 * stop: the thread is told, and the job is given back. We die: the lease ends. Whoever makes it
 * dies: after so many tries nobody makes it any more, and that is the answer. */
#include "cli/jobs.h"

#include "adapters/redis/jobs.h"
#include "adapters/system/memory.h"
#include "cli/job_run.h"
#include "core/base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    TRY_AGAIN_US = 5 * 1000 * 1000,
    LOOK_EVERY_US = 50 * 1000,
    TRIES_MAX = 5,   /* that end with an error; */
    BEGUN_MAX = 10,  /* however they ended, also with the worker */
    MEMORY_PART = 8, /* of what there is: there may be other workers here */
};

struct tt_jobs {
    struct tt_redis_jobs *redis;
    struct tt_jobs_options options;
    int64_t lease_us;
    int64_t look_due_us; /* not before: Redis was away, or has just been asked */
    int64_t beat_due_us; /* to say that we are there, or that the job is still in hand */
    struct tt_job_place place;
    /* The job in hand. */
    bool running;
    volatile int stop; /* tells the thread */
    atomic_bool finished;
    pthread_t thread;
    struct tt_redis_job job;
    struct tt_buf answer;
    enum tt_err err;
    struct tt_fault fault;
};

static int64_t now_us(const struct tt_jobs *jobs)
{
    return jobs->options.clock->mono(jobs->options.clock->context).us;
}

static void redis_failed(struct tt_jobs *jobs, const struct tt_fault *fault)
{
    tt_log_fault(TT_LOG_DEBUG, "jobs", fault);
    jobs->look_due_us = now_us(jobs) + TRY_AGAIN_US;
}

static void *work(void *context)
{
    struct tt_jobs *jobs = context;
    jobs->err = tt_job_run(&jobs->place, tt_buf_str(&jobs->job.body), jobs->job.part, &jobs->answer,
                           &jobs->fault);
    atomic_store(&jobs->finished, true);
    return NULL;
}

static void begin(struct tt_jobs *jobs)
{
    tt_fault_clear(&jobs->fault);
    tt_buf_clear(&jobs->answer);
    jobs->stop = 0;
    atomic_store(&jobs->finished, false);
    sigset_t all, before; /* signals are the worker's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    jobs->running = pthread_create(&jobs->thread, NULL, work, jobs) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (jobs->running)
        tt_log(TT_LOG_INFO, "job_taken",
               "%s: asked by report --fleet or replay --remote: makes part %u, try %lld",
               jobs->options.worker, jobs->job.part + 1, (long long)jobs->job.tries);
    else
        tt_buf_done(&jobs->job.body); /* its lease ends, and it is tried again */
}

static void end(struct tt_jobs *jobs)
{
    struct tt_fault fault = {0};
    pthread_join(jobs->thread, NULL);
    jobs->running = false;
    bool again = jobs->err == TT_ERR_STOPPED ||
                 (tt_err_class(jobs->err) == TT_CLASS_RETRY && jobs->job.tries < TRIES_MAX);
    enum tt_err err = again
                          ? tt_redis_jobs_give_back(jobs->redis, &jobs->job, &fault)
                          : tt_redis_jobs_answer(jobs->redis, &jobs->job, tt_buf_str(&jobs->answer),
                                                 jobs->err == TT_OK ? NULL : &jobs->fault, &fault);
    if (err != TT_OK || again) /* not at once again: the store is away, or Redis */
        redis_failed(jobs, err != TT_OK ? &fault : &jobs->fault);
    else
        tt_log(TT_LOG_INFO, "job_done", "%s: part %u is answered: %zu bytes%s%s",
               jobs->options.worker, jobs->job.part + 1, jobs->answer.len,
               jobs->err == TT_OK ? "" : ": ", jobs->fault.text);
    tt_buf_done(&jobs->job.body);
    tt_buf_done(&jobs->answer);
}

static void keep(struct tt_jobs *jobs)
{
    struct tt_fault fault = {0};
    bool taken;
    enum tt_err err = tt_redis_jobs_renew(jobs->redis, &jobs->job, &fault);
    if (err == TT_OK)
        err = tt_redis_jobs_poll(jobs->redis, false, NULL, &taken, &fault);
    if (err != TT_OK)
        redis_failed(jobs, &fault);
}

/* It may be what ends workers: no more of them. */
static void refuse(struct tt_jobs *jobs)
{
    struct tt_fault fault = {0}, why = {0};
    tt_fault_set(&why, TT_ERR_UNAVAILABLE,
                 "part %u was begun %lld times and never ended: see the workers' logs",
                 jobs->job.part + 1, (long long)jobs->job.tries - 1);
    enum tt_err err = tt_redis_jobs_answer(jobs->redis, &jobs->job, TT_STR_NONE, &why, &fault);
    if (err != TT_OK)
        redis_failed(jobs, &fault);
    tt_log_fault(TT_LOG_WARNING, "jobs", &why);
    tt_buf_done(&jobs->job.body);
}

static void look(struct tt_jobs *jobs, bool idle)
{
    struct tt_fault fault = {0};
    bool taken = false;
    enum tt_err err = tt_redis_jobs_poll(jobs->redis, idle, &jobs->job, &taken, &fault);
    if (err != TT_OK)
        redis_failed(jobs, &fault);
    else if (taken && jobs->job.tries > BEGUN_MAX)
        refuse(jobs);
    else if (taken)
        begin(jobs);
    else
        jobs->look_due_us = now_us(jobs) + LOOK_EVERY_US;
}

/* Soon again while a job is in hand: its end is found by looking. */
static bool tend(void *context, bool idle)
{
    struct tt_jobs *jobs = context;
    if (jobs->running && atomic_load(&jobs->finished))
        end(jobs);
    int64_t now = now_us(jobs);
    bool beat = now >= jobs->beat_due_us;
    if (now < jobs->look_due_us || (!beat && (jobs->running || !idle)))
        return jobs->running;
    if (beat)
        jobs->beat_due_us = now + jobs->lease_us / 3;
    if (jobs->running)
        keep(jobs);
    else
        look(jobs, idle && *jobs->options.stop == 0);
    return jobs->running;
}

struct tt_beside tt_jobs_beside(struct tt_jobs *jobs)
{
    return (struct tt_beside){jobs, tend};
}

enum tt_err tt_jobs_create(const struct tt_jobs_options *options, struct tt_jobs **ret_jobs,
                           struct tt_fault *fault)
{
    const struct tt_settings *settings = options->settings;
    struct tt_jobs *jobs = tt_mem_zalloc(sizeof *jobs);
    if (jobs == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    const char *temp_dir = getenv("TMPDIR");
    jobs->options = *options;
    jobs->lease_us = tt_setting_us(settings, TT_OPT_LEASE);
    jobs->place = (struct tt_job_place){
        .store = tt_setting_text(settings, TT_OPT_STORE),
        .memory_bytes = tt_memory_bytes() / MEMORY_PART,
        .temp_dir = temp_dir == NULL || temp_dir[0] == '\0' ? "/tmp" : temp_dir,
        .stop = &jobs->stop,
    };
    tt_buf_init(&jobs->answer, TT_JOB_ANSWER_BYTES_MAX);
    const struct tt_redis_jobs_options redis = {
        .url = tt_setting_text(settings, TT_OPT_REDIS),
        .password = options->password,
        .prefix = tt_setting_text(settings, TT_OPT_PREFIX),
        .worker = options->worker,
        .lease_ms = jobs->lease_us / 1000,
        .random = options->random,
    };
    enum tt_err err = tt_redis_jobs_create(&redis, &jobs->redis, fault);
    if (err == TT_OK)
        *ret_jobs = jobs;
    else
        tt_mem_free(jobs);
    return err;
}

void tt_jobs_destroy(struct tt_jobs *jobs)
{
    if (jobs == NULL)
        return;
    jobs->stop = 1;
    if (jobs->running)
        end(jobs);
    tt_redis_jobs_leave(jobs->redis);
    tt_redis_jobs_destroy(jobs->redis);
    tt_buf_done(&jobs->answer);
    tt_mem_free(jobs);
}
