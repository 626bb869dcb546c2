/* CloudEvents 1.0, structured mode: one event, or an array of them.
 *
 * The envelope says what the transport knows, `data` what the producer says in our words. A member
 * of `data` that has the name of a field is that field; what it leaves open comes from the
 * envelope: id, source, subject, time and type. The rest of `data`, then the extension attributes,
 * then what of those five was not needed, are attributes; of equal names the first is kept.
 *
 * specversion and datacontenttype say how to read the event and are not kept. */
#include "core/model/messages.h"

#include <stdio.h>
#include <strings.h>

/* The envelope's attributes, and the field each stands for unless data has it. */
static const struct {
    const char *name, *field;
} envelope[] = {{"id", "event_id"},
                {"source", "source"},
                {"subject", "task_id"},
                {"time", "event_time"},
                {"type", "task_type"}};
enum { ENVELOPE = sizeof envelope / sizeof *envelope };

/* "application/json", "text/json", "application/x+json", perhaps with parameters behind. */
static bool is_json_type(struct tt_str type)
{
    size_t len = 0;
    while (len < type.len && type.ptr[len] != ';' && type.ptr[len] != ' ')
        len++;
    return len > 5 && strncasecmp(type.ptr + len - 4, "json", 4) == 0 &&
           (type.ptr[len - 5] == '/' || type.ptr[len - 5] == '+');
}

static enum tt_err check_envelope(const struct tt_json *message, struct tt_fault *fault)
{
    struct tt_str text;
    if (tt_json_type(message) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_REJECT, "expected an object, found %s",
                            tt_json_type_name(tt_json_type(message)));
    enum tt_err err = tt_message_text(message, "specversion", &text, fault);
    if (err == TT_OK && !tt_str_equal(text, TT_STR("1.0")))
        err = tt_fault_set(fault, TT_ERR_REJECT, "specversion: expected \"1.0\", found \"%.40s\"",
                           text.ptr);
    if (err == TT_OK)
        err = tt_message_text(message, "id", &text, fault);
    if (err == TT_OK)
        err = tt_message_text(message, "source", &text, fault);
    if (err == TT_OK)
        err = tt_message_text(message, "type", &text, fault);
    if (err == TT_OK && tt_message_get(message, "subject") != NULL)
        err = tt_message_text(message, "subject", &text, fault);
    if (err == TT_OK && tt_message_get(message, "time") != NULL)
        err = tt_message_text(message, "time", &text, fault);
    return err;
}

static enum tt_err check_data(const struct tt_json *message, struct tt_fault *fault)
{
    struct tt_str type;
    const struct tt_json *data = tt_message_get(message, "data");
    if (tt_message_get(message, "data_base64") != NULL)
        return tt_fault_set(fault, TT_ERR_REJECT,
                            "data_base64: binary data; expected a JSON object in data");
    if (tt_message_get(message, "datacontenttype") != NULL) {
        enum tt_err err = tt_message_text(message, "datacontenttype", &type, fault);
        if (err != TT_OK)
            return err;
        if (!is_json_type(type))
            return tt_fault_set(fault, TT_ERR_REJECT,
                                "datacontenttype: \"%.60s\" is no JSON; expected a JSON object in "
                                "data",
                                type.ptr);
    }
    if (data == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "data: missing");
    if (tt_json_type(data) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_REJECT, "data: expected an object, found %s",
                            tt_json_type_name(tt_json_type(data)));
    if (tt_message_get(data, "task_id") == NULL && tt_message_get(message, "subject") == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "subject, or data.task_id: missing");
    if (tt_message_get(data, "event_time") == NULL && tt_message_get(message, "time") == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "time, or data.event_time: missing");
    if (tt_message_get(data, "status") == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "data.status: missing");
    return TT_OK;
}

static enum tt_err set_fields(struct tt_event_reader *r, const struct tt_json *message,
                              const struct tt_json *data)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < ENVELOPE && err == TT_OK; i++)
        if (tt_message_get(data, envelope[i].field) == NULL)
            err = tt_event_reader_set(r, envelope[i].field, tt_str_from(envelope[i].name),
                                      tt_json_get(message, envelope[i].name));
    while (err == TT_OK && tt_json_next(data, &iter, &key, &value)) {
        char place[64];
        if (!tt_event_has_field(key))
            continue;
        snprintf(place, sizeof place, "data.%s", key.ptr);
        err = tt_event_reader_set(r, key.ptr, tt_str_from(place), value);
    }
    return err;
}

/* Whether an attribute of that name is there before those of the envelope. */
static bool is_taken(const struct tt_json *data, struct tt_str name)
{
    const struct tt_json *attributes = tt_message_get(data, "attributes");
    return (attributes != NULL && tt_json_get(attributes, name.ptr) != NULL) ||
           (!tt_event_has_field(name) && tt_json_get(data, name.ptr) != NULL);
}

/* Whether the envelope's member is used up: by the format, or as a field. */
static bool is_used(const struct tt_json *data, struct tt_str name)
{
    static const char *const formal[] = {"specversion", "datacontenttype", "data", "data_base64"};
    for (size_t i = 0; i < sizeof formal / sizeof *formal; i++)
        if (tt_str_equal(name, tt_str_from(formal[i])))
            return true;
    for (size_t i = 0; i < ENVELOPE; i++)
        if (tt_str_equal(name, tt_str_from(envelope[i].name)))
            return tt_message_get(data, envelope[i].field) == NULL;
    return false;
}

static void add_attributes(struct tt_event_reader *r, const struct tt_json *message,
                           const struct tt_json *data)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value, *attributes = tt_message_get(data, "attributes");
    while (tt_json_next(data, &iter, &key, &value))
        if (!tt_event_has_field(key) &&
            (attributes == NULL || tt_json_get(attributes, key.ptr) == NULL))
            tt_event_reader_add_attribute(r, key, value);
    iter = NULL;
    while (tt_json_next(message, &iter, &key, &value))
        if (tt_json_type(value) != TT_JSON_NULL && !is_used(data, key) && !is_taken(data, key))
            tt_event_reader_add_attribute(r, key, value);
}

static enum tt_err read_message(struct tt_decoder *decoder, const struct tt_json *message,
                                const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    struct tt_event_reader *r = &messages->reader;
    struct tt_event event;
    enum tt_err err = check_envelope(message, fault);
    if (err == TT_OK)
        err = check_data(message, fault);
    if (err != TT_OK)
        return err;
    const struct tt_json *data = tt_json_get(message, "data");
    tt_event_reader_again(r, fault);
    err = set_fields(r, message, data);
    if (err == TT_OK) {
        add_attributes(r, message, data);
        err = tt_event_reader_finish(r, &event);
    }
    return err == TT_OK ? sink->event(sink->context, &event) : err;
}

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    (void)fault;
    tt_messages_start(decoder, read_message, NULL);
    return TT_OK;
}

const struct tt_decoder_kind tt_decoder_cloudevents = {
    .name = "cloudevents",
    .wants_blank = true,
    .state_bytes = sizeof(struct tt_messages),
    .start = start,
    .line = tt_messages_line,
    .file_start = tt_messages_file_start,
    .interrupt = tt_messages_interrupt,
    .done = tt_messages_done,
};
