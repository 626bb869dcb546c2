#include "replay/record.h"

/* ---- Numbers ---- */

static inline char *put(char *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (char)value;
    return at;
}

static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

/* a - b of any two; comes back by tt_rec_plus() whatever it wrapped to. */
static inline int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline const char *take(const char *at, uint64_t *ret_value)
{
    uint64_t value = (unsigned char)*at & 0x7f;
    for (unsigned shift = 7; (*at++ & 0x80) != 0; shift += 7)
        value |= (uint64_t)((unsigned char)*at & 0x7f) << shift;
    *ret_value = value;
    return at;
}

static inline const char *take32(const char *at, uint32_t *ret_value)
{
    uint64_t value;
    at = take(at, &value);
    *ret_value = (uint32_t)value;
    return at;
}

static inline const char *take_signed(const char *at, int64_t *ret_value)
{
    uint64_t value;
    at = take(at, &value);
    *ret_value = (int64_t)(value >> 1 ^ (0 - (value & 1)));
    return at;
}

/* ---- Writing ---- */

static char *put_text(char *at, struct tt_str text)
{
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static char *put_numbers(char *at, const struct tt_rec_item *item)
{
    if (item->flags & TT_REC_SEQ)
        at = put(at, zigzag(item->seq));
    if (item->flags & TT_REC_RECEIVED)
        at = put(at, zigzag(minus(item->received_at_us, item->event_time_us)));
    if (item->flags & TT_REC_APPLIED) {
        at = put(at, zigzag(item->apply_seq));
        at = put(at, zigzag(minus(item->applied_at_us, item->event_time_us)));
    }
    return at;
}

static char *put_origin(char *at, const struct tt_rec_item *item)
{
    at = put(at, item->source.ptr == NULL ? 0 : item->source.len + 1);
    at = put(at, item->stage.ptr == NULL ? 0 : item->stage.len + 1);
    return put_text(put_text(at, item->source), item->stage);
}

static char *put_name(char *at, const struct tt_rec_item *item)
{
    at = put(at, item->type == TT_REC_NO_TYPE ? 0 : item->type + 1);
    at = put(put(at, item->tenant.len), item->task_id.len);
    return put_text(put_text(at, item->tenant), item->task_id);
}

static uint64_t origin_code(uint32_t origin)
{
    return origin == TT_ORIGIN_FULL   ? TT_REC_ORIGIN_IN_PLACE
           : origin == TT_ORIGIN_NONE ? 0
                                      : (uint64_t)origin + 1;
}

/* Writes the bytes of the item's id; *ret_code says how to read them. */
static inline char *put_id(char *at, const struct tt_rec_item *item, uint64_t *ret_code)
{
    *ret_code = TT_ID_NONE;
    return item->event_id.ptr == NULL
               ? at
               : tt_id_put(at, item->event_id, item->event_time_us, item->roomy, ret_code);
}

/* The beginning in its compact form and the id; NULL where a number is too large for that. */
static char *put_compact(char *at, const struct tt_rec_stream *stream,
                         const struct tt_rec_item *item)
{
    uint64_t ordinal = item->place - stream->place; /* large when the chunk is another */
    int64_t time_us = minus(item->event_time_us, stream->time_us);
    uint64_t origin = origin_code(item->origin);
    uint64_t since = item->flags & TT_REC_HEAD ? 0 : stream->heads - item->head;
    if (item->kind != TT_REC_EVENT || tt_rec_chunk(item->place) != tt_rec_chunk(stream->place) ||
        ordinal > UINT16_MAX || time_us != (int32_t)time_us || item->status > UINT8_MAX ||
        origin > UINT8_MAX || since > UINT8_MAX || item->event_id.len > UINT8_MAX / 2)
        return NULL;
    uint64_t code;
    char *end = put_id(at + TT_REC_COMPACT_BYTES, item, &code);
    uint64_t first = (uint64_t)(item->flags | TT_REC_COMPACT) | code << 8 |
                     (uint64_t)item->status << 16 | origin << 24 | since << 32 | ordinal << 40 |
                     (uint64_t)time_us << 56;
    uint32_t rest = (uint32_t)((uint64_t)time_us >> 8);
    first = htole64(first);
    rest = htole32(rest);
    memcpy(at, &first, sizeof first);
    memcpy(at + sizeof first, &rest, TT_REC_COMPACT_BYTES - sizeof first);
    return end;
}

static char *put_beginning(char *at, const struct tt_rec_stream *stream,
                           const struct tt_rec_item *item)
{
    uint8_t flags = item->flags;
    uint64_t ordinal = tt_rec_ordinal(item->place);
    uint32_t chunk = tt_rec_chunk(item->place), chunk_before = tt_rec_chunk(stream->place);
    char *flags_at = at++;
    if (item->kind != TT_REC_EVENT) {
        flags |= TT_REC_STORED;
        *at++ = (char)item->kind;
    }
    if (chunk != chunk_before) {
        flags |= TT_REC_CHUNK;
        at = put(at, chunk - chunk_before);
    } else {
        ordinal -= tt_rec_ordinal(stream->place);
    }
    *flags_at = (char)flags;
    at = put(at, ordinal);
    at = put(at, zigzag(minus(item->event_time_us, stream->time_us)));
    at = put(at, item->status);
    at = put(at, origin_code(item->origin));
    if ((flags & TT_REC_HEAD) == 0)
        at = put(at, stream->heads - item->head);
    /* Whatever the code will be, it takes as many bytes as this one. */
    uint64_t code = (uint64_t)item->event_id.len << 1 | 1;
    char *end = put_id(put(at, code), item, &code);
    put(at, code);
    return end;
}

char *tt_rec_put(char *at, struct tt_rec_stream *stream, const struct tt_rec_item *item)
{
    char *behind = put_compact(at, stream, item);
    if (behind == NULL)
        behind = put_beginning(at, stream, item);
    behind = put_numbers(behind, item);
    if (item->origin == TT_ORIGIN_FULL)
        behind = put_origin(behind, item);
    if (item->flags & TT_REC_HEAD) {
        behind = put_name(behind, item);
        stream->heads++;
    }
    stream->place = item->place;
    stream->time_us = item->event_time_us;
    return behind;
}

/* ---- Reading ---- */

const char *tt_rec_take_beginning(const char *at, struct tt_rec_stream *stream, struct tt_rec *rec,
                                  uint32_t *ret_since)
{
    uint64_t number;
    int64_t difference;
    at++; /* flags */
    if (rec->flags & TT_REC_STORED)
        rec->kind = (uint8_t)*at++;
    if (rec->flags & TT_REC_CHUNK) {
        at = take(at, &number);
        stream->place = tt_rec_place(tt_rec_chunk(stream->place) + (uint32_t)number, 0);
    }
    at = take(at, &number);
    stream->place += number;
    at = take_signed(at, &difference);
    stream->time_us = tt_rec_plus(stream->time_us, difference);
    at = take32(at, &rec->status);
    at = take(at, &number);
    rec->origin = tt_rec_origin_of(number);
    if ((rec->flags & TT_REC_HEAD) == 0)
        at = take32(at, ret_since);
    return take32(at, &rec->id_code);
}

static const char *take_numbers(const struct tt_rec *rec, struct tt_rec_numbers *numbers)
{
    const char *at = rec->rest;
    int64_t number;
    if (rec->flags & TT_REC_SEQ)
        at = take_signed(at, &numbers->seq);
    if (rec->flags & TT_REC_RECEIVED) {
        at = take_signed(at, &number);
        numbers->received_at_us = tt_rec_plus(rec->event_time_us, number);
    }
    if (rec->flags & TT_REC_APPLIED) {
        at = take_signed(at, &numbers->apply_seq);
        at = take_signed(at, &number);
        numbers->applied_at_us = tt_rec_plus(rec->event_time_us, number);
    }
    return at;
}

void tt_rec_read_numbers(const struct tt_rec *rec, struct tt_rec_numbers *ret_numbers)
{
    *ret_numbers = (struct tt_rec_numbers){.received_at_us = TT_TIME_NONE};
    take_numbers(rec, ret_numbers);
}

static const char *take_origin(const char *at, struct tt_str *source, struct tt_str *stage)
{
    uint64_t source_code, stage_code;
    at = take(take(at, &source_code), &stage_code);
    *source = source_code == 0 ? TT_STR_NONE : (struct tt_str){at, source_code - 1};
    at += source->len;
    *stage = stage_code == 0 ? TT_STR_NONE : (struct tt_str){at, stage_code - 1};
    return at + stage->len;
}

void tt_rec_read_origin(const struct tt_rec *rec, const struct tt_origins *origins,
                        struct tt_str *ret_source, struct tt_str *ret_stage)
{
    struct tt_rec_numbers unused;
    if (rec->origin == TT_ORIGIN_FULL)
        take_origin(take_numbers(rec, &unused), ret_source, ret_stage);
    else
        tt_origin_texts(origins, rec->origin, ret_source, ret_stage);
}

const char *tt_rec_end_unusual(const struct tt_rec *rec, struct tt_rec_name *ret_name)
{
    const char *at = rec->rest;
    if (rec->flags & (TT_REC_SEQ | TT_REC_RECEIVED | TT_REC_APPLIED)) {
        struct tt_rec_numbers numbers;
        at = take_numbers(rec, &numbers);
    }
    if (rec->origin == TT_ORIGIN_FULL) {
        struct tt_str source, stage;
        at = take_origin(at, &source, &stage);
    }
    if ((rec->flags & TT_REC_HEAD) == 0)
        return at;
    struct tt_rec_name name;
    uint64_t type, tenant_len, task_len;
    at = take(take(take(at, &type), &tenant_len), &task_len);
    name.type = type == 0 ? TT_REC_NO_TYPE : (uint32_t)type - 1;
    name.tenant = (struct tt_str){at, tenant_len};
    name.task_id = (struct tt_str){at + tenant_len, task_len};
    if (ret_name != NULL)
        *ret_name = name;
    return at + tenant_len + task_len;
}

enum tt_err tt_rec_id_text(const struct tt_rec *rec, struct tt_arena *arena,
                           struct tt_str *ret_text)
{
    struct tt_id id = tt_rec_id(rec);
    size_t len = tt_id_chars(id.code);
    if ((id.code & 1) == 0) {
        *ret_text = id.code == TT_ID_NONE ? TT_STR_NONE : (struct tt_str){id.end - len, len};
        return TT_OK;
    }
    char *text = tt_arena_alloc(arena, len + TT_ID_TEXT_MAX_BEYOND);
    if (text == NULL)
        return TT_ERR_NO_MEMORY;
    tt_id_text(&id, text);
    *ret_text = (struct tt_str){text, len};
    return TT_OK;
}
