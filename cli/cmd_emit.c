/* Happy path: lines -> decoder -> canonical JSON -> producer; a batch is sent when it is full or
 * when the input has nothing more for the moment, so that `tail -f LOG | tasktrail emit -` works
 * line by line.
 *
 * Failure modes: a line is rejected: told, counted, kept, the rest goes on; Redis is away or full:
 * said once, tried again with backoff until it is back, nothing is lost, what may have arrived is
 * sent again; a file is missing or breaks off: told, the others are still read, exit status 3;
 * asked to stop: what was read is still sent, if Redis is there; of stdin, which may have no end,
 * that is all, of files it is told what is left, exit status 3. */
#include "cli/commands.h"

#include "adapters/redis/producer.h"
#include "adapters/system/clock.h"
#include "adapters/system/lines.h"
#include "cli/feed.h"
#include "cli/progress.h"
#include "cli/rejects.h"
#include "cli/secret.h"
#include "cli/stop.h"
#include "core/base/log.h"
#include "core/engine/backoff.h"
#include <stdio.h>

enum { FIRST_WAIT_US = 50 * 1000, LONGEST_WAIT_US = 5 * 1000 * 1000, BATCH_BYTES_MAX = 8 << 20 };

struct emitting {
    const struct tt_settings *settings;
    const volatile int *stop;
    struct tt_redis_producer *producer;
    struct tt_decoder *decoder;
    struct tt_rejects rejects;
    struct tt_progress progress;
    struct tt_clock clock;
    struct tt_random random;
    struct tt_backoff backoff;
    struct tt_buf json;
    size_t batch, batch_bytes;
    bool connected, away;
    struct tt_fault broken;      /* the first file that could not be read */
    bool cut;                    /* asked to stop in the middle of a file */
    struct tt_fault interrupted; /* what is left of the files */
};

/* Connected, or the reason why that can never be. */
static enum tt_err connect_patiently(struct emitting *e, struct tt_fault *fault)
{
    while (!e->connected) {
        tt_fault_clear(fault);
        enum tt_err err = tt_redis_producer_connect(e->producer, fault);
        e->connected = err == TT_OK;
        if (err != TT_OK && tt_err_class(err) != TT_CLASS_RETRY)
            return err;
        if (err != TT_OK && *e->stop != 0)
            return err;
        if (err != TT_OK) {
            if (!e->away)
                tt_log(TT_LOG_WARNING, "queue_away", "the queue is away, trying again: %s",
                       fault->text);
            e->away = true;
            e->clock.sleep_us(e->clock.context, tt_backoff_next_us(&e->backoff, &e->random));
        }
    }
    if (e->away)
        tt_log(TT_LOG_INFO, "queue_back", "the queue is back");
    e->away = false;
    return TT_OK;
}

static enum tt_err flush_patiently(struct emitting *e, struct tt_fault *fault)
{
    while (tt_redis_producer_waiting(e->producer) > 0) {
        tt_fault_clear(fault);
        enum tt_err err = connect_patiently(e, fault);
        if (err == TT_OK) {
            err = tt_redis_producer_flush(e->producer, fault);
            if (err == TT_OK)
                break;
            e->connected = err != TT_ERR_UNAVAILABLE;
        }
        if (tt_err_class(err) != TT_CLASS_RETRY || *e->stop != 0)
            return err;
        if (!e->away)
            tt_log(TT_LOG_WARNING, "queue_away", "the queue does not take events, trying again: %s",
                   fault->text);
        e->away = true;
        e->clock.sleep_us(e->clock.context, tt_backoff_next_us(&e->backoff, &e->random));
    }
    tt_backoff_reset(&e->backoff);
    tt_fault_clear(fault);
    e->batch_bytes = 0;
    return TT_OK;
}

struct giving {
    struct emitting *emitting;
    struct tt_fault *fault;
    const char *path;
    bool is_file;
    uint64_t line;  /* of the file */
    uint64_t given; /* the last line that ended an event, or a reject */
};

static enum tt_err give_event(void *context, const struct tt_event *event)
{
    struct giving *giving = context;
    struct emitting *e = giving->emitting;
    giving->given = giving->line;
    tt_buf_clear(&e->json);
    tt_event_write_json(&e->json, event);
    if (e->json.err != TT_OK)
        return tt_fault_set(giving->fault, e->json.err, "out of memory");
    enum tt_err err = tt_redis_producer_add(e->producer, event->tenant, event->task_id,
                                            tt_buf_str(&e->json), giving->fault);
    e->batch_bytes += e->json.len;
    if (err == TT_OK &&
        (tt_redis_producer_waiting(e->producer) >= e->batch || e->batch_bytes >= BATCH_BYTES_MAX))
        err = flush_patiently(e, giving->fault);
    return err;
}

static enum tt_err give_reject(void *context, const struct tt_decoder_reject *reject)
{
    struct giving *giving = context;
    giving->given = giving->line;
    return tt_rejects_add(&giving->emitting->rejects, giving->path,
                          giving->line - reject->lines_before, reject->reason, reject->text,
                          giving->fault);
}

static enum tt_err give_bad_line(struct giving *giving, const struct tt_line *line,
                                 const char *reason)
{
    giving->given = line->number;
    return tt_rejects_add(&giving->emitting->rejects, giving->path, line->number, reason,
                          line->text, giving->fault);
}

/* A line, or with NULL the end of what the decoder may still wait for. */
static enum tt_err emit_line(struct giving *giving, const struct tt_line *line)
{
    struct emitting *e = giving->emitting;
    const struct tt_decoder_sink sink = {giving, give_event, give_reject};
    struct tt_fault why = {0};
    enum tt_err err;
    if (line == NULL || line->overlong) {
        err = tt_decoder_interrupt(e->decoder, &sink, &why);
        if (err == TT_OK && line != NULL)
            return give_bad_line(giving, line, "longer than --max-line");
    } else {
        giving->line = line->number;
        if (tt_str_is_blank(line->text) && !tt_decoder_wants_blank(e->decoder))
            return TT_OK;
        err = tt_decoder_line(e->decoder, line->text, &sink, &why);
        if (why.code != TT_OK && tt_err_class(err) == TT_CLASS_POISON)
            return give_bad_line(giving, line, why.text);
    }
    if (err == TT_ERR_INVALID)
        (void)tt_fault_prefix(&why, "%s:%llu", giving->path, (unsigned long long)giving->line);
    return why.code == TT_OK ? err : tt_fault_set(giving->fault, err, "%s", why.text);
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* The first of these files was left after a line, or (0) before it gave anything. */
static void note_left(struct emitting *e, const char *const *paths, size_t count, uint64_t line)
{
    char others[60] = "";
    if (count > 1)
        snprintf(others, sizeof others, "; %zu file%s behind it %s not begun", count - 1,
                 count == 2 ? "" : "s", count == 2 ? "was" : "were");
    if (line > 0)
        tt_fault_set(&e->interrupted, TT_ERR_STOPPED,
                     "interrupted in %s: what stands up to line %llu is on the queue, the rest of "
                     "it is not%s",
                     paths[0], (unsigned long long)line, others);
    else
        tt_fault_set(&e->interrupted, TT_ERR_STOPPED,
                     "interrupted before %s: nothing of it is on the queue%s",
                     is_stdin(paths[0]) ? "stdin" : paths[0], others);
}

/* The lines, until they end or one is asked to stop. */
static enum tt_err emit_lines(struct giving *giving, struct tt_lines *lines, enum tt_err *ret_read,
                              struct tt_fault *broken)
{
    struct emitting *e = giving->emitting;
    struct tt_line line;
    bool more = true;
    enum tt_err err = TT_OK, read = TT_OK;
    while (err == TT_OK && read == TT_OK && !e->cut) {
        if (tt_redis_producer_waiting(e->producer) > 0 && tt_lines_would_block(lines))
            err = flush_patiently(e, giving->fault);
        if (err != TT_OK)
            break;
        read = tt_lines_next(lines, &line, &more, broken);
        if (read != TT_OK || !more)
            break;
        err = emit_line(giving, &line);
        tt_progress_show(&e->progress, tt_redis_producer_confirmed(e->producer), 0, "events");
        e->cut = *e->stop != 0 && giving->is_file;
    }
    if (read == TT_ERR_STOPPED) {
        e->cut = giving->is_file;
        read = TT_OK;
    }
    *ret_read = read;
    return err;
}

/* *ret_line: the last one of which something was given. */
static enum tt_err emit_file(struct emitting *e, const char *path, uint64_t *ret_line,
                             struct tt_fault *fault)
{
    struct giving giving = {.emitting = e,
                            .fault = fault,
                            .path = is_stdin(path) ? "stdin" : path,
                            .is_file = !is_stdin(path)};
    struct tt_lines *lines = NULL;
    struct tt_fault broken = {0};
    enum tt_err err = TT_OK;
    enum tt_err read =
        tt_lines_open(path, (size_t)tt_setting_u64(e->settings, TT_OPT_MAX_LINE), &lines, &broken);
    tt_decoder_file_start(e->decoder);
    if (read == TT_OK) {
        tt_lines_stop_with(lines, e->stop);
        err = emit_lines(&giving, lines, &read, &broken);
    }
    tt_lines_close(lines);
    if (err == TT_OK && !e->cut) /* a record that was begun is left to whoever goes on */
        err = emit_line(&giving, NULL);
    if (err == TT_OK && read != TT_OK) {
        tt_log_fault(TT_LOG_ERROR, "file", &broken);
        tt_fault_set(&e->broken, read, TT_FEED_IN_PART);
    }
    *ret_line = giving.given;
    return err;
}

static enum tt_err emit_files(struct emitting *e, struct tt_fault *fault)
{
    static const char *const only_stdin[] = {"-"};
    const char *const *paths =
        e->settings->argument_count == 0 ? only_stdin : e->settings->arguments;
    size_t count = e->settings->argument_count == 0 ? 1 : e->settings->argument_count, at = 0;
    struct giving giving = {.emitting = e, .fault = fault};
    const struct tt_decoder_sink sink = {&giving, give_event, give_reject};
    uint64_t line = 0;
    enum tt_err err = connect_patiently(e, fault);
    while (at < count && err == TT_OK && *e->stop == 0) {
        err = emit_file(e, paths[at], &line, fault);
        at += !e->cut;
    }
    if (err == TT_OK && at < count)
        note_left(e, paths + at, count - at, e->cut ? line : 0);
    if (err == TT_OK)
        err = tt_decoder_finish(e->decoder, &sink, fault);
    return err == TT_OK ? flush_patiently(e, fault) : err;
}

static enum tt_err open_all(struct emitting *e, struct tt_buf *secret, struct tt_fault *fault)
{
    const char *password = NULL;
    enum tt_err err = tt_feed_decoder(e->settings, &e->decoder, fault);
    if (err == TT_OK)
        err = tt_secret_read("TASKTRAIL_REDIS_PASSWORD", secret, &password, fault);
    const struct tt_redis_producer_options options = {
        .url = tt_setting_text(e->settings, TT_OPT_REDIS),
        .password = password,
        .prefix = tt_setting_text(e->settings, TT_OPT_PREFIX),
        .partitions = (unsigned)tt_setting_u64(e->settings, TT_OPT_PARTITIONS),
    };
    if (err == TT_OK)
        err = tt_redis_producer_create(&options, &e->producer, fault);
    return err == TT_OK
               ? tt_rejects_open(&e->rejects, tt_setting_text(e->settings, TT_OPT_REJECTS), fault)
               : err;
}

static enum tt_err finish(struct emitting *e, enum tt_err err, struct tt_fault *fault)
{
    uint64_t rejected = e->rejects.count, confirmed = tt_redis_producer_confirmed(e->producer);
    if (err == TT_OK)
        err = tt_rejects_close(&e->rejects, fault);
    else
        tt_rejects_abort(&e->rejects);
    tt_log(TT_LOG_INFO, "emitted", "%llu event%s on the queue, %llu line%s rejected",
           (unsigned long long)confirmed, confirmed == 1 ? "" : "s", (unsigned long long)rejected,
           rejected == 1 ? "" : "s");
    tt_feed_tell_format(e->settings, confirmed, rejected);
    if (err == TT_OK && e->interrupted.code != TT_OK)
        err = tt_fault_set(fault, TT_ERR_STOPPED, "%s", e->interrupted.text);
    if (err == TT_OK && e->broken.code != TT_OK)
        err = tt_fault_set(fault, e->broken.code, "%s", e->broken.text);
    if (err == TT_OK && rejected > 0 && tt_setting_on(e->settings, TT_OPT_STRICT))
        err = tt_fault_set(fault, TT_ERR_REJECT, "%llu line%s rejected (--strict)",
                           (unsigned long long)rejected, rejected == 1 ? "" : "s");
    return err;
}

int tt_cmd_emit(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_buf secret = {0};
    struct emitting e = {
        .settings = settings,
        .stop = tt_stop_listen(),
        .random = tt_system_random(),
        .backoff = {.first_us = FIRST_WAIT_US, .max_us = LONGEST_WAIT_US},
        .batch = (size_t)tt_setting_u64(settings, TT_OPT_BATCH),
    };
    e.clock = tt_system_clock(e.stop);
    tt_buf_init(&e.json, 0);
    tt_progress_start(&e.progress, "emitting", tt_setting_on(settings, TT_OPT_QUIET));
    enum tt_err err = open_all(&e, &secret, &fault);
    if (err == TT_OK) {
        err = emit_files(&e, &fault);
        tt_progress_end(&e.progress);
        err = finish(&e, err, &fault);
    }
    int status = err == TT_OK ? TT_EXIT_CLEAN : tt_exit_with(&fault);
    tt_redis_producer_destroy(e.producer);
    tt_decoder_destroy(e.decoder);
    tt_buf_done(&e.json);
    tt_buf_done(&secret);
    return status;
}
