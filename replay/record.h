/* Records: an event as a few bytes, so that many millions fit in memory and blocks of them can go
 * to a file and come back. What memory costs is touching it, so every byte of a record counts.
 *
 * Records of one feeder and partition are a stream, read from its start: numbers stand as
 * differences to the record before. Most events of a task follow another one of the same task soon,
 * so a task is named only now and then, by a head; the records behind it say how many heads ago
 * that was. Statuses are interned (replay/intern.h), and so are pairs of source and stage
 * (replay/origin.h). Event ids take as few bytes as their form allows (replay/event_id.h), names of
 * tasks as well (replay/task_name.h).
 *
 *   compact, where the numbers are small, as most are: one number of 64 bits (little-endian), low
 *   bits first
 *     flags 8 (the upper two: form of the id), status 6, origin 8, heads since 7,
 *     ordinal - the one before 12, time - the one before 23
 *     [TT_REC_WIDE: 16 bits more, origin 8, time 8]
 *     [no form of the id: its code 1 byte]
 *   else
 *     flags 1 byte, enum tt_rec_flag
 *     [TT_REC_STORED: kind 1 byte]
 *     [TT_REC_CHUNK: chunk - the one before] ordinal (- the one before, in the same chunk)
 *     time zigzag, - the one before
 *     status, origin (0 none, 1 texts in place, else number + 1)
 *     [no head: heads since]
 *     code of the id
 *   bytes of the id
 *   [TT_REC_SEQ: zigzag] [TT_REC_RECEIVED: zigzag, - time] [TT_REC_APPLIED: zigzag, zigzag - time]
 *   [origin in place: length + 1 of source, of stage (0: absent); texts]
 *   [TT_REC_HEAD: type + 1 (0: none), name]
 *
 * Numbers are in base 128 where nothing else is said (replay/leb.h).
 */
#ifndef TT_REPLAY_RECORD_H
#define TT_REPLAY_RECORD_H

#include "core/base/mem.h"
#include "core/base/str_quick.h"
#include "core/base/time.h"
#include "replay/origin.h"
#include "replay/task_name.h"
#include <endian.h>

enum tt_rec_flag {
    TT_REC_HEAD = 1 << 0,
    TT_REC_CHUNK = 1 << 1,
    TT_REC_COMPACT = 1 << 2,
    TT_REC_SEQ = 1 << 3,
    TT_REC_RECEIVED = 1 << 4,
    TT_REC_APPLIED = 1 << 5,
    TT_REC_STORED = 1 << 6, /* no event: what a store holds of the task */
    /* Of compact records alone: */
    TT_REC_WIDE = TT_REC_CHUNK,
    TT_REC_FORM_BIT = 6, /* two bits: 0 none of these, ULID at, ULID near, UUID */
};
enum tt_rec_kind {
    TT_REC_EVENT,
    TT_REC_STATE,    /* the stored current status: status, event_time */
    TT_REC_INTERVAL, /* a stored stay: status, stage, event_time = from, received = to */
};
#define TT_REC_NO_TYPE UINT32_MAX

/* Places grow with arrival: the number of a piece of the input, and the ordinal in it. Both have
 * more room than any input needs: 256 TiB in pieces of 1 MiB, 68 billion events in one that cannot
 * be cut. */
enum { TT_REC_ORDINAL_BITS = 36 };
#define TT_REC_ORDINAL_MAX ((UINT64_C(1) << TT_REC_ORDINAL_BITS) - 1)
#define TT_REC_CHUNK_MAX   ((uint32_t)(UINT64_MAX >> TT_REC_ORDINAL_BITS))
static inline uint64_t tt_rec_place(uint32_t chunk, uint64_t ordinal)
{
    return (uint64_t)chunk << TT_REC_ORDINAL_BITS | ordinal;
}
static inline uint32_t tt_rec_chunk(uint64_t place)
{
    return (uint32_t)(place >> TT_REC_ORDINAL_BITS);
}
static inline uint64_t tt_rec_ordinal(uint64_t place)
{
    return place & TT_REC_ORDINAL_MAX;
}

/* What the differences of a stream refer to; zero-initialised at its start, for writing as for
 * reading. */
struct tt_rec_stream {
    uint64_t place; /* of the last record */
    int64_t time_us;
    uint32_t heads; /* so far */
};

/* An event on its way into a record. Texts are views. */
struct tt_rec_item {
    int64_t event_time_us;
    uint64_t place; /* tt_rec_place */
    uint64_t hash;  /* tt_rec_hash */
    struct tt_str tenant, task_id;
    struct tt_str event_id;      /* may be absent, but is not empty */
    struct tt_str source, stage; /* only with TT_ORIGIN_FULL; may be absent */
    int64_t seq, received_at_us, apply_seq, applied_at_us; /* as the flags say */
    uint32_t type;   /* interned, or TT_REC_NO_TYPE; only with TT_REC_HEAD */
    uint32_t status; /* interned */
    uint32_t origin; /* number, or TT_ORIGIN_FULL */
    uint32_t head;   /* number of the task's head; not needed with TT_REC_HEAD */
    uint8_t flags;   /* HEAD, SEQ, RECEIVED, APPLIED */
    uint8_t kind;    /* enum tt_rec_kind */
    bool roomy;      /* TT_ID_TEXT_ROOM bytes may be read from the start of each text on */
};

/* A record, read as far as all need it. Borrows from its bytes. */
struct tt_rec {
    int64_t event_time_us;
    uint64_t place;
    const char *rest; /* what follows the event id, which stands in front of it */
    uint32_t id_code; /* enum tt_id_code; 0: no event id */
    uint32_t head;    /* for whoever reads it; then free for a link to another record */
    uint32_t status;
    uint32_t origin;
    uint8_t flags;
    uint8_t kind;
};

struct tt_rec_numbers {
    int64_t seq;                      /* valid with TT_REC_SEQ */
    int64_t received_at_us;           /* TT_TIME_NONE without TT_REC_RECEIVED */
    int64_t apply_seq, applied_at_us; /* valid with TT_REC_APPLIED */
};

/* What a head says. */
struct tt_rec_name {
    struct tt_str name; /* replay/task_name.h */
    uint32_t type;      /* TT_REC_NO_TYPE: none */
};

/* Of tenant and task id; equal ids have equal hashes, not the reverse. Roomy: as tt_str_ends_roomy
 * wants both. */
static inline uint64_t tt_rec_hash_of(struct tt_str text, uint64_t seed, bool roomy)
{
    if (__builtin_expect(text.len > TT_STR_SHORT_BYTES, 0))
        return tt_str_hash(text, seed);
    struct tt_str_ends ends = roomy ? tt_str_ends_roomy(text) : tt_str_ends(text);
    return tt_str_fold(ends.first ^ UINT64_C(0x9e3779b97f4a7c15) ^ text.len,
                       ends.last ^ UINT64_C(0xd1b54a32d192ed03) ^ seed);
}
static inline __attribute__((always_inline)) uint64_t
tt_rec_hash_roomy(struct tt_str tenant, struct tt_str task_id, bool roomy)
{
    uint64_t hash = tt_rec_hash_of(task_id, tt_rec_hash_of(tenant, 0, roomy), roomy);
    return tt_str_fold(hash, UINT64_C(0x8cb92ba72f3d8dd7));
}
static inline uint64_t tt_rec_hash(struct tt_str tenant, struct tt_str task_id)
{
    return tt_rec_hash_roomy(tenant, task_id, false);
}

/* Behind each record so many bytes may be read, so that its name is read like a roomy one. */
enum { TT_REC_BEHIND = TT_STR_SHORT_BYTES };
/* Bytes that suffice for the item and what is behind it, a little more than it takes. */
static inline size_t tt_rec_room(const struct tt_rec_item *item)
{
    enum { NUMBERS = 104 };
    size_t bytes =
        NUMBERS + TT_REC_BEHIND + tt_name_room(item->tenant, item->task_id) + item->event_id.len;
    return __builtin_expect(item->origin == TT_ORIGIN_FULL, 0)
               ? bytes + item->source.len + item->stage.len
               : bytes;
}
/* Writes the item to `at`; returns the end. */
char *tt_rec_put(char *at, struct tt_rec_stream *stream, struct tt_namer *namer,
                 const struct tt_rec_item *item);

/* What is behind tt_rec_take and tt_rec_end where a record is not compact, or has more than most.
 */
const char *tt_rec_take_beginning(const char *at, struct tt_rec_stream *stream, struct tt_rec *rec,
                                  uint32_t *ret_since);
const char *tt_rec_end_unusual(const struct tt_rec *rec, struct tt_rec_name *ret_name);

enum { TT_REC_ORIGIN_IN_PLACE = 1 };
/* Of a compact record: where its numbers begin, and how many bits they have. */
enum {
    TT_REC_STATUS_AT = 8,
    TT_REC_STATUS_BITS = 6,
    TT_REC_ORIGIN_AT = TT_REC_STATUS_AT + TT_REC_STATUS_BITS,
    TT_REC_ORIGIN_BITS = 8,
    TT_REC_SINCE_AT = TT_REC_ORIGIN_AT + TT_REC_ORIGIN_BITS,
    TT_REC_SINCE_BITS = 7,
    TT_REC_AFTER_AT = TT_REC_SINCE_AT + TT_REC_SINCE_BITS,
    TT_REC_AFTER_BITS = 12,
    TT_REC_TIME_AT = TT_REC_AFTER_AT + TT_REC_AFTER_BITS,
    TT_REC_TIME_BITS = 64 - TT_REC_TIME_AT,
    TT_REC_MORE_BITS = 8, /* of a wide one, of origin and of time */
    TT_REC_COMPACT_BYTES = 8,
    TT_REC_WIDE_BYTES = 2,
};

static inline int64_t tt_rec_plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* `bits` bits of a number, from bit `at` on. */
static inline uint32_t tt_rec_bits(uint64_t number, unsigned at, unsigned bits)
{
    return (uint32_t)(number >> at) & ((UINT32_C(1) << bits) - 1);
}

static inline const char *tt_rec_take_compact(const char *at, struct tt_rec_stream *stream,
                                              struct tt_rec *rec, uint32_t *ret_since)
{
    static const uint8_t code_of[] = {TT_ID_NONE, TT_ID_ULID_AT, TT_ID_ULID_NEAR, TT_ID_UUID};
    const uint8_t kept =
        TT_REC_HEAD | TT_REC_COMPACT | TT_REC_SEQ | TT_REC_RECEIVED | TT_REC_APPLIED;
    uint64_t number;
    memcpy(&number, at, sizeof number);
    number = le64toh(number);
    at += TT_REC_COMPACT_BYTES;
    int64_t time_us = (int64_t)number >> TT_REC_TIME_AT;
    rec->flags = (uint8_t)number & kept;
    rec->status = tt_rec_bits(number, TT_REC_STATUS_AT, TT_REC_STATUS_BITS);
    rec->origin = tt_rec_bits(number, TT_REC_ORIGIN_AT, TT_REC_ORIGIN_BITS);
    *ret_since = tt_rec_bits(number, TT_REC_SINCE_AT, TT_REC_SINCE_BITS);
    if (__builtin_expect((number & TT_REC_WIDE) != 0, 0)) {
        rec->origin |= (uint32_t)(unsigned char)at[0] << TT_REC_ORIGIN_BITS;
        time_us = (int64_t)((uint64_t)(signed char)at[1] << TT_REC_TIME_BITS) |
                  (time_us & (((int64_t)1 << TT_REC_TIME_BITS) - 1));
        at += TT_REC_WIDE_BYTES;
    }
    unsigned form = tt_rec_bits(number, TT_REC_FORM_BIT, 2);
    rec->id_code = code_of[form];
    if (__builtin_expect(form == 0, 0))
        rec->id_code = (unsigned char)*at++;
    stream->place += tt_rec_bits(number, TT_REC_AFTER_AT, TT_REC_AFTER_BITS);
    stream->time_us = tt_rec_plus(stream->time_us, time_us);
    return at;
}

/* Reads the record at `at`; tt_rec_end finds its end. */
static inline void tt_rec_take(const char *at, struct tt_rec_stream *stream, struct tt_rec *ret_rec)
{
    uint32_t since = 0;
    ret_rec->flags = (uint8_t)*at;
    ret_rec->kind = TT_REC_EVENT;
    at = __builtin_expect((ret_rec->flags & TT_REC_COMPACT) != 0, 1)
             ? tt_rec_take_compact(at, stream, ret_rec, &since)
             : tt_rec_take_beginning(at, stream, ret_rec, &since);
    ret_rec->head = ret_rec->flags & TT_REC_HEAD ? stream->heads++ : stream->heads - since;
    ret_rec->rest = at + tt_id_bytes(ret_rec->id_code);
    ret_rec->place = stream->place;
    ret_rec->event_time_us = stream->time_us;
}

/* End of the record; with the name when it is a head and ret_name is not NULL. */
static inline const char *tt_rec_end(const struct tt_rec *rec, struct tt_rec_name *ret_name)
{
    const uint8_t more = TT_REC_SEQ | TT_REC_RECEIVED | TT_REC_APPLIED | TT_REC_HEAD;
    return (rec->flags & more) == 0 && rec->origin != TT_ORIGIN_FULL
               ? rec->rest
               : tt_rec_end_unusual(rec, ret_name);
}
void tt_rec_read_numbers(const struct tt_rec *rec, struct tt_rec_numbers *ret_numbers);
/* Source and stage. */
void tt_rec_read_origin(const struct tt_rec *rec, const struct tt_origins *origins,
                        struct tt_str *ret_source, struct tt_str *ret_stage);
/* The event id, a view. */
static inline struct tt_id tt_rec_id(const struct tt_rec *rec)
{
    return (struct tt_id){rec->rest, rec->event_time_us, rec->id_code};
}
/* The event id as text, absent where there is none; in the arena unless the record has it as text.
 * Errors: NO_MEMORY. */
enum tt_err tt_rec_id_text(const struct tt_rec *rec, struct tt_arena *arena,
                           struct tt_str *ret_text) TT_MUST_CHECK;

#endif
