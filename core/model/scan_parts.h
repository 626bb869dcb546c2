/* Inside of the scan: the keys, and what all its machine codes share. */
#ifndef TT_MODEL_SCAN_PARTS_H
#define TT_MODEL_SCAN_PARTS_H

#include "core/model/scan.h"

/* What a step leads to. */
enum tt_scan_shape {
    TT_SCAN_TEXT,    /* the inside of a text; its opening quote belongs to the step */
    TT_SCAN_TIME,    /* the inside of a text that is a time */
    TT_SCAN_BARE,    /* a number or null */
    TT_SCAN_END,     /* nothing: the object is closed */
    TT_SCAN_NOTHING, /* a step never learnt */
};

/* Fields by number. A line's start is state 0, so they count from 1. */
enum tt_scan_field {
    TT_SCAN_START,
    TT_SCAN_TASK_ID,
    TT_SCAN_STATUS,
    TT_SCAN_EVENT_ID,
    TT_SCAN_TENANT,
    TT_SCAN_TASK_TYPE,
    TT_SCAN_SOURCE,
    TT_SCAN_STAGE,
    TT_SCAN_CORRELATION_ID,
    TT_SCAN_DATASET_ID,
    TT_SCAN_MESSAGE,
    TT_SCAN_ERROR_CODE,
    TT_SCAN_EVENT_TIME,
    TT_SCAN_RECEIVED_AT,
    TT_SCAN_SEQ,
};

struct tt_scan_key {
    char text[TT_SCAN_BLOCK_BYTES]; /* with its closing quote */
    uint32_t mask;
    uint16_t offset;
    uint8_t len; /* without the quote; 0: no key here */
    uint8_t field;
    bool takes_text, is_time;
};

/* Keys by length and second letter, which tell them apart: slot (len + 6 * key[1]) % 32. */
extern const struct tt_scan_key tt_scan_keys[TT_SCAN_SLOTS];

static inline size_t tt_scan_slot(size_t len, char second)
{
    return (len + 6 * (size_t)(unsigned char)second) % TT_SCAN_SLOTS;
}

/* A step to a value of the key; its text is left to the caller. */
struct tt_scan_step tt_scan_step_to(const struct tt_scan_key *key, bool is_text);

/* One function per machine code: the position behind the object that starts at `at`, and
 * scan->event filled; NULL for what is not plain. */
const char *tt_scan_run_portable(struct tt_scan *scan, const char *at, const char *end);
#if defined(__x86_64__)
#define TT_SCAN_X86 1
const char *tt_scan_run_sse2(struct tt_scan *scan, const char *at, const char *end);
const char *tt_scan_run_avx2(struct tt_scan *scan, const char *at, const char *end);
#else
#define TT_SCAN_X86 0
#endif

enum { TT_SCAN_DATE_BYTES = 11 }; /* "YYYY-MM-DDT" */
/* Reads the date that `text` starts with. False, *date untouched: no date. */
bool tt_scan_date(const char *text, struct tt_scan_date *date);
/* A copy of the readable bytes from `at` on, of which there is less than a block, and NULs. */
const char *tt_scan_tail(struct tt_scan *scan, const char *at);
/* The text that starts at `start` and may hold escapes, into scan->text. The position behind its
 * closing quote, or NULL: not plain. */
const char *tt_scan_escaped(struct tt_scan *scan, const char *start, const char *end);
/* A number or null for the step's field. The position behind it, or NULL. */
const char *tt_scan_bare(struct tt_scan *scan, const struct tt_scan_step *step, const char *at,
                         const char *end);
/* Required fields and defaults, once the object is closed. */
bool tt_scan_complete(struct tt_event *event);

#endif
