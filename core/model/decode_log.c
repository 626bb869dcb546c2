/* Events within log lines: native events, as JSON objects with any text before and behind them, one
 * or several on a line, also within a larger JSON object. An object is meant to be an event when it
 * has task_id and status. Lines without one are passed over; one that is cut off or breaks a rule
 * is a reject. The rest of the line is not looked at, whatever its bytes. */
#include "core/model/decode_native.h"
#include "core/model/decoder_parts.h"
#include "core/model/json_find.h"
#include "core/model/scan.h"

struct log {
    struct tt_json_find find;
    struct tt_scan scan;
};

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err give(struct tt_decoder *decoder, struct tt_str text,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct log *log = decoder->state;
    const struct tt_event *plain = tt_scan_event(&log->scan, text, text.ptr + text.len);
    if (plain != NULL)
        return sink->event(sink->context, plain);
    struct tt_event event;
    struct tt_fault why = {0};
    enum tt_err err = tt_decode_native_thorough(text, decoder->options.json_depth_max,
                                                &decoder->arena, &event, &why);
    if (err == TT_OK)
        return sink->event(sink->context, &event);
    if (tt_err_class(err) == TT_CLASS_POISON)
        return sink->reject(sink->context, &(struct tt_decoder_reject){why.text, text, 0});
    return tt_fault_set(fault, err, "%s", why.text);
}

static bool holds(struct tt_str line, const char *text)
{
    return line.len > 0 && memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

static enum tt_err decode_line(struct tt_decoder *decoder, struct tt_str line,
                               const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct log *log = decoder->state;
    if (!holds(line, "\"task_id\"") || !holds(line, "\"status\""))
        return TT_OK;
    tt_arena_reset(&decoder->arena);
    enum tt_err err = tt_json_find_events(&log->find, line);
    if (err != TT_OK)
        return no_memory(fault);
    for (size_t i = 0; i < log->find.count && err == TT_OK; i++) {
        const struct tt_json_found *found = &log->find.list[i];
        if (found->is_whole)
            err = give(decoder, found->text, sink, fault);
        else
            err = sink->reject(
                sink->context,
                &(struct tt_decoder_reject){"the JSON object breaks off or is not well formed",
                                            found->text, 0});
    }
    if (err == TT_OK && log->find.gave_up)
        err = sink->reject(
            sink->context,
            &(struct tt_decoder_reject){"too many braces that begin no JSON object", line, 0});
    return err;
}

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    struct log *log = decoder->state;
    tt_scan_init(&log->scan, TT_SCAN_BEST);
    return tt_json_find_init(&log->find, decoder->options.json_depth_max) == TT_OK
               ? TT_OK
               : no_memory(fault);
}

static void done(struct tt_decoder *decoder)
{
    struct log *log = decoder->state;
    tt_json_find_done(&log->find);
}

const struct tt_decoder_kind tt_decoder_log = {
    .name = "log",
    .stateless = true,
    .state_bytes = sizeof(struct log),
    .start = start,
    .line = decode_line,
    .done = done,
};
