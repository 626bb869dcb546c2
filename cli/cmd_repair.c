/* repair: sets what the store holds of tasks to what replaying their events gives. --plan shows it.
 *
 * Happy path: the tasks are named, come by stdin, or are what a full pass finds -> each is looked
 * at, repaired and told -> the counts.
 *
 * Failure modes: asked to stop: the task in hand is finished, or, while somebody else holds it,
 * left alone; the counts are told, and what is left. A task without events, or that stays held:
 * told, the others are still done. Everything else that fails ends it, with the counts. */
#include "cli/commands.h"

#include "adapters/system/clock.h"
#include "adapters/system/lines.h"
#include "cli/feed.h"
#include "cli/judge_rules.h"
#include "cli/output.h"
#include "cli/queue_view.h"
#include "cli/repair.h"
#include "cli/secret.h"
#include "cli/stop.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "reports/plan.h"
#include "reports/render.h"
#include <stdio.h>
#include <unistd.h>

static const char *const outcome_names[] = {
    [TT_REPAIR_SAME] = "same", [TT_REPAIR_DIFFERS] = "differs", [TT_REPAIR_DONE] = "repaired",
    [TT_REPAIR_BUSY] = "busy", [TT_REPAIR_NO_EVENT] = "none",   [TT_REPAIR_STOPPED] = "stopped",
};
enum { OUTCOMES = sizeof outcome_names / sizeof *outcome_names };

struct repair {
    const struct tt_settings *settings;
    struct tt_judge_rules rules;
    struct tt_opened_store reader, store;
    struct tt_clock clock;
    struct tt_random random;
    struct tt_queue queue;
    struct tt_buf secret, line;
    struct tt_repairing repairing;
    char name[96];
    uint64_t counts[OUTCOMES];
};

/* ---- Telling */

static enum tt_err tell(struct repair *repair, const struct tt_restore_plan *plan,
                        enum tt_repair_outcome outcome, struct tt_fault *fault)
{
    struct tt_buf *line = &repair->line;
    bool json = tt_setting_u64(repair->settings, TT_OPT_FORMAT) == TT_FORMAT_JSON;
    tt_buf_clear(line);
    repair->counts[outcome]++;
    if (outcome == TT_REPAIR_NO_EVENT) {
        tt_log(TT_LOG_ERROR, "not_found", "no event of task %.*s of tenant %.*s in %s%s",
               TT_STR_ARGS(plan->task_id), TT_STR_ARGS(plan->tenant),
               tt_setting_text(repair->settings, TT_OPT_STORE),
               tt_output_which_tenant(tt_setting_text(repair->settings, TT_OPT_TENANT)));
        return TT_OK;
    }
    if (outcome == TT_REPAIR_BUSY)
        tt_log(TT_LOG_ERROR, "busy",
               "task %.*s of tenant %.*s: a worker held it all the time (--wait); nothing was "
               "written",
               TT_STR_ARGS(plan->task_id), TT_STR_ARGS(plan->tenant));
    if (json) {
        tt_plan_add_json(line, plan, outcome_names[outcome]);
        tt_buf_add_char(line, '\n');
    } else if (outcome == TT_REPAIR_SAME) {
        tt_plan_add_sentence(line, plan);
        tt_buf_add_char(line, '\n');
    } else {
        tt_plan_add_text(line, plan);
        tt_buf_addf(line, "  %s\n\n",
                    outcome == TT_REPAIR_DONE ? "repaired" : "nothing was written");
    }
    if (line->err != TT_OK)
        return tt_fault_set(fault, line->err, "out of memory");
    fwrite(line->data, 1, line->len, stdout);
    return TT_OK;
}

/* STOPPED, and no fault: asked to stop, the task was left alone. */
static enum tt_err one_task(struct repair *repair, struct tt_str tenant, struct tt_str task_id,
                            struct tt_fault *fault)
{
    struct tt_restore_plan plan;
    enum tt_repair_outcome outcome;
    if (*repair->repairing.stop != 0)
        return TT_ERR_STOPPED;
    enum tt_err err = tt_repair_task(&repair->repairing, tenant, task_id, &plan, &outcome, fault);
    if (err == TT_OK && outcome == TT_REPAIR_STOPPED)
        return TT_ERR_STOPPED;
    return err == TT_OK ? tell(repair, &plan, outcome, fault) : err;
}

/* ---- Which tasks */

/* STOPPED, and no fault: *ret_line is the last line that was done. */
static enum tt_err from_stdin(struct repair *repair, struct tt_str tenant, uint64_t *ret_line,
                              struct tt_fault *fault)
{
    struct tt_lines *lines = NULL;
    struct tt_line line;
    struct tt_fault unread = {0};
    bool more = true;
    enum tt_err err = tt_lines_open("-", TT_LINE_BYTES_MAX, &lines, fault);
    *ret_line = 0;
    if (err == TT_OK)
        tt_lines_stop_with(lines, repair->repairing.stop);
    while (err == TT_OK) {
        err = tt_lines_next(lines, &line, &more, &unread);
        if (err != TT_OK && err != TT_ERR_STOPPED)
            tt_fault_set(fault, err, "%s", unread.text);
        if (err != TT_OK || !more)
            break;
        if (line.overlong)
            err = tt_fault_set(fault, TT_ERR_LIMIT, "stdin:%llu: a line longer than %d bytes",
                               (unsigned long long)line.number, TT_LINE_BYTES_MAX);
        else if (line.text.len > 0)
            err = one_task(repair, tenant, line.text, fault);
        if (err == TT_OK)
            *ret_line = line.number;
    }
    tt_lines_close(lines);
    return err;
}

static bool is_mismatched(const struct tt_report *report, const struct tt_report_task *task)
{
    for (size_t i = 0; i < task->finding_count; i++) {
        enum tt_kind kind = report->findings[task->first_finding + i]->kind;
        if (kind == TT_KIND_STATE_MISMATCH || kind == TT_KIND_INTERVAL_MISMATCH)
            return true;
    }
    return false;
}

static enum tt_err each_mismatched(struct repair *repair, const struct tt_report *report,
                                   struct tt_fault *fault)
{
    const struct tt_value *named = &repair->settings->values[TT_OPT_TENANT];
    bool of_one = strcmp(named->from, "default") != 0; /* those of the tenant that was named */
    const struct tt_report_task *next = NULL;          /* the first one that is left */
    size_t left = 0;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < report->task_count && (err == TT_OK || next != NULL); i++) {
        const struct tt_report_task *task = report->tasks[i];
        if (!is_mismatched(report, task) ||
            (of_one && !tt_str_equal(task->tenant, tt_str_from(named->text))))
            continue;
        if (next == NULL)
            err = one_task(repair, task->tenant, task->task_id, fault);
        if (err == TT_ERR_STOPPED) {
            next = next == NULL ? task : next;
            left++;
        }
    }
    if (next == NULL)
        return err;
    return tt_fault_set(
        fault, TT_ERR_STOPPED, "interrupted before task %.*s of tenant %.*s: %zu %s left",
        TT_STR_ARGS(next->task_id), TT_STR_ARGS(next->tenant), left, left == 1 ? "is" : "are");
}

static enum tt_err all_mismatched(struct repair *repair, struct tt_fault *fault)
{
    struct tt_pass_options options = repair->repairing.rules;
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    options.from_store = true;
    enum tt_err err = tt_pass_create(&options, &pass, fault);
    if (err == TT_OK)
        err = tt_store_feed_until(tt_setting_text(repair->settings, TT_OPT_STORE), TT_STR_NONE,
                                  TT_STR_NONE, pass, repair->repairing.stop, fault);
    if (err == TT_ERR_STOPPED)
        tt_fault_prefix(fault, "interrupted before it was known what to repair");
    if (err == TT_OK)
        err = tt_pass_finish(pass, &report, fault);
    if (err == TT_OK)
        err = each_mismatched(repair, report, fault);
    tt_pass_destroy(pass);
    return err;
}

/* What is left: something of the first of these arguments, and all others. */
static enum tt_err interrupted(const char *const *left, size_t count, uint64_t line,
                               struct tt_fault *fault)
{
    char others[60] = "";
    if (strcmp(left[0], "-") != 0)
        return tt_fault_set(fault, TT_ERR_STOPPED, "interrupted before task %s: %zu %s left",
                            left[0], count, count == 1 ? "is" : "are");
    if (count > 1)
        snprintf(others, sizeof others, "; %zu more argument%s left", count - 1,
                 count == 2 ? " is" : "s are");
    return tt_fault_set(fault, TT_ERR_STOPPED,
                        "interrupted: of stdin %llu line%s done, and what follows is not%s",
                        (unsigned long long)line, line == 1 ? " is" : "s are", others);
}

static enum tt_err run(struct repair *repair, struct tt_fault *fault)
{
    const struct tt_settings *settings = repair->settings;
    const char *const *tasks = settings->arguments;
    struct tt_str tenant = tt_str_from(tt_setting_text(settings, TT_OPT_TENANT));
    size_t count = settings->argument_count;
    enum tt_err err = TT_OK;
    if (tt_setting_on(settings, TT_OPT_ALL_MISMATCHED))
        return all_mismatched(repair, fault);
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        uint64_t line = 0;
        err = strcmp(tasks[i], "-") == 0 ? from_stdin(repair, tenant, &line, fault)
                                         : one_task(repair, tenant, tt_str_from(tasks[i]), fault);
        if (err == TT_ERR_STOPPED)
            err = interrupted(tasks + i, count - i, line, fault);
    }
    return err;
}

/* ---- Opening */

static enum tt_err open_queue(struct repair *repair, struct tt_fault *fault)
{
    const struct tt_settings *settings = repair->settings;
    const char *password = NULL, *name = tt_setting_text(settings, TT_OPT_NAME);
    struct tt_redis_view *view = NULL;
    unsigned partitions;
    int64_t epoch;
    if (name != NULL)
        snprintf(repair->name, sizeof repair->name, "%s", name);
    else
        snprintf(repair->name, sizeof repair->name, "repair-%ld", (long)getpid());
    enum tt_err err = tt_queue_view_open(settings, &view, fault); /* makes sure that there is one */
    tt_redis_view_close(view);
    if (err == TT_OK)
        err = tt_secret_read("TASKTRAIL_REDIS_PASSWORD", &repair->secret, &password, fault);
    const struct tt_redis_queue_options options = {
        .url = tt_setting_text(settings, TT_OPT_REDIS),
        .password = password,
        .prefix = tt_setting_text(settings, TT_OPT_PREFIX),
        .worker = repair->name,
        .lease_ms = tt_setting_us(settings, TT_OPT_LEASE) / 1000,
        .locking = true,
        .clock = &repair->clock,
        .random = &repair->random,
    };
    if (err == TT_OK)
        err = tt_redis_queue_create(&options, &repair->queue, fault);
    return err == TT_OK ? repair->queue.connect(repair->queue.context, &partitions, &epoch, fault)
                        : err;
}

static enum tt_err open_parts(struct repair *repair, struct tt_fault *fault)
{
    const struct tt_settings *settings = repair->settings;
    const char *store = tt_setting_text(settings, TT_OPT_STORE);
    bool plan = tt_setting_on(settings, TT_OPT_PLAN);
    const volatile int *stop = tt_stop_listen();
    repair->clock = tt_system_clock(stop);
    repair->random = tt_system_random();
    enum tt_err err = tt_judge_rules_read(settings, &repair->rules, fault);
    if (err == TT_OK)
        err = tt_store_url_open_reader(store, &repair->reader, fault);
    if (err == TT_OK && !plan)
        err = tt_store_url_open(store, false, &repair->store, fault);
    if (err == TT_OK && !plan)
        err = open_queue(repair, fault);
    repair->repairing = (struct tt_repairing){
        .rules = tt_feed_pass_options(settings, repair->rules.lifecycles),
        .reader = &repair->reader.reader,
        .store = plan ? NULL : &repair->store.store,
        .queue = &repair->queue,
        .clock = &repair->clock,
        .worker = tt_str_from(repair->name),
        .wait_us = tt_setting_us(settings, TT_OPT_WAIT),
        .stop = stop,
    };
    tt_arena_init(&repair->repairing.arena, 0);
    repair->repairing.rules.tenants = repair->rules.tenants.set;
    repair->repairing.rules.max_future_us = INT64_MAX;
    repair->repairing.rules.now_us = TT_TIME_NONE;
    return err;
}

static void close_parts(struct repair *repair)
{
    if (repair->queue.context != NULL)
        repair->queue.disconnect(repair->queue.context);
    tt_redis_queue_destroy(&repair->queue);
    tt_store_url_close(&repair->reader);
    tt_store_url_close(&repair->store);
    tt_judge_rules_done(&repair->rules);
    tt_arena_done(&repair->repairing.arena);
    tt_buf_done(&repair->secret);
    tt_buf_done(&repair->line);
}

static enum tt_err check_arguments(const struct tt_settings *settings, struct tt_fault *fault)
{
    uint64_t format = tt_setting_u64(settings, TT_OPT_FORMAT);
    if ((settings->argument_count > 0) == tt_setting_on(settings, TT_OPT_ALL_MISMATCHED))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "repair: expected either task ids (- reads them from stdin) or "
                            "--all-mismatched");
    if (format != TT_FORMAT_TEXT && format != TT_FORMAT_JSON)
        return tt_fault_set(fault, TT_ERR_INVALID, "repair: --format is text or json");
    return TT_OK;
}

static int status_of(const struct repair *repair)
{
    const uint64_t *counts = repair->counts;
    if (counts[TT_REPAIR_BUSY] + counts[TT_REPAIR_NO_EVENT] > 0)
        return TT_EXIT_TROUBLE;
    return counts[TT_REPAIR_DIFFERS] > 0 ? TT_EXIT_FOUND : TT_EXIT_CLEAN;
}

static void tell_counts(const struct repair *repair)
{
    const uint64_t *counts = repair->counts;
    tt_log(TT_LOG_INFO, "repair", "%llu repaired, %llu to repair, %llu right, %llu busy",
           (unsigned long long)counts[TT_REPAIR_DONE],
           (unsigned long long)counts[TT_REPAIR_DIFFERS],
           (unsigned long long)counts[TT_REPAIR_SAME], (unsigned long long)counts[TT_REPAIR_BUSY]);
}

int tt_cmd_repair(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct repair repair = {.settings = settings};
    enum tt_err err = check_arguments(settings, &fault);
    if (err != TT_OK)
        return tt_exit_with(&fault);
    tt_buf_init(&repair.line, 0);
    tt_arena_init(&repair.repairing.arena, 0);
    err = open_parts(&repair, &fault);
    bool begun = err == TT_OK;
    if (begun)
        err = run(&repair, &fault);
    close_parts(&repair);
    if (begun)
        tell_counts(&repair);
    return err == TT_OK ? status_of(&repair) : tt_exit_with(&fault);
}
