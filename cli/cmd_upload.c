/* Checked rows out of the store to a sink: once, or on and on until stopped. */
#include "cli/commands.h"

#include "cli/cost.h"
#include "cli/stop.h"
#include "cli/upload_cost.h"
#include "cli/upload_dry.h"
#include "cli/upload_parts.h"
#include "cli/upload_verify.h"
#include "core/base/log.h"
#include "core/engine/uploader.h"
#include <stdio.h>

static void tell_log(void *context, enum tt_observation what, int64_t number, const char *text)
{
    static const struct {
        enum tt_log_level level;
        const char *event, *words;
    } lines[TT_OBSERVATION_COUNT] = {
        [TT_OBSERVED_STORE_AWAY] = {TT_LOG_WARNING, "store_away", "trying again"},
        [TT_OBSERVED_STORE_BACK] = {TT_LOG_INFO, "store_back", "the store is back"},
        [TT_OBSERVED_BATCH_UPLOADED] = {TT_LOG_INFO, "batch_uploaded", "rows are uploaded"},
        [TT_OBSERVED_UPLOAD_RETRIED] = {TT_LOG_WARNING, "upload_retried",
                                        "a step of this batch is tried again"},
        [TT_OBSERVED_UPLOAD_BLOCKED] = {TT_LOG_ERROR, "upload_blocked",
                                        "this batch waits until somebody sets it right"},
        [TT_OBSERVED_UPLOAD_SPLIT] = {TT_LOG_WARNING, "upload_split",
                                      "rows are sent in smaller batches"},
        [TT_OBSERVED_ROW_QUARANTINED] = {TT_LOG_ERROR, "row_quarantined",
                                         "a row of this batch is not taken"},
        [TT_OBSERVED_UPLOAD_WAITS] = {TT_LOG_INFO, "upload_waits", "waiting"},
    };
    (void)context;
    if (lines[what].event == NULL || !tt_log_enabled(lines[what].level))
        return;
    bool of_rows = what == TT_OBSERVED_BATCH_UPLOADED || what == TT_OBSERVED_UPLOAD_SPLIT;
    char batch[40] = "", rows[40] = "";
    if (number > 0)
        snprintf(of_rows ? rows : batch, sizeof rows,
                 of_rows ? " (%lld)" : "batch %lld: ", (long long)number);
    tt_log(lines[what].level, lines[what].event, "%s%s%s%s%s", batch, lines[what].words, rows,
           text[0] == '\0' ? "" : ": ", text);
}

static enum tt_err check_tables(struct tt_upload_parts *parts, bool create, struct tt_fault *fault)
{
    const struct tt_sink *sink = &parts->chosen.sink;
    const struct tt_upload_table *tables[TT_UPLOAD_TABLES];
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        tables[t] = &tt_upload_tables[t];
    return sink->tables(sink->context, tables, TT_UPLOAD_TABLES, create, fault);
}

static enum tt_err init(struct tt_upload_parts *parts, struct tt_fault *fault)
{
    enum tt_err err = check_tables(parts, true, fault);
    if (err == TT_OK && parts->chosen.make_views != NULL)
        err = parts->chosen.make_views(&parts->chosen, fault);
    if (err == TT_OK)
        tt_log(TT_LOG_INFO, "upload_ready", "%s: tables are ready", parts->chosen.destination);
    return err;
}

static enum tt_err release(const struct tt_upload_parts *parts, const char *task_id,
                           struct tt_fault *fault)
{
    const struct tt_outbox *outbox = &parts->outbox.outbox;
    struct tt_str task = strcmp(task_id, "all") == 0 ? TT_STR_NONE : tt_str_from(task_id);
    uint64_t rows = 0;
    enum tt_err err =
        outbox->want(outbox->context, tt_str_from(parts->chosen.destination), task, &rows, fault);
    if (err == TT_OK && rows == 0 && task.ptr != NULL)
        return tt_fault_set(fault, TT_ERR_NOT_FOUND, "no rows of task %s are held for %s", task_id,
                            parts->chosen.destination);
    if (err == TT_OK)
        tt_log(TT_LOG_INFO, "upload_released", "%llu held rows go with the next batch",
               (unsigned long long)rows);
    return err;
}

/* ---- Uploading */

/* Empty where the rows go to no place with a price. */
static const char *cost_words(const struct tt_upload_parts *parts,
                              const struct tt_settings *settings, const struct tt_prices *prices,
                              const struct tt_uploader_counts *counts, struct tt_buf *buf)
{
    tt_buf_add_text(buf, "");
    if (parts->chosen.bigquery.bq == NULL)
        return "";
    tt_buf_add_text(buf, "; cost");
    tt_upload_cost_write(buf, prices, counts,
                         (enum tt_cost_path)tt_setting_u64(settings, TT_OPT_VIA));
    tt_buf_addf(buf, " (list prices of %s)", prices->date);
    return buf->err == TT_OK ? buf->data : "";
}

static void tell_end(const struct tt_uploader_counts *counts, const struct tt_outbox_totals *totals,
                     const char *cost)
{
    tt_log(TT_LOG_INFO, "upload_done",
           "%llu audit and %llu discrepancy rows in %llu %s, %llu bytes compressed; "
           "%llu excluded, %llu released; now held: %llu, in quarantine: %llu%s",
           (unsigned long long)counts->rows[TT_UPLOAD_AUDIT],
           (unsigned long long)counts->rows[TT_UPLOAD_DISCREPANCY],
           (unsigned long long)counts->batches, counts->batches == 1 ? "batch" : "batches",
           (unsigned long long)counts->bytes, (unsigned long long)counts->excluded,
           (unsigned long long)counts->released_rows, (unsigned long long)totals->held_rows,
           (unsigned long long)totals->quarantined_rows, cost);
}

static const struct tt_observer observer = {.tell = tell_log};

static struct tt_uploader_options uploader_options(const struct tt_upload_parts *parts,
                                                   const struct tt_settings *settings,
                                                   const volatile int *stop)
{
    return (struct tt_uploader_options){
        .outbox = &parts->outbox.outbox,
        .sink = &parts->chosen.sink,
        .rows = &parts->rows,
        .clock = &parts->clock,
        .random = &parts->random,
        .observer = &observer,
        .destination = tt_str_from(parts->chosen.destination),
        .holder = tt_str_from(parts->holder),
        .batch_rows = (int64_t)tt_setting_u64(settings, TT_OPT_BATCH_ROWS),
        .max_age_us = tt_setting_us(settings, TT_OPT_MAX_WAIT),
        .min_interval_us = tt_setting_us(settings, TT_OPT_MIN_INTERVAL),
        .lease_us = INT64_C(60) * 1000 * 1000,
        .loads_per_day = (unsigned)tt_setting_u64(settings, TT_OPT_LOADS_PER_DAY),
        .once = tt_setting_on(settings, TT_OPT_ONCE),
        .tries_max = 8,
        .stop = stop,
    };
}

static enum tt_err run(struct tt_upload_parts *parts, const struct tt_settings *settings,
                       const struct tt_prices *prices, const volatile int *stop, int *ret_status,
                       struct tt_fault *fault)
{
    const struct tt_uploader_options options = uploader_options(parts, settings, stop);
    struct tt_uploader_counts counts = {0};
    struct tt_outbox_totals totals = {0};
    struct tt_buf cost;
    enum tt_err err = check_tables(parts, false, fault);
    if (err != TT_OK)
        return err;
    err = tt_uploader_run(&options, &counts, fault);
    enum tt_err looked =
        options.outbox->totals(options.outbox->context, options.destination, &totals, NULL);
    tt_buf_init(&cost, 0);
    tell_end(&counts, &totals, cost_words(parts, settings, prices, &counts, &cost));
    tt_buf_done(&cost);
    bool left = looked == TT_OK && (totals.held_rows > 0 || totals.quarantined_rows > 0);
    *ret_status = left && options.once ? TT_EXIT_FOUND : TT_EXIT_CLEAN;
    return err;
}

static enum tt_err replan(const struct tt_upload_parts *parts, const struct tt_settings *settings,
                          const volatile int *stop, struct tt_fault *fault)
{
    const struct tt_uploader_options options = uploader_options(parts, settings, stop);
    uint64_t plans = 0;
    enum tt_err err = tt_uploader_replan(&options, &plans, fault);
    if (err == TT_OK || plans > 0)
        tt_log(TT_LOG_INFO, "upload_replanned", "%llu plans were made anew with the rules of now",
               (unsigned long long)plans);
    return err;
}

static enum tt_err verify(struct tt_upload_parts *parts, int *ret_status, struct tt_fault *fault)
{
    const struct tt_verify what = {
        .bigquery = &parts->chosen.bigquery,
        .outbox = &parts->outbox.outbox,
        .rows = &parts->rows,
        .crypto = &parts->crypto,
        .destination = tt_str_from(parts->chosen.destination),
    };
    uint64_t differ = 0;
    if (what.bigquery->bq == NULL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "upload: --verify asks BigQuery: --to bigquery:PROJECT.DATASET");
    enum tt_err err = tt_upload_verify(&what, &differ, fault);
    if (err == TT_OK)
        *ret_status = differ > 0 ? TT_EXIT_FOUND : TT_EXIT_CLEAN;
    return err;
}

/* What is asked to change nothing, or to end before anything else is done, goes with nothing that
 * would be done, or be left out, without a word. */
static enum tt_err check_flags(const struct tt_settings *settings, struct tt_fault *fault)
{
    static const enum tt_option_id to_dry[] = {TT_OPT_INIT, TT_OPT_VERIFY, TT_OPT_RELEASE,
                                               TT_OPT_REPLAN},
                                   to_verify[] = {TT_OPT_INIT, TT_OPT_RELEASE, TT_OPT_REPLAN,
                                                  TT_OPT_ONCE},
                                   to_init[] = {TT_OPT_ONCE};
    if (settings->argument_count > 0)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "upload: unexpected \"%.60s\"; upload takes no arguments",
                            settings->arguments[0]);
    if (tt_setting_on(settings, TT_OPT_DRY_RUN))
        return tt_settings_refuse(settings, to_dry, 4,
                                  "does not go with --dry-run, which changes nothing", fault);
    if (tt_setting_on(settings, TT_OPT_VERIFY))
        return tt_settings_refuse(settings, to_verify, 4,
                                  "does not go with --verify, which compares, then ends", fault);
    return tt_setting_on(settings, TT_OPT_INIT)
               ? tt_settings_refuse(settings, to_init, 1,
                                    "does not go with --init, which makes tables, then ends", fault)
               : TT_OK;
}

int tt_cmd_upload(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_upload_parts parts = {0};
    const bool dry = tt_setting_on(settings, TT_OPT_DRY_RUN);
    const char *wanted = dry ? NULL : tt_setting_text(settings, TT_OPT_RELEASE);
    const bool once = tt_setting_on(settings, TT_OPT_ONCE);
    const bool anew = !dry && tt_setting_on(settings, TT_OPT_REPLAN);
    struct tt_prices prices;
    int status = TT_EXIT_CLEAN;
    const volatile int *stop = tt_stop_listen();
    enum tt_err err = check_flags(settings, &fault);
    if (err == TT_OK)
        err = tt_cost_prices(tt_setting_text(settings, TT_OPT_PRICES), &prices, &fault);
    if (err == TT_OK)
        err = tt_upload_parts_open(&parts, settings, stop, &fault);
    if (err == TT_OK && wanted != NULL)
        err = release(&parts, wanted, &fault);
    if (err == TT_OK && anew)
        err = replan(&parts, settings, stop, &fault);
    if (err == TT_OK && dry)
        err = tt_upload_dry_run(&parts, settings, &prices, stop, &fault);
    else if (err == TT_OK && tt_setting_on(settings, TT_OPT_INIT))
        err = init(&parts, &fault);
    else if (err == TT_OK && tt_setting_on(settings, TT_OPT_VERIFY))
        err = verify(&parts, &status, &fault);
    else if (err == TT_OK && (once || (wanted == NULL && !anew)))
        err = run(&parts, settings, &prices, stop, &status, &fault);
    tt_upload_parts_close(&parts);
    return err == TT_OK ? status : tt_exit_with(&fault);
}
