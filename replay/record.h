/* Records: an event packed into a few dozen bytes without pointers, so that millions fit in memory
 * and blocks of them can go to a file and come back.
 *
 * A record is a fixed head, then optional numbers, then text, padded to 8 bytes:
 *
 *   head | seq | received_at | apply_seq, applied_at | tenant task_id event_id source stage | pad
 *
 * A text of 65,535 bytes or more has that number as its length and its real length (4 bytes) in
 * front. Statuses and task types are interned numbers (replay/intern.h). The same shape carries
 * what a store holds of a task (TT_REC_STATE, TT_REC_INTERVAL).
 */
#ifndef TT_REPLAY_RECORD_H
#define TT_REPLAY_RECORD_H

#include "core/base/str.h"
#include "core/base/time.h"

enum tt_rec_flag {
    TT_REC_SEQ = 1 << 0,
    TT_REC_RECEIVED = 1 << 1,
    TT_REC_APPLIED = 1 << 2,
    TT_REC_EVENT_ID = 1 << 3,
    TT_REC_SOURCE = 1 << 4,
    TT_REC_STAGE = 1 << 5,
    TT_REC_STATE = 1 << 6,    /* the stored current status: status, event_time */
    TT_REC_INTERVAL = 1 << 7, /* a stored stay: status, stage, event_time = from, received = to */
};
#define TT_REC_NO_TYPE UINT32_MAX

struct tt_rec {
    uint64_t hash;  /* of tenant and task_id; equal ids have equal hashes, not the reverse */
    uint64_t place; /* chunk << 32 | ordinal in the chunk: grows with arrival */
    int64_t event_time_us;
    uint32_t words;      /* size of the whole record in units of 8 bytes */
    uint32_t status;     /* interned */
    uint32_t type;       /* interned, or TT_REC_NO_TYPE */
    uint16_t flags;      /* enum tt_rec_flag */
    uint16_t lengths[5]; /* tenant, task_id, event_id, source, stage */
};

/* A record read: views into it. */
struct tt_rec_view {
    struct tt_str tenant, task_id, event_id, source, stage; /* absent where the flag is not set */
    int64_t seq;                                            /* valid with TT_REC_SEQ */
    int64_t received_at_us;           /* TT_TIME_NONE without TT_REC_RECEIVED */
    int64_t apply_seq, applied_at_us; /* valid with TT_REC_APPLIED */
};

/* Bytes a record with these values takes, a multiple of 8; 0 when it would be larger than 2^32
 * bytes. */
size_t tt_rec_size(uint16_t flags, const struct tt_rec_view *view);
/* Fills `at` (tt_rec_size bytes) behind the head that the caller has filled but for words and
 * lengths. */
void tt_rec_write(struct tt_rec *at, size_t size, const struct tt_rec_view *view);
void tt_rec_read(const struct tt_rec *rec, struct tt_rec_view *ret_view);
/* Tenant and task id alone, the quick part of tt_rec_read. */
void tt_rec_key(const struct tt_rec *rec, struct tt_str *ret_tenant, struct tt_str *ret_task_id);
/* Whether both are about the same task. */
bool tt_rec_same_task(const struct tt_rec *a, const struct tt_rec *b);

#endif
