#include "tests/lib/uploaded.h"

#include "core/base/json.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/store_file.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 5 };

/* Every event has an int64 beyond what a double holds, and a microsecond of its own. */
static void write_events(const char *path, int events)
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

void tt_uploaded_make(struct tt_uploaded *uploaded, int events)
{
    struct tt_redis_server redis;
    char input[400];
    uploaded->events = events;
    snprintf(input, sizeof input, "%s", tt_tmpfile("events.ndjson"));
    snprintf(uploaded->path, sizeof uploaded->path, "%s", tt_tmpfile("audit.db"));
    snprintf(uploaded->url, sizeof uploaded->url, "sqlite:%s", uploaded->path);
    write_events(input, events);
    tt_redis_server_start(&redis, "redis");
    struct tt_run run = TT_TASKTRAIL("emit", "-q", "--redis", redis.url, input);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("worker", "-q", "--redis", redis.url, "--store", uploaded->url,
                       "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGKILL);
}

static int64_t number_of(const struct tt_json *row, const char *key)
{
    int64_t number = -1;
    const struct tt_json *value = tt_json_get(row, key);
    ck_assert_msg(value != NULL && tt_str_to_int(tt_json_text(value), &number), "%s", key);
    return number;
}

/* The uploaded rows beside the store's, in the order of apply_seq. Rows of the stand-in may come in
 * any order of batches, so each finds its place by apply_seq, which counts from 1. */
void tt_uploaded_compare(const struct tt_uploaded *uploaded, struct tt_standin *standin)
{
    const int events = uploaded->events;
    struct tt_str lines = tt_standin_get(standin, "rows?table=p.d.task_status_audit");
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
        uploaded->path, "SELECT apply_seq, event_time, seq FROM task_status_audit ORDER BY 1");
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
