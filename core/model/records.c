/* Happy path: a line that is a record of its own is given as it stands, without a copy. One that is
 * not is held, with the lines that follow it, until the record is whole.
 *
 * Failure modes: broken, too long, cut off: see records.h. How often a line is looked at anew is
 * bounded by the formats: in CSV a line with an odd number of quotes ends the record or breaks it,
 * so no line is looked at more than three times; in JSON no text is deeper than the nesting
 * allowed.
 */
#include "core/model/records.h"

#include <stdio.h>

void tt_records_init(struct tt_records *records, const struct tt_records_kind *kind)
{
    *records = (struct tt_records){.kind = kind};
    tt_buf_init(&records->held, 0);
}

void tt_records_done(struct tt_records *records)
{
    tt_buf_done(&records->held);
}

void tt_records_clear(struct tt_records *records)
{
    tt_buf_clear(&records->held);
    records->held_lines = 0;
}

/* The line of `held` at an offset. */
static struct tt_str line_at(const struct tt_records *records, size_t at)
{
    const char *start = records->held.data + at;
    const char *end = memchr(start, '\n', records->held.len - at);
    return (struct tt_str){start, (size_t)(end - start)};
}

static uint64_t lines_in(struct tt_str record)
{
    uint64_t lines = 1;
    for (size_t i = 0; i < record.len; i++)
        lines += record.ptr[i] == '\n';
    return lines;
}

/* Gives a record, or rejects it, as one that began `lines_before` before the newest line. */
static enum tt_err give(struct tt_records *records, struct tt_decoder *decoder,
                        struct tt_str record, const struct tt_decoder_sink *sink,
                        struct tt_fault *fault)
{
    struct tt_fault why = {0};
    records->lines_before = records->held_lines - 1;
    enum tt_err err = records->kind->give(decoder, record, sink, &why);
    if (why.code == TT_OK || tt_err_class(err) != TT_CLASS_POISON)
        return why.code == TT_OK ? err : tt_fault_set(fault, err, "%s", why.text);
    return sink->reject(sink->context,
                        &(struct tt_decoder_reject){why.text, record, records->held_lines - 1});
}

/* Works through `held` as far as it goes; `reason`: why its first line is not a record's beginning,
 * or NULL where that is open. */
static enum tt_err work(struct tt_records *records, struct tt_decoder *decoder, size_t looked,
                        const char *reason, const struct tt_decoder_sink *sink,
                        struct tt_fault *fault)
{
    size_t start = 0; /* of the record in hand; lines before it are done with */
    enum tt_err err = TT_OK;
    struct tt_fault why = {0};
    while (err == TT_OK && start < records->held.len) {
        if (reason != NULL) {
            struct tt_str line = line_at(records, start);
            err = sink->reject(sink->context,
                               &(struct tt_decoder_reject){reason, line, records->held_lines - 1});
            start += line.len + 1;
            looked = start;
            records->held_lines--;
            reason = NULL;
            tt_fault_clear(&why);
            continue;
        }
        if (looked == records->held.len)
            break;
        struct tt_str line = line_at(records, looked);
        bool first = looked == start;
        looked += line.len + 1;
        enum tt_span span = first && tt_str_is_blank(line)
                                ? TT_SPAN_WHOLE
                                : records->kind->look(decoder, line, first, &why);
        if (span == TT_SPAN_BROKEN) {
            reason = why.text;
        } else if (span == TT_SPAN_WHOLE) {
            struct tt_str record = {records->held.data + start, looked - start - 1};
            if (!(first && tt_str_is_blank(line)))
                err = give(records, decoder, record, sink, fault);
            records->held_lines -= lines_in(record);
            start = looked;
        }
    }
    if (start > 0) {
        memmove(records->held.data, records->held.data + start, records->held.len - start + 1);
        records->held.len -= start;
    }
    return err;
}

enum tt_err tt_records_line(struct tt_records *records, struct tt_decoder *decoder,
                            struct tt_str line, const struct tt_decoder_sink *sink,
                            struct tt_fault *fault)
{
    bool first = records->held_lines == 0;
    if (first && tt_str_is_blank(line))
        return TT_OK;
    if (first) {
        enum tt_span span = records->kind->look(decoder, line, true, fault);
        records->lines_before = 0;
        if (span != TT_SPAN_MORE)
            return span == TT_SPAN_WHOLE ? records->kind->give(decoder, line, sink, fault)
                                         : TT_ERR_REJECT;
    }
    size_t looked = records->held.len;
    tt_buf_add_str(&records->held, line);
    tt_buf_add_char(&records->held, '\n');
    if (records->held.err != TT_OK) {
        records->held.err = TT_OK; /* the line is lost, what was held before is not */
        records->held.len = looked;
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    records->held_lines++;
    if (first)
        return TT_OK;
    enum tt_err err = work(records, decoder, looked, NULL, sink, fault);
    while (err == TT_OK && records->held.len > decoder->options.record_bytes_max) {
        char reason[160];
        snprintf(reason, sizeof reason, "%s within %zu bytes (--max-line)", records->kind->open,
                 decoder->options.record_bytes_max);
        err = work(records, decoder, 0, reason, sink, fault);
    }
    return err;
}

enum tt_err tt_records_interrupt(struct tt_records *records, struct tt_decoder *decoder,
                                 const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    while (err == TT_OK && records->held_lines > 0)
        err = work(records, decoder, 0, records->kind->open, sink, fault);
    return err;
}
