#include "core/model/event.h"

#include "core/base/json.h"
#include "core/base/mem.h"

static void add_text(struct tt_buf *buf, const char *key, struct tt_str text)
{
    if (text.ptr == NULL)
        return;
    tt_json_add_key(buf, key);
    tt_json_add_text(buf, text);
}

static void add_time(struct tt_buf *buf, const char *key, int64_t us)
{
    if (us == TT_TIME_NONE)
        return;
    tt_json_add_key(buf, key);
    tt_buf_add_char(buf, '"');
    tt_buf_add_time(buf, us);
    tt_buf_add_char(buf, '"');
}

static void add_raw(struct tt_buf *buf, const char *key, struct tt_str json)
{
    if (json.ptr == NULL)
        return;
    tt_json_add_key(buf, key);
    tt_buf_add_str(buf, json);
}

void tt_event_write_json(struct tt_buf *buf, const struct tt_event *event)
{
    tt_buf_add_char(buf, '{');
    add_text(buf, "event_id", event->event_id);
    if (!tt_str_equal(event->tenant, TT_STR("default")))
        add_text(buf, "tenant", event->tenant);
    add_text(buf, "task_id", event->task_id);
    add_text(buf, "task_type", event->task_type);
    add_text(buf, "status", event->status);
    add_time(buf, "event_time", event->event_time_us);
    add_text(buf, "source", event->source);
    if (event->has_seq) {
        tt_json_add_key(buf, "seq");
        tt_buf_add_int(buf, event->seq);
    }
    add_text(buf, "stage", event->stage);
    add_text(buf, "correlation_id", event->correlation_id);
    add_text(buf, "dataset_id", event->dataset_id);
    add_text(buf, "message", event->message);
    if (event->error_code_is_int)
        add_raw(buf, "error_code", event->error_code);
    else
        add_text(buf, "error_code", event->error_code);
    add_time(buf, "received_at", event->received_at_us);
    add_raw(buf, "attributes", event->attributes);
    tt_buf_add_char(buf, '}');
}

enum { TEXTS = 12 };

static void list_texts(struct tt_event *event, struct tt_str *texts[static TEXTS])
{
    struct tt_str *const list[TEXTS] = {
        &event->tenant,         &event->task_id,    &event->status,     &event->event_id,
        &event->task_type,      &event->source,     &event->stage,      &event->message,
        &event->correlation_id, &event->dataset_id, &event->error_code, &event->attributes,
    };
    memcpy(texts, list, sizeof list);
}

enum tt_err tt_event_copy(struct tt_event *to, const struct tt_event *from, struct tt_arena *arena)
{
    struct tt_str *texts[TEXTS];
    *to = *from;
    list_texts(to, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->ptr == NULL)
            continue;
        texts[i]->ptr = tt_arena_copy(arena, texts[i]->ptr, texts[i]->len);
        if (texts[i]->ptr == NULL)
            return TT_ERR_NO_MEMORY;
    }
    return TT_OK;
}

struct tt_event *tt_event_clone(const struct tt_event *event, size_t *ret_bytes)
{
    struct tt_event copy = *event;
    struct tt_str *texts[TEXTS];
    size_t bytes = sizeof copy;
    list_texts(&copy, texts);
    for (size_t i = 0; i < TEXTS; i++)
        bytes += texts[i]->len;
    struct tt_event *clone = tt_mem_alloc(bytes);
    if (clone == NULL)
        return NULL;
    char *at = (char *)(clone + 1);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->ptr == NULL)
            continue;
        memcpy(at, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = at;
        at += texts[i]->len;
    }
    *clone = copy;
    *ret_bytes = bytes;
    return clone;
}
