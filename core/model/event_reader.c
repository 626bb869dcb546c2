#include "core/model/event_reader.h"

#include "core/base/assert.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

void tt_event_reader_begin(struct tt_event_reader *r, struct tt_arena *arena,
                           struct tt_fault *fault)
{
    *r = (struct tt_event_reader){
        .arena = arena,
        .fault = fault,
        .event = {.event_time_us = TT_TIME_NONE, .received_at_us = TT_TIME_NONE},
    };
    tt_buf_init(&r->attributes, 0);
}

void tt_event_reader_end(struct tt_event_reader *r)
{
    tt_buf_done(&r->attributes);
}

static enum tt_err no_memory(struct tt_event_reader *r)
{
    return tt_fault_set(r->fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err wrong_type(struct tt_event_reader *r, struct tt_str place, const char *expected,
                              const struct tt_json *value)
{
    return tt_fault_set(r->fault, TT_ERR_REJECT, "%.*s: expected %s, found %s", TT_STR_ARGS(place),
                        expected, tt_json_type_name(tt_json_type(value)));
}

enum tt_err tt_event_reader_set_text(struct tt_event_reader *r, struct tt_str *field,
                                     struct tt_str text)
{
    char *copy = tt_arena_copy(r->arena, text.ptr, text.len);
    if (copy == NULL)
        return no_memory(r);
    *field = (struct tt_str){copy, text.len};
    return TT_OK;
}

static enum tt_err read_text(struct tt_event_reader *r, struct tt_str place,
                             const struct tt_json *value, size_t offset)
{
    if (tt_json_type(value) != TT_JSON_TEXT)
        return wrong_type(r, place, "text", value);
    return tt_event_reader_set_text(r, (struct tt_str *)(void *)((char *)&r->event + offset),
                                    tt_json_text(value));
}

static enum tt_err read_time(struct tt_event_reader *r, struct tt_str place,
                             const struct tt_json *value, size_t offset)
{
    int64_t us;
    if (tt_json_type(value) == TT_JSON_INT) {
        us = tt_json_int(value);
        if (!tt_time_in_range(us))
            return tt_fault_set(r->fault, TT_ERR_REJECT,
                                "%.*s: %" PRId64 " is outside the years 0001 to 9999",
                                TT_STR_ARGS(place), us);
    } else if (tt_json_type(value) == TT_JSON_TEXT) {
        struct tt_str text = tt_json_text(value);
        if (!tt_time_parse(text, &us))
            return tt_fault_set(r->fault, TT_ERR_REJECT,
                                "%.*s: \"%.40s\" is no RFC 3339 time with zone", TT_STR_ARGS(place),
                                text.ptr);
    } else {
        return wrong_type(r, place, "an RFC 3339 text or an integer of microseconds", value);
    }
    *(int64_t *)(void *)((char *)&r->event + offset) = us;
    return TT_OK;
}

static enum tt_err read_seq(struct tt_event_reader *r, struct tt_str place,
                            const struct tt_json *value, size_t offset)
{
    (void)offset;
    if (tt_json_type(value) != TT_JSON_INT)
        return wrong_type(r, place, "an integer", value);
    r->event.seq = tt_json_int(value);
    r->event.has_seq = true;
    return TT_OK;
}

static enum tt_err read_error_code(struct tt_event_reader *r, struct tt_str place,
                                   const struct tt_json *value, size_t offset)
{
    char digits[24];
    if (tt_json_type(value) == TT_JSON_TEXT)
        return read_text(r, place, value, offset);
    if (tt_json_type(value) != TT_JSON_INT)
        return wrong_type(r, place, "an integer or text", value);
    snprintf(digits, sizeof digits, "%" PRId64, tt_json_int(value));
    r->event.error_code_is_int = true;
    return tt_event_reader_set_text(r, &r->event.error_code, tt_str_from(digits));
}

static enum tt_err read_attributes(struct tt_event_reader *r, struct tt_str place,
                                   const struct tt_json *value, size_t offset)
{
    (void)offset;
    void *iter = NULL;
    struct tt_str name;
    const struct tt_json *member;
    if (tt_json_type(value) != TT_JSON_OBJECT)
        return wrong_type(r, place, "an object", value);
    if (r->attributes.len == 0)
        tt_buf_add_char(&r->attributes, '{'); /* an empty object stays one */
    while (tt_json_next(value, &iter, &name, &member))
        tt_event_reader_add_attribute(r, name, member);
    return TT_OK;
}

static const struct {
    const char *name;
    enum tt_err (*read)(struct tt_event_reader *, struct tt_str, const struct tt_json *, size_t);
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

static int field_number(struct tt_str name)
{
    for (int i = 0; i < FIELDS; i++)
        if (tt_str_equal(name, tt_str_from(fields[i].name)))
            return i;
    return -1;
}

bool tt_event_has_field(struct tt_str name)
{
    return field_number(name) >= 0;
}

enum tt_err tt_event_reader_set(struct tt_event_reader *r, const char *name, struct tt_str place,
                                const struct tt_json *value)
{
    int field = field_number(tt_str_from(name));
    tt_assert(field >= 0);
    if (value == NULL || tt_json_type(value) == TT_JSON_NULL)
        return TT_OK;
    return fields[field].read(r, place, value, fields[field].offset);
}

void tt_event_reader_add_attribute(struct tt_event_reader *r, struct tt_str name,
                                   const struct tt_json *value)
{
    if (r->attributes.len == 0)
        tt_buf_add_char(&r->attributes, '{');
    tt_json_add_key(&r->attributes, name.ptr);
    tt_json_write(&r->attributes, value);
}

static enum tt_err keep_attributes(struct tt_event_reader *r)
{
    if (r->attributes.len == 0 && r->attributes.err == TT_OK)
        return TT_OK;
    tt_buf_add_char(&r->attributes, '}');
    if (r->attributes.err != TT_OK)
        return no_memory(r);
    return tt_event_reader_set_text(r, &r->event.attributes, tt_buf_str(&r->attributes));
}

enum tt_err tt_event_reader_finish(struct tt_event_reader *r, struct tt_event *ret_event)
{
    struct tt_event *event = &r->event;
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
    if (missing != NULL)
        return tt_fault_set(r->fault, TT_ERR_REJECT, "%s", missing);
    enum tt_err err = keep_attributes(r);
    if (err == TT_OK)
        *ret_event = *event;
    return err;
}
