#include "tests/lib/chaos_parts.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const tt_chaos_names[TT_CHAOS_KINDS] = {
    [TT_CHAOS_KILL_WORKER] = "worker killed",
    [TT_CHAOS_PAUSE_WORKER] = "worker stopped beyond its lease",
    [TT_CHAOS_KILL_REDIS] = "redis killed",
    [TT_CHAOS_SHUT_REDIS] = "redis shut down",
    [TT_CHAOS_CUT_REDIS] = "redis killed, its file cut",
    [TT_CHAOS_FLUSH_SCRIPTS] = "scripts forgotten",
    [TT_CHAOS_FULL_REDIS] = "redis full",
    [TT_CHAOS_REPLICA_REDIS] = "redis a replica",
    [TT_CHAOS_FULL_DISK] = "disk full",
    [TT_CHAOS_END_BACKENDS] = "connections ended",
    [TT_CHAOS_CRASH_POSTGRES] = "postgres crashed",
};

/* What lasts a while, lasts by chance. */
static void last(struct tt_chaos *chaos, int64_t most_ms)
{
    int64_t until_ms = tt_chaos_now_ms() + (int64_t)tt_chaos_draw(chaos, (uint64_t)most_ms);
    while (tt_chaos_now_ms() < until_ms)
        tt_pause();
}

static void kill_worker(struct tt_chaos *chaos)
{
    struct tt_chaos_worker *worker = &chaos->workers[tt_chaos_draw(chaos, chaos->options->workers)];
    if (worker->pid == 0)
        return;
    tt_finish(worker->pid, SIGKILL);
    *worker = (struct tt_chaos_worker){.start_ms =
                                           tt_chaos_now_ms() + (int64_t)tt_chaos_draw(chaos, 1500)};
}

static void pause_worker(struct tt_chaos *chaos)
{
    struct tt_chaos_worker *worker = &chaos->workers[tt_chaos_draw(chaos, chaos->options->workers)];
    if (worker->pid == 0 || worker->go_on_ms != 0)
        return;
    kill(worker->pid, SIGSTOP);
    worker->go_on_ms = tt_chaos_now_ms() + TT_CHAOS_LEASE_MS +
                       (int64_t)tt_chaos_draw(chaos, 2 * TT_CHAOS_LEASE_MS);
}

/* ---- Redis */

/* The newest file of changes. */
static bool find_changes(const struct tt_chaos *chaos, char path[600])
{
    char folder[340];
    long best = -1;
    snprintf(folder, sizeof folder, "%.300s/appendonlydir", chaos->redis.dir);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        long number = 0;
        if (strstr(entry->d_name, ".incr.aof") != NULL &&
            sscanf(entry->d_name, "appendonly.aof.%ld.", &number) == 1 && number > best) {
            best = number;
            snprintf(path, 600, "%s/%.200s", folder, entry->d_name);
        }
    }
    if (dir != NULL)
        closedir(dir);
    return best >= 0;
}

static void cut_changes(struct tt_chaos *chaos)
{
    char path[600];
    struct stat info;
    if (!find_changes(chaos, path) || stat(path, &info) != 0)
        return;
    int64_t most = info.st_size / 4 < 1 << 20 ? info.st_size / 4 : 1 << 20;
    int64_t cut = most == 0 ? 0 : (int64_t)tt_chaos_draw(chaos, (uint64_t)most);
    ck_assert_int_eq(truncate(path, info.st_size - cut), 0);
    tt_chaos_say(chaos, "  cut %lld of %lld bytes", (long long)cut, (long long)info.st_size);
}

/* Fails the test, with the last of its log. */
static bool has_ended(const struct tt_chaos *chaos)
{
    char path[340];
    size_t len = 0;
    if (waitpid(chaos->redis.pid, NULL, WNOHANG) == 0)
        return false;
    snprintf(path, sizeof path, "%.300s/redis.log", chaos->redis.dir);
    char *log = tt_read_file(path, &len);
    ck_abort_msg("redis does not start: %s",
                 log == NULL ? "" : log + (len > 3000 ? len - 3000 : 0));
}

static void restart_redis(struct tt_chaos *chaos, int signal_number, bool cut)
{
    static const char *const words[] = {"--appendfsync", "everysec", NULL};
    struct tt_chaos_ledger *ledger = chaos->ledger;
    atomic_store(&ledger->hold, true);
    tt_redis_server_stop(&chaos->redis, signal_number);
    TT_EVENTUALLY(atomic_load(&ledger->holding));
    if (cut)
        cut_changes(chaos);
    last(chaos, 800);
    tt_redis_server_begin(&chaos->redis, "redis", words);
    TT_EVENTUALLY(tt_redis_server_answers(&chaos->redis) || has_ended(chaos));
    tt_chaos_ledger_mark_lost(chaos);
    atomic_store(&ledger->hold, false);
}

static void tell_redis(struct tt_chaos *chaos, const char *command, const char *after)
{
    redisContext *context = tt_redis_server_connect(&chaos->redis);
    freeReplyObject(redisCommand(context, command));
    last(chaos, 1000);
    freeReplyObject(redisCommand(context, after));
    redisFree(context);
}

/* ---- Disk and PostgreSQL */

static void resize_disk(struct tt_chaos *chaos, uint64_t bytes)
{
    char size[40];
    snprintf(size, sizeof size, "size=%llu", (unsigned long long)bytes);
    int status = mount("tmpfs", chaos->disk, "tmpfs", MS_REMOUNT, size);
    ck_assert_msg(status == 0 || bytes < (uint64_t)1 << 32, "cannot make the disk larger");
}

static void start_postgres(struct tt_chaos *chaos)
{
    tt_postgres_server_start(&chaos->postgres, "disk/postgres", NULL);
}

static void fill_disk(struct tt_chaos *chaos)
{
    struct statvfs info;
    ck_assert_int_eq(statvfs(chaos->disk, &info), 0);
    uint64_t used = (uint64_t)(info.f_blocks - info.f_bfree) * info.f_frsize;
    resize_disk(chaos, used + 64 * 1024);
    last(chaos, 1500);
    resize_disk(chaos, (uint64_t)1 << 33);
    /* PostgreSQL gives up where it cannot write its log, and cannot come up again either. */
    if (chaos->options->postgres && waitpid(chaos->postgres.pid, NULL, WNOHANG) != 0)
        start_postgres(chaos);
}

static void end_backends(struct tt_chaos *chaos)
{
    tt_postgres_count(chaos->store, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    " WHERE application_name = 'tasktrail'");
}

static void crash_postgres(struct tt_chaos *chaos)
{
    tt_postgres_server_stop(&chaos->postgres, SIGQUIT);
    last(chaos, 800);
    start_postgres(chaos);
}

bool tt_chaos_can(const struct tt_chaos *chaos, enum tt_chaos_kind kind)
{
    if (kind == TT_CHAOS_FULL_DISK)
        return chaos->has_disk;
    if (kind == TT_CHAOS_END_BACKENDS || kind == TT_CHAOS_CRASH_POSTGRES)
        return chaos->options->postgres;
    return true;
}

void tt_chaos_do(struct tt_chaos *chaos, enum tt_chaos_kind kind)
{
    tt_chaos_say(chaos, "%s", tt_chaos_names[kind]);
    chaos->done[kind]++;
    switch (kind) {
    case TT_CHAOS_KILL_WORKER: kill_worker(chaos); break;
    case TT_CHAOS_PAUSE_WORKER: pause_worker(chaos); break;
    case TT_CHAOS_KILL_REDIS: restart_redis(chaos, SIGKILL, false); break;
    case TT_CHAOS_SHUT_REDIS: restart_redis(chaos, SIGTERM, false); break;
    case TT_CHAOS_CUT_REDIS: restart_redis(chaos, SIGKILL, true); break;
    case TT_CHAOS_FLUSH_SCRIPTS: tell_redis(chaos, "SCRIPT FLUSH", "SCRIPT FLUSH"); break;
    case TT_CHAOS_FULL_REDIS:
        tell_redis(chaos, "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0");
        break;
    case TT_CHAOS_REPLICA_REDIS:
        tell_redis(chaos, "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE");
        break;
    case TT_CHAOS_FULL_DISK: fill_disk(chaos); break;
    case TT_CHAOS_END_BACKENDS: end_backends(chaos); break;
    case TT_CHAOS_CRASH_POSTGRES: crash_postgres(chaos); break;
    case TT_CHAOS_KINDS: break;
    }
}
