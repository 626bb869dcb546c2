/* One unit of input, a chunk or a whole file, into the pass.
 *
 * Rejects are told in order of the input although units end in any order: each unit keeps its own
 * until all before it are through. A unit with very many, or when all have very many, waits for its
 * turn, so that memory stays bounded; the first unit that is not through never waits. */
#include "cli/feed_parts.h"

#include "adapters/system/lines.h"
#include "core/base/assert.h"
#include "core/base/log.h"
#include <stdio.h>
#include <string.h>

enum { REJECTS_BYTES_MAX = 4 << 20, ALL_REJECTS_BYTES_MAX = 64 << 20 };

static struct tt_feed_file *file_of(const struct tt_feed *feed, uint32_t unit)
{
    size_t from = 0, to = feed->file_count; /* the last file that begins at or before the unit */
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (feed->files[middle].first_unit <= unit)
            from = middle;
        else
            to = middle;
    }
    tt_assert(to > 0 && unit - feed->files[from].first_unit < feed->files[from].unit_count);
    return &feed->files[from];
}

/* ---- Rejects
 * ---------------------------------------------------------------------------------------- */

/* Tells a unit's rejects; the lock is held and it is the unit's turn. */
static enum tt_err tell_rejects(struct tt_feed *feed, uint32_t unit, struct tt_fault *fault)
{
    struct tt_buf *buf = &feed->units[unit].rejects;
    const char *path = file_of(feed, unit)->path;
    enum tt_err err = TT_OK;
    for (size_t at = 0; at < buf->len && err == TT_OK;) {
        struct tt_feed_reject reject;
        char reason[TT_FAULT_TEXT_BYTES];
        memcpy(&reject, buf->data + at, sizeof reject);
        at += sizeof reject;
        memcpy(reason, buf->data + at, reject.reason_len);
        reason[reject.reason_len] = '\0';
        at += reject.reason_len;
        struct tt_str text = {buf->data + at, reject.text_len};
        at += reject.text_len;
        err = tt_rejects_add(&feed->rejects, path, feed->lines_before + reject.line, reason, text,
                             fault);
    }
    atomic_fetch_sub(&feed->rejects_bytes, buf->len);
    tt_buf_clear(buf);
    return err;
}

static enum tt_err add_reject(struct tt_feed_worker *worker, const char *reason, struct tt_str text,
                              uint64_t lines_before)
{
    struct tt_feed *feed = worker->feed;
    struct tt_buf *buf = &feed->units[worker->unit].rejects;
    if (text.len > TT_REJECT_TEXT_BYTES_MAX)
        text.len = TT_REJECT_TEXT_BYTES_MAX;
    struct tt_feed_reject reject = {worker->line - lines_before, (uint32_t)strlen(reason),
                                    (uint32_t)text.len};
    tt_buf_add(buf, &reject, sizeof reject);
    tt_buf_add(buf, reason, reject.reason_len);
    tt_buf_add(buf, text.ptr, reject.text_len);
    size_t all =
        atomic_fetch_add(&feed->rejects_bytes, sizeof reject + reject.reason_len + reject.text_len);
    tt_feeder_rejected(worker->feeder, 1);
    if (buf->err != TT_OK)
        return tt_fault_set(&worker->fault, buf->err, "out of memory");
    if (buf->len < REJECTS_BYTES_MAX && all < ALL_REJECTS_BYTES_MAX)
        return TT_OK;
    pthread_mutex_lock(&feed->lock);
    while (feed->told_units != worker->unit && !atomic_load(&feed->stop))
        pthread_cond_wait(&feed->turn, &feed->lock);
    enum tt_err err =
        feed->told_units == worker->unit ? tell_rejects(feed, worker->unit, &worker->fault) : TT_OK;
    pthread_mutex_unlock(&feed->lock);
    return err;
}

enum tt_err tt_feed_unit_done(struct tt_feed_worker *worker)
{
    struct tt_feed *feed = worker->feed;
    enum tt_err err = TT_OK;
    pthread_mutex_lock(&feed->lock);
    feed->bytes_done += worker->chunk_bytes;
    worker->chunk_bytes = 0;
    feed->units[worker->unit].lines = worker->line;
    feed->units[worker->unit].done = true;
    while (feed->told_units < feed->unit_count && feed->units[feed->told_units].done &&
           err == TT_OK) {
        uint32_t unit = feed->told_units;
        const struct tt_feed_file *file = file_of(feed, unit);
        if (unit == file->first_unit)
            feed->lines_before = 0;
        err = tell_rejects(feed, unit, &worker->fault);
        tt_buf_done(&feed->units[unit].rejects);
        feed->lines_before += feed->units[unit].lines;
        feed->told_units++;
        if (feed->told_units < feed->unit_count && file_of(feed, feed->told_units) != file)
            feed->lines_before = 0;
    }
    if (feed->progress.on)
        tt_progress_show(&feed->progress, feed->bytes_done >> 20, feed->bytes_total >> 20, "MB");
    pthread_cond_broadcast(&feed->turn);
    pthread_mutex_unlock(&feed->lock);
    return err;
}

/* ---- Lines
 * ------------------------------------------------------------------------------------------ */

static enum tt_err give_event(void *context, const struct tt_event *event)
{
    struct tt_feed_worker *worker = context;
    return tt_feeder_add(worker->feeder, event, &worker->fault);
}

static enum tt_err give_reject(void *context, const struct tt_decoder_reject *reject)
{
    return add_reject(context, reject->reason, reject->text, reject->lines_before);
}

/* The decoder could not go on, unless what failed was adding, which has told it. */
static enum tt_err fail(struct tt_feed_worker *worker, enum tt_err err, struct tt_fault *fault)
{
    const char *path = file_of(worker->feed, worker->unit)->path;
    if (err == TT_ERR_INVALID)
        (void)tt_fault_prefix(fault, "%s:%llu", strcmp(path, "-") == 0 ? "stdin" : path,
                              (unsigned long long)worker->line);
    return tt_fault_set(&worker->fault, err, "%s",
                        fault->text[0] == '\0' ? "out of memory" : fault->text);
}

/* A record that has begun will not be completed. */
static enum tt_err interrupt(struct tt_feed_worker *worker)
{
    const struct tt_decoder_sink sink = {worker, give_event, give_reject};
    struct tt_fault fault = {0};
    enum tt_err err = tt_decoder_interrupt(worker->decoder, &sink, &fault);
    return err == TT_OK ? TT_OK : fail(worker, err, &fault);
}

enum tt_err tt_feed_line(struct tt_feed_worker *worker, struct tt_str line, bool overlong)
{
    char reason[80];
    if (overlong) {
        enum tt_err err = interrupt(worker);
        worker->line++;
        snprintf(reason, sizeof reason, "longer than %zu bytes (--max-line)",
                 worker->feed->line_bytes_max);
        return err == TT_OK ? add_reject(worker, reason, line, 0) : err;
    }
    worker->line++;
    if (tt_str_is_blank(line) && !tt_decoder_wants_blank(worker->decoder))
        return TT_OK;
    const struct tt_decoder_sink sink = {worker, give_event, give_reject};
    struct tt_fault fault = {0};
    enum tt_err err = tt_decoder_line(worker->decoder, line, &sink, &fault);
    if (err == TT_OK)
        return TT_OK;
    if (fault.code != TT_OK && tt_err_class(err) == TT_CLASS_POISON)
        return add_reject(worker, fault.text, line, 0);
    return fail(worker, err, &fault);
}

void tt_feed_note_broken(struct tt_feed *feed, const struct tt_fault *broken)
{
    tt_log_fault(TT_LOG_ERROR, "file", broken);
    if (feed->broken++ == 0)
        tt_fault_set(&feed->fault, broken->code, "%s", broken->text);
}

/* The file breaks off, or a piece of it cannot be read: told once, noted, and the rest of the input
 * goes on. Without memory nothing does. */
static enum tt_err note_broken(struct tt_feed_worker *worker, struct tt_feed_file *file,
                               const struct tt_fault *broken)
{
    struct tt_feed *feed = worker->feed;
    if (broken->code == TT_ERR_NO_MEMORY)
        return tt_fault_set(&worker->fault, broken->code, "%s", broken->text);
    pthread_mutex_lock(&feed->lock);
    if (!file->broken)
        tt_feed_note_broken(feed, broken);
    file->broken = true;
    pthread_mutex_unlock(&feed->lock);
    return TT_OK;
}

static enum tt_err read_chunk(struct tt_feed_worker *worker, struct tt_feed_file *file,
                              uint32_t index)
{
    struct tt_feed *feed = worker->feed;
    struct tt_chunk chunk = {0};
    struct tt_fault broken = {0};
    enum tt_err err =
        tt_chunk_read(&file->chunks, index, feed->line_bytes_max, &worker->buf, &chunk, &broken);
    if (err != TT_OK)
        return note_broken(worker, file, &broken);
    const char *at = chunk.text.ptr, *end = at + chunk.text.len;
    if (chunk.offset == 0 && chunk.text.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    worker->chunk_bytes = chunk.text.len;
    while (err == TT_OK && at < end && !atomic_load_explicit(&feed->stop, memory_order_relaxed)) {
        const char *next = end;
        bool in_place = false;
        const struct tt_event *event = tt_decoder_next(worker->decoder, at, end, &next, &in_place);
        if (event != NULL && (size_t)(next - at) <= feed->line_bytes_max && next < end) {
            worker->line++;
            err = in_place ? tt_feeder_add_later(worker->feeder, event, &worker->fault)
                           : tt_feeder_add(worker->feeder, event, &worker->fault);
            at = next;
            continue;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        next = newline == NULL ? end : newline + 1;
        size_t len = (size_t)((newline == NULL ? end : newline) - at);
        if (len > 0 && at[len - 1] == '\r')
            len--;
        bool overlong = len > feed->line_bytes_max || (chunk.last_is_overlong && next == end);
        err = tt_feed_line(worker, (struct tt_str){at, len}, overlong);
        at = next;
    }
    return err == TT_OK ? tt_feeder_flush(worker->feeder, &worker->fault) : err;
}

static enum tt_err read_whole(struct tt_feed_worker *worker, struct tt_feed_file *file)
{
    struct tt_feed *feed = worker->feed;
    struct tt_lines *lines = NULL;
    struct tt_line line;
    struct tt_fault broken = {0};
    bool more = true;
    enum tt_err err = TT_OK,
                read = tt_lines_open(file->path, feed->line_bytes_max, &lines, &broken);
    while (read == TT_OK && err == TT_OK &&
           !atomic_load_explicit(&feed->stop, memory_order_relaxed)) {
        read = tt_lines_next(lines, &line, &more, &broken);
        if (read != TT_OK || !more)
            break;
        err = tt_feed_line(worker, line.text, line.overlong);
        if (feed->progress.on && feed->file_count == 1)
            tt_progress_show(&feed->progress, tt_lines_bytes(lines) >> 20, feed->bytes_total >> 20,
                             "MB");
    }
    tt_lines_close(lines);
    if (err == TT_OK && read != TT_ERR_NO_MEMORY)
        err = interrupt(worker);
    return err != TT_OK || read == TT_OK ? err : note_broken(worker, file, &broken);
}

enum tt_err tt_feed_unit_read(struct tt_feed_worker *worker, uint32_t unit)
{
    struct tt_feed *feed = worker->feed;
    struct tt_feed_file *file = file_of(feed, unit);
    worker->unit = unit;
    worker->line = 0;
    if (unit == file->first_unit)
        tt_decoder_file_start(worker->decoder);
    return file->chunked ? read_chunk(worker, file, unit - file->first_unit)
                         : read_whole(worker, file);
}
