/* status: the fleet at a glance. */
#include "cli/commands.h"

#include "adapters/system/clock.h"
#include "cli/queue_view.h"
#include "cli/stop.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include <stdio.h>
#include <unistd.h>

static void add_number(struct tt_buf *buf, const char *key, uint64_t value)
{
    tt_json_add_key(buf, key);
    tt_buf_add_uint(buf, value);
}

static void add_age(struct tt_buf *buf, const char *key, int64_t age_ms)
{
    tt_json_add_key(buf, key);
    if (age_ms < 0)
        tt_buf_add_text(buf, "null");
    else
        tt_buf_add_int(buf, age_ms);
}

static void add_counts(struct tt_buf *buf, const struct tt_fleet_partition *p)
{
    add_number(buf, "unread", p->unread);
    add_number(buf, "locked", p->locked);
    add_number(buf, "pending", p->pending);
    add_number(buf, "stalled", p->stalled);
    add_number(buf, "applied", p->applied);
    add_number(buf, "failed", p->failed);
    add_number(buf, "dead", p->dead);
    add_number(buf, "parked_tasks", p->parked);
    add_number(buf, "parked_entries", p->behind);
    add_age(buf, "oldest_age_ms", p->oldest_age_ms);
}

static void add_json(struct tt_buf *buf, const struct tt_fleet_status *status)
{
    tt_buf_add_char(buf, '{');
    add_number(buf, "partitions", status->partition_count);
    add_counts(buf, &status->total);
    tt_json_add_key(buf, "workers");
    tt_buf_add_char(buf, '[');
    for (size_t i = 0; i < status->worker_count; i++) {
        tt_buf_add_text(buf, i == 0 ? "{" : ",{");
        tt_json_add_key(buf, "name");
        tt_json_add_text(buf, tt_str_from(status->workers[i].name));
        add_age(buf, "silent_ms", status->workers[i].silent_ms);
        tt_buf_add_char(buf, '}');
    }
    tt_buf_add_text(buf, "]");
    tt_json_add_key(buf, "by_partition");
    tt_buf_add_char(buf, '[');
    for (unsigned p = 0; p < status->partition_count; p++) {
        tt_buf_add_text(buf, p == 0 ? "{" : ",{");
        add_number(buf, "partition", p);
        add_counts(buf, &status->partitions[p]);
        tt_buf_add_char(buf, '}');
    }
    tt_buf_add_text(buf, "]}\n");
}

/* "3.2 s", "12 min", "5 h" */
static void write_age(char *text, size_t size, int64_t ms)
{
    if (ms < 0)
        snprintf(text, size, "-");
    else if (ms < 1000)
        snprintf(text, size, "%lld ms", (long long)ms);
    else if (ms < 120 * 1000)
        snprintf(text, size, "%.1f s", (double)ms / 1000);
    else if (ms < INT64_C(2) * 3600 * 1000)
        snprintf(text, size, "%lld min", (long long)(ms / 60000));
    else
        snprintf(text, size, "%lld h", (long long)(ms / 3600000));
}

static void print_partitions(const struct tt_fleet_status *status)
{
    unsigned shown = 0;
    for (unsigned p = 0; p < status->partition_count; p++) {
        const struct tt_fleet_partition *one = &status->partitions[p];
        char age[32];
        if (one->unread + one->pending + one->dead == 0)
            continue;
        if (shown++ == 0)
            printf("\npartition     unread    pending    stalled       dead      oldest        "
                   "held\n");
        write_age(age, sizeof age, one->oldest_age_ms);
        printf("%9u %10llu %10llu %10llu %10llu %11s %11llu\n", p, (unsigned long long)one->unread,
               (unsigned long long)one->pending, (unsigned long long)one->stalled,
               (unsigned long long)one->dead, age, (unsigned long long)one->locked);
    }
}

static void print_text(const struct tt_fleet_status *status)
{
    const struct tt_fleet_partition *total = &status->total;
    char age[32];
    write_age(age, sizeof age, total->oldest_age_ms);
    printf("backlog       %llu unread, %llu pending%s", (unsigned long long)total->unread,
           (unsigned long long)total->pending, total->stalled > 0 ? ", of these " : "\n");
    if (total->stalled > 0)
        printf("%llu stalled\n", (unsigned long long)total->stalled);
    printf("oldest        %s\n", total->oldest_age_ms < 0 ? "nothing waits" : age);
    printf("applied       %llu %s, %llu failed\n", (unsigned long long)total->applied,
           total->applied == 1 ? "entry" : "entries", (unsigned long long)total->failed);
    printf("dead letters  %llu%s\n", (unsigned long long)total->dead,
           total->dead > 0 ? " (tasktrail dead list)" : "");
    if (total->parked > 0)
        printf("parked        %llu task%s, %llu %s for dead letters to be seen to\n",
               (unsigned long long)total->parked, total->parked == 1 ? "" : "s",
               (unsigned long long)total->behind,
               total->behind == 1 ? "entry waits" : "entries wait");
    printf("held          %llu %s\n", (unsigned long long)total->locked,
           total->locked == 1 ? "task" : "tasks");
    printf("partitions    %u\n", status->partition_count);
    printf("workers       %zu alive\n", status->worker_count);
    for (size_t i = 0; i < status->worker_count; i++) {
        write_age(age, sizeof age, status->workers[i].silent_ms);
        printf("              %s, heard of %s ago\n", status->workers[i].name, age);
    }
    print_partitions(status);
}

static enum tt_err look(const struct tt_settings *settings, struct tt_redis_view *view, bool clear,
                        struct tt_fault *fault)
{
    struct tt_fleet_status status;
    enum tt_err err =
        tt_redis_view_status(view, tt_setting_us(settings, TT_OPT_STALLED) / 1000, &status, fault);
    if (err != TT_OK)
        return err;
    if (tt_setting_on(settings, TT_OPT_JSON)) {
        struct tt_buf buf;
        tt_buf_init(&buf, 0);
        add_json(&buf, &status);
        err = buf.err == TT_OK ? TT_OK : tt_fault_set(fault, buf.err, "out of memory");
        if (err == TT_OK)
            fwrite(buf.data, 1, buf.len, stdout);
        tt_buf_done(&buf);
    } else {
        if (clear)
            printf("\x1b[H\x1b[2J");
        print_text(&status);
    }
    if (tt_setting_on(settings, TT_OPT_WATCH))
        fflush(stdout);
    return err;
}

/* One more look. A server that is away is told once, and looked for again the next time. */
static enum tt_err look_again(const struct tt_settings *settings, struct tt_redis_view **view,
                              bool *away, struct tt_fault *fault)
{
    enum tt_err err = *view == NULL ? tt_queue_view_open(settings, view, fault) : TT_OK;
    if (err == TT_OK)
        err = look(settings, *view, isatty(STDOUT_FILENO), fault);
    if (err == TT_OK && *away)
        tt_log(TT_LOG_INFO, "queue_back", "the queue is back");
    if (err == TT_OK)
        *away = false;
    if (tt_err_class(err) != TT_CLASS_RETRY)
        return err;
    if (!*away)
        tt_log(TT_LOG_WARNING, "queue_away", "the queue is away, looking again: %s", fault->text);
    *away = true;
    tt_redis_view_close(*view);
    *view = NULL;
    tt_fault_clear(fault);
    return TT_OK;
}

int tt_cmd_status(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_redis_view *view = NULL;
    if (settings->argument_count > 0) {
        tt_fault_set(&fault, TT_ERR_INVALID, "status: unexpected \"%.60s\"",
                     settings->arguments[0]);
        return tt_exit_with(&fault);
    }
    bool watch = tt_setting_on(settings, TT_OPT_WATCH), away = false;
    const volatile int *stop = watch ? tt_stop_listen() : NULL;
    const struct tt_clock clock = tt_system_clock(stop);
    enum tt_err err = tt_queue_view_open(settings, &view, &fault);
    if (err == TT_OK)
        err = look(settings, view, watch && isatty(STDOUT_FILENO), &fault);
    while (err == TT_OK && watch && *stop == 0 && !ferror(stdout)) {
        clock.sleep_us(clock.context, tt_setting_us(settings, TT_OPT_EVERY));
        if (*stop == 0)
            err = look_again(settings, &view, &away, &fault);
    }
    tt_redis_view_close(view);
    return err == TT_OK ? TT_EXIT_CLEAN : tt_exit_with(&fault);
}
