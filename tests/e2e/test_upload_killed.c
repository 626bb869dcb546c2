/* A real store uploaded to the stand-in for BigQuery by the real program, which is killed at random
 * points while all goes wrong on the way, by load jobs and by the Storage Write API: every row is
 * there once, with every microsecond and every digit.
 *
 * TT_UPLOAD_ROWS=200000 for the long form, TT_SEED for another course of things. */
#include "tests/lib/process.h"
#include "tests/lib/standin.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/uploaded.h"

#include "core/base/json.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { EVENTS_DEFAULT = 10000, BATCHES = 7 };

static struct tt_standin standin;
static struct tt_uploaded uploaded;
static const char *way; /* --via */

/* Of each id but for its generation, one job at most has loaded anything. */
static void compare_jobs(void)
{
    struct tt_json *state = NULL;
    const struct tt_json *job;
    struct tt_str key;
    void *iter = NULL;
    static char ids[2000][200];
    size_t count = 0;
    ck_assert_int_eq(tt_json_parse(tt_standin_get(&standin, "state"), 32, &state, NULL), TT_OK);
    while (tt_json_next(tt_json_get(state, "jobs"), &iter, &key, &job)) {
        if (tt_json_bool(tt_json_get(job, "failed")))
            continue;
        ck_assert_uint_lt(count, 2000);
        snprintf(ids[count], sizeof ids[count], "%.*s", TT_STR_ARGS(key));
        char *generation = strstr(ids[count], "_g");
        ck_assert_ptr_nonnull(generation);
        *generation = '\0';
        for (size_t i = 0; i < count; i++)
            ck_assert_msg(strcmp(ids[i], ids[count]) != 0, "two jobs loaded %s", ids[i]);
        count++;
    }
    ck_assert_uint_gt(count, 0);
    tt_json_free(state);
}

static struct tt_run upload(const char *how)
{
    return TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--via", way, "--location", "EU",
                        "--store", uploaded.url, "--min-interval", "0s", how);
}

static void upload_ok(const char *how)
{
    struct tt_run run = upload(how);
    ck_assert_msg(run.status == 0, "%s: %d: %s%s", how, run.status, run.out, run.err);
    tt_run_done(&run);
}

static long long requests(void)
{
    struct tt_str all = tt_standin_get(&standin, "requests");
    long long count = 0;
    for (size_t i = 0; i + 11 < all.len; i++)
        count += memcmp(all.ptr + i, "\"operation\"", 11) == 0;
    return count;
}

/* An uploader, killed once it has made so many requests, or when it waits for something. True: it
 * ended by itself, with all done. */
static bool upload_until(long long more, int patience)
{
    char batch_rows[20];
    snprintf(batch_rows, sizeof batch_rows, "%d", uploaded.events / BATCHES + 1);
    const char *words[] = {
        "upload",         "--to", "bigquery:p.d", "--via",    way,      "--store", uploaded.url,
        "--min-interval", "0s",   "--batch-rows", batch_rows, "--once", NULL};
    long long target = requests() + more, before = -1;
    int idle = 0, status = 0;
    /* As time would: the lease of the one that died ends, and nothing waits any longer. */
    tt_test_sql(uploaded.path, "UPDATE upload_destination SET lease_until = 0;"
                               "UPDATE upload_batch SET next_try = 0");
    pid_t pid = tt_start_tasktrail(tt_tmpfile("upload.log"), NULL, words);
    for (;;) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        long long now = requests();
        idle = now == before ? idle + 1 : 0;
        before = now;
        if (now >= target || idle > patience)
            break;
        tt_pause();
    }
    tt_finish(pid, SIGKILL);
    return false;
}

static void kill_it_anywhere(const char *faults)
{
    const char *rows = getenv("TT_UPLOAD_ROWS");
    uint64_t state = tt_test_seed((uint64_t)getpid()) * 2654435761u + 1;
    tt_standin_start(&standin);
    setenv("BIGQUERY_EMULATOR_HOST", standin.url, 1);
    setenv("BIGQUERY_STORAGE_EMULATOR_HOST", standin.grpc_url, 1);
    tt_uploaded_make(&uploaded, rows != NULL ? (int)strtol(rows, NULL, 10) : EVENTS_DEFAULT);
    upload_ok("--init");
    tt_standin_set(&standin, "faults", "{\"seed\":%llu,\"rate\":0.4,\"kinds\":[%s]}",
                   (unsigned long long)(state >> 32), faults);
    bool ended = false;
    int kills = 0;
    for (; !ended && kills < 15; kills++)
        ended = upload_until(1 + (long long)(tt_test_next(&state) % 6), 20 + 2 * kills);
    tt_standin_set(&standin, "faults", "{}");
    for (int i = 0; !ended; i++) {
        ck_assert_int_lt(i, 20);
        ended = upload_until(1000000, 1000);
    }
    printf("%d times killed\n", kills);
    ck_assert_int_gt(kills, 3);
    tt_uploaded_compare(&uploaded, &standin);
    upload_ok("--verify");
}

TT_TEST(load_jobs_have_rows_there_once_though_the_uploader_is_killed_anywhere)
{
    way = "load";
    kill_it_anywhere("\"lostBefore\",\"lostAfter\",\"cut\",\"truncated\",\"html\",\"htmlAfter\","
                     "\"twice\",\"rateLimit\",\"tooMany\",\"unavailable\",\"unavailableAfter\","
                     "\"internal\",\"jobFails\",\"slow\",\"delay\",\"fewer\",\"gone\"");
    compare_jobs();
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(the_write_api_has_rows_there_once_though_the_uploader_is_killed_anywhere)
{
    way = "write";
    kill_it_anywhere("\"lostBefore\",\"lostAfter\",\"cut\",\"html\",\"htmlAfter\",\"twice\","
                     "\"tooMany\",\"unavailable\",\"unavailableAfter\",\"internal\",\"aborted\","
                     "\"noStatus\",\"delay\"");
    ck_assert_int_ge(tt_standin_number(&standin, "counters/commits"), BATCHES);
    tt_standin_stop(&standin);
}
TT_END

TT_SUITE_LIMIT("e2e/upload_killed", 600,
               load_jobs_have_rows_there_once_though_the_uploader_is_killed_anywhere,
               the_write_api_has_rows_there_once_though_the_uploader_is_killed_anywhere)
