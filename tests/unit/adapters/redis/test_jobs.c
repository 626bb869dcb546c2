/* Questions to idle workers, on a real redis-server: who answers, and how often. */
#include "adapters/redis/jobs.h"
#include "adapters/system/clock.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"

#include <signal.h>
#include <stdio.h>

static struct tt_redis_server server;
static struct tt_random chance;
static struct tt_redis_jobs *asker, *a, *b;
static char id[TT_JOB_ID_BYTES];

static struct tt_redis_jobs *open_jobs(const char *worker)
{
    struct tt_redis_jobs *jobs = NULL;
    const struct tt_redis_jobs_options options = {
        .url = server.url, .prefix = "t", .worker = worker, .lease_ms = 1, .random = &chance};
    ck_assert_int_eq(tt_redis_jobs_create(&options, &jobs, NULL), TT_OK);
    return jobs;
}

static void set_up(unsigned parts)
{
    struct tt_fault fault = {0};
    tt_redis_server_start(&server, "jobs");
    chance = tt_system_random();
    asker = open_jobs(NULL);
    a = open_jobs("a");
    b = open_jobs("b");
    ck_assert_msg(tt_redis_jobs_ask(asker, TT_STR("what?"), parts, 60000, id, &fault) == TT_OK,
                  "%s", fault.text);
}

static void tear_down(void)
{
    tt_redis_jobs_destroy(asker);
    tt_redis_jobs_destroy(a);
    tt_redis_jobs_destroy(b);
    tt_redis_server_stop(&server, SIGTERM);
}

/* A lease lasts a millisecond of the server's clock: there may be another try. */
static struct tt_redis_job take(struct tt_redis_jobs *jobs)
{
    struct tt_redis_job job = {.part = 99};
    struct tt_fault fault = {0};
    bool taken = false;
    for (int tries = 0; !taken && tries < 10000; tries++)
        ck_assert_msg(tt_redis_jobs_poll(jobs, true, &job, &taken, &fault) == TT_OK, "%s",
                      fault.text);
    ck_assert(taken);
    return job;
}

static void answer(struct tt_redis_jobs *jobs, struct tt_redis_job *job, const char *text)
{
    struct tt_fault fault = {0};
    enum tt_err err = tt_redis_jobs_answer(jobs, job, tt_str_from(text), NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    tt_buf_done(&job->body);
}

/* The next answer, or "none". */
static const char *next(unsigned *ret_part)
{
    static char text[100];
    struct tt_fault fault = {0};
    struct tt_buf bytes;
    bool has = false;
    tt_buf_init(&bytes, sizeof text);
    ck_assert_msg(tt_redis_jobs_next(asker, id, ret_part, &bytes, &has, &fault) == TT_OK, "%s",
                  fault.text);
    snprintf(text, sizeof text, "%.*s", (int)bytes.len, bytes.data == NULL ? "" : bytes.data);
    tt_buf_done(&bytes);
    return has ? text : "none";
}

TT_TEST(of_two_workers_that_make_one_part_the_first_has_answered)
{
    unsigned part = 99;
    set_up(1);
    struct tt_redis_job of_a = take(a), of_b = take(b); /* the lease of a has ended */
    ck_assert_str_eq(of_a.entry, of_b.entry);
    ck_assert_int_eq(of_b.tries, 2);
    answer(b, &of_b, "of b");
    answer(a, &of_a, "of a");
    ck_assert_str_eq(next(&part), "of b");
    ck_assert_uint_eq(part, 0);
    ck_assert_str_eq(next(&part), "none");
    tear_down();
}
TT_END

/* An answer is kept for some minutes, and another part may take longer than that. */
TT_TEST(a_part_is_answered_once_though_the_answer_has_ended_by_itself)
{
    unsigned part = 99;
    set_up(1);
    struct tt_redis_job of_a = take(a), of_b = take(b);
    answer(b, &of_b, "of b");
    ck_assert_str_eq(next(&part), "of b");
    ck_assert_int_eq(tt_redis_ask(&server, "DEL {t:jobs}:answer:%s:0", id), 1);
    answer(a, &of_a, "of a");
    ck_assert_str_eq(next(&part), "none");
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:jobs}:requests"), 0);
    tear_down();
}
TT_END

TT_TEST(what_nobody_waits_for_any_more_is_not_kept)
{
    unsigned part = 99;
    set_up(2);
    struct tt_redis_job job = take(a);
    tt_redis_jobs_forget(asker, id, 2);
    answer(a, &job, "too late");
    ck_assert_str_eq(next(&part), "none");
    ck_assert_int_eq(
        tt_redis_ask(&server, "EXISTS {t:jobs}:answer:%s:0 {t:jobs}:answered:%s", id, id), 0);
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/jobs", of_two_workers_that_make_one_part_the_first_has_answered,
         a_part_is_answered_once_though_the_answer_has_ended_by_itself,
         what_nobody_waits_for_any_more_is_not_kept)
