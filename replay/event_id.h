/* Event ids as the bytes of a record. Ids are most of what a record is, so they take as few bytes
 * as their form allows:
 *
 *   code                       bytes
 *   0                          none: no id
 *   TT_ID_ULID_AT              drawn 10; its milliseconds are those of the event's time
 *   TT_ID_ULID_NEAR            milliseconds - those of the event's time 2, drawn 10
 *   TT_ID_ULID                 milliseconds 6, drawn 10
 *   TT_ID_UUID                 16
 *   length * 2 + 1, from 9 on  packed to six bits a character (replay/pack.h)
 *   length * 2                 the text
 *
 * The form follows from the id, but for a ULID's, which the event's time decides as well: producers
 * that draw an id when something happens write the same time twice. Equal ids have equal forms
 * then, and ULIDs are compared as numbers.
 */
#ifndef TT_REPLAY_EVENT_ID_H
#define TT_REPLAY_EVENT_ID_H

#include "core/base/str_quick.h"
#include "replay/pack.h"
#include "replay/ulid.h"
#include "replay/uuid.h"

enum tt_id_code {
    TT_ID_NONE = 0,
    TT_ID_ULID_NEAR = 1,
    TT_ID_UUID = 3,
    TT_ID_ULID = 5,
    TT_ID_ULID_AT = 7,
};
enum {
    TT_ID_NEAR_BYTES = 2,
    TT_ID_FAR_BYTES = 6,
    TT_ID_US_PER_MS = 1000,
    TT_ID_PACKED_MIN = 4,      /* characters */
    TT_ID_TEXT_ROOM = 32,      /* what `roomy` promises may be read from the start of the text on */
    TT_ID_TEXT_MAX_BEYOND = 8, /* what tt_id_text may write behind it */
};

/* An id of a record: its code, the end of its bytes, and the event's time. */
struct tt_id {
    const char *end;
    int64_t event_time_us;
    uint32_t code;
};

static inline size_t tt_id_bytes(uint32_t code)
{
    if ((code & 1) == 0)
        return code >> 1;
    if (code > TT_ID_ULID_AT)
        return tt_packed_bytes(code >> 1);
    enum {
        NEAR = TT_ID_NEAR_BYTES + TT_ULID_DRAWN_BYTES,
        BYTES = NEAR | TT_UUID_BYTES << 8 | TT_UUID_BYTES << 16 | TT_ULID_DRAWN_BYTES << 24,
    };
    return BYTES >> (code >> 1) * 8 & 0xff;
}
_Static_assert(TT_ID_FAR_BYTES + TT_ULID_DRAWN_BYTES == TT_UUID_BYTES, "tt_id_bytes counts on it");

/* Characters of the text. */
static inline size_t tt_id_chars(uint32_t code)
{
    return (code & 1) == 0 || code > TT_ID_ULID_AT ? code >> 1
           : code == TT_ID_UUID                    ? TT_UUID_CHARS
                                                   : TT_ULID_CHARS;
}

/* Puts the time of a ULID in front of what was drawn, which stands at `at`. */
char *tt_id_put_time(char *at, uint64_t ms, int64_t event_time_us, uint64_t *ret_code);
/* Writes a ULID or a UUID; NULL where the id is neither. */
static inline char *tt_id_put_number(char *at, struct tt_str id, int64_t event_time_us,
                                     uint64_t *ret_code)
{
    uint64_t ms;
    if (__builtin_expect(tt_ulid_pack(id, at, &ms), 1)) {
        *ret_code = TT_ID_ULID_AT;
        /* Of the same millisecond: 48 bits of them stay far from an overflow. */
        return __builtin_expect((uint64_t)event_time_us - ms * TT_ID_US_PER_MS < TT_ID_US_PER_MS, 1)
                   ? at + TT_ULID_DRAWN_BYTES
                   : tt_id_put_time(at, ms, event_time_us, ret_code);
    }
    if (!tt_uuid_read(id, at))
        return NULL;
    *ret_code = TT_ID_UUID;
    return at + TT_UUID_BYTES;
}

/* Writes the bytes of any id that is not empty and says by which code; returns their end. */
static inline char *tt_id_put(char *at, struct tt_str id, int64_t event_time_us, bool roomy,
                              uint64_t *ret_code)
{
    if (id.len == TT_ULID_CHARS || id.len == TT_UUID_CHARS) {
        char *end = tt_id_put_number(at, id, event_time_us, ret_code);
        if (end != NULL)
            return end;
    }
    bool at_once = roomy && id.len <= TT_ID_TEXT_ROOM && tt_pack_may_at_once();
    if (id.len >= TT_ID_PACKED_MIN && (at_once ? tt_pack_at_once(id, at) : tt_pack(id, at))) {
        *ret_code = (uint64_t)id.len << 1 | 1;
        return at + tt_packed_bytes(id.len);
    }
    *ret_code = (uint64_t)id.len << 1;
    memcpy(at, id.ptr, id.len);
    return at + id.len;
}

static inline bool tt_id_is_ulid(const struct tt_id *id)
{
    return id->code == TT_ID_ULID_AT || id->code == TT_ID_ULID_NEAR || id->code == TT_ID_ULID;
}
static inline struct tt_str tt_id_view(const struct tt_id *id)
{
    size_t bytes = tt_id_bytes(id->code);
    return (struct tt_str){id->end - bytes, bytes};
}

/* A number that is equal for equal ids, whose code is not 0, at the least cost. */
static inline uint64_t tt_id_mark(const struct tt_id *id)
{
    size_t bytes = tt_id_is_ulid(id) ? TT_ULID_DRAWN_BYTES : tt_id_bytes(id->code);
    return tt_str_quick_hash((struct tt_str){id->end - bytes, bytes});
}
/* Whether two ULIDs have the same time. */
bool tt_id_same_ms(const struct tt_id *a, const struct tt_id *b);
/* Whether both are the same id, or none. */
static inline bool tt_id_same(const struct tt_id *a, const struct tt_id *b)
{
    if (tt_id_is_ulid(a) && tt_id_is_ulid(b))
        return tt_str_quick_same(a->end - TT_ULID_DRAWN_BYTES, b->end - TT_ULID_DRAWN_BYTES,
                                 TT_ULID_DRAWN_BYTES) &&
               tt_id_same_ms(a, b);
    return a->code == b->code && tt_str_quick_equal(tt_id_view(a), tt_id_view(b));
}
/* Of all of the id; equal for equal ones. */
uint64_t tt_id_hash(const struct tt_id *id);
/* Writes the text of tt_id_chars characters, and up to TT_ID_TEXT_MAX_BEYOND bytes behind it. */
void tt_id_text(const struct tt_id *id, char *to);

#endif
