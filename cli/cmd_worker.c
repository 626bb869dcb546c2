#include "cli/commands.h"

#include "adapters/redis/queue.h"
#include "adapters/system/clock.h"
#include "cli/jobs.h"
#include "cli/secret.h"
#include "cli/stop.h"
#include "cli/store_url.h"
#include "cli/tenants_file.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/engine/worker.h"
#include <stdio.h>
#include <unistd.h>

static void tell_log(void *context, enum tt_observation what, int64_t number, const char *text)
{
    static const struct {
        enum tt_log_level level;
        const char *event, *words;
    } lines[TT_OBSERVATION_COUNT] = {
        [TT_OBSERVED_QUEUE_AWAY] = {TT_LOG_WARNING, "queue_away",
                                    "the queue is away, trying again"},
        [TT_OBSERVED_QUEUE_BACK] = {TT_LOG_INFO, "queue_back", "the queue is back"},
        [TT_OBSERVED_STORE_AWAY] = {TT_LOG_WARNING, "store_away",
                                    "the store cannot be written, trying again"},
        [TT_OBSERVED_STORE_BACK] = {TT_LOG_INFO, "store_back", "the store is back"},
        [TT_OBSERVED_TURN_LOST] = {TT_LOG_WARNING, "turn_lost",
                                   "the lease ended before the batch was finished"},
        [TT_OBSERVED_FENCED] = {TT_LOG_WARNING, "fenced", "fenced, nothing was written"},
        [TT_OBSERVED_DEAD_LETTER] = {TT_LOG_WARNING, "dead_letter",
                                     "an entry became a dead letter"},
        [TT_OBSERVED_ENTRIES_VANISHED] = {TT_LOG_ERROR, "entries_vanished",
                                          "pending entries are gone from the stream"},
        [TT_OBSERVED_ENTRY_ID_REUSED] =
            {TT_LOG_ERROR, "entry_id_reused",
             "entry ids came back with other content, kept under a new epoch"},
        [TT_OBSERVED_EXCLUDED] = {TT_LOG_DEBUG, "excluded",
                                  "entries that their tenant does not want audited"},
        [TT_OBSERVED_PARKED] = {TT_LOG_WARNING, "parked",
                                "later entries of its task wait until it is requeued or dropped"},
        [TT_OBSERVED_BATCH_APPLIED] = {TT_LOG_DEBUG, "batch_applied", "batch applied"},
    };
    if (what == TT_OBSERVED_EXCLUDED)
        *(uint64_t *)context += (uint64_t)number;
    if (!tt_log_enabled(lines[what].level))
        return;
    char count[32] = "";
    if (number > 0 && what != TT_OBSERVED_DEAD_LETTER)
        snprintf(count, sizeof count, " (%lld)", (long long)number);
    tt_log(lines[what].level, lines[what].event, "%s%s%s%s", lines[what].words, count,
           text[0] == '\0' ? "" : ": ", text);
}

/* An observer handler: for the last line of the log. */
static void count_duplicate(void *context, const struct tt_audit_row *row,
                            const struct tt_current_row *task)
{
    (void)task;
    *(uint64_t *)context += row->duplicate;
}

static void default_name(char *name, size_t size)
{
    char host[64] = "worker";
    gethostname(host, sizeof host - 1);
    snprintf(name, size, "%s-%ld", host, (long)getpid());
}

struct parts {
    struct tt_clock clock;
    struct tt_random random;
    struct tt_queue queue;
    struct tt_opened_store store;
    struct tt_buf secret;
    struct tt_tenants_file tenants;
    struct tt_jobs *jobs;
    uint64_t excluded; /* entries that tenants do not want audited */
    char name[96];
};

static enum tt_err open_parts(const struct tt_settings *settings, const volatile int *stop,
                              struct parts *parts, struct tt_fault *fault)
{
    const char *password = NULL, *name = tt_setting_text(settings, TT_OPT_NAME);
    parts->clock = tt_system_clock(stop);
    parts->random = tt_system_random();
    if (name == NULL)
        default_name(parts->name, sizeof parts->name);
    else
        snprintf(parts->name, sizeof parts->name, "%s", name);
    enum tt_err err = tt_secret_read("TASKTRAIL_REDIS_PASSWORD", &parts->secret, &password, fault);
    const struct tt_redis_queue_options queue = {
        .url = tt_setting_text(settings, TT_OPT_REDIS),
        .password = password,
        .prefix = tt_setting_text(settings, TT_OPT_PREFIX),
        .partitions = (unsigned)tt_setting_u64(settings, TT_OPT_PARTITIONS),
        .worker = parts->name,
        .lease_ms = tt_setting_us(settings, TT_OPT_LEASE) / 1000,
        .locking = tt_setting_u64(settings, TT_OPT_LOCKING) == 0,
        .clock = &parts->clock,
        .random = &parts->random,
    };
    if (err == TT_OK)
        err = tt_redis_queue_create(&queue, &parts->queue, fault);
    const struct tt_jobs_options jobs = {.settings = settings,
                                         .password = password,
                                         .worker = parts->name,
                                         .clock = &parts->clock,
                                         .random = &parts->random,
                                         .stop = stop};
    /* One that ends when it is idle has no time for questions. */
    if (err == TT_OK && !tt_setting_on(settings, TT_OPT_UNTIL_IDLE))
        err = tt_jobs_create(&jobs, &parts->jobs, fault);
    return err == TT_OK
               ? tt_store_url_open(tt_setting_text(settings, TT_OPT_STORE),
                                   tt_setting_on(settings, TT_OPT_SYNC), &parts->store, fault)
               : err;
}

int tt_cmd_worker(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_worker_counts counts = {0};
    struct parts parts = {0};
    uint64_t duplicates = 0;
    const struct tt_observer observer = {.context = &parts.excluded, .tell = tell_log};
    if (settings->argument_count > 0) {
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "worker: unexpected \"%.60s\"; worker takes no arguments",
                     settings->arguments[0]);
        return tt_exit_with(&fault);
    }
    if (tt_setting_on(settings, TT_OPT_ON_DEAD) && tt_setting_on(settings, TT_OPT_LOCKING)) {
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "worker: --on-dead park needs turns; --locking none has none");
        return tt_exit_with(&fault);
    }
    const volatile int *stop = tt_stop_listen();
    tt_stop_within(tt_setting_us(settings, TT_OPT_DRAIN));
    enum tt_err err =
        tt_tenants_file_read(&parts.tenants, tt_setting_text(settings, TT_OPT_TENANTS), &fault);
    if (err == TT_OK)
        err = open_parts(settings, stop, &parts, &fault);
    if (err == TT_OK) {
        const struct tt_event_observer seen = {"duplicates", &duplicates, count_duplicate};
        struct tt_worker_options options = {
            .queue = &parts.queue,
            .store = &parts.store.store,
            .clock = &parts.clock,
            .random = &parts.random,
            .observer = &observer,
            .name = tt_str_from(parts.name),
            .batch_max = (size_t)tt_setting_u64(settings, TT_OPT_BATCH),
            .lease_us = tt_setting_us(settings, TT_OPT_LEASE),
            .drain_us = tt_setting_us(settings, TT_OPT_DRAIN),
            .locking = tt_setting_u64(settings, TT_OPT_LOCKING) == 0,
            .until_idle = tt_setting_on(settings, TT_OPT_UNTIL_IDLE),
            .apply_by_arrival = tt_setting_on(settings, TT_OPT_APPLY_ORDER),
            .park = tt_setting_on(settings, TT_OPT_ON_DEAD),
            .tenants = tt_tenants_file_watch(&parts.tenants),
            .observers = &seen,
            .observer_count = 1,
            .json_depth_max = TT_EVENT_DEPTH_MAX,
            .stop = stop,
        };
        if (parts.jobs != NULL)
            options.beside = tt_jobs_beside(parts.jobs);
        tt_log(TT_LOG_INFO, "worker_started", "%s: started: %s, %s", parts.name,
               tt_setting_text(settings, TT_OPT_REDIS), tt_setting_text(settings, TT_OPT_STORE));
        err = tt_worker_run(&options, &counts, &fault);
        tt_log(TT_LOG_INFO, "worker_stopped",
               "%s: %llu entries, %llu rows written, %llu dead letters, %llu excluded, "
               "%llu duplicates%s",
               parts.name, (unsigned long long)counts.entries, (unsigned long long)counts.rows,
               (unsigned long long)counts.dead, (unsigned long long)parts.excluded,
               (unsigned long long)duplicates,
               counts.vanished > 0 ? ", entries lost from the stream" : "");
    }
    int status = err == TT_OK ? TT_EXIT_CLEAN : tt_exit_with(&fault);
    tt_jobs_destroy(parts.jobs);
    tt_redis_queue_destroy(&parts.queue);
    tt_store_url_close(&parts.store);
    tt_buf_done(&parts.secret);
    tt_tenants_file_done(&parts.tenants);
    return status;
}
