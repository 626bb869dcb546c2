/* ULIDs: 128 bits as 26 characters of Crockford's base 32, 48 bits of milliseconds since 1970
 * first, then 80 that are drawn (https://github.com/ulid/spec). Only the form that the
 * specification writes: capitals, at most 7ZZZZZZZZZZZZZZZZZZZZZZZZZ. So a number and its text are
 * one to one. */
#ifndef TT_REPLAY_ULID_H
#define TT_REPLAY_ULID_H

#include "core/base/str.h"

enum { TT_ULID_CHARS = 26, TT_ULID_DRAWN_BYTES = 10 };

struct tt_ulid {
    uint64_t ms;        /* 48 bits */
    uint64_t high, low; /* what is drawn, 40 bits each */
};

/* False: no ULID, *ret_ulid is untouched. By AVX2 where the machine has it. */
bool tt_ulid_read(struct tt_str text, struct tt_ulid *ret_ulid);
/* The same for what is drawn as TT_ULID_DRAWN_BYTES, low bytes first, `high` before `low`; up to
 * TT_ULID_PACK_BEYOND bytes more are written. */
enum { TT_ULID_PACK_BEYOND = 6 };
bool tt_ulid_pack(struct tt_str text, char *to, uint64_t *ret_ms);
/* The same as tt_ulid_read, whatever the machine. */
bool tt_ulid_read_portable(struct tt_str text, struct tt_ulid *ret_ulid);
/* Writes TT_ULID_CHARS characters. */
void tt_ulid_write(const struct tt_ulid *ulid, char *to);

#endif
