/* A real store uploaded to the stand-in for BigQuery by the real program: through everything that
 * goes wrong, killed anywhere, as a service account over TLS; then compared, row by row.
 *
 * TT_UPLOAD_ROWS=200000 for the long form. */
#include "tests/lib/keys.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/standin.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include "core/base/json.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { EVENTS_DEFAULT = 20000, STEPS = 5, BATCHES = 7 };

static struct tt_standin standin;
static char store[400];
static int events;

static const char *store_path(void)
{
    return store + strlen("sqlite:");
}

/* Every event has an int64 beyond what a double holds, and a microsecond of its own. */
static void write_events(const char *path)
{
    static const char *const statuses[STEPS] = {"CREATED", "QUEUED", "RUNNING", "PAUSED",
                                                "SUCCEEDED"};
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < events; i++) {
        int step = i / (events / STEPS), task = i % (events / STEPS);
        fprintf(file,
                "{\"task_id\":\"task-%d\",\"status\":\"%s\",\"event_time\":"
                "\"2026-03-01T12:%02d:%02d.%06dZ\",\"seq\":%lld,\"message\":\"\\u00e4 \\\"%d\\\"\","
                "\"attributes\":{\"n\":[%d,null]}}\n",
                task, statuses[step], step, task / 1000 % 60, i % 1000000,
                9007199254740993LL + 8LL * task + step, i, i);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* Through Redis and a worker into a store. */
static void make_store(int count)
{
    struct tt_redis_server redis;
    char input[400];
    const char *wanted = getenv("TT_UPLOAD_ROWS");
    events = count == EVENTS_DEFAULT && wanted != NULL ? (int)strtol(wanted, NULL, 10) : count;
    snprintf(input, sizeof input, "%s", tt_tmpfile("events.ndjson"));
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    write_events(input);
    tt_redis_server_start(&redis, "redis");
    struct tt_run run = TT_TASKTRAIL("emit", "-q", "--redis", redis.url, input);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("worker", "-q", "--redis", redis.url, "--store", store, "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGKILL);
}

static struct tt_run upload(const char *how)
{
    return TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url, "--location",
                        "EU", "--store", store, "--min-interval", "0s", "--batch-rows", "100000",
                        how);
}

static void upload_ok(const char *how)
{
    struct tt_run run = upload(how);
    if (strcmp(how, "--once") == 0)
        ck_assert_msg(strstr(run.err, "; cost by load: 0 USD, 0 a message (list prices of ") !=
                          NULL,
                      "%s", run.err);
    ck_assert_msg(run.status == 0, "%s: %d: %s%s", how, run.status, run.out, run.err);
    tt_run_done(&run);
}

/* ---- Comparing */

static int64_t number_of(const struct tt_json *row, const char *key)
{
    int64_t number = -1;
    const struct tt_json *value = tt_json_get(row, key);
    ck_assert_msg(value != NULL && tt_str_to_int(tt_json_text(value), &number), "%s", key);
    return number;
}

/* The uploaded rows beside the store's, in the order of apply_seq. Rows of the stand-in may come in
 * any order of batches, so each finds its place by apply_seq, which counts from 1. */
static void compare_rows(void)
{
    struct tt_str lines = tt_standin_get(&standin, "rows?table=p.d.task_status_audit");
    int64_t(*there)[3] = calloc((size_t)events + 1, sizeof *there);
    int count = 0;
    for (const char *at = lines.ptr, *end = at + lines.len; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct tt_json *row = NULL;
        int64_t us = 0;
        ck_assert_int_eq(tt_json_parse((struct tt_str){at, (size_t)(stop - at)}, 64, &row, NULL),
                         TT_OK);
        int64_t place = number_of(row, "apply_seq");
        ck_assert_int_ge(place, 1);
        ck_assert_int_le(place, events);
        ck_assert_msg(there[place][0] == 0, "apply_seq %lld is there twice", (long long)place);
        ck_assert(tt_time_parse(tt_json_text(tt_json_get(row, "event_time")), &us));
        there[place][0] = 1;
        there[place][1] = us;
        there[place][2] = number_of(row, "seq");
        tt_json_free(row);
        count++;
        at = stop + 1;
    }
    ck_assert_int_eq(count, events);
    char *text = tt_test_sql_text(
        store_path(), "SELECT apply_seq, event_time, seq FROM task_status_audit ORDER BY 1");
    char *at = text;
    for (int i = 1; i <= events; i++) {
        ck_assert_int_eq(strtoll(at, &at, 10), i);
        ck_assert_int_eq(strtoll(at + 1, &at, 10), there[i][1]);
        ck_assert_int_eq(strtoll(at + 1, &at, 10), there[i][2]);
        at++;
    }
    free(text);
    free(there);
}

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

/* ---- Tests */

TT_TEST(a_store_is_uploaded_verified_and_replayed)
{
    tt_standin_start(&standin);
    make_store(2000);
    struct tt_run run = upload("--once");
    ck_assert_int_eq(run.status, 3);
    ck_assert_msg(strstr(run.err, "upload --init makes it") != NULL, "%s", run.err);
    tt_run_done(&run);
    for (int i = 0; i < 2; i++)
        upload_ok("--init");
    for (int i = 0; i < 2; i++)
        upload_ok("--once"); /* nothing new the second time */
    compare_rows();
    compare_jobs();
    ck_assert_int_eq(tt_standin_number(&standin, "counters/loads"), 1); /* no discrepancy */
    ck_assert_int_eq(tt_standin_number(&standin, "counters/authorized"), -1);
    run = upload("--verify");
    ck_assert_int_eq(run.status, 0);
    ck_assert_msg(strstr(run.out,
                         "2000 rows in the store, 2000 in BigQuery, 2000 of them different;"
                         " 1 batches, 0 differ") != NULL,
                  "%s", run.out);
    tt_run_done(&run);
    struct tt_run stored = TT_TASKTRAIL("replay", "-q", "--store", store, "task-7");
    run =
        TT_TASKTRAIL("replay", "-q", "--from", "bigquery:p.d", "--endpoint", standin.url, "task-7");
    ck_assert_msg(run.status == stored.status, "%s", run.err);
    setenv("BIGQUERY_EMULATOR_HOST", standin.url + strlen("http://"), 1);
    tt_run_done(&run);
    run = TT_TASKTRAIL("replay", "-q", "--from", "bigquery:p.d", "task-7");
    const char *events_there = strstr(run.out, "  arrival  time  event time");
    const char *events_here = strstr(stored.out, "  arrival  time  event time");
    ck_assert_msg(events_there != NULL && events_here != NULL, "%s", run.out);
    ck_assert_str_eq(events_there, events_here);
    tt_run_done(&run);
    tt_run_done(&stored);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(verify_names_what_was_lost_doubled_or_changed)
{
    static const struct {
        const char *change, *says;
    } cases[] = {
        {"\"row\":5", "100 rows in the store, 99 in BigQuery, 99 of them different"},
        {"\"row\":7,\"double\":true",
         "100 rows in the store, 100 in BigQuery, 99 of them different"},
        {"\"row\":99", "their columns are not the same"},
    };
    tt_standin_start(&standin);
    make_store(100);
    upload_ok("--init");
    upload_ok("--once");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i == 2) { /* another row in the place of the one that was lost */
            tt_standin_set(&standin, "reset", "{}");
            upload_ok("--init");
            tt_test_sql(store_path(), "DELETE FROM upload_batch; DELETE FROM upload_plan;"
                                      "DELETE FROM upload_load; DELETE FROM upload_destination");
            upload_ok("--once");
            struct tt_str rows = tt_standin_get(&standin, "rows?table=p.d.task_status_audit");
            char line[2000];
            snprintf(line, sizeof line, "%.*s", (int)strcspn(rows.ptr, "\n"), rows.ptr);
            char *digits = strstr(line, "\"event_time\":\"") + strlen("\"event_time\":\"");
            digits[25] = digits[25] == '1' ? '2' : '1'; /* the last microsecond */
            struct tt_buf text;
            tt_buf_init(&text, 0);
            tt_json_add_text(&text, tt_str_from(line));
            tt_standin_set(&standin, "drop",
                           "{\"table\":\"p.d.task_status_audit\",\"row\":0,\"replace\":%s}",
                           text.data);
            tt_buf_done(&text);
        } else {
            tt_standin_set(&standin, "drop", "{\"table\":\"p.d.task_status_audit\",%s}",
                           cases[i].change);
        }
        struct tt_run run = upload("--verify");
        ck_assert_msg(run.status == 1, "%s%s", run.out, run.err);
        ck_assert_msg(strstr(run.out, cases[i].says) != NULL, "%s", run.out);
        ck_assert_msg(strstr(run.out, "task_status_audit plan 1 (written ") != NULL, "%s", run.out);
        tt_run_done(&run);
    }
    tt_standin_stop(&standin);
}
TT_END

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
    snprintf(batch_rows, sizeof batch_rows, "%d", events / BATCHES + 1);
    const char *words[] = {
        "upload",         "--to", "bigquery:p.d", "--endpoint", standin.url, "--store", store,
        "--min-interval", "0s",   "--batch-rows", batch_rows,   "--once",    NULL};
    long long target = requests() + more, before = -1;
    int idle = 0, status = 0;
    /* As time would: the lease of the one that died ends, and nothing waits any longer. */
    tt_test_sql(store_path(), "UPDATE upload_destination SET lease_until = 0;"
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

TT_TEST(rows_are_there_once_though_the_uploader_is_killed_anywhere)
{
    const char *wanted = getenv("TT_SEED");
    uint64_t state = wanted != NULL ? strtoull(wanted, NULL, 10) : (uint64_t)getpid();
    printf("seed %llu (TT_SEED)\n", (unsigned long long)state);
    state = state * 2654435761u + 1;
    tt_standin_start(&standin);
    make_store(EVENTS_DEFAULT);
    upload_ok("--init");
    tt_standin_set(
        &standin, "faults",
        "{\"seed\":%llu,\"rate\":0.4,\"kinds\":[\"lostBefore\",\"lostAfter\",\"cut\",\"truncated\","
        "\"html\",\"htmlAfter\",\"twice\",\"rateLimit\",\"tooMany\",\"unavailable\","
        "\"unavailableAfter\",\"internal\",\"jobFails\",\"slow\",\"delay\",\"fewer\",\"gone\"]}",
        (unsigned long long)(state >> 32));
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
    compare_rows();
    compare_jobs();
    struct tt_run run = upload("--verify");
    ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
    tt_run_done(&run);
    tt_standin_stop(&standin);
}
TT_END

static void write_account(char path[400])
{
    char key[400], public[400];
    snprintf(key, sizeof key, "%s", tt_tmpfile("account-key.pem"));
    snprintf(public, sizeof public, "%s", tt_tmpfile("account-public.pem"));
    snprintf(path, 400, "%s", tt_tmpfile("account.json"));
    tt_test_key(2048, key, public, NULL);
    char *pem = tt_read_file(key, NULL), *public_pem = tt_read_file(public, NULL);
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_buf_add_text(&text, "{\"type\":\"service_account\",\"client_email\":\"robot@p\","
                           "\"quota_project_id\":\"quota-project\",\"private_key\":");
    tt_json_add_text(&text, tt_str_from(pem));
    tt_buf_addf(&text, ",\"token_uri\":\"%s/token\"}", standin.url);
    tt_write_file(path, text.data, text.len);
    tt_buf_clear(&text);
    tt_json_add_text(&text, tt_str_from(public_pem));
    tt_standin_set(&standin, "keys", "{\"robot@p\":%s}", text.data);
    tt_buf_done(&text);
    free(pem);
    free(public_pem);
}

TT_TEST(a_service_account_uploads_over_tls_and_tells_no_secret)
{
    char key[400], certificate[400], account[400];
    snprintf(key, sizeof key, "%s", tt_tmpfile("key.pem"));
    snprintf(certificate, sizeof certificate, "%s", tt_tmpfile("certificate.pem"));
    tt_test_key(2048, key, NULL, certificate);
    tt_standin_start_tls(&standin, key, certificate);
    write_account(account);
    setenv("GOOGLE_APPLICATION_CREDENTIALS", account, 1);
    tt_standin_set(&standin, "settings", "{\"auth\":\"token\",\"userProject\":\"quota-project\"}");
    make_store(500);
    for (int i = 0; i < 3; i++) {
        struct tt_run run = TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint",
                                         standin.url, "--ca-file", certificate, "--store", store,
                                         "--min-interval", "0s", "--log-level", "debug",
                                         i == 0   ? "--init"
                                         : i == 1 ? "--once"
                                                  : "--verify");
        ck_assert_msg(run.status == 0, "%d: %s%s", i, run.out, run.err);
        ck_assert_msg(strstr(run.err, "robot@p") != NULL, "%s", run.err);
        ck_assert_msg(strstr(run.err, "others can read it") != NULL, "%s", run.err);
        ck_assert_ptr_null(strstr(run.err, "PRIVATE KEY"));
        ck_assert_ptr_null(strstr(run.err, "ya29"));
        ck_assert_ptr_null(strstr(run.err, "eyJ")); /* how an assertion begins */
        tt_run_done(&run);
        tt_standin_set(&standin, "faults",
                       "{\"script\":[{\"operation\":\"jobs.insert\",\"kind\":\"expired\"},"
                       "{\"operation\":\"datasets.get\",\"kind\":\"unauthorized\"}]}");
    }
    compare_rows();
    struct tt_run run = TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url,
                                     "--store", store, "--init");
    ck_assert_int_eq(run.status, 3); /* the certificate is not trusted */
    tt_run_done(&run);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(names_and_endpoints_that_are_wrong_are_refused)
{
    static const struct {
        const char *to, *option, *value, *says;
    } cases[] = {
        {"bigquery:p", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p.d`x", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p/q.d", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p.d", "--location", "E U", "is no location"},
        {"bigquery:p.d", "--job-project", "p?x", "is no project"},
        {"bigquery:p.d", "--endpoint", "http://example.com", "neither https nor this machine"},
        {"bigquery:p.d", "--endpoint", "http://127.0.0.1.example.com", "neither https nor"},
        {"bigquery:p.d", "--endpoint", "http://localhost:secret@example.com", "has an @"},
        {"bigquery:p.d", "--endpoint", "ftp://127.0.0.1", "expected http://HOST:PORT"},
        {"bigquery:p.d", "--ca-file", "/nowhere.pem", "cannot be read"},
    };
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_run run = TT_TASKTRAIL("upload", "--to", cases[i].to, cases[i].option,
                                         cases[i].value, "--store", store, "--once");
        ck_assert_msg(run.status == 2, "%s: %s", cases[i].to, run.err);
        ck_assert_msg(strstr(run.err, cases[i].says) != NULL, "%s", run.err);
        tt_run_done(&run);
    }
}
TT_END

TT_SUITE_LIMIT("e2e/upload_bigquery", 600, a_store_is_uploaded_verified_and_replayed,
               verify_names_what_was_lost_doubled_or_changed,
               rows_are_there_once_though_the_uploader_is_killed_anywhere,
               a_service_account_uploads_over_tls_and_tells_no_secret,
               names_and_endpoints_that_are_wrong_are_refused)
