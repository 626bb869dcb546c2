#include "core/model/decode_native.h"

#include "core/base/json.h"
#include "core/model/decoder_parts.h"
#include "core/model/scan.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

struct reading {
    struct tt_arena *arena;
    struct tt_event *event;
    struct tt_fault *fault;
    const struct tt_json *attributes; /* the field of that name, or NULL */
    bool has_unknown;
};

static enum tt_err no_memory(struct reading *r)
{
    return tt_fault_set(r->fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err wrong_type(struct reading *r, struct tt_str key, const char *expected,
                              const struct tt_json *value)
{
    return tt_fault_set(r->fault, TT_ERR_REJECT, "%.*s: expected %s, found %s", TT_STR_ARGS(key),
                        expected, tt_json_type_name(tt_json_type(value)));
}

static enum tt_err keep(struct reading *r, struct tt_str text, struct tt_str *ret_text)
{
    char *copy = tt_arena_copy(r->arena, text.ptr, text.len);
    if (copy == NULL)
        return no_memory(r);
    *ret_text = (struct tt_str){copy, text.len};
    return TT_OK;
}

static enum tt_err read_text(struct reading *r, struct tt_str key, const struct tt_json *value,
                             size_t offset)
{
    if (tt_json_type(value) != TT_JSON_TEXT)
        return wrong_type(r, key, "text", value);
    return keep(r, tt_json_text(value), (struct tt_str *)((char *)r->event + offset));
}

static enum tt_err read_time(struct reading *r, struct tt_str key, const struct tt_json *value,
                             size_t offset)
{
    int64_t us;
    struct tt_str text = TT_STR_NONE;
    if (tt_json_type(value) == TT_JSON_INT) {
        us = tt_json_int(value);
        if (!tt_time_in_range(us))
            return tt_fault_set(r->fault, TT_ERR_REJECT,
                                "%.*s: %" PRId64 " is outside the years 0001 to 9999",
                                TT_STR_ARGS(key), us);
    } else if (tt_json_type(value) == TT_JSON_TEXT) {
        text = tt_json_text(value);
        if (!tt_time_parse(text, &us))
            return tt_fault_set(r->fault, TT_ERR_REJECT,
                                "%.*s: \"%.40s\" is no RFC 3339 time with zone", TT_STR_ARGS(key),
                                text.ptr);
    } else {
        return wrong_type(r, key, "an RFC 3339 text or an integer of microseconds", value);
    }
    *(int64_t *)(void *)((char *)r->event + offset) = us;
    return TT_OK;
}

static enum tt_err read_seq(struct reading *r, struct tt_str key, const struct tt_json *value,
                            size_t offset)
{
    (void)offset;
    if (tt_json_type(value) != TT_JSON_INT)
        return wrong_type(r, key, "an integer", value);
    r->event->seq = tt_json_int(value);
    r->event->has_seq = true;
    return TT_OK;
}

static enum tt_err read_error_code(struct reading *r, struct tt_str key,
                                   const struct tt_json *value, size_t offset)
{
    char digits[24];
    if (tt_json_type(value) == TT_JSON_TEXT)
        return read_text(r, key, value, offset);
    if (tt_json_type(value) != TT_JSON_INT)
        return wrong_type(r, key, "an integer or text", value);
    snprintf(digits, sizeof digits, "%" PRId64, tt_json_int(value));
    r->event->error_code_is_int = true;
    return keep(r, tt_str_from(digits), &r->event->error_code);
}

static enum tt_err read_attributes(struct reading *r, struct tt_str key,
                                   const struct tt_json *value, size_t offset)
{
    (void)offset;
    if (tt_json_type(value) != TT_JSON_OBJECT)
        return wrong_type(r, key, "an object", value);
    r->attributes = value;
    return TT_OK;
}

static const struct {
    const char *name;
    enum tt_err (*read)(struct reading *, struct tt_str, const struct tt_json *, size_t);
    size_t offset;
} fields[] = {
#define TEXT(name) {#name, read_text, offsetof(struct tt_event, name)},
    TT_EVENT_TEXT_FIELDS(TEXT)
#undef TEXT
        {"event_time", read_time, offsetof(struct tt_event, event_time_us)},
    {"received_at", read_time, offsetof(struct tt_event, received_at_us)},
    {"seq", read_seq, 0},
    {"error_code", read_error_code, offsetof(struct tt_event, error_code)},
    {"attributes", read_attributes, 0},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static int field_number(struct tt_str key)
{
    for (int i = 0; i < FIELDS; i++)
        if (tt_str_equal(key, tt_str_from(fields[i].name)))
            return i;
    return -1;
}

static enum tt_err read_fields(struct reading *r, const struct tt_json *root)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    while (tt_json_next(root, &iter, &key, &value)) {
        int field = field_number(key);
        r->has_unknown = r->has_unknown || field < 0;
        if (field < 0 || tt_json_type(value) == TT_JSON_NULL)
            continue;
        enum tt_err err = fields[field].read(r, key, value, fields[field].offset);
        if (err != TT_OK)
            return err;
    }
    return TT_OK;
}

/* Members of `attributes`, then the fields the format does not know; of equal names the former
 * wins. */
static enum tt_err gather_attributes(struct reading *r, const struct tt_json *root)
{
    if (r->attributes == NULL && !r->has_unknown)
        return TT_OK;
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_buf_add_char(&text, '{');
    while (r->attributes != NULL && tt_json_next(r->attributes, &iter, &key, &value)) {
        tt_json_add_key(&text, key.ptr);
        tt_json_write(&text, value);
    }
    iter = NULL;
    while (tt_json_next(root, &iter, &key, &value)) {
        if (field_number(key) >= 0 ||
            (r->attributes != NULL && tt_json_get(r->attributes, key.ptr) != NULL))
            continue;
        tt_json_add_key(&text, key.ptr);
        tt_json_write(&text, value);
    }
    tt_buf_add_char(&text, '}');
    enum tt_err err =
        text.err == TT_OK ? keep(r, tt_buf_str(&text), &r->event->attributes) : no_memory(r);
    tt_buf_done(&text);
    return err;
}

static enum tt_err check_required(struct reading *r)
{
    struct tt_event *event = r->event;
    if (event->event_id.ptr != NULL && event->event_id.len == 0)
        event->event_id = TT_STR_NONE;
    if (event->tenant.ptr == NULL)
        event->tenant = TT_STR("default");
    const char *missing = event->task_id.ptr == NULL             ? "task_id: missing"
                          : event->task_id.len == 0              ? "task_id: empty"
                          : event->status.ptr == NULL            ? "status: missing"
                          : event->status.len == 0               ? "status: empty"
                          : event->tenant.len == 0               ? "tenant: empty"
                          : event->event_time_us == TT_TIME_NONE ? "event_time: missing"
                                                                 : NULL;
    return missing == NULL ? TT_OK : tt_fault_set(r->fault, TT_ERR_REJECT, "%s", missing);
}

enum tt_err tt_decode_native_thorough(struct tt_str line, int depth_max, struct tt_arena *arena,
                                      struct tt_event *ret_event, struct tt_fault *fault)
{
    struct tt_json *root = NULL;
    struct tt_event event = {.event_time_us = TT_TIME_NONE, .received_at_us = TT_TIME_NONE};
    struct reading reading = {.arena = arena, .event = &event, .fault = fault};
    enum tt_err err = tt_json_parse(line, depth_max, &root, fault);
    if (err == TT_OK && tt_json_type(root) != TT_JSON_OBJECT)
        err = tt_fault_set(fault, TT_ERR_REJECT, "expected an object, found %s",
                           tt_json_type_name(tt_json_type(root)));
    if (err == TT_OK)
        err = read_fields(&reading, root);
    if (err == TT_OK)
        err = check_required(&reading);
    if (err == TT_OK)
        err = gather_attributes(&reading, root);
    tt_json_free(root);
    if (err == TT_OK)
        *ret_event = event;
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
                                          const char *end, const char **ret_next)
{
    return may_scan(decoder) ? tt_scan_next(decoder->state, at, end, end, ret_next) : NULL;
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
