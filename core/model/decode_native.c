#include "core/model/decode_native.h"

#include "core/model/decoder_parts.h"
#include "core/model/event_reader.h"
#include "core/model/scan.h"

enum tt_err tt_event_reader_object(struct tt_event_reader *r, const struct tt_json *object)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value, *attributes = tt_json_get(object, "attributes");
    enum tt_err err = TT_OK;
    while (err == TT_OK && tt_json_next(object, &iter, &key, &value))
        if (tt_event_has_field(key))
            err = tt_event_reader_set(r, key.ptr, key, value);
    iter = NULL;
    while (err == TT_OK && tt_json_next(object, &iter, &key, &value))
        if (!tt_event_has_field(key) && tt_json_get(attributes, key.ptr) == NULL)
            tt_event_reader_add_attribute(r, key, value);
    return err;
}

enum tt_err tt_decode_native_thorough(struct tt_str line, int depth_max, struct tt_arena *arena,
                                      struct tt_event *ret_event, struct tt_fault *fault)
{
    struct tt_json *root = NULL;
    struct tt_event_reader reader;
    enum tt_err err = tt_json_parse(line, depth_max, &root, fault);
    if (err != TT_OK)
        return err;
    tt_event_reader_begin(&reader, arena, fault);
    if (tt_json_type(root) != TT_JSON_OBJECT)
        err = tt_fault_set(fault, TT_ERR_REJECT, "expected an object, found %s",
                           tt_json_type_name(tt_json_type(root)));
    if (err == TT_OK)
        err = tt_event_reader_object(&reader, root);
    if (err == TT_OK)
        err = tt_event_reader_finish(&reader, ret_event);
    tt_event_reader_end(&reader);
    tt_json_free(root);
    return err;
}

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    (void)fault;
    tt_scan_init(decoder->state, TT_SCAN_BEST);
    return TT_OK;
}

/* The fast reader knows one level of nesting, the event's own. */
static bool may_scan(const struct tt_decoder *decoder)
{
    return decoder->options.json_depth_max >= 1;
}

static const struct tt_event *decode_next(struct tt_decoder *decoder, const char *at,
                                          const char *end, const char **ret_next,
                                          bool *ret_in_place)
{
    struct tt_scan *scan = decoder->state;
    if (!may_scan(decoder))
        return NULL;
    const struct tt_event *event = tt_scan_next(scan, at, end, end, ret_next);
    *ret_in_place = scan->unescaped_len == 0;
    return event;
}

/* Plain lines are read in place; whatever is not plain, errors included, the thorough way. */
static enum tt_err decode_line(struct tt_decoder *decoder, struct tt_str line,
                               const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    const struct tt_event *plain = may_scan(decoder) && line.ptr != NULL
                                       ? tt_scan_event(decoder->state, line, line.ptr + line.len)
                                       : NULL;
    if (plain != NULL)
        return sink->event(sink->context, plain);
    struct tt_event event;
    tt_arena_reset(&decoder->arena);
    enum tt_err err = tt_decode_native_thorough(line, decoder->options.json_depth_max,
                                                &decoder->arena, &event, fault);
    return err == TT_OK ? sink->event(sink->context, &event) : err;
}

const struct tt_decoder_kind tt_decoder_native = {
    .name = "native",
    .stateless = true,
    .state_bytes = sizeof(struct tt_scan),
    .start = start,
    .line = decode_line,
    .next = decode_next,
};
