#include "tests/lib/chaos_parts.h"

#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SETTLE_LIMIT_MS = 900 * 1000, GAP_MS = 400, LONG_GAP_MS = 2500 };

static int64_t started_ms;

int64_t tt_chaos_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t tt_chaos_draw(struct tt_chaos *chaos, uint64_t limit)
{
    return (tt_test_next(&chaos->chance) >> 16) % limit;
}

void tt_chaos_say(const struct tt_chaos *chaos, const char *format, ...)
{
    va_list args;
    if (!chaos->options->verbose)
        return;
    va_start(args, format);
    printf("%8.1f s  ", (double)(tt_chaos_now_ms() - started_ms) / 1000);
    vprintf(format, args);
    printf("\n");
    fflush(stdout);
    va_end(args);
}

/* ---- Workers */

static _Noreturn void fail_with_log(const struct tt_chaos *chaos, const char *what, int status)
{
    size_t len = 0;
    char *log = tt_read_file(chaos->log, &len);
    ck_abort_msg("%s: status %d; the end of the log:\n%s", what, status,
                 log == NULL ? "" : log + (len > 3000 ? len - 3000 : 0));
}

static void start_worker(struct tt_chaos *chaos, unsigned number)
{
    char name[16], batch[16];
    snprintf(name, sizeof name, "w%u", number);
    snprintf(batch, sizeof batch, "%u", 20 + (unsigned)tt_chaos_draw(chaos, 500));
    const char *words[] = {
        "worker",  "--redis", chaos->redis.url, "--store", chaos->store,   "--name", name,
        "--lease", "1s",      "--batch",        batch,     "--partitions", "16",     "-q",
        NULL};
    chaos->workers[number] =
        (struct tt_chaos_worker){.pid = tt_start_tasktrail(chaos->log, NULL, words)};
}

/* Starts and wakes up those whose time has come. One that ends by itself fails the test. */
static void tend_workers(struct tt_chaos *chaos)
{
    for (unsigned i = 0; i < chaos->options->workers; i++) {
        struct tt_chaos_worker *worker = &chaos->workers[i];
        int status = 0;
        if (worker->pid == 0 && tt_chaos_now_ms() >= worker->start_ms)
            start_worker(chaos, i);
        if (worker->go_on_ms != 0 && tt_chaos_now_ms() >= worker->go_on_ms) {
            kill(worker->pid, SIGCONT);
            worker->go_on_ms = 0;
        }
        if (worker->pid != 0 && waitpid(worker->pid, &status, WNOHANG) == worker->pid)
            fail_with_log(chaos, "a worker ended by itself", status);
    }
}

static bool all_run(const struct tt_chaos *chaos)
{
    for (unsigned i = 0; i < chaos->options->workers; i++)
        if (chaos->workers[i].pid == 0 || chaos->workers[i].go_on_ms != 0)
            return false;
    return true;
}

static long long waiting(const struct tt_chaos *chaos)
{
    struct tt_run run = TT_TASKTRAIL("status", "--redis", chaos->redis.url, "--json");
    json_t *status = run.status == 0 ? json_loads(run.out, 0, NULL) : NULL;
    long long number = status == NULL ? -1
                                      : json_integer_value(json_object_get(status, "unread")) +
                                            json_integer_value(json_object_get(status, "pending"));
    json_decref(status);
    tt_run_done(&run);
    return number;
}

/* No more events, no more mischief: all that is there is worked off, and all workers end well. */
static void settle(struct tt_chaos *chaos)
{
    int64_t until_ms = tt_chaos_now_ms() + SETTLE_LIMIT_MS;
    atomic_store(&chaos->ledger->stop, true);
    ck_assert_int_eq(tt_finish(chaos->producer, 0), 0);
    tt_chaos_say(chaos, "working off what is left");
    while (!all_run(chaos) || waiting(chaos) != 0) {
        tend_workers(chaos);
        tt_pause();
        if (tt_chaos_now_ms() > until_ms)
            fail_with_log(chaos, "the workers do not come to an end", 0);
    }
    for (unsigned i = 0; i < chaos->options->workers; i++) {
        int status = tt_finish(chaos->workers[i].pid, SIGTERM);
        if (status != 0)
            fail_with_log(chaos, "a worker did not end well", status);
    }
}

/* ---- The run */

/* A disk of our own for the store, in a mount namespace of our own: it goes when we do, however we
 * end. Redis is not on it: what 7.0.15 leaves there after a short write it cannot always read. */
static void make_disk(struct tt_chaos *chaos)
{
    snprintf(chaos->disk, sizeof chaos->disk, "%.280s", tt_tmpfile("disk"));
    ck_assert_int_eq(mkdir(chaos->disk, 0755), 0);
    chaos->has_disk = unshare(CLONE_NEWNS) == 0 &&
                      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                      mount("tmpfs", chaos->disk, "tmpfs", 0, "size=8g,mode=755") == 0;
    if (!chaos->has_disk)
        printf("not allowed to mount a tmpfs here: the full disk is not tried\n");
}

static void set_up(struct tt_chaos *chaos)
{
    static const char *const words[] = {"--appendfsync", "everysec", NULL};
    make_disk(chaos);
    snprintf(chaos->log, sizeof chaos->log, "%s", tt_tmpfile("workers.log"));
    tt_redis_server_begin(&chaos->redis, "redis", words);
    TT_EVENTUALLY(tt_redis_server_answers(&chaos->redis));
    if (chaos->options->postgres) {
        tt_postgres_server_start(&chaos->postgres, "disk/postgres", NULL);
        snprintf(chaos->store, sizeof chaos->store, "%s", tt_postgres_new_url(&chaos->postgres));
    } else {
        snprintf(chaos->store, sizeof chaos->store, "sqlite:%s", tt_tmpfile("disk/audit.db"));
    }
    chaos->ledger = tt_chaos_ledger_make();
    for (unsigned i = 0; i < chaos->options->workers; i++)
        start_worker(chaos, i);
    TT_EVENTUALLY(waiting(chaos) == 0); /* the queue is made */
    chaos->producer = tt_chaos_producer_start(chaos);
    TT_EVENTUALLY(atomic_load(&chaos->ledger->count) > 0);
}

/* Each kind once, in an order that is drawn. */
static void one_deck(struct tt_chaos *chaos, int64_t until_ms)
{
    enum tt_chaos_kind deck[TT_CHAOS_KINDS];
    for (unsigned i = 0; i < TT_CHAOS_KINDS; i++) {
        unsigned at = (unsigned)tt_chaos_draw(chaos, i + 1);
        deck[i] = deck[at];
        deck[at] = (enum tt_chaos_kind)i;
    }
    for (unsigned i = 0; i < TT_CHAOS_KINDS; i++) {
        int64_t gap_ms = chaos->options->run_ms == 0 ? GAP_MS : LONG_GAP_MS;
        int64_t next_ms = tt_chaos_now_ms() + (int64_t)tt_chaos_draw(chaos, (uint64_t)gap_ms);
        if (until_ms != 0 && tt_chaos_now_ms() >= until_ms)
            return;
        if (!tt_chaos_can(chaos, deck[i]))
            continue;
        while (tt_chaos_now_ms() < next_ms) {
            tend_workers(chaos);
            tt_pause();
        }
        tt_chaos_do(chaos, deck[i]);
    }
    tt_chaos_say(chaos, "%zu entries confirmed, %lld wait", atomic_load(&chaos->ledger->count),
                 chaos->options->verbose ? waiting(chaos) : 0);
}

static void tear_down(struct tt_chaos *chaos)
{
    tt_redis_server_stop(&chaos->redis, SIGTERM);
    if (chaos->options->postgres)
        tt_postgres_server_stop(&chaos->postgres, SIGINT);
    if (chaos->has_disk)
        umount2(chaos->disk, MNT_DETACH);
}

void tt_chaos_run(const struct tt_chaos_options *options)
{
    static struct tt_chaos chaos;
    chaos = (struct tt_chaos){.options = options,
                              .chance = options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    started_ms = tt_chaos_now_ms();
    printf("seed %llu, %s\n", (unsigned long long)options->seed,
           options->postgres ? "postgres" : "sqlite");
    fflush(stdout);
    set_up(&chaos);
    int64_t until_ms = options->run_ms == 0 ? 0 : tt_chaos_now_ms() + options->run_ms;
    do
        one_deck(&chaos, until_ms);
    while (tt_chaos_now_ms() < until_ms);
    settle(&chaos);
    for (unsigned i = 0; i < TT_CHAOS_KINDS; i++)
        if (chaos.done[i] > 0)
            printf("%u x %s%s", chaos.done[i], tt_chaos_names[i],
                   i + 1 < TT_CHAOS_KINDS ? "; " : "");
    printf("\n");
    tt_chaos_verify(&chaos);
    tear_down(&chaos);
}
