#include "replay/record.h"

#include "core/base/assert.h"

enum { TEXTS = 5, ESCAPE = UINT16_MAX };

static size_t numbers_size(uint16_t flags)
{
    return 8 * ((size_t)((flags & TT_REC_SEQ) != 0) + ((flags & TT_REC_RECEIVED) != 0)) +
           ((flags & TT_REC_APPLIED) != 0 ? 16 : 0);
}

static size_t text_size(struct tt_str text)
{
    return text.len < ESCAPE ? text.len : text.len + 4;
}

size_t tt_rec_size(uint16_t flags, const struct tt_rec_view *view)
{
    size_t size = sizeof(struct tt_rec) + numbers_size(flags) + text_size(view->tenant) +
                  text_size(view->task_id) + text_size(view->event_id) + text_size(view->source) +
                  text_size(view->stage);
    size = (size + 7) & ~(size_t)7;
    return size > UINT32_MAX ? 0 : size;
}

static char *put64(char *at, int64_t value)
{
    memcpy(at, &value, 8);
    return at + 8;
}

static char *put_text(char *at, struct tt_str text, uint16_t *ret_length)
{
    if (text.len < ESCAPE) {
        *ret_length = (uint16_t)text.len;
    } else {
        uint32_t len = (uint32_t)text.len;
        *ret_length = ESCAPE;
        memcpy(at, &len, 4);
        at += 4;
    }
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

void tt_rec_write(struct tt_rec *rec, size_t size, const struct tt_rec_view *view)
{
    char *at = (char *)(rec + 1), *end = (char *)rec + size;
    rec->words = (uint32_t)(size / 8);
    if (rec->flags & TT_REC_SEQ)
        at = put64(at, view->seq);
    if (rec->flags & TT_REC_RECEIVED)
        at = put64(at, view->received_at_us);
    if (rec->flags & TT_REC_APPLIED)
        at = put64(put64(at, view->apply_seq), view->applied_at_us);
    at = put_text(at, view->tenant, &rec->lengths[0]);
    at = put_text(at, view->task_id, &rec->lengths[1]);
    at = put_text(at, view->event_id, &rec->lengths[2]);
    at = put_text(at, view->source, &rec->lengths[3]);
    at = put_text(at, view->stage, &rec->lengths[4]);
    tt_assert(end - at >= 0 && end - at < 8);
    memset(at, 0, (size_t)(end - at));
}

static const char *take64(const char *at, int64_t *value)
{
    memcpy(value, at, 8);
    return at + 8;
}

static const char *take_text(const char *at, uint16_t length, struct tt_str *ret_text)
{
    uint32_t len = length;
    if (length == ESCAPE) {
        memcpy(&len, at, 4);
        at += 4;
    }
    *ret_text = (struct tt_str){at, len};
    return at + len;
}

void tt_rec_read(const struct tt_rec *rec, struct tt_rec_view *ret_view)
{
    const char *at = (const char *)(rec + 1);
    *ret_view = (struct tt_rec_view){.received_at_us = TT_TIME_NONE};
    if (rec->flags & TT_REC_SEQ)
        at = take64(at, &ret_view->seq);
    if (rec->flags & TT_REC_RECEIVED)
        at = take64(at, &ret_view->received_at_us);
    if (rec->flags & TT_REC_APPLIED)
        at = take64(take64(at, &ret_view->apply_seq), &ret_view->applied_at_us);
    at = take_text(at, rec->lengths[0], &ret_view->tenant);
    at = take_text(at, rec->lengths[1], &ret_view->task_id);
    at = take_text(at, rec->lengths[2], &ret_view->event_id);
    at = take_text(at, rec->lengths[3], &ret_view->source);
    take_text(at, rec->lengths[4], &ret_view->stage);
    if (!(rec->flags & TT_REC_EVENT_ID))
        ret_view->event_id = TT_STR_NONE;
    if (!(rec->flags & TT_REC_SOURCE))
        ret_view->source = TT_STR_NONE;
    if (!(rec->flags & TT_REC_STAGE))
        ret_view->stage = TT_STR_NONE;
}

void tt_rec_key(const struct tt_rec *rec, struct tt_str *ret_tenant, struct tt_str *ret_task_id)
{
    const char *at = (const char *)(rec + 1) + numbers_size(rec->flags);
    at = take_text(at, rec->lengths[0], ret_tenant);
    take_text(at, rec->lengths[1], ret_task_id);
}

bool tt_rec_same_task(const struct tt_rec *a, const struct tt_rec *b)
{
    struct tt_str tenant_a, task_a, tenant_b, task_b;
    if (a->hash != b->hash)
        return false;
    tt_rec_key(a, &tenant_a, &task_a);
    tt_rec_key(b, &tenant_b, &task_b);
    return tt_str_equal(task_a, task_b) && tt_str_equal(tenant_a, tenant_b);
}
