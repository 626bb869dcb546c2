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

static bool same_seq(const struct tt_event *a, const struct tt_event *b)
{
    return a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq);
}

bool tt_event_is_same(const struct tt_event *a, const struct tt_event *b)
{
    if (a->event_id.ptr != NULL || b->event_id.ptr != NULL)
        return tt_str_equal(a->event_id, b->event_id);
    return a->event_time_us == b->event_time_us && tt_str_equal(a->status, b->status) &&
           tt_str_equal(a->stage, b->stage) && tt_str_equal(a->source, b->source) && same_seq(a, b);
}

uint32_t tt_event_identity(const struct tt_event *event)
{
    uint64_t hash;
    if (event->event_id.ptr != NULL) {
        hash = tt_str_hash(event->event_id, 1);
    } else {
        const int64_t numbers[] = {event->event_time_us, event->has_seq ? event->seq : 0};
        hash = tt_str_hash((struct tt_str){(const char *)numbers, sizeof numbers}, 2);
        hash = tt_str_hash(event->status, hash);
        hash = tt_str_hash(event->stage, hash);
        hash = tt_str_hash(event->source, hash);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

bool tt_event_equal(const struct tt_event *a, const struct tt_event *b)
{
    bool same = a->event_time_us == b->event_time_us && a->received_at_us == b->received_at_us &&
                same_seq(a, b) && a->error_code_is_int == b->error_code_is_int &&
                tt_str_equal(a->error_code, b->error_code) &&
                tt_str_equal(a->attributes, b->attributes);
#define SAME(field) same = same && tt_str_equal(a->field, b->field);
    TT_EVENT_TEXT_FIELDS(SAME)
#undef SAME
    return same;
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
