/* Happy path: list the files as units (chunks of plain files, whole files else); as many threads as
 * useful take units in order, each with a decoder and a feeder of its own.
 *
 * Failure modes: a file that is missing or breaks off: told, the others are still read, the whole
 * fails at the end; memory or the temporary file runs out: everything stops; Ctrl-C: the process
 * ends, nothing is left. */
#include "cli/feed_parts.h"

#include "adapters/system/file.h"
#include "adapters/system/memory.h"
#include "cli/outputs.h"
#include "core/base/assert.h"
#include "core/base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a process may have open is 1024 by default; sockets, outputs and threads' files are few. */
enum { FILES_OPEN_MAX = 200 };

struct tt_pass_options tt_feed_pass_options(const struct tt_settings *settings,
                                            const struct tt_lifecycle_set *lifecycles)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const char *temp_dir = tt_setting_text(settings, TT_OPT_TEMP_DIR);
    if (temp_dir == NULL)
        temp_dir = getenv("TMPDIR");
    return (struct tt_pass_options){
        .lifecycles = lifecycles,
        .ties_by_arrival = tt_setting_on(settings, TT_OPT_TIES),
        .apply_by_arrival = tt_setting_on(settings, TT_OPT_APPLY_ORDER),
        .now_us = tt_setting_has(settings, TT_OPT_NOW) ? tt_setting_us(settings, TT_OPT_NOW)
                                                       : TT_TIME_NONE,
        .max_future_us = tt_setting_us(settings, TT_OPT_MAX_FUTURE),
        .threads = tt_setting_has(settings, TT_OPT_THREADS)
                       ? (unsigned)tt_setting_u64(settings, TT_OPT_THREADS)
                       : (unsigned)(cores > 0 ? cores : 1),
        .memory_bytes = tt_setting_has(settings, TT_OPT_MEMORY)
                            ? tt_setting_u64(settings, TT_OPT_MEMORY)
                            : tt_memory_bytes() / 2,
        .temp_dir = temp_dir == NULL || temp_dir[0] == '\0' ? "/tmp" : temp_dir,
    };
}

enum tt_err tt_feed_decoder(const struct tt_settings *settings, struct tt_decoder **ret_decoder,
                            struct tt_fault *fault)
{
    const char *input = tt_setting_text(settings, TT_OPT_INPUT);
    static const enum tt_option_id csv_alone[] = {TT_OPT_MAP, TT_OPT_DELIMITER};
    struct tt_decoder_options options = {
        .json_depth_max = (int)tt_setting_u64(settings, TT_OPT_MAX_DEPTH),
        .zone = tt_setting_text(settings, TT_OPT_ZONE),
        .map = tt_setting_text(settings, TT_OPT_MAP),
        .delimiter = tt_setting_text(settings, TT_OPT_DELIMITER),
        .record_bytes_max = (size_t)tt_setting_u64(settings, TT_OPT_MAX_LINE),
    };
    char expected[80];
    snprintf(expected, sizeof expected, "is for --input csv, not for --input %s", input);
    enum tt_err err = strcmp(input, "csv") == 0
                          ? TT_OK
                          : tt_settings_refuse(settings, csv_alone, 2, expected, fault);
    return err == TT_OK ? tt_decoder_create(input, &options, ret_decoder, fault) : err;
}

/* Lists files and units. A file that cannot be opened is noted and left out. */
static enum tt_err list_units(struct tt_feed *feed, bool stateless)
{
    size_t count = feed->settings->argument_count;
    feed->files = tt_mem_zalloc((count + 1) * sizeof *feed->files);
    if (feed->files == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct tt_feed_file *file = &feed->files[feed->file_count];
        struct tt_fault fault = {0};
        *file = (struct tt_feed_file){.path = feed->settings->arguments[i],
                                      .first_unit = feed->unit_count};
        enum tt_err err = tt_chunk_file_open(&file->chunks, file->path, &fault);
        if (err != TT_OK && err != TT_ERR_UNSUPPORTED) {
            tt_feed_note_broken(feed, &fault);
            continue;
        }
        file->chunked = err == TT_OK && stateless;
        file->unit_count = file->chunked ? file->chunks.chunks : 1;
        if (err == TT_OK)
            feed->bytes_total += file->chunks.bytes;
        if (err == TT_OK && (!stateless || feed->file_count >= FILES_OPEN_MAX))
            tt_chunk_file_close(&file->chunks);
        feed->unit_count += file->unit_count;
        feed->file_count++;
    }
    feed->units = tt_mem_zalloc(((size_t)feed->unit_count + 1) * sizeof *feed->units);
    return feed->units == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

static enum tt_err give_last(void *context, const struct tt_event *event)
{
    struct tt_feed_worker *worker = context;
    return tt_feeder_add(worker->feeder, event, &worker->fault);
}

/* Places of one feeder grow: a jump needs a feeder of its own. */
static enum tt_err start_unit(struct tt_feed_worker *worker, uint32_t unit, bool jumped)
{
    struct tt_feed *feed = worker->feed;
    enum tt_err err = TT_OK;
    if (jumped) {
        pthread_mutex_lock(&feed->lock);
        tt_feeder_end(worker->feeder);
        err = tt_pass_feeder(feed->pass, &worker->feeder, &worker->fault);
        pthread_mutex_unlock(&feed->lock);
    }
    return err == TT_OK ? tt_feeder_chunk(worker->feeder, unit, &worker->fault) : err;
}

static enum tt_err read_units(struct tt_feed_worker *worker)
{
    struct tt_feed *feed = worker->feed;
    uint32_t unit;
    bool jumped;
    while (!atomic_load(&feed->stop) &&
           tt_feed_shares_next(&feed->shares, worker->number, &unit, &jumped)) {
        enum tt_err err = start_unit(worker, unit, jumped);
        if (err == TT_OK)
            err = tt_feed_unit_read(worker, unit);
        if (err == TT_OK)
            err = tt_feed_unit_done(worker);
        if (err != TT_OK)
            return err;
    }
    const struct tt_decoder_sink sink = {.context = worker, .event = give_last};
    struct tt_fault fault = {0};
    enum tt_err err = tt_decoder_finish(worker->decoder, &sink, &fault);
    return err == TT_OK ? TT_OK : tt_fault_set(&worker->fault, err, "%s", fault.text);
}

/* Ends the others' work, also of those that wait for their turn. */
static void stop_all(struct tt_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    atomic_store(&feed->stop, true);
    pthread_cond_broadcast(&feed->turn);
    pthread_mutex_unlock(&feed->lock);
}

static void *work(void *argument)
{
    struct tt_feed_worker *worker = argument;
    worker->err = read_units(worker);
    if (worker->err != TT_OK)
        stop_all(worker->feed);
    return NULL;
}

static enum tt_err start_worker(struct tt_feed *feed, struct tt_feed_worker *worker,
                                struct tt_fault *fault)
{
    worker->feed = feed;
    enum tt_err err =
        worker->decoder == NULL ? tt_feed_decoder(feed->settings, &worker->decoder, fault) : TT_OK;
    return err == TT_OK ? tt_pass_feeder(feed->pass, &worker->feeder, fault) : err;
}

/* Runs the workers, the first one in this thread. */
static enum tt_err run_workers(struct tt_feed *feed, struct tt_feed_worker *workers, size_t count,
                               struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        workers[i].number = i;
        err = start_worker(feed, &workers[i], fault);
    }
    if (err != TT_OK)
        return err;
    for (size_t i = 1; i < count; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (size_t i = 0; i < count; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        if (err == TT_OK && workers[i].err != TT_OK)
            err = tt_fault_set(fault, workers[i].err, "%s", workers[i].fault.text);
    }
    return err;
}

static enum tt_err feed_all(struct tt_feed *feed, struct tt_fault *fault)
{
    struct tt_decoder *decoder = NULL;
    enum tt_err err = tt_feed_decoder(feed->settings, &decoder, fault);
    if (err != TT_OK)
        return err;
    bool stateless = tt_decoder_is_stateless(decoder);
    err = list_units(feed, stateless);
    size_t threads = stateless ? tt_feed_pass_options(feed->settings, NULL).threads : 1;
    if (threads > feed->unit_count)
        threads = feed->unit_count == 0 ? 1 : feed->unit_count;
    struct tt_feed_worker *workers = err == TT_OK ? tt_mem_zalloc(threads * sizeof *workers) : NULL;
    if (workers == NULL) {
        tt_decoder_destroy(decoder);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    workers[0].decoder = decoder;
    if (tt_feed_shares_init(&feed->shares, feed->unit_count, threads) == TT_OK)
        err = run_workers(feed, workers, threads, fault);
    else
        err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_feed_shares_done(&feed->shares);
    for (size_t i = 0; i < threads; i++) {
        tt_decoder_destroy(workers[i].decoder);
        tt_chunk_buf_done(&workers[i].buf);
    }
    tt_mem_free(workers);
    return err;
}

/* Each of them has been told; the report says how many there were. */
static enum tt_err sum_up_broken(const struct tt_feed *feed, struct tt_fault *ret_broken,
                                 struct tt_fault *fault)
{
    char others[40] = "";
    if (feed->broken > 1)
        snprintf(others, sizeof others, ", and %zu more file%s", feed->broken - 1,
                 feed->broken == 2 ? "" : "s");
    tt_fault_set(ret_broken, TT_ERR_IO, "%s%s", feed->fault.text, others);
    return tt_fault_set(fault, TT_ERR_IO, TT_FEED_IN_PART);
}

void tt_feed_tell_format(const struct tt_settings *settings, uint64_t events, uint64_t rejected)
{
    if (events == 0 && rejected > 0 &&
        strcmp(tt_setting_text(settings, TT_OPT_INPUT), "native") == 0)
        tt_log(TT_LOG_WARNING, "no_event",
               "no line was an event as JSON; other formats are named by --input: csv, "
               "cloudevents, osdu, log, dpkg");
}

enum tt_err tt_feed_files(const struct tt_settings *settings, struct tt_pass *pass,
                          struct tt_fault *ret_broken, struct tt_fault *fault)
{
    struct tt_feed feed = {.settings = settings,
                           .pass = pass,
                           .line_bytes_max = (size_t)tt_setting_u64(settings, TT_OPT_MAX_LINE)};
    enum tt_err err = tt_outputs_differ(settings, fault);
    if (err == TT_OK)
        err = tt_rejects_open(&feed.rejects, tt_setting_text(settings, TT_OPT_REJECTS), fault);
    if (err != TT_OK)
        return err;
    pthread_mutex_init(&feed.lock, NULL);
    pthread_cond_init(&feed.turn, NULL);
    tt_progress_start(&feed.progress, "reading", tt_setting_on(settings, TT_OPT_QUIET));
    err = feed_all(&feed, fault);
    tt_progress_end(&feed.progress);
    uint64_t rejected = feed.rejects.count;
    if (err == TT_OK)
        err = tt_rejects_close(&feed.rejects, fault);
    else
        tt_rejects_abort(&feed.rejects);
    if (err == TT_OK && feed.broken > 0)
        err = sum_up_broken(&feed, ret_broken, fault);
    if (err == TT_OK && rejected > 0 && tt_setting_on(settings, TT_OPT_STRICT))
        err = tt_fault_set(fault, TT_ERR_REJECT, "%llu %s rejected (--strict)",
                           (unsigned long long)rejected, rejected == 1 ? "line" : "lines");
    for (size_t i = 0; i < feed.file_count; i++)
        if (feed.files[i].chunked)
            tt_chunk_file_close(&feed.files[i].chunks);
    for (uint32_t i = 0; i < feed.unit_count && feed.units != NULL; i++)
        tt_buf_done(&feed.units[i].rejects);
    tt_mem_free(feed.files);
    tt_mem_free(feed.units);
    pthread_mutex_destroy(&feed.lock);
    pthread_cond_destroy(&feed.turn);
    return err;
}
