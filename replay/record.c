#include "replay/record.h"

#include "replay/leb.h"

/* a - b of any two; comes back by tt_rec_plus() whatever it wrapped to. */
static inline int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline const char *take32(const char *at, uint32_t *ret_value)
{
    uint64_t value;
    at = tt_leb_take(at, &value);
    *ret_value = (uint32_t)value;
    return at;
}

static uint32_t origin_of(uint64_t code)
{
    return code == TT_REC_ORIGIN_IN_PLACE ? TT_ORIGIN_FULL
           : code == 0                    ? TT_ORIGIN_NONE
                                          : (uint32_t)code - 1;
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
        at = tt_leb_put_signed(at, item->seq);
    if (item->flags & TT_REC_RECEIVED)
        at = tt_leb_put_signed(at, minus(item->received_at_us, item->event_time_us));
    if (item->flags & TT_REC_APPLIED) {
        at = tt_leb_put_signed(at, item->apply_seq);
        at = tt_leb_put_signed(at, minus(item->applied_at_us, item->event_time_us));
    }
    return at;
}

static char *put_origin(char *at, const struct tt_rec_item *item)
{
    at = tt_leb_put(at, item->source.ptr == NULL ? 0 : item->source.len + 1);
    at = tt_leb_put(at, item->stage.ptr == NULL ? 0 : item->stage.len + 1);
    return put_text(put_text(at, item->source), item->stage);
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

/* The form of an id's code in a compact record; 0: the code stands behind it. */
static inline uint64_t form_of(uint64_t code)
{
    const uint64_t forms = 1 << TT_ID_ULID_AT * 2 | 2 << TT_ID_ULID_NEAR * 2 | 3 << TT_ID_UUID * 2;
    return code > TT_ID_ULID_AT ? 0 : forms >> code * 2 & 3;
}

/* Of an id that is neither a ULID nor a UUID, or a ULID of another time. */
static __attribute__((noinline)) char *put_id_and_code(char *at, const struct tt_rec_item *item)
{
    uint64_t code;
    char *end = put_id(at + 1, item, &code);
    *at = (char)code;
    return end;
}

/* Writes the id to a compact record, in front of it the code where it has no form. */
static inline char *put_id_compact(char *at, const struct tt_rec_item *item, uint64_t *ret_form)
{
    uint64_t code;
    size_t len = item->event_id.len;
    if (len == TT_ULID_CHARS || len == TT_UUID_CHARS) {
        char *end = tt_id_put_number(at, item->event_id, item->event_time_us, &code);
        if (end != NULL && (*ret_form = form_of(code)) != 0)
            return end;
    }
    *ret_form = 0;
    return put_id_and_code(at, item);
}

/* The beginning in its compact form and the id; NULL where a number is too large for that. */
static char *put_compact(char *at, const struct tt_rec_stream *stream,
                         const struct tt_rec_item *item)
{
    enum { TIME_BITS_MAX = TT_REC_TIME_BITS + TT_REC_MORE_BITS };
    const uint64_t half = UINT64_C(1) << (TT_REC_TIME_BITS - 1), half_max = UINT64_C(1)
                                                                            << (TIME_BITS_MAX - 1);
    uint64_t after = item->place - stream->place;
    uint64_t time_us = (uint64_t)minus(item->event_time_us, stream->time_us);
    uint64_t since = item->flags & TT_REC_HEAD ? 0 : stream->heads - item->head;
    if ((after >> TT_REC_AFTER_BITS | since >> TT_REC_SINCE_BITS |
         item->status >> TT_REC_STATUS_BITS |
         item->origin >> (TT_REC_ORIGIN_BITS + TT_REC_MORE_BITS) |
         (time_us + half_max) >> TIME_BITS_MAX | item->event_id.len >> 7 | item->kind) != 0)
        return NULL;
    uint64_t number = item->flags | TT_REC_COMPACT | (uint64_t)item->status << TT_REC_STATUS_AT |
                      (uint64_t)(item->origin & UINT8_MAX) << TT_REC_ORIGIN_AT |
                      since << TT_REC_SINCE_AT | after << TT_REC_AFTER_AT |
                      time_us << TT_REC_TIME_AT;
    char *behind = at + TT_REC_COMPACT_BYTES;
    if (__builtin_expect(
            (item->origin >> TT_REC_ORIGIN_BITS | (time_us + half) >> TT_REC_TIME_BITS) != 0, 0)) {
        number |= TT_REC_WIDE;
        *behind++ = (char)(item->origin >> TT_REC_ORIGIN_BITS);
        *behind++ = (char)(time_us >> TT_REC_TIME_BITS);
    }
    uint64_t form;
    char *end = put_id_compact(behind, item, &form);
    number = htole64(number | form << TT_REC_FORM_BIT);
    memcpy(at, &number, sizeof number);
    return end;
}
_Static_assert(TT_REC_EVENT == 0, "put_compact counts on it");

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
        at = tt_leb_put(at, chunk - chunk_before);
    } else {
        ordinal -= tt_rec_ordinal(stream->place);
    }
    *flags_at = (char)flags;
    at = tt_leb_put(at, ordinal);
    at = tt_leb_put_signed(at, minus(item->event_time_us, stream->time_us));
    at = tt_leb_put(at, item->status);
    at = tt_leb_put(at, origin_code(item->origin));
    if ((flags & TT_REC_HEAD) == 0)
        at = tt_leb_put(at, stream->heads - item->head);
    /* Whatever the code will be, it takes as many bytes as this one. */
    uint64_t code = (uint64_t)item->event_id.len << 1 | 1;
    char *end = put_id(tt_leb_put(at, code), item, &code);
    tt_leb_put(at, code);
    return end;
}

char *tt_rec_put(char *at, struct tt_rec_stream *stream, struct tt_namer *namer,
                 const struct tt_rec_item *item)
{
    char *behind = put_compact(at, stream, item);
    if (behind == NULL)
        behind = put_beginning(at, stream, item);
    behind = put_numbers(behind, item);
    if (item->origin == TT_ORIGIN_FULL)
        behind = put_origin(behind, item);
    if (item->flags & TT_REC_HEAD) {
        behind = tt_leb_put(behind, item->type == TT_REC_NO_TYPE ? 0 : (uint64_t)item->type + 1);
        behind = tt_name_put(behind, namer, item->tenant, item->task_id, item->roomy);
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
        at = tt_leb_take(at, &number);
        stream->place = tt_rec_place(tt_rec_chunk(stream->place) + (uint32_t)number, 0);
    }
    at = tt_leb_take(at, &number);
    stream->place += number;
    at = tt_leb_take_signed(at, &difference);
    stream->time_us = tt_rec_plus(stream->time_us, difference);
    at = take32(at, &rec->status);
    at = tt_leb_take(at, &number);
    rec->origin = origin_of(number);
    if ((rec->flags & TT_REC_HEAD) == 0)
        at = take32(at, ret_since);
    return take32(at, &rec->id_code);
}

static const char *take_numbers(const struct tt_rec *rec, struct tt_rec_numbers *numbers)
{
    const char *at = rec->rest;
    int64_t number;
    if (rec->flags & TT_REC_SEQ)
        at = tt_leb_take_signed(at, &numbers->seq);
    if (rec->flags & TT_REC_RECEIVED) {
        at = tt_leb_take_signed(at, &number);
        numbers->received_at_us = tt_rec_plus(rec->event_time_us, number);
    }
    if (rec->flags & TT_REC_APPLIED) {
        at = tt_leb_take_signed(at, &numbers->apply_seq);
        at = tt_leb_take_signed(at, &number);
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
    at = tt_leb_take(tt_leb_take(at, &source_code), &stage_code);
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
    uint64_t type;
    struct tt_str name = {tt_leb_take(at, &type), 0};
    at = tt_name_end(name.ptr);
    name.len = (size_t)(at - name.ptr);
    if (ret_name != NULL)
        *ret_name = (struct tt_rec_name){name, type == 0 ? TT_REC_NO_TYPE : (uint32_t)type - 1};
    return at;
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
