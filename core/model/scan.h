/* The fast reader of native events: plain lines in place, without allocation, by SIMD where the
 * machine has it. It knows one answer of its own, "here is the event"; whatever is not plain
 * (unknown keys, attributes, nesting, reals, keys given twice, errors of any kind) is left
 * to tt_decode_native_thorough. Where it answers, the answer is that of the thorough decoder, field
 * by field; JSON and UTF-8 are checked as strictly.
 *
 * How it is quick: what stands between two values, such as `,"task_id":"`, is the same from line to
 * line. So it is remembered, two texts behind each key, and compared at once; only what was not
 * seen lately is parsed. Values are searched for their end 32 bytes at a time. Where a line has the
 * keys of the one before, in the same order, all its steps are known beforehand: the plan.
 *
 * Memory: texts of the event point into the line, those with escapes into the scan, where the event
 * itself stays until the next call. Nothing is allocated. Reads never go beyond `readable_end`, so
 * no padding is needed; with 32 readable bytes behind the line (all lines of a block but its last
 * have them) the tail of a line costs nothing extra. Who maps a file passes the end of the mapping.
 *
 * Threads: one scan per thread.
 */
#ifndef TT_MODEL_SCAN_H
#define TT_MODEL_SCAN_H

#include "core/model/event.h"

/* The machine code to use; all give the same answers. */
enum tt_scan_way {
    TT_SCAN_BEST, /* the fastest this machine runs */
    TT_SCAN_PORTABLE,
    TT_SCAN_SSE2,
    TT_SCAN_AVX2,
};
enum { TT_SCAN_WAYS = TT_SCAN_AVX2 + 1 };

enum {
    TT_SCAN_BLOCK_BYTES = 32,
    TT_SCAN_STATES = 15,            /* a line's start, and behind each of the 14 keys */
    TT_SCAN_SLOTS = 32,             /* keys by a perfect hash */
    TT_SCAN_CHOICES = 2,            /* texts remembered per state */
    TT_SCAN_UNESCAPED_BYTES = 4096, /* texts of one line that hold escapes, without them */
    TT_SCAN_DATES = 4,              /* dates remembered */
    TT_SCAN_MINUTES = 4,            /* minutes remembered */
};

/* What comes behind a value, up to the first byte of the next one. */
struct tt_scan_step {
    char bytes[TT_SCAN_BLOCK_BYTES];
    uint32_t mask;   /* which bytes of `bytes` count */
    uint32_t len;    /* 1 to TT_SCAN_BLOCK_BYTES; any length in `scratch` */
    uint32_t bit;    /* of the key, to find it given twice */
    uint16_t offset; /* of the field in struct tt_event */
    uint16_t next;   /* offset of the next state's steps in struct tt_scan */
    size_t last_len; /* of the text behind it */
    uint8_t steady;  /* how often in a row texts were as long */
    uint8_t misses;  /* of a first choice */
    uint8_t field;   /* number of the key, enum tt_scan_field in scan_parts.h */
    uint8_t shape;   /* enum tt_scan_shape */
    uint8_t quoted;  /* the shape of the key's texts */
};

struct tt_scan_date {
    uint64_t start; /* "2026-03-" */
    uint32_t rest;  /* "-01T" */
    int64_t us;     /* its midnight */
};

struct tt_scan_minute {
    uint64_t start, rest; /* "2026-03-", "01T12:00" */
    int64_t us;           /* its beginning */
};

/* The steps of a line as those before it were. */
struct tt_scan_plan {
    struct tt_scan_step steps[TT_SCAN_STATES];
    uint32_t count;  /* 0: there is no plan */
    uint32_t room;   /* bytes that must be readable, so that no step has to look */
    uint8_t misses;  /* lines in a row that were others */
    bool others_set; /* fields of the event that are not the plan's may be set */
};

/* Everything in it is the scan's own. */
struct tt_scan {
    struct tt_event event;
    struct tt_scan_step steps[TT_SCAN_STATES][TT_SCAN_CHOICES];
    struct tt_scan_step compact[TT_SCAN_SLOTS]; /* `,"key":"` of all keys, the comma open */
    struct tt_scan_plan plan;
    struct tt_scan_step closing; /* `}` */
    struct tt_scan_step scratch; /* a step too long to be remembered */
    struct tt_scan_date dates[TT_SCAN_DATES];
    struct tt_scan_minute minutes[TT_SCAN_MINUTES];
    char tail[TT_SCAN_BLOCK_BYTES]; /* copy of the last readable bytes */
    const char *(*run)(struct tt_scan *scan, const char *at, const char *end);
    const char *readable_end; /* of the text in hand */
    uintptr_t last_block;     /* the last address where a whole block is readable; 0: none is */
    struct tt_str text;       /* the last one with escapes */
    size_t unescaped_len;     /* bytes of `unescaped` in use */
    char unescaped[TT_SCAN_UNESCAPED_BYTES];
};

bool tt_scan_runs(enum tt_scan_way way);
/* The way must be one that runs here. */
void tt_scan_init(struct tt_scan *scan, enum tt_scan_way way);

/* Reads one line, without its end. NULL: not plain, ask the thorough decoder.
 * readable_end: end of the memory that may be read, at or behind the line's end. */
const struct tt_event *tt_scan_event(struct tt_scan *scan, struct tt_str line,
                                     const char *readable_end) TT_MUST_CHECK;

/* Reads the first line of a text of lines, finding its end on the way: *ret_next is the start of
 * the line behind it, or text_end. NULL: not plain; the caller has to find the line's end. Lines
 * end with "\n" or "\r\n", the last one perhaps with nothing. Bounds of a line's length are the
 * caller's business. */
const struct tt_event *tt_scan_next(struct tt_scan *scan, const char *at, const char *text_end,
                                    const char *readable_end, const char **ret_next) TT_MUST_CHECK;

#endif
