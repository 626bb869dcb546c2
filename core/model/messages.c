#include "core/model/messages.h"

static enum tt_span look(struct tt_decoder *decoder, struct tt_str line, bool first,
                         struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    return tt_json_span_look(&messages->span, line, first, decoder->options.json_depth_max, fault);
}

static enum tt_err reject_element(struct tt_messages *messages, const struct tt_json *element,
                                  size_t number, const struct tt_decoder_sink *sink,
                                  struct tt_fault *why, struct tt_fault *fault)
{
    tt_buf_clear(&messages->rejected);
    tt_json_write(&messages->rejected, element);
    if (messages->rejected.err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    (void)tt_fault_prefix(why, "element %zu", number);
    return sink->reject(sink->context,
                        &(struct tt_decoder_reject){why->text, tt_buf_str(&messages->rejected),
                                                    messages->records.lines_before});
}

static enum tt_err give_list(struct tt_decoder *decoder, const struct tt_json *list,
                             const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < tt_json_count(list) && err == TT_OK; i++) {
        struct tt_fault why = {0};
        err = messages->read(decoder, tt_json_at(list, i), sink, &why);
        if (why.code != TT_OK && tt_err_class(err) == TT_CLASS_POISON)
            err = reject_element(messages, tt_json_at(list, i), i + 1, sink, &why, fault);
        else if (why.code != TT_OK)
            err = tt_fault_set(fault, err, "%s", why.text);
    }
    return err;
}

static enum tt_err give(struct tt_decoder *decoder, struct tt_str record,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    struct tt_json *root = NULL;
    tt_arena_reset(&decoder->arena);
    enum tt_err err = tt_json_parse(record, decoder->options.json_depth_max, &root, fault);
    if (err != TT_OK)
        return err;
    const struct tt_json *list = NULL;
    if (tt_json_type(root) == TT_JSON_ARRAY)
        list = root;
    else if (tt_json_type(root) == TT_JSON_OBJECT && messages->list != NULL)
        list = tt_json_get(root, messages->list);
    if (list != NULL && tt_json_type(list) == TT_JSON_ARRAY)
        err = give_list(decoder, list, sink, fault);
    else
        err = messages->read(decoder, root, sink, fault);
    tt_json_free(root);
    return err;
}

static const struct tt_records_kind records_kind = {
    .look = look, .give = give, .open = "the JSON text is not closed"};

void tt_messages_start(struct tt_decoder *decoder, tt_message_read *read, const char *list)
{
    struct tt_messages *messages = decoder->state;
    tt_records_init(&messages->records, &records_kind);
    tt_event_reader_begin(&messages->reader, &decoder->arena, NULL);
    tt_buf_init(&messages->rejected, 0);
    messages->read = read;
    messages->list = list;
}

enum tt_err tt_messages_line(struct tt_decoder *decoder, struct tt_str line,
                             const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    return tt_records_line(&messages->records, decoder, line, sink, fault);
}

enum tt_err tt_messages_interrupt(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                                  struct tt_fault *fault)
{
    struct tt_messages *messages = decoder->state;
    return tt_records_interrupt(&messages->records, decoder, sink, fault);
}

void tt_messages_file_start(struct tt_decoder *decoder)
{
    struct tt_messages *messages = decoder->state;
    tt_records_clear(&messages->records);
}

void tt_messages_done(struct tt_decoder *decoder)
{
    struct tt_messages *messages = decoder->state;
    tt_records_done(&messages->records);
    tt_event_reader_end(&messages->reader);
    tt_buf_done(&messages->rejected);
}

const struct tt_json *tt_message_get(const struct tt_json *object, const char *name)
{
    const struct tt_json *value = tt_json_get(object, name);
    return value == NULL || tt_json_type(value) == TT_JSON_NULL ? NULL : value;
}

enum tt_err tt_message_text(const struct tt_json *object, const char *name, struct tt_str *ret_text,
                            struct tt_fault *fault)
{
    const struct tt_json *value = tt_message_get(object, name);
    if (value == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "%s: missing", name);
    if (tt_json_type(value) != TT_JSON_TEXT)
        return tt_fault_set(fault, TT_ERR_REJECT, "%s: expected text, found %s", name,
                            tt_json_type_name(tt_json_type(value)));
    if (tt_json_text(value).len == 0)
        return tt_fault_set(fault, TT_ERR_REJECT, "%s: empty", name);
    *ret_text = tt_json_text(value);
    return TT_OK;
}
