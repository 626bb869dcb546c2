/* The messages of OSDU's status publishers, in the forms that are about:
 *
 *   {"kind": "status", "properties": {...}}          as published
 *   {...}                                            the properties alone (REST)
 *
 * with kind "status" or "datasetDetails" (or "dataSetDetails"); alone, properties that name a data
 * set and no status are its details. */
#include "core/model/osdu_message.h"

#include "core/model/messages.h"
#include <inttypes.h>
#include <stdio.h>

enum { QUOTED_MAX = 40, US_PER_MS = 1000 };

static enum tt_err no_time(const char *found, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_REJECT,
                        "timestamp: expected milliseconds since 1970, or an RFC 3339 time with "
                        "zone, found %s",
                        found);
}

static enum tt_err keep_ms(int64_t ms, int64_t *ret_us, struct tt_fault *fault)
{
    int64_t us;
    if (__builtin_mul_overflow(ms, US_PER_MS, &us) || !tt_time_in_range(us))
        return tt_fault_set(fault, TT_ERR_REJECT,
                            "timestamp: %" PRId64 " ms is outside the years 0001 to 9999", ms);
    *ret_us = us;
    return TT_OK;
}

/* A number of milliseconds (some writers turn it into 1.630044824123E12), or text: its digits, or
 * RFC 3339. */
static enum tt_err read_time(const struct tt_json *value, int64_t *ret_us, struct tt_fault *fault)
{
    enum tt_json_type type = value == NULL ? TT_JSON_NULL : tt_json_type(value);
    int64_t ms;
    char quoted[QUOTED_MAX + 3];
    if (type == TT_JSON_NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "timestamp: missing");
    if (type == TT_JSON_INT)
        return keep_ms(tt_json_int(value), ret_us, fault);
    if (type == TT_JSON_REAL) {
        double real = tt_json_real(value), whole_max = 9007199254740992.0; /* 2^53 */
        if (real < -whole_max || real > whole_max || (double)(int64_t)real != real)
            return no_time(tt_json_type_name(type), fault);
        return keep_ms((int64_t)real, ret_us, fault);
    }
    if (type != TT_JSON_TEXT)
        return no_time(tt_json_type_name(type), fault);
    struct tt_str text = tt_json_text(value);
    if (tt_str_to_int(text, &ms))
        return keep_ms(ms, ret_us, fault);
    if (tt_time_parse(text, ret_us))
        return TT_OK;
    snprintf(quoted, sizeof quoted, "\"%.*s\"",
             (int)(text.len < QUOTED_MAX ? text.len : QUOTED_MAX), text.ptr);
    return no_time(quoted, fault);
}

/* A member that may be absent, null or empty, all the same; else text. */
static enum tt_err read_optional(const struct tt_json *object, const char *name,
                                 struct tt_str *ret_text, struct tt_fault *fault)
{
    const struct tt_json *value = tt_message_get(object, name);
    *ret_text = TT_STR_NONE;
    if (value == NULL || (tt_json_type(value) == TT_JSON_TEXT && tt_json_text(value).len == 0))
        return TT_OK;
    return tt_message_text(object, name, ret_text, fault);
}

/* 0 says that there is none. */
static bool is_no_error(const struct tt_json *code)
{
    return code == NULL || (tt_json_type(code) == TT_JSON_INT && tt_json_int(code) == 0) ||
           (tt_json_type(code) == TT_JSON_TEXT &&
            (tt_json_text(code).len == 0 || tt_str_equal(tt_json_text(code), TT_STR("0"))));
}

/* Members that became fields; the others are attributes. */
static bool is_field(struct tt_str name)
{
    static const char *const fields[] = {"correlationId", "stage",     "status",
                                         "message",       "timestamp", "errorCode"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (tt_str_equal(name, tt_str_from(fields[i])))
            return true;
    return false;
}

static void add_attributes(struct tt_event_reader *r, const struct tt_json *message,
                           const struct tt_json *properties)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    while (tt_json_next(properties, &iter, &key, &value))
        if (!is_field(key) && tt_json_type(value) != TT_JSON_NULL &&
            !(message == properties && tt_str_equal(key, TT_STR("kind"))))
            tt_event_reader_add_attribute(r, key, value);
    iter = NULL;
    while (message != properties && tt_json_next(message, &iter, &key, &value))
        if (!tt_str_equal(key, TT_STR("kind")) && !tt_str_equal(key, TT_STR("properties")) &&
            tt_json_get(properties, key.ptr) == NULL)
            tt_event_reader_add_attribute(r, key, value);
}

static enum tt_err read_status(const struct tt_json *message, const struct tt_json *properties,
                               struct tt_event_reader *r, struct tt_osdu_message *m,
                               struct tt_fault *fault)
{
    struct tt_str text;
    const struct tt_json *code = tt_message_get(properties, "errorCode");
    tt_event_reader_again(r, fault);
    enum tt_err err = tt_message_text(properties, "stage", &text, fault);
    if (err == TT_OK)
        err = tt_event_reader_set_text(r, &r->event.stage, text);
    r->event.task_type = r->event.stage;
    if (err == TT_OK)
        err = tt_message_text(properties, "status", &text, fault);
    if (err == TT_OK)
        err = tt_event_reader_set_text(r, &r->event.status, text);
    if (err == TT_OK)
        err = tt_event_reader_set_text(r, &r->event.correlation_id, m->correlation_id);
    if (err == TT_OK)
        err = read_time(tt_json_get(properties, "timestamp"), &r->event.event_time_us, fault);
    if (err == TT_OK)
        err = read_optional(properties, "recordId", &m->record_id, fault);
    if (err == TT_OK)
        err = tt_event_reader_set(r, "message", TT_STR("message"),
                                  tt_json_get(properties, "message"));
    if (err == TT_OK && !is_no_error(code))
        err = tt_event_reader_set(r, "error_code", TT_STR("errorCode"), code);
    if (err != TT_OK)
        return err;
    add_attributes(r, message, properties);
    r->event.task_id = r->event.correlation_id; /* until it is known */
    return tt_event_reader_finish(r, &m->event);
}

static enum tt_err read_dataset(const struct tt_json *properties, struct tt_osdu_message *m,
                                struct tt_fault *fault)
{
    const struct tt_json *count = tt_message_get(properties, "recordCount");
    const char *name = tt_message_get(properties, "dataSetId") != NULL ? "dataSetId" : "datasetId";
    enum tt_err err = tt_message_text(properties, name, &m->dataset_id, fault);
    if (err == TT_OK && count != NULL &&
        (tt_json_type(count) != TT_JSON_INT || tt_json_int(count) < 0))
        err = tt_fault_set(fault, TT_ERR_REJECT, "recordCount: expected an integer from 0 up");
    m->record_count = err == TT_OK && count != NULL ? tt_json_int(count) : -1;
    return err;
}

static enum tt_err read_kind(const struct tt_json *message, const struct tt_json *properties,
                             bool *ret_is_dataset, struct tt_fault *fault)
{
    struct tt_str kind;
    bool names_dataset = tt_message_get(properties, "datasetId") != NULL ||
                         tt_message_get(properties, "dataSetId") != NULL;
    *ret_is_dataset = names_dataset && tt_message_get(properties, "status") == NULL;
    if (tt_message_get(message, "kind") == NULL)
        return TT_OK;
    enum tt_err err = tt_message_text(message, "kind", &kind, fault);
    if (err != TT_OK)
        return err;
    *ret_is_dataset = tt_str_equal(kind, TT_STR("datasetDetails")) ||
                      tt_str_equal(kind, TT_STR("dataSetDetails"));
    if (!*ret_is_dataset && !tt_str_equal(kind, TT_STR("status")))
        return tt_fault_set(fault, TT_ERR_REJECT,
                            "kind: expected \"status\" or \"datasetDetails\", found \"%.60s\"",
                            kind.ptr);
    return TT_OK;
}

enum tt_err tt_osdu_message_read(const struct tt_json *message, struct tt_event_reader *r,
                                 struct tt_osdu_message *ret_message, struct tt_fault *fault)
{
    struct tt_osdu_message m = {.record_count = -1};
    if (tt_json_type(message) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_REJECT, "expected an object, found %s",
                            tt_json_type_name(tt_json_type(message)));
    const struct tt_json *properties = tt_message_get(message, "properties");
    if (properties == NULL)
        properties = message;
    if (tt_json_type(properties) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_REJECT, "properties: expected an object, found %s",
                            tt_json_type_name(tt_json_type(properties)));
    enum tt_err err = read_kind(message, properties, &m.is_dataset, fault);
    if (err == TT_OK)
        err = tt_message_text(properties, "correlationId", &m.correlation_id, fault);
    if (err == TT_OK)
        err = m.is_dataset ? read_dataset(properties, &m, fault)
                           : read_status(message, properties, r, &m, fault);
    if (err == TT_OK)
        *ret_message = m;
    return err;
}

static void add_part(struct tt_buf *buf, struct tt_str part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '/' || part.ptr[i] == '\\')
            tt_buf_add_char(buf, '\\');
        tt_buf_add_char(buf, part.ptr[i]);
    }
}

void tt_osdu_task_id(struct tt_buf *buf, const struct tt_event *event, struct tt_str record_id)
{
    tt_buf_clear(buf);
    add_part(buf, event->correlation_id);
    tt_buf_add_char(buf, '/');
    add_part(buf, event->stage);
    if (record_id.ptr == NULL)
        return;
    tt_buf_add_char(buf, '/');
    add_part(buf, record_id);
}
