/* The Storage Write sink over real HTTP/2, against the stand-in: what is appended is what is read,
 * and whatever goes wrong on the way, killed and started again, the rows are there once. */
#include "adapters/bigquery/sink_write.h"
#include "adapters/http/http.h"
#include "adapters/system/clock.h"
#include "tests/lib/fake_http.h"
#include "tests/lib/history.h"
#include "tests/lib/process.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 120, ROUNDS = 4, KILLS = 4, STEPS_MAX = 400 };

static const struct tt_upload_column columns[] = {
    {"row_uid", TT_COLUMN_STRING, true, ""},   {"n", TT_COLUMN_INT64, false, ""},
    {"at", TT_COLUMN_TIMESTAMP, false, ""},    {"fine", TT_COLUMN_BOOL, false, ""},
    {"attributes", TT_COLUMN_JSON, false, ""},
};
static const struct tt_upload_table table = {
    .name = "t", .columns = columns, .column_count = 5, .row_uid = "row_uid"};
static const char fields[] =
    "[{\"name\":\"row_uid\",\"type\":\"STRING\",\"mode\":\"REQUIRED\"},"
    "{\"name\":\"n\",\"type\":\"INTEGER\"},{\"name\":\"at\",\"type\":\"TIMESTAMP\"},"
    "{\"name\":\"fine\",\"type\":\"BOOLEAN\"},{\"name\":\"attributes\",\"type\":\"JSON\"}]";

static struct tt_standin standin;
static char folder[300]; /* of the test, and of the uploaders it starts */
static char texts[ROWS][200];
static const char *lines[ROWS];

static void make_rows(void)
{
    for (int i = 0; i < ROWS; i++) {
        int len = snprintf(texts[i], sizeof texts[i], "{\"row_uid\":\"r%d\"", i);
        if (i % 3 != 0)
            len += snprintf(texts[i] + len, sizeof texts[i] - len, ",\"n\":\"%d\"", i - 50);
        if (i % 4 != 0)
            len += snprintf(texts[i] + len, sizeof texts[i] - len,
                            ",\"at\":\"%d-03-04T05:06:07.%06dZ\"", 1960 + i, i * 8000);
        if (i % 5 != 0)
            len += snprintf(texts[i] + len, sizeof texts[i] - len, ",\"fine\":%s",
                            i % 2 ? "true" : "false");
        if (i % 7 == 0)
            len += snprintf(texts[i] + len, sizeof texts[i] - len,
                            ",\"attributes\":{\"k\\\"\":[1,null,\"\xc3\xa9\"]}");
        snprintf(texts[i] + len, sizeof texts[i] - len, "}");
        lines[i] = texts[i];
    }
}

/* ---- a small uploader: what it has to remember is in a file ---- */

struct uploader {
    struct tt_http http;
    struct tt_clock clock;
    struct tt_bq *bq;
    struct tt_sink sink;
    struct tt_lines_body body;
    char handle[1100], path[400];
    bool commit_sent;
};

static void remember(const struct uploader *up)
{
    char next[420];
    snprintf(next, sizeof next, "%s.next", up->path);
    FILE *file = fopen(next, "w");
    fprintf(file, "%d%s", up->commit_sent, up->handle);
    fclose(file);
    rename(next, up->path);
}

static void recall(struct uploader *up)
{
    char text[1200] = "";
    FILE *file = fopen(up->path, "r");
    if (file == NULL)
        return;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    up->commit_sent = len > 0 && text[0] == '1';
    snprintf(up->handle, sizeof up->handle, "%.1090s", len > 0 ? text + 1 : "");
}

static void open_uploader(struct uploader *up, const char *name, size_t request_bytes)
{
    struct tt_fault fault = {0};
    const struct tt_http_settings settings = {.stall_s = 5};
    *up = (struct uploader){0};
    snprintf(up->path, sizeof up->path, "%s/%s", folder, name);
    ck_assert_int_eq(tt_http_open(&settings, &up->http, &fault), TT_OK);
    up->clock = tt_system_clock(NULL);
    const struct tt_bq_options rest = {
        .access = {.http = &up->http, .direct = true},
        .clock = &up->clock,
        .endpoint = standin.url,
        .project = "p",
        .dataset = "d",
    };
    ck_assert_int_eq(tt_bq_open(&rest, &up->bq, &fault), TT_OK);
    const struct tt_write_options options = {
        .access = rest.access,
        .endpoint = standin.grpc_url,
        .project = "p",
        .dataset = "d",
        .bq = up->bq,
        .request_bytes_max = request_bytes,
    };
    ck_assert_int_eq(tt_write_open(&options, &up->sink, &fault), TT_OK);
    tt_lines_body_init(&up->body, lines, ROWS);
    recall(up);
}

static void close_uploader(struct uploader *up)
{
    tt_write_close(&up->sink);
    tt_bq_close(up->bq);
    tt_http_close(&up->http);
}

static struct tt_sink_batch batch_of(const struct uploader *up)
{
    return (struct tt_sink_batch){TT_STR("batch"), &table, &up->body.body,
                                  up->handle[0] == '\0' ? TT_STR_NONE : tt_str_from(up->handle),
                                  up->commit_sent};
}

static enum tt_err begin_batch(struct uploader *up, struct tt_fault *fault)
{
    struct tt_buf handle;
    struct tt_sink_batch batch = batch_of(up);
    tt_buf_init(&handle, 1024);
    enum tt_err err = up->sink.begin(up->sink.context, &batch, &handle, fault);
    if (err == TT_OK) {
        snprintf(up->handle, sizeof up->handle, "%s", handle.data);
        up->commit_sent = false;
        remember(up);
    }
    tt_buf_done(&handle);
    return err;
}

/* One step of the way; what the answer says, the caller looks at. */
static enum tt_err step(struct uploader *up, enum tt_sink_state known,
                        struct tt_sink_answer *answer, struct tt_fault *fault)
{
    void *context = up->sink.context;
    struct tt_sink_batch batch = batch_of(up);
    if (known == TT_SINK_ABSENT && !up->commit_sent)
        return up->sink.send(context, &batch, answer, fault);
    if (known == TT_SINK_ABSENT || (known == TT_SINK_RUNNING && !up->commit_sent)) {
        up->commit_sent = true;
        remember(up);
        batch = batch_of(up);
        return up->sink.commit(context, &batch, answer, fault);
    }
    return up->sink.ask(context, &batch, answer, fault);
}

/* Until the rows are there; false: something that must not happen. */
static bool upload(struct uploader *up, struct tt_fault *fault)
{
    bool unclear = true;
    struct tt_sink_answer answer = {0};
    for (int i = 0; i < STEPS_MAX; i++) {
        enum tt_err err;
        tt_fault_clear(fault);
        if (up->handle[0] == '\0') {
            err = begin_batch(up, fault);
            answer.state = TT_SINK_ABSENT;
            unclear = false;
        } else {
            struct tt_sink_batch batch = batch_of(up);
            err = unclear ? up->sink.ask(up->sink.context, &batch, &answer, fault)
                          : step(up, answer.state, &answer, fault);
            unclear = false;
        }
        if (err != TT_OK && tt_err_class(err) != TT_CLASS_RETRY)
            return false;
        unclear = err != TT_OK;
        if (err == TT_OK && answer.state == TT_SINK_DONE)
            return true;
        if (err == TT_OK && answer.state == TT_SINK_REFUSED)
            return false;
        if (err == TT_OK && answer.state == TT_SINK_FAILED)
            up->handle[0] = '\0'; /* a new generation */
    }
    return tt_fault_set(fault, TT_ERR_BUSY, "it never comes to an end") == TT_OK;
}

/* ---- the tests ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_rows(void)
{
    struct tt_str text = tt_standin_get(&standin, "rows?table=p.d.t");
    char *rows = strndup(text.ptr == NULL ? "" : text.ptr, text.len), *at = rows;
    char *got[ROWS + 1];
    const char *expected[ROWS];
    size_t count = 0;
    for (char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        ck_assert_msg(count < ROWS, "more rows than were uploaded: %s", at);
        got[count++] = at;
    }
    ck_assert_uint_eq(count, ROWS);
    memcpy(expected, lines, sizeof expected);
    qsort(got, count, sizeof *got, compare);
    qsort(expected, ROWS, sizeof *expected, compare);
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_str_eq(got[i], expected[i]);
    free(rows);
}

static void start(void)
{
    snprintf(folder, sizeof folder, "%s", tt_tmpdir());
    tt_standin_start(&standin);
    tt_standin_make_table(&standin, "t", fields);
    make_rows();
}

TT_TEST(what_is_appended_is_what_is_in_the_table)
{
    struct tt_fault fault = {0};
    struct uploader up;
    start();
    open_uploader(&up, "state", 0);
    bool done = upload(&up, &fault);
    ck_assert_msg(done, "%s", fault.text);
    close_uploader(&up);
    check_rows();
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(a_bad_row_leaves_nothing_and_is_named)
{
    struct tt_fault fault = {0};
    struct uploader up;
    struct tt_sink_answer answer;
    start();
    lines[77] = "{\"row_uid\":\"r\",\"n\":\"x\"}";
    open_uploader(&up, "state", 300);
    ck_assert_int_eq(begin_batch(&up, &fault), TT_OK);
    ck_assert_int_eq(step(&up, TT_SINK_ABSENT, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_REFUSED && answer.bad_row == 77);
    ck_assert_uint_eq(tt_standin_get(&standin, "rows?table=p.d.t").len, 0);
    close_uploader(&up);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(a_table_without_one_of_the_columns_fails_the_batch_in_doubt)
{
    struct tt_fault fault = {0};
    struct uploader up;
    struct tt_sink_answer answer;
    start();
    tt_standin_set(&standin, "reset", "{}");
    tt_standin_make_table(&standin, "t",
                          "[{\"name\":\"row_uid\",\"type\":\"STRING\",\"mode\":\"REQUIRED\"}]");
    open_uploader(&up, "state", 300);
    ck_assert_int_eq(begin_batch(&up, &fault), TT_OK);
    ck_assert_int_eq(step(&up, TT_SINK_ABSENT, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_FAILED && answer.doubt);
    ck_assert_ptr_nonnull(strstr(answer.message, "the table has not"));
    close_uploader(&up);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(a_lost_answer_of_the_commit_is_found_out)
{
    static const char *const kinds[] = {"lostAfter", "noStatus", "unavailableAfter", "cut"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds * 2; i++) {
        char plan[200], name[20];
        struct tt_fault fault = {0};
        struct uploader up;
        start();
        snprintf(plan, sizeof plan,
                 "{\"script\":[{\"operation\":\"write.commit\",\"kind\":\"%s\"}]}", kinds[i / 2]);
        tt_standin_set(&standin, "faults", "%s", plan);
        snprintf(name, sizeof name, "state-%zu", i);
        open_uploader(&up, name, 0);
        struct tt_sink_answer answer;
        ck_assert_int_eq(begin_batch(&up, &fault), TT_OK);
        ck_assert_int_eq(step(&up, TT_SINK_ABSENT, &answer, &fault), TT_OK);
        ck_assert_int_eq(step(&up, TT_SINK_RUNNING, &answer, &fault), TT_ERR_UNAVAILABLE);
        if (i % 2 == 1) /* and even the stream is forgotten: the table knows */
            tt_standin_set(&standin, "forget", "{}");
        bool done = upload(&up, &fault);
        ck_assert_msg(done, "%s: %s", kinds[i / 2], fault.text);
        close_uploader(&up);
        check_rows();
        tt_standin_stop(&standin);
    }
}
TT_END

/* Rows are missing, the stream is given up and final, and that is not heard: whoever sends again
 * meets a stream that takes nothing and never has all rows. */
TT_TEST(a_stream_that_became_final_with_too_few_rows_gives_way_to_another)
{
    static const char *const ends[] = {"lostAfter", "noStatus", "unavailableAfter"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char plan[400], name[20];
        struct tt_fault fault = {0};
        struct uploader up;
        start();
        snprintf(plan, sizeof plan,
                 "{\"script\":[{\"operation\":\"write.append\",\"kind\":\"wrongOffset\",\"nth\":1},"
                 "{\"operation\":\"write.append\",\"kind\":\"wrongOffset\",\"nth\":2},"
                 "{\"operation\":\"write.finalize\",\"kind\":\"%s\"}]}",
                 ends[i]);
        tt_standin_set(&standin, "faults", "%s", plan);
        snprintf(name, sizeof name, "final-%zu", i);
        open_uploader(&up, name, 400);
        struct tt_sink_answer answer;
        ck_assert_int_eq(begin_batch(&up, &fault), TT_OK);
        ck_assert_int_eq(step(&up, TT_SINK_ABSENT, &answer, &fault), TT_ERR_UNAVAILABLE);
        ck_assert_int_eq(step(&up, TT_SINK_ABSENT, &answer, &fault), TT_OK);
        ck_assert_int_eq(answer.state, TT_SINK_FAILED);
        bool done = upload(&up, &fault);
        ck_assert_msg(done, "%s: %s", ends[i], fault.text);
        close_uploader(&up);
        check_rows();
        tt_standin_stop(&standin);
    }
}
TT_END

/* The uploader as a process of its own, killed after so long; whether it came to its end. */
static bool run_killed(const char *name, int64_t us)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct uploader up;
        struct tt_fault fault = {0};
        open_uploader(&up, name, 400);
        if (!upload(&up, &fault)) {
            fprintf(stderr, "%s\n", fault.text);
            _exit(1);
        }
        _exit(0);
    }
    ck_assert_int_gt(pid, 0);
    if (us >= 0) {
        struct timespec wait = {us / 1000000, us % 1000000 * 1000};
        nanosleep(&wait, NULL); /* what is left to chance: where the kill comes */
        kill(pid, SIGKILL);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "the uploader gave up");
    return WIFEXITED(status);
}

TT_TEST(killed_anywhere_with_a_server_full_of_faults_the_rows_are_there_once)
{
    struct tt_chance chance = {tt_chance_seed("sink_write")};
    for (int round = 0; round < ROUNDS; round++) {
        char plan[600], name[40];
        bool done = false;
        start();
        snprintf(plan, sizeof plan,
                 "{\"seed\":%u,\"rate\":0.2,\"max\":60,\"kinds\":[\"lostBefore\",\"lostAfter\","
                 "\"cut\",\"unavailable\",\"unavailableAfter\",\"noStatus\",\"aborted\","
                 "\"wrongOffset\",\"html\",\"htmlAfter\",\"tooMany\",\"internal\"]}",
                 tt_chance_below(&chance, 1u << 30));
        tt_standin_set(&standin, "settings", "%s",
                       round % 2 ? "{\"commitErrors\":\"grpc\"}" : "{}");
        tt_standin_set(&standin, "faults", "%s", plan);
        snprintf(name, sizeof name, "round-%d", round);
        for (int i = 0; i < KILLS && !done; i++)
            done = run_killed(name, tt_chance_below(&chance, 60000));
        if (!done)
            run_killed(name, -1);
        check_rows();
        tt_standin_stop(&standin);
    }
}
TT_END

TT_SUITE("e2e/sink_write", what_is_appended_is_what_is_in_the_table,
         a_bad_row_leaves_nothing_and_is_named,
         a_table_without_one_of_the_columns_fails_the_batch_in_doubt,
         a_lost_answer_of_the_commit_is_found_out,
         a_stream_that_became_final_with_too_few_rows_gives_way_to_another,
         killed_anywhere_with_a_server_full_of_faults_the_rows_are_there_once)
