/* The whole of it on this machine: a private Redis on a socket of its own, the machine's dpkg log
 * through queue, two workers, store and replayer, a report, one task, a page, rows for BigQuery.
 *
 * Everything is this program started again, command by command, as a person would: what is printed
 * can be repeated.
 *
 * Failure modes: redis-server is missing: said, with what to install; a step fails: its log is
 * shown and the rest is not tried; Ctrl-C: the step in hand ends, everything started is ended. In
 * every case Redis is ended and waited for, and the folder removed but for what is named as result
 * (--keep keeps all). */
#include "cli/commands.h"

#include "adapters/redis/producer.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "cli/demo_files.h"
#include "cli/demo_task.h"
#include "cli/run.h"
#include "cli/stop.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 512,
    WORDS_MAX = TT_DEMO_LOGS_MAX + 16,
    WORKERS = 2,
    READY_TRIES = 200,
    READY_WAIT_US = 25000,
    EXIT_STOPPED = 130 /* by SIGINT or SIGTERM, as docs/cli.md says */
};

struct demo {
    const struct tt_settings *settings;
    const volatile int *stop;
    struct tt_clock clock;
    struct tt_fault *fault;
    char self[PATH_BYTES], work[PATH_BYTES], results[PATH_BYTES];
    char redis_url[PATH_BYTES + 64], store_url[PATH_BYTES + 64], log[PATH_BYTES + 32],
        lifecycle[PATH_BYTES + 32];
    struct tt_demo_logs logs;
    const char *zone;
    int heading; /* number of the last one */
    pid_t redis;
};

static void say(struct demo *demo, const char *text)
{
    printf("\n== %d. %s\n", ++demo->heading, text);
    fflush(stdout);
}

/* ---- Steps */

static void show_command(const char *const *words)
{
    printf("$ tasktrail");
    for (size_t i = 1; words[i] != NULL; i++)
        printf(" %s", words[i]);
    printf("\n");
    fflush(stdout);
}

/* Runs a command of this program; statuses 0 and 1 (something found) are fine. */
static enum tt_err step(struct demo *demo, const char *const *words)
{
    pid_t pid;
    show_command(words);
    enum tt_err err = tt_run_start(words, NULL, &pid, demo->fault);
    if (err != TT_OK)
        return err;
    int status = tt_run_wait(pid);
    if (*demo->stop != 0)
        return tt_fault_set(demo->fault, TT_ERR_STOPPED, "demo: stopped");
    return status <= TT_EXIT_FOUND
               ? TT_OK
               : tt_fault_set(demo->fault, TT_ERR_IO, "demo: tasktrail %s ended with status %d",
                              words[1], status);
}

static enum tt_err start_redis(struct demo *demo)
{
    char socket[PATH_BYTES + 16], log[PATH_BYTES + 16];
    snprintf(socket, sizeof socket, "%s/redis.sock", demo->work);
    snprintf(log, sizeof log, "%s/redis.log", demo->work);
    snprintf(demo->redis_url, sizeof demo->redis_url, "unix://%s", socket);
    const char *words[] = {
        "redis-server", "--port", "0", "--unixsocket", socket, "--dir", demo->work, "--appendonly",
        "yes",          "--save", "",  "--daemonize",  "no",   NULL};
    enum tt_err err = tt_run_start(words, log, &demo->redis, demo->fault);
    if (err == TT_ERR_NOT_FOUND) {
        tt_fault_clear(demo->fault);
        return tt_fault_set(
            demo->fault, err,
            "demo: redis-server is not installed (Debian: apt-get install redis-server)");
    }
    if (err != TT_OK)
        return err;
    const struct tt_redis_producer_options options = {.url = demo->redis_url,
                                                      .prefix = "tasktrail"};
    struct tt_redis_producer *probe = NULL;
    struct tt_fault away = {0};
    err = tt_redis_producer_create(&options, &probe, demo->fault);
    for (int tries = 0; err == TT_OK && tries < READY_TRIES && *demo->stop == 0; tries++) {
        tt_fault_clear(&away);
        if (tt_redis_producer_connect(probe, &away) == TT_OK)
            break;
        demo->clock.sleep_us(demo->clock.context, READY_WAIT_US);
    }
    tt_redis_producer_destroy(probe);
    if (err == TT_OK && away.code != TT_OK)
        err = tt_fault_set(demo->fault, away.code, "demo: redis-server did not come up: %s",
                           away.text);
    return err;
}

static void stop_redis(struct demo *demo)
{
    if (demo->redis <= 0)
        return;
    kill(demo->redis, SIGTERM);
    tt_run_wait(demo->redis);
    demo->redis = 0;
}

static enum tt_err emit_logs(struct demo *demo)
{
    const char *words[WORDS_MAX] = {demo->self,      "emit",    "--redis",
                                    demo->redis_url, "--input", "dpkg"};
    size_t at = 6;
    if (demo->zone != NULL) {
        words[at++] = "--zone";
        words[at++] = demo->zone;
    }
    for (size_t i = 0; i < demo->logs.count; i++)
        words[at++] = demo->logs.paths[i];
    say(demo, "The machine's own package log goes onto the queue");
    return step(demo, words);
}

static enum tt_err run_workers(struct demo *demo)
{
    static const char *const names[WORKERS] = {"worker-1", "worker-2"};
    pid_t pids[WORKERS] = {0};
    enum tt_err err = TT_OK;
    say(demo, "Two workers take turns and write one audit row per event");
    for (int i = 0; i < WORKERS && err == TT_OK; i++) {
        const char *words[] = {demo->self,      "worker", "--redis", demo->redis_url, "--store",
                               demo->store_url, "--name", names[i],  "--until-idle",  NULL};
        show_command(words);
        err = tt_run_start(words, NULL, &pids[i], demo->fault);
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = pids[i] > 0 ? tt_run_wait(pids[i]) : 0;
        if (err == TT_OK && status != 0 && *demo->stop == 0)
            err = tt_fault_set(demo->fault, TT_ERR_IO, "demo: %s ended with status %d", names[i],
                               status);
    }
    return err == TT_OK && *demo->stop != 0
               ? tt_fault_set(demo->fault, TT_ERR_STOPPED, "demo: stopped")
               : err;
}

/* ---- The interesting task */

static enum tt_err choose_task(struct demo *demo, char *task, size_t size)
{
    char path[PATH_BYTES + 32];
    pid_t pid;
    snprintf(path, sizeof path, "%s/discrepancies.ndjson", demo->results);
    const char *words[] = {demo->self,    "report",
                           "--store",     demo->store_url,
                           "--lifecycle", demo->lifecycle,
                           "--format",    "ndjson",
                           "-o",          path,
                           "--fail-on",   "never",
                           NULL};
    enum tt_err err = tt_run_start(words, NULL, &pid, demo->fault);
    if (err != TT_OK)
        return err;
    tt_run_wait(pid);
    return tt_demo_task(path, demo->store_url + strlen("sqlite:"), task, size, demo->fault);
}

static enum tt_err show_results(struct demo *demo)
{
    char task[256], page[PATH_BYTES + 32], sink[PATH_BYTES + 16];
    snprintf(page, sizeof page, "%s/report.html", demo->results);
    snprintf(sink, sizeof sink, "file:%s", demo->results);
    const char *report[] = {demo->self,    "report",        "--store", demo->store_url,
                            "--lifecycle", demo->lifecycle, NULL};
    say(demo, "Every task is replayed: what the log says against what was stored");
    enum tt_err err = step(demo, report);
    if (err == TT_OK)
        err = choose_task(demo, task, sizeof task);
    const char *replay[] = {demo->self,    "replay",        "--store", demo->store_url,
                            "--lifecycle", demo->lifecycle, "--",      task,
                            NULL};
    const char *html[] = {demo->self,    "report",
                          "--store",     demo->store_url,
                          "--lifecycle", demo->lifecycle,
                          "--format",    "html",
                          "-o",          page,
                          NULL};
    const char *upload[] = {demo->self,      "upload", "--store", demo->store_url, "--lifecycle",
                            demo->lifecycle, "--to",   sink,      "--once",        NULL};
    if (err == TT_OK && task[0] != '\0') {
        if (!tt_setting_on(demo->settings, TT_OPT_KEEP))
            printf("\n(This database is removed at the end. For the commands under \"Next\": "
                   "tasktrail demo --keep)\n");
        say(demo, "One task, replayed by its id");
        err = step(demo, replay);
    }
    if (err == TT_OK) {
        say(demo, "The same report as a page, and audit rows ready for BigQuery");
        err = step(demo, html);
    }
    return err == TT_OK ? step(demo, upload) : err;
}

/* ---- Setting up */

/* The folder for results. One that is there already, in a place where anybody may make folders,
 * must be ours. */
static enum tt_err make_results(struct demo *demo)
{
    struct stat info;
    if (mkdir(demo->results, 0755) == 0)
        return TT_OK;
    if (errno != EEXIST || lstat(demo->results, &info) != 0)
        return tt_fault_errno(demo->fault, tt_file_err(errno), errno, "%s", demo->results);
    if (S_ISDIR(info.st_mode) && info.st_uid == geteuid())
        return TT_OK;
    return tt_fault_set(demo->fault, TT_ERR_DENIED,
                        "%s is there and is not yours; choose a folder with -o", demo->results);
}

static enum tt_err set_up(struct demo *demo)
{
    const char *temp = getenv("TMPDIR"), *output = tt_setting_text(demo->settings, TT_OPT_OUTPUT);
    const char *lifecycle = tt_setting_text(demo->settings, TT_OPT_LIFECYCLE);
    if (temp == NULL || temp[0] == '\0')
        temp = "/tmp";
    enum tt_err err = tt_run_self(demo->self, sizeof demo->self, demo->fault);
    if (err != TT_OK)
        return err;
    snprintf(demo->work, sizeof demo->work, "%.300s/tasktrail-demo-XXXXXX", temp);
    if (mkdtemp(demo->work) == NULL) {
        demo->work[0] = '\0';
        return tt_fault_errno(demo->fault, tt_file_err(errno), errno, "%s", temp);
    }
    if (output != NULL)
        snprintf(demo->results, sizeof demo->results, "%.400s", output);
    else
        snprintf(demo->results, sizeof demo->results, "%.300s/tasktrail-demo", temp);
    if (make_results(demo) != TT_OK)
        return demo->fault->code;
    snprintf(demo->store_url, sizeof demo->store_url, "sqlite:%s/audit.db", demo->work);
    if (lifecycle != NULL)
        snprintf(demo->lifecycle, sizeof demo->lifecycle, "%s", lifecycle);
    else
        err = tt_demo_file(demo->self, "lifecycles/dpkg.json", demo->lifecycle,
                           sizeof demo->lifecycle, demo->fault);
    for (size_t i = 0; i < demo->settings->argument_count && err == TT_OK; i++)
        err = tt_demo_logs_add(&demo->logs, demo->settings->arguments[i], demo->fault);
    if (err == TT_OK && demo->logs.count == 0)
        err = tt_demo_logs_find(&demo->logs, demo->fault);
    if (err == TT_OK && demo->logs.count == 0) {
        char path[PATH_BYTES];
        err = tt_demo_file(demo->self, "dpkg/dpkg.log", path, sizeof path, demo->fault);
        if (err == TT_OK)
            err = tt_demo_logs_add(&demo->logs, path, demo->fault);
        demo->zone = demo->zone == NULL ? "UTC" : demo->zone;
    }
    return err;
}

static void clean_up(struct demo *demo)
{
    stop_redis(demo);
    if (demo->work[0] != '\0' && !tt_setting_on(demo->settings, TT_OPT_KEEP))
        tt_run_remove(demo->work);
    tt_demo_logs_done(&demo->logs);
}

int tt_cmd_demo(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct demo demo = {.settings = settings,
                        .stop = tt_stop_listen(),
                        .fault = &fault,
                        .zone = tt_setting_text(settings, TT_OPT_ZONE)};
    demo.clock = tt_system_clock(demo.stop);
    enum tt_err err = set_up(&demo);
    if (err == TT_OK)
        err = start_redis(&demo);
    if (err == TT_OK)
        err = emit_logs(&demo);
    if (err == TT_OK)
        err = run_workers(&demo);
    if (err == TT_OK)
        err = show_results(&demo);
    clean_up(&demo);
    if (err == TT_ERR_STOPPED || *demo.stop != 0) {
        printf("\ndemo: stopped; nothing is left running\n");
        return EXIT_STOPPED;
    }
    if (err != TT_OK)
        return tt_exit_with(&fault);
    printf(
        "\nResults in %s: report.html, discrepancies.ndjson, and for BigQuery task_status_audit/ "
        "and task_status_discrepancy/ with their schemas.\n",
        demo.results);
    if (tt_setting_on(settings, TT_OPT_KEEP))
        printf("Kept for looking around: %s (sqlite3 %s/audit.db)\n", demo.work, demo.work);
    else
        printf("The database is removed; --keep keeps it, for the commands of the reports.\n");
    return TT_EXIT_CLEAN;
}
