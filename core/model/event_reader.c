#include "core/model/event_reader.h"

#include "core/base/assert.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum { QUOTED_MAX = 40 }; /* bytes of input quoted in a reason */

void tt_event_reader_begin(struct tt_event_reader *r, struct tt_arena *arena,
                           struct tt_fault *fault)
{
    *r = (struct tt_event_reader){.arena = arena};
    tt_buf_init(&r->attributes, 0);
    tt_event_reader_again(r, fault);
}

void tt_event_reader_again(struct tt_event_reader *r, struct tt_fault *fault)
{
    r->fault = fault;
    r->event = (struct tt_event){.event_time_us = TT_TIME_NONE, .received_at_us = TT_TIME_NONE};
    tt_buf_clear(&r->attributes);
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

static enum tt_err read_text_cell(struct tt_event_reader *r, struct tt_str place,
                                  struct tt_str cell, size_t offset)
{
    (void)place;
    return tt_event_reader_set_text(r, (struct tt_str *)(void *)((char *)&r->event + offset), cell);
}

static enum tt_err read_text(struct tt_event_reader *r, struct tt_str place,
                             const struct tt_json *value, size_t offset)
{
    if (tt_json_type(value) != TT_JSON_TEXT)
        return wrong_type(r, place, "text", value);
    return read_text_cell(r, place, tt_json_text(value), offset);
}

static enum tt_err keep_time(struct tt_event_reader *r, struct tt_str place, int64_t us,
                             size_t offset)
{
    if (!tt_time_in_range(us))
        return tt_fault_set(r->fault, TT_ERR_REJECT,
                            "%.*s: %" PRId64 " is outside the years 0001 to 9999",
                            TT_STR_ARGS(place), us);
    *(int64_t *)(void *)((char *)&r->event + offset) = us;
    return TT_OK;
}

static enum tt_err read_time_cell(struct tt_event_reader *r, struct tt_str place,
                                  struct tt_str cell, size_t offset)
{
    static const struct tt_zone utc = {.fixed = true};
    int64_t us;
    if (tt_str_to_int(cell, &us) || tt_time_parse_printed(cell, &us) ||
        (r->zone != NULL && tt_zone_parse(r->zone, cell, &us)))
        return keep_time(r, place, us, offset);
    bool only_zone_missing = r->zone == NULL && tt_zone_parse(&utc, cell, &us);
    return tt_fault_set(r->fault, TT_ERR_REJECT, "%.*s: \"%.*s\" %s", TT_STR_ARGS(place),
                        (int)(cell.len < QUOTED_MAX ? cell.len : QUOTED_MAX), cell.ptr,
                        only_zone_missing ? "has no time zone (--zone says which)"
                                          : "is no RFC 3339 time with zone");
}

static enum tt_err read_time(struct tt_event_reader *r, struct tt_str place,
                             const struct tt_json *value, size_t offset)
{
    int64_t us;
    if (tt_json_type(value) == TT_JSON_INT)
        return keep_time(r, place, tt_json_int(value), offset);
    if (tt_json_type(value) != TT_JSON_TEXT)
        return wrong_type(r, place, "an RFC 3339 text or an integer of microseconds", value);
    struct tt_str text = tt_json_text(value);
    if (!tt_time_parse(text, &us))
        return tt_fault_set(r->fault, TT_ERR_REJECT, "%.*s: \"%.*s\" is no RFC 3339 time with zone",
                            TT_STR_ARGS(place),
                            (int)(text.len < QUOTED_MAX ? text.len : QUOTED_MAX), text.ptr);
    return keep_time(r, place, us, offset);
}

static enum tt_err read_seq_cell(struct tt_event_reader *r, struct tt_str place, struct tt_str cell,
                                 size_t offset)
{
    (void)offset;
    if (!tt_str_to_int(cell, &r->event.seq))
        return tt_fault_set(r->fault, TT_ERR_REJECT, "%.*s: \"%.*s\" is no integer within 64 bits",
                            TT_STR_ARGS(place),
                            (int)(cell.len < QUOTED_MAX ? cell.len : QUOTED_MAX), cell.ptr);
    r->event.has_seq = true;
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

static enum tt_err keep_error_code(struct tt_event_reader *r, int64_t code)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, code);
    r->event.error_code_is_int = true;
    return tt_event_reader_set_text(r, &r->event.error_code, tt_str_from(digits));
}

/* "500" is the integer, "0500" and "E7" are texts. */
static enum tt_err read_error_code_cell(struct tt_event_reader *r, struct tt_str place,
                                        struct tt_str cell, size_t offset)
{
    int64_t code;
    size_t sign = cell.ptr[0] == '-';
    bool plain = tt_str_to_int(cell, &code) && (cell.ptr[sign] != '0' || cell.len == 1);
    return plain ? keep_error_code(r, code) : read_text_cell(r, place, cell, offset);
}

static enum tt_err read_error_code(struct tt_event_reader *r, struct tt_str place,
                                   const struct tt_json *value, size_t offset)
{
    if (tt_json_type(value) == TT_JSON_TEXT)
        return read_text(r, place, value, offset);
    if (tt_json_type(value) != TT_JSON_INT)
        return wrong_type(r, place, "an integer or text", value);
    return keep_error_code(r, tt_json_int(value));
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
    enum tt_err (*read_cell)(struct tt_event_reader *, struct tt_str, struct tt_str, size_t);
    size_t offset;
} fields[] = {
#define TEXT(name) {#name, read_text, read_text_cell, offsetof(struct tt_event, name)},
    TT_EVENT_TEXT_FIELDS(TEXT)
#undef TEXT
        {"event_time", read_time, read_time_cell, offsetof(struct tt_event, event_time_us)},
    {"received_at", read_time, read_time_cell, offsetof(struct tt_event, received_at_us)},
    {"seq", read_seq, read_seq_cell, 0},
    {"error_code", read_error_code, read_error_code_cell, offsetof(struct tt_event, error_code)},
    {"attributes", read_attributes, NULL, 0},
};
_Static_assert(sizeof fields / sizeof *fields == TT_EVENT_FIELDS, "as the header says");

int tt_event_field(struct tt_str name)
{
    for (int i = 0; i < TT_EVENT_FIELDS; i++)
        if (tt_str_equal(name, tt_str_from(fields[i].name)))
            return i;
    return -1;
}

const char *tt_event_field_name(int field)
{
    return fields[field].name;
}

bool tt_event_has_field(struct tt_str name)
{
    return tt_event_field(name) >= 0;
}

enum tt_err tt_event_reader_set(struct tt_event_reader *r, const char *name, struct tt_str place,
                                const struct tt_json *value)
{
    int field = tt_event_field(tt_str_from(name));
    tt_assert(field >= 0);
    if (value == NULL || tt_json_type(value) == TT_JSON_NULL)
        return TT_OK;
    return fields[field].read(r, place, value, fields[field].offset);
}

enum tt_err tt_event_reader_set_cell(struct tt_event_reader *r, int field, struct tt_str place,
                                     struct tt_str cell)
{
    tt_assert(cell.len > 0 && fields[field].read_cell != NULL);
    return fields[field].read_cell(r, place, cell, fields[field].offset);
}

void tt_event_reader_add_attribute(struct tt_event_reader *r, struct tt_str name,
                                   const struct tt_json *value)
{
    if (r->attributes.len == 0)
        tt_buf_add_char(&r->attributes, '{');
    tt_json_add_key(&r->attributes, name.ptr);
    tt_json_write(&r->attributes, value);
}

void tt_event_reader_add_text_attribute(struct tt_event_reader *r, const char *name,
                                        struct tt_str text)
{
    if (r->attributes.len == 0)
        tt_buf_add_char(&r->attributes, '{');
    tt_json_add_key(&r->attributes, name);
    tt_json_add_text(&r->attributes, text);
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
