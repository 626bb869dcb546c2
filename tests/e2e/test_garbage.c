/* Bad input of every kind: one clear message, the documented exit status, nothing accepted is lost.
 */
#include "core/base/limits.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char good[] =
    "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":\"2026-03-01T00:00:00Z\"}\n";

static void expect(struct tt_run run, int status, const char *said)
{
    ck_assert_msg(run.status == status, "status %d, expected %d: %s", run.status, status, run.err);
    ck_assert_msg(strstr(run.err, said) != NULL, "\"%s\" is not in \"%s\"", said, run.err);
    tt_run_done(&run);
}

static long long events_in(const struct tt_run *run)
{
    const char *at = strstr(run->out, "\"events\":");
    return at == NULL ? -1 : strtoll(at + 9, NULL, 10);
}

TT_TEST(a_binary_file_is_rejected_line_by_line_and_the_good_line_counts)
{
    char bytes[4096], *path = strdup(tt_tmpfile("binary"));
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 131 >> 3);
    memcpy(bytes + 2000, "\n", 1);
    memcpy(bytes + 2001, good, sizeof good - 1);
    tt_write_file(path, bytes, sizeof bytes);
    struct tt_run run = TT_TASKTRAIL("check", "--format", "json", path);
    ck_assert_int_eq(run.status, 0);
    ck_assert_int_eq(events_in(&run), 1);
    ck_assert_ptr_nonnull(strstr(run.err, "rejected"));
    tt_run_done(&run);
    expect(TT_TASKTRAIL("check", "--strict", path), 3, "--strict");
    free(path);
}
TT_END

TT_TEST(half_a_line_at_the_end_is_one_reject)
{
    char text[256];
    snprintf(text, sizeof text, "%s{\"task_id\":\"t\",\"sta", good);
    struct tt_run run =
        tt_tasktrail(NULL, text, (const char *const[]){"check", "--format", "json", "-", NULL});
    ck_assert_int_eq(run.status, 0);
    ck_assert_int_eq(events_in(&run), 1);
    ck_assert_ptr_nonnull(strstr(run.out, "\"rejected\":1"));
    ck_assert_ptr_nonnull(strstr(run.err, "stdin:2: rejected"));
    tt_run_done(&run);
}
TT_END

TT_TEST(a_line_of_100_megabytes_is_one_reject_from_a_file_and_from_a_pipe)
{
    char *path = strdup(tt_tmpfile("huge"));
    FILE *file = fopen(path, "w");
    char block[1 << 16];
    memset(block, 'x', sizeof block);
    fputs(good, file);
    for (int i = 0; i < 1600; i++)
        fwrite(block, 1, sizeof block, file);
    fprintf(file, "\n%s", good);
    fclose(file);
    struct tt_run run = TT_TASKTRAIL("check", "--format", "json", path);
    ck_assert_int_eq(run.status, 0);
    ck_assert_int_eq(events_in(&run), 2);
    ck_assert_ptr_nonnull(strstr(run.out, "\"rejected\":1"));
    ck_assert_ptr_nonnull(strstr(run.err, ":2: rejected: longer than"));
    tt_run_done(&run);
    char command[600], log[400];
    snprintf(log, sizeof log, "%s", tt_tmpfile("log"));
    snprintf(command, sizeof command, "cat %s | %s check --format json -", path, TT_PROGRAM);
    const char *words[] = {"sh", "-c", command, NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, log, NULL), 0), 0);
    char *said = tt_read_file(log, NULL);
    ck_assert_ptr_nonnull(strstr(said, "\"events\":2,\"rejected\":1"));
    free(said);
    free(path);
}
TT_END

TT_TEST(a_missing_file_is_told_and_the_others_are_still_read)
{
    char *path = strdup(tt_tmpfile("there"));
    tt_write_file(path, good, sizeof good - 1);
    struct tt_run run = TT_TASKTRAIL("check", "--format", "json", "/nowhere/at/all", path);
    ck_assert_int_eq(events_in(&run), 1);
    expect(run, 3, "/nowhere/at/all: No such file");
    expect(TT_TASKTRAIL("check", tt_tmpdir()), 3, "Is a directory");
    free(path);
}
TT_END

TT_TEST(damaged_compressed_input_gives_its_good_lines_and_an_error)
{
    char *path = strdup(tt_tmpfile("cut.gz")), command[800];
    snprintf(command, sizeof command,
             "for i in $(seq 20000); do echo "
             "'{\"task_id\":\"t'$i'\",\"status\":\"A\",\"event_time\":'$i'}'; done | gzip | head "
             "-c 60000 > %s",
             path);
    const char *words[] = {"sh", "-c", command, NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, tt_tmpfile("log"), NULL), 0), 0);
    struct tt_run run = TT_TASKTRAIL("check", "--format", "json", path);
    ck_assert_int_gt(events_in(&run), 1000);
    expect(run, 3, "ends too early");
    free(path);
}
TT_END

TT_TEST(wrong_usage_ends_with_2_and_says_what_was_expected)
{
    expect(TT_TASKTRAIL("check"), 2, "expected a file");
    expect(TT_TASKTRAIL("frobnicate"), 2, "unknown command");
    expect(TT_TASKTRAIL("check", "--frobnicate", "x"), 2, "unknown option");
    expect(TT_TASKTRAIL("check", "--format", "pdf", "-"), 2, "one of text|json|ndjson|csv|html");
    expect(TT_TASKTRAIL("check", "--max-line", "10", "-"), 2, "a size from 64");
    expect(TT_TASKTRAIL("check", "--max-line", "2G", "-"), 2, "a size from 64 bytes to 1024M, ");
    expect(TT_TASKTRAIL("check", "--now", "yesterday", "-"), 2, "2026-03-01T12:00:00Z");
    expect(TT_TASKTRAIL("check", "--threads"), 2, "expected N");
    expect(TT_TASKTRAIL("check", "--input", "dpkg", "--zone", "Mars/Olympus", "-"), 2, "time zone");
    expect(TT_TASKTRAIL("emit", "--redis", "http://localhost"), 2, "redis://");
    expect(TT_TASKTRAIL("emit", "--redis", "redis://user:secret-word@localhost"), 2,
           "TASKTRAIL_REDIS_PASSWORD");
    expect(TT_TASKTRAIL("emit", "--redis", "rediss://localhost"), 2, "TLS");
    expect(TT_TASKTRAIL("worker", "--store", "mysql:x"), 2, "sqlite:PATH");
    expect(TT_TASKTRAIL("worker", "extra"), 2, "takes no arguments");
    expect(TT_TASKTRAIL("replay"), 2, "one task id");
    expect(TT_TASKTRAIL("upload", "--to", "nowhere"), 2, "file:DIR");
    expect(TT_TASKTRAIL("explain", "nonsense"), 2, "unknown kind");
}
TT_END

TT_TEST(a_bad_lifecycle_or_config_file_ends_with_2_and_the_place)
{
    static const struct {
        const char *text, *said;
    } lifecycles[] = {
        {"{", "lifecycle.json"},
        {"[]", "expected"},
        {"{\"initial\":[\"A\"]}", "transitions is missing"},
        {"{\"initial\":[\"A\"],\"transitions\":{\"A\":\"B\"}}", "transitions.A: expected an array"},
        {"{\"initial\":[\"A\",\"A\"],\"transitions\":{}}", "stands there twice"},
        {"{\"initial\":[\"A\"],\"transitions\":{},\"max_age\":{\"Z\":\"1h\"}}",
         "no status of this lifecycle"},
        {"{\"lifecycles\":[{\"initial\":[],\"transitions\":{},\"colour\":1}]}",
         "lifecycles[0]: unknown key \"colour\"; expected name, task_types, initial, "},
        {"{\n \"initial\":[\"A\"],\n \"transitions\":{},\n}", "near '}' (line 4, byte 40)"},
    };
    char *path = strdup(tt_tmpfile("lifecycle.json"));
    for (size_t i = 0; i < sizeof lifecycles / sizeof *lifecycles; i++) {
        tt_write_file(path, lifecycles[i].text, strlen(lifecycles[i].text));
        expect(TT_TASKTRAIL("check", "--lifecycle", path, "-"), 2, lifecycles[i].said);
    }
    tt_write_file(path, "{\"formt\":\"json\"}", 16);
    expect(TT_TASKTRAIL("check", "--config", path, "-"), 2, "unknown key \"formt\"");
    tt_write_file(path, "{\"max_depth\":-1}", 16);
    expect(TT_TASKTRAIL("check", "--config", path, "-"), 2, "a whole number");
    free(path);
}
TT_END

TT_TEST(flags_beat_environment_beats_config_beats_default)
{
    char *path = strdup(tt_tmpfile("config.json"));
    tt_write_file(path, "{\"format\":\"csv\",\"batch\":7}", 26);
    struct tt_run run =
        tt_tasktrail(NULL, good, (const char *const[]){"check", "--config", path, "-", NULL});
    ck_assert(strncmp(run.out, "kind,", 5) == 0);
    tt_run_done(&run);
    setenv("TASKTRAIL_FORMAT", "json", 1);
    run = tt_tasktrail(NULL, good, (const char *const[]){"check", "--config", path, "-", NULL});
    ck_assert_int_eq(run.out[0], '{');
    tt_run_done(&run);
    run = tt_tasktrail(
        NULL, good,
        (const char *const[]){"check", "--config", path, "--format", "html", "-", NULL});
    ck_assert(strncmp(run.out, "<!doctype", 9) == 0);
    tt_run_done(&run);
    setenv("TASKTRAIL_FORMAT", "pdf", 1);
    expect(TT_TASKTRAIL("check", "-"), 2, "TASKTRAIL_FORMAT");
    free(path);
}
TT_END

TT_TEST(stores_that_cannot_be_used_end_with_3_and_are_not_created)
{
    char *path = strdup(tt_tmpfile("missing.db")), url[500];
    snprintf(url, sizeof url, "sqlite:%s", path);
    expect(TT_TASKTRAIL("report", "--store", url), 3, "No such file");
    ck_assert_int_ne(access(path, F_OK), 0);
    tt_write_file(path, "this is no database, but long enough to be one......", 52);
    expect(TT_TASKTRAIL("report", "--store", url), 3, "is no SQLite database");
    expect(TT_TASKTRAIL("worker", "--store", url, "--until-idle"), 3, "is no SQLite database");
    tt_write_file(path, "", 0);
    expect(TT_TASKTRAIL("report", "--store", url), 3, "no tasktrail store");
    expect(TT_TASKTRAIL("worker", "--store", "sqlite:/nowhere/at/all/x.db"), 3,
           "could not be created");
    free(path);
}
TT_END

TT_TEST(output_that_cannot_be_written_ends_with_3)
{
    struct tt_run run = tt_tasktrail(
        NULL, good,
        (const char *const[]){"check", "--format", "json", "-o", "/dev/full", "-", NULL});
    expect(run, 3, "No space left");
    run = tt_tasktrail(NULL, good,
                       (const char *const[]){"check", "-o", "/nowhere/report.txt", "-", NULL});
    expect(run, 3, "/nowhere/report.txt");
}
TT_END

TT_TEST(the_rejects_file_keeps_place_reason_and_text)
{
    char *path = strdup(tt_tmpfile("rejects.ndjson")), text[300];
    snprintf(text, sizeof text, "%snot json \xff\n", good);
    struct tt_run run =
        tt_tasktrail(NULL, text, (const char *const[]){"check", "--rejects", path, "-", NULL});
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    char *kept = tt_read_file(path, NULL);
    ck_assert_ptr_nonnull(strstr(kept, "\"file\":\"-\",\"line\":2,\"reason\":"));
    ck_assert_ptr_nonnull(strstr(kept, "\"text\":\"not json \xef\xbf\xbd\"}\n"));
    free(kept);
    free(path);
}
TT_END

TT_TEST(a_password_in_the_environment_is_never_told)
{
    setenv("TASKTRAIL_REDIS_PASSWORD", "canary-7b1f", 1);
    char *log = strdup(tt_tmpfile("log"));
    int in = -1;
    const char *words[] = {
        "emit", "--redis", "redis://somebody@127.0.0.1:1", "--log-level", "debug", "-", NULL};
    pid_t emit = tt_start_tasktrail(log, &in, words);
    char *said = NULL;
    TT_EVENTUALLY((free(said), said = tt_read_file(log, NULL)) != NULL &&
                  strstr(said, "trying again") != NULL);
    ck_assert_int_eq(tt_finish(emit, 15), 3);
    free(said);
    said = tt_read_file(log, NULL);
    ck_assert_ptr_null(strstr(said, "canary"));
    close(in);
    free(said);
    free(log);
}
TT_END

/* A field that no event has is put into attributes, a level deeper. */
TT_TEST(what_emit_takes_at_its_deepest_a_worker_applies)
{
    enum { INSIDE = TT_EVENT_DEPTH_GIVEN_MAX - 1 };
    struct tt_redis_server redis;
    char inside[INSIDE + 1], outside[INSIDE + 1], event[2 * INSIDE + 100], depth[16], store[400];
    memset(inside, '[', INSIDE);
    memset(outside, ']', INSIDE);
    inside[INSIDE] = outside[INSIDE] = '\0';
    snprintf(event, sizeof event,
             "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1,\"x\":%s%s}\n", inside, outside);
    snprintf(depth, sizeof depth, "%d", TT_EVENT_DEPTH_GIVEN_MAX);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("deep.db"));
    tt_redis_server_start(&redis, "deep");
    expect(tt_tasktrail(NULL, event,
                        (const char *const[]){"emit", "--redis", redis.url, "--max-depth", depth,
                                              "-", NULL}),
           0, "1 event on the queue");
    expect(TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--until-idle"), 0,
           "1 rows written, 0 dead letters");
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_SUITE("garbage", a_binary_file_is_rejected_line_by_line_and_the_good_line_counts,
         half_a_line_at_the_end_is_one_reject,
         a_line_of_100_megabytes_is_one_reject_from_a_file_and_from_a_pipe,
         a_missing_file_is_told_and_the_others_are_still_read,
         damaged_compressed_input_gives_its_good_lines_and_an_error,
         wrong_usage_ends_with_2_and_says_what_was_expected,
         a_bad_lifecycle_or_config_file_ends_with_2_and_the_place,
         flags_beat_environment_beats_config_beats_default,
         stores_that_cannot_be_used_end_with_3_and_are_not_created,
         output_that_cannot_be_written_ends_with_3, the_rejects_file_keeps_place_reason_and_text,
         a_password_in_the_environment_is_never_told,
         what_emit_takes_at_its_deepest_a_worker_applies)
