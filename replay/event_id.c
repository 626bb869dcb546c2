#include "replay/event_id.h"

#include <endian.h>
#include <limits.h>

enum { DRAWN_HALF = TT_ULID_DRAWN_BYTES / 2, US_PER_MS = TT_ID_US_PER_MS };

static int64_t event_ms(int64_t event_time_us)
{
    int64_t ms = event_time_us / US_PER_MS;
    return ms - (event_time_us % US_PER_MS < 0 ? 1 : 0);
}

static uint64_t read_low(const char *at, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, at, bytes);
    return le64toh(value);
}

static struct tt_ulid ulid_of(const struct tt_id *id)
{
    const char *drawn = id->end - TT_ULID_DRAWN_BYTES;
    struct tt_ulid ulid = {.high = read_low(drawn, DRAWN_HALF),
                           .low = read_low(drawn + DRAWN_HALF, DRAWN_HALF)};
    if (id->code == TT_ID_ULID) {
        ulid.ms = read_low(drawn - TT_ID_FAR_BYTES, TT_ID_FAR_BYTES);
        return ulid;
    }
    int64_t since = id->code == TT_ID_ULID_AT
                        ? 0
                        : (int16_t)read_low(drawn - TT_ID_NEAR_BYTES, TT_ID_NEAR_BYTES);
    ulid.ms = (uint64_t)(event_ms(id->event_time_us) + since);
    return ulid;
}

char *tt_id_put_time(char *at, uint64_t ms, int64_t event_time_us, uint64_t *ret_code)
{
    int64_t since = (int64_t)ms - event_ms(event_time_us);
    bool is_near = since >= INT16_MIN && since <= INT16_MAX;
    size_t bytes = is_near ? TT_ID_NEAR_BYTES : TT_ID_FAR_BYTES;
    uint64_t number = htole64(is_near ? (uint64_t)since : ms);
    memmove(at + bytes, at, TT_ULID_DRAWN_BYTES);
    memcpy(at, &number, bytes);
    *ret_code = is_near ? TT_ID_ULID_NEAR : TT_ID_ULID;
    return at + bytes + TT_ULID_DRAWN_BYTES;
}

bool tt_id_same_ms(const struct tt_id *a, const struct tt_id *b)
{
    return ulid_of(a).ms == ulid_of(b).ms;
}

uint64_t tt_id_hash(const struct tt_id *id)
{
    if (!tt_id_is_ulid(id))
        return tt_str_hash(tt_id_view(id), 1);
    struct tt_ulid ulid = ulid_of(id);
    return tt_str_hash((struct tt_str){id->end - TT_ULID_DRAWN_BYTES, TT_ULID_DRAWN_BYTES},
                       ulid.ms);
}

void tt_id_text(const struct tt_id *id, char *to)
{
    struct tt_str bytes = tt_id_view(id);
    if (tt_id_is_ulid(id)) {
        struct tt_ulid ulid = ulid_of(id);
        tt_ulid_write(&ulid, to);
    } else if (id->code == TT_ID_UUID) {
        tt_uuid_write(bytes.ptr, to);
    } else if ((id->code & 1) != 0) {
        tt_unpack(bytes.ptr, id->code >> 1, to);
    } else {
        memcpy(to, bytes.ptr, bytes.len);
    }
}
