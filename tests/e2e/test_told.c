/* What the fleet's commands say where something is wrong: which server, whose password, which
 * letter; once, and with the status that the manual gives. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}\n"

static struct tt_redis_server redis;
static char store[340], address[64], url[100];

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
}

static void expect(struct tt_run run, int status, const char *said)
{
    ck_assert_msg(run.status == status && strstr(run.err, said) != NULL, "%d: %s%s", run.status,
                  run.err, run.out);
    tt_run_done(&run);
}

/* Names of users go with addresses only: the server also listens on a port that was free. */
static void listen_for(const char *user)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    close(fd);
    tt_redis_ask(&redis, "CONFIG SET port %d", ntohs(any.sin_port));
    snprintf(address, sizeof address, "redis at 127.0.0.1:%d: ", ntohs(any.sin_port));
    snprintf(url, sizeof url, "redis://%s@127.0.0.1:%d", user, ntohs(any.sin_port));
}

static struct tt_run emit_one(const char *to)
{
    return tt_tasktrail(NULL, EVENT, (const char *const[]){"emit", "--redis", to, "-", NULL});
}

TT_TEST(a_user_without_a_password_is_not_the_default_user)
{
    set_up("nobody");
    tt_redis_ask(&redis, "ACL SETUSER fleet on >sesame ~* +@all");
    listen_for("fleet");
    expect(emit_one(url), 3, "no password was given: TASKTRAIL_REDIS_PASSWORD");
    expect(emit_one(url), 3, address);
    ck_assert_int_eq(tt_redis_ask(&redis, "DBSIZE"), 0);
    tt_redis_ask(&redis, "ACL SETUSER fleet nopass");
    expect(emit_one(url), 0, "1 event on the queue");
    setenv("TASKTRAIL_REDIS_PASSWORD", "open", 1);
    tt_redis_ask(&redis, "ACL SETUSER fleet resetpass >sesame");
    expect(emit_one(url), 3, "the password that TASKTRAIL_REDIS_PASSWORD gives");
    expect(TT_TASKTRAIL("status", "--redis", url), 3, address);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(the_rights_that_the_manual_gives_suffice)
{
    set_up("rights");
    tt_redis_ask(&redis, "ACL SETUSER fleet on >sesame ~tasktrail:* ~{tasktrail:* +@all -@dangerous"
                         " +cluster|slots");
    listen_for("fleet");
    setenv("TASKTRAIL_REDIS_PASSWORD", "sesame", 1);
    expect(emit_one(url), 0, "1 event on the queue");
    tt_redis_ask(&redis, "XADD {tasktrail:0}:events * e nonsense");
    expect(TT_TASKTRAIL("worker", "--redis", url, "--store", store, "--until-idle"), 0,
           "1 rows written, 1 dead letters");
    expect(TT_TASKTRAIL("dead", "requeue", "--redis", url, "--all"), 0, "");
    expect(TT_TASKTRAIL("status", "--redis", url), 0, "");
    expect(TT_TASKTRAIL("repair", "--redis", url, "--store", store, "t"), 0, "1 right");
    char *log = strdup(tt_tmpfile("worker.log"));
    const char *words[] = {"worker", "--redis", url, "--store", store, "--lease", "1s", NULL};
    pid_t worker = tt_start_tasktrail(log, NULL, words);
    TT_EVENTUALLY(tt_redis_ask(&redis, "ZCARD {tasktrail:jobs}:workers") == 1);
    expect(TT_TASKTRAIL("report", "--fleet", "--redis", url), 0, "");
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    free(log);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* emit, worker or status. */
static struct tt_run run_by(const char *command, const char *server)
{
    bool works = strcmp(command, "worker") == 0;
    return strcmp(command, "emit") == 0
               ? emit_one(server)
               : TT_TASKTRAIL(command, "--redis", server, works ? "--store" : NULL, store,
                              "--until-idle");
}

TT_TEST(a_key_that_the_rights_leave_out_is_named)
{
    static const struct {
        const char *pattern, *command, *said;
    } keys[] = {
        {"~{tasktrail:*", "status", "tasktrail:meta: redis: NOPERM"},
        {"~{tasktrail:*", "worker", "tasktrail:meta: redis: NOPERM"},
        {"~{tasktrail:*", "emit", "tasktrail:meta: redis: NOPERM"},
        {"~tasktrail:*", "status", "{tasktrail:0}:events or a key beside it: redis: NOPERM"},
        {"~tasktrail:*", "worker", "{tasktrail:0}:events: redis: NOPERM"},
        {"~tasktrail:*", "emit", "{tasktrail:0}:events: redis: NOPERM"},
    };
    set_up("patterns");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1 epoch 1");
    listen_for("fleet");
    setenv("TASKTRAIL_REDIS_PASSWORD", "sesame", 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        tt_redis_ask(&redis, "ACL SETUSER fleet reset on >sesame %s +@all", keys[i].pattern);
        expect(run_by(keys[i].command, url), 3, keys[i].said);
    }
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_key_that_holds_something_else_is_named)
{
    static const struct {
        const char *key, *command, *said;
    } keys[] = {
        {"tasktrail:meta", "status", "tasktrail:meta: redis: WRONGTYPE"},
        {"tasktrail:meta", "worker", "tasktrail:meta: redis: WRONGTYPE"},
        {"tasktrail:workers", "status", "tasktrail:workers: redis: WRONGTYPE"},
        {"{tasktrail:0}:events", "worker", "{tasktrail:0}:events: redis: WRONGTYPE"},
        {"{tasktrail:0}:events", "status", "{tasktrail:0}:events or a key beside it: redis: WRONG"},
        {"{tasktrail:0}:held", "worker", "{tasktrail:0}:events or a key beside it: redis: WRONG"},
        {"{tasktrail:0}:events", "emit", "{tasktrail:0}:events: redis: WRONGTYPE"},
    };
    set_up("wrongtype");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        tt_redis_ask(&redis, "FLUSHALL");
        tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1 epoch 1");
        tt_redis_ask(&redis, "DEL %s", keys[i].key);
        tt_redis_ask(&redis, "SET %s x", keys[i].key);
        expect(run_by(keys[i].command, redis.url), 2, keys[i].said);
    }
}
TT_END

TT_TEST(a_letter_is_told_by_the_id_that_shows_it)
{
    set_up("letter");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 2");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 5-0 e %s",
                 "{\"task_id\":\"t\",\"status\":\"\"}");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 6-0 e nonsense");
    expect(TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--on-dead", "park",
                        "--until-idle"),
           0,
           "an entry became a dead letter: 1:5-0: status: empty\n"
           "tasktrail: warning: later entries of its task wait until it is requeued or dropped: "
           "1:5-0\n");
    expect(TT_TASKTRAIL("dead", "list", "--redis", redis.url, "--limit", "1"), 0,
           "there are more letters than --limit 1");
    struct tt_run run = TT_TASKTRAIL("dead", "list", "--redis", redis.url, "--limit", "2");
    ck_assert_str_eq(run.err, "");
    ck_assert_ptr_nonnull(strstr(run.out, "1:6-0"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("dead", "list", "--redis", redis.url, "--limit", "1");
    ck_assert_ptr_null(strstr(run.out, "1:6-0"));
    tt_run_done(&run);
    expect(TT_TASKTRAIL("dead", "show", "--redis", redis.url, "1:5-0"), 0, "");
    expect(TT_TASKTRAIL("dead"), 2, "dead: expected list, show, requeue or drop\n");
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_file_that_is_not_there_is_told_once)
{
    set_up("file");
    struct tt_run runs[] = {
        tt_tasktrail(
            NULL, EVENT,
            (const char *const[]){"emit", "--redis", redis.url, "/nowhere/at/all", "-", NULL}),
        TT_TASKTRAIL("check", "/nowhere/at/all"),
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const char *first = strstr(runs[i].err, "/nowhere/at/all: No such file");
        ck_assert_msg(runs[i].status == 3 && first != NULL && strstr(first + 1, "/nowhere") == NULL,
                      "%d: %s", runs[i].status, runs[i].err);
        tt_run_done(&runs[i]);
    }
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(one_rejected_line_is_told_in_the_singular)
{
    const char *bad = tt_tmpfile("one.ndjson"), *worse = tt_tmpfile("two.ndjson");
    tt_write_file(bad, "no\n", 3);
    tt_write_file(worse, "no\nno\n", 6);
    expect(TT_TASKTRAIL("check", "--strict", bad), 3, " 1 line rejected (--strict)");
    expect(TT_TASKTRAIL("check", "--strict", worse), 3, " 2 lines rejected (--strict)");
}
TT_END

TT_TEST(help_tells_an_option_as_its_command_has_it)
{
    static const struct {
        const char *command, *said, *not_said;
    } helps[] = {
        {"demo", "--output DIR             folder for the results", "instead of stdout"},
        {"repair", "(repair-PID)", "host and process id"},
        {"worker", "TASKTRAIL_STORE_PASSWORD_FILE", "repair-PID"},
        {"report", "--output FILE            write here instead of stdout", "folder for"},
    };
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        struct tt_run run = TT_TASKTRAIL(helps[i].command, "--help");
        ck_assert_msg(run.status == 0 && strstr(run.out, helps[i].said) != NULL &&
                          strstr(run.out, helps[i].not_said) == NULL,
                      "%s", run.out);
        tt_run_done(&run);
    }
    expect(TT_TASKTRAIL("demo", "-o"), 2, "-o: expected DIR behind it");
}
TT_END

TT_TEST(a_wrong_key_or_value_of_the_settings_is_told_as_the_file_has_it)
{
    static const struct {
        const char *text, *said;
    } files[] = {
        {"{\"fail_onn\":\"never\"}",
         "unknown key \"fail_onn\"; expected an option with _ for -, such as "
         "\"fail_on\"; see tasktrail check --help"},
        {"{\"fail_on\":\"x\"}", ": fail_on: \"x\" is not one of error|warning|info|never"},
    };
    const char *path = tt_tmpfile("settings.json");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        tt_write_file(path, files[i].text, strlen(files[i].text));
        expect(TT_TASKTRAIL("check", "--config", path, "-"), 2, files[i].said);
    }
}
TT_END

TT_TEST(a_duration_out_of_range_is_told_with_the_range)
{
    expect(TT_TASKTRAIL("worker", "--lease", "1ms"), 2,
           "--lease: \"1ms\" is not a duration from 100 ms to 1 d: digits and one of");
    expect(TT_TASKTRAIL("check", "--max-future", "x", "-"), 2,
           "--max-future: \"x\" is not a duration: digits and one of");
}
TT_END

/* Runs a program whose stdout is this file; its status. */
static int run_to(int out, const char *const *words, const char *log)
{
    int before = dup(STDOUT_FILENO);
    fflush(stdout);
    ck_assert_int_ge(before, 0);
    char command[800];
    int length = snprintf(command, sizeof command, "%s", TT_PROGRAM);
    for (; *words != NULL; words++)
        length += snprintf(command + length, sizeof command - (size_t)length, " %s", *words);
    snprintf(command + length, sizeof command - (size_t)length, " 2>%s", log);
    dup2(out, STDOUT_FILENO);
    int status = system(command);
    dup2(before, STDOUT_FILENO);
    close(before);
    return WEXITSTATUS(status);
}

TT_TEST(a_full_stdout_is_trouble_and_a_reader_that_left_is_none)
{
    set_up("stdout");
    expect(emit_one(redis.url), 0, "1 event ");
    char *log = strdup(tt_tmpfile("stdout.log"));
    const char *words[] = {"status", "--redis", redis.url, NULL};
    int full = open("/dev/full", O_WRONLY), pipes[2];
    ck_assert_int_eq(run_to(full, words, log), 3);
    ck_assert(tt_file_says(log, "stdout: No space left on device"));
    ck_assert_int_eq(pipe(pipes), 0);
    close(pipes[0]);
    ck_assert_int_eq(run_to(pipes[1], words, log), 0);
    ck_assert(!tt_file_says(log, "stdout"));
    close(pipes[1]);
    close(full);
    free(log);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_worker_tells_at_once_which_queue_and_which_store_it_has)
{
    set_up("which");
    char both[700];
    snprintf(both, sizeof both, "w: started: %s, %s\n", redis.url, store);
    expect(TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--name", "w",
                        "--until-idle"),
           0, both);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(watching_goes_on_when_redis_is_back)
{
    set_up("watch");
    expect(emit_one(redis.url), 0, "1 event ");
    char *log = strdup(tt_tmpfile("watch.log"));
    const char *words[] = {"status", "--redis", redis.url, "--watch", "--every", "100ms", NULL};
    pid_t watch = tt_start_tasktrail(log, NULL, words);
    TT_EVENTUALLY(tt_file_says(log, "1 unread"));
    tt_redis_server_stop(&redis, SIGTERM);
    TT_EVENTUALLY(tt_file_says(log, "the queue is away, looking again: redis at "));
    tt_redis_server_start(&redis, "watch");
    TT_EVENTUALLY(tt_file_says(log, "the queue is back"));
    expect(emit_one(redis.url), 0, "1 event ");
    TT_EVENTUALLY(tt_file_says(log, "2 unread"));
    ck_assert_int_eq(tt_finish(watch, SIGINT), 0);
    free(log);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_path_that_is_a_directory_fails_as_one_that_is_not_there)
{
    char gone[400], events[400];
    snprintf(gone, sizeof gone, "%s", tt_tmpfile("no/such"));
    snprintf(events, sizeof events, "%s", tt_tmpfile("events"));
    tt_write_file(events, EVENT, strlen(EVENT));
    const char *const paths[] = {gone, tt_tmpdir()};
    for (size_t i = 0; i < 2; i++) {
        char in[500];
        const char *path = paths[i], *why = i == 0 ? "" : "directory";
        snprintf(in, sizeof in, "sqlite:%s", path);
        expect(TT_TASKTRAIL("check", path), 3, why);
        expect(TT_TASKTRAIL("check", "--lifecycle", path, events), 3, why);
        expect(TT_TASKTRAIL("check", "--tenants", path, events), 3, why);
        expect(TT_TASKTRAIL("check", "-o", path, events), 3, why);
        expect(TT_TASKTRAIL("check", "--rejects", path, events), 3, why);
        expect(TT_TASKTRAIL("report", "--store", in), 3, why);
        expect(TT_TASKTRAIL("upload", "--to", "file:out", "--store", in), 3, why);
        expect(TT_TASKTRAIL("report", "--merge", path), 3, why);
        expect(TT_TASKTRAIL("lifecycle", "show", path), 3, why);
        expect(TT_TASKTRAIL("check", "--config", path, events), 2, why); /* a setting */
    }
}
TT_END

TT_TEST(a_flag_that_would_do_nothing_is_refused_with_what_it_goes_with)
{
    expect(TT_TASKTRAIL("check", "--tenant", "t", "/dev/null"), 2, "--tenant goes with --task ID");
    expect(TT_TASKTRAIL("dead", "list", "--all"), 2, "--all goes with dead requeue and dead drop");
    expect(TT_TASKTRAIL("dead", "drop", "--all", "--limit", "5"), 2, "--limit goes with dead list");
    expect(TT_TASKTRAIL("dead", "show", "--limit", "5", "0:1-0"), 2, "--limit goes with dead list");
    expect(TT_TASKTRAIL("upload", "--once", "--to", "bigquery:p.d", "--files", "csv"), 2,
           "--files goes with --to file:DIR");
    expect(TT_TASKTRAIL("upload", "--once", "--to", "file:out", "--location", "EU"), 2,
           "--location goes with --to bigquery:PROJECT.DATASET");
    expect(TT_TASKTRAIL("cost", "--store", "sqlite:no.db", "--events-per-day", "5", "--bytes", "9"),
           2, "--store measures what --events-per-day and --bytes say");
    char config[340];
    snprintf(config, sizeof config, "%s", tt_tmpfile("config.json"));
    tt_write_file(config, "{\"tenant\":\"t\"}", 14);
    expect(TT_TASKTRAIL("check", "--config", config, "/dev/null"), 0, ""); /* for other commands */
}
TT_END

TT_SUITE("told", a_user_without_a_password_is_not_the_default_user,
         the_rights_that_the_manual_gives_suffice, a_key_that_the_rights_leave_out_is_named,
         a_key_that_holds_something_else_is_named, a_letter_is_told_by_the_id_that_shows_it,
         a_file_that_is_not_there_is_told_once, one_rejected_line_is_told_in_the_singular,
         a_wrong_key_or_value_of_the_settings_is_told_as_the_file_has_it,
         help_tells_an_option_as_its_command_has_it, a_duration_out_of_range_is_told_with_the_range,
         a_full_stdout_is_trouble_and_a_reader_that_left_is_none,
         a_worker_tells_at_once_which_queue_and_which_store_it_has,
         watching_goes_on_when_redis_is_back,
         a_flag_that_would_do_nothing_is_refused_with_what_it_goes_with,
         a_path_that_is_a_directory_fails_as_one_that_is_not_there)
