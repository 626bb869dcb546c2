#ifndef TT_MODEL_SCAN_BODY_H
#define TT_MODEL_SCAN_BODY_H

/* The scan itself, compiled once for each machine code. The including file defines, for blocks of
 * TT_SCAN_BLOCK_BYTES:
 *   TARGET                     the function attribute of the machine code
 *   struct block               a block in registers
 *   block_load(at)             reads one
 *   block_stops(block)         bit i: byte i is a quote, a backslash or below 0x20
 *   block_high(block)          bit i: byte i is 0x80 or above
 *   block_equal(block, bytes)  bit i: byte i equals bytes[i]
 *
 * A position never passes `readable_end`: a step or a text ends at a byte that was read, and what
 * stands in for bytes behind the end is NUL, which is neither. It may pass `end`, where others'
 * bytes follow; the caller compares the final position with it, so such a line is not plain.
 */
#include "core/model/scan_parts.h"

#define LIKELY(condition)   __builtin_expect((condition), 1)
#define UNLIKELY(condition) __builtin_expect((condition), 0)

/* A place where a whole block may be read that starts with the bytes at `at`. */
TARGET static inline const char *whole_block(struct tt_scan *scan, const char *at,
                                             const char *readable_end)
{
    if (LIKELY(readable_end - at >= TT_SCAN_BLOCK_BYTES))
        return at;
    memset(scan->tail, 0, sizeof scan->tail);
    memcpy(scan->tail, at, (size_t)(readable_end - at));
    return scan->tail;
}

TARGET static inline uint32_t below(unsigned bits)
{
    return (uint32_t)((UINT64_C(1) << bits) - 1);
}

TARGET static inline const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* Reads what stands between two values, and remembers it. NULL: not plain. */
TARGET static __attribute__((noinline)) const struct tt_scan_step *
learn(struct tt_scan *scan, unsigned state, const char *start, const char *end,
      const char *readable_end)
{
    struct tt_scan_step step = {.shape = TT_SCAN_END};
    const char *at = skip_blanks(start, end);
    if (at >= end)
        return NULL;
    if (*at == '}' && state != TT_SCAN_START) {
        at++;
    } else {
        if (*at != (state == TT_SCAN_START ? '{' : ','))
            return NULL;
        at = skip_blanks(at + 1, end);
        if (end - at < 2 || *at++ != '"')
            return NULL;
        struct block block = block_load(whole_block(scan, at, readable_end));
        uint32_t stops = block_stops(block);
        const struct tt_scan_key *key =
            stops == 0 || end - at < 2
                ? NULL
                : &tt_scan_keys[tt_scan_slot((size_t)__builtin_ctz(stops), at[1])];
        if (key == NULL || key->len == 0 ||
            (block_equal(block, key->text) & key->mask) != key->mask)
            return NULL;
        at = skip_blanks(at + key->len + 1, end);
        if (at >= end || *at != ':')
            return NULL;
        at = skip_blanks(at + 1, end);
        bool is_text = at < end && *at == '"';
        if (is_text && !key->takes_text)
            return NULL;
        at += is_text;
        step.shape = !is_text ? TT_SCAN_BARE : key->is_time ? TT_SCAN_TIME : TT_SCAN_TEXT;
        step.offset = key->offset;
        step.field = key->field;
    }
    if (at > end)
        return NULL;
    struct tt_scan_step *kept = &scan->scratch;
    if (at - start <= TT_SCAN_BLOCK_BYTES) {
        struct tt_scan_step *choices = scan->steps[state];
        kept = choices[0].shape == TT_SCAN_NOTHING   ? &choices[0]
               : choices[1].shape == TT_SCAN_NOTHING ? &choices[1]
                                                     : &choices[scan->victim++ % TT_SCAN_CHOICES];
        memcpy(step.bytes, whole_block(scan, start, readable_end), sizeof step.bytes);
        step.mask = below((unsigned)(at - start));
    }
    step.len = (uint32_t)(at - start);
    *kept = step;
    return kept;
}

/* The length of the text that starts at `start`, up to its closing quote; SIZE_MAX: not plain. */
TARGET static inline size_t text_len(struct tt_scan *scan, const char *start,
                                     const char *readable_end)
{
    const char *safe = whole_block(scan, start, readable_end);
    struct block block = block_load(safe);
    uint32_t stops = block_stops(block), high = block_high(block);
    size_t len = 0;
    bool is_ascii = true;
    while (UNLIKELY(stops == 0)) {
        is_ascii = is_ascii && high == 0;
        len += TT_SCAN_BLOCK_BYTES;
        safe = whole_block(scan, start + len, readable_end);
        block = block_load(safe);
        stops = block_stops(block);
        high = block_high(block);
    }
    unsigned stop = (unsigned)__builtin_ctz(stops);
    len += stop;
    if (UNLIKELY(safe[stop] != '"'))
        return SIZE_MAX;
    if (UNLIKELY(!is_ascii || (high & below(stop)) != 0))
        return tt_str_is_utf8((struct tt_str){start, len}) ? len : SIZE_MAX;
    return len;
}

TARGET static inline bool matches(struct block block, const struct tt_scan_step *step)
{
    return (block_equal(block, step->bytes) & step->mask) == step->mask;
}

TARGET static inline const char *run(struct tt_scan *scan, const char *at, const char *end,
                                     const char *readable_end)
{
    static const struct tt_event blank = {.event_time_us = TT_TIME_NONE,
                                          .received_at_us = TT_TIME_NONE};
    char *event = (char *)&scan->event;
    unsigned state = TT_SCAN_START;
    uint32_t seen = 0;
    scan->event = blank;
    for (;;) {
        struct block block = block_load(whole_block(scan, at, readable_end));
        const struct tt_scan_step *step = &scan->steps[state][0];
        if (UNLIKELY(!matches(block, step)) && !matches(block, ++step)) {
            step = learn(scan, state, at, end, readable_end);
            if (step == NULL)
                return NULL;
        }
        at += step->len;
        state = step->field;
        if (UNLIKELY(seen >> state & 1))
            return NULL;
        seen |= UINT32_C(1) << state;
        if (LIKELY(step->shape == TT_SCAN_TEXT || step->shape == TT_SCAN_TIME)) {
            size_t len = text_len(scan, at, readable_end);
            if (len == SIZE_MAX)
                return NULL;
            struct tt_str text = {at, len};
            if (step->shape == TT_SCAN_TEXT)
                memcpy(event + step->offset, &text, sizeof text);
            else if (!tt_scan_time(scan, text, whole_block(scan, at, readable_end),
                                   (int64_t *)(void *)(event + step->offset)))
                return NULL;
            at += len + 1;
        } else if (step->shape == TT_SCAN_BARE) {
            at = tt_scan_bare(scan, step, at, end);
            if (at == NULL)
                return NULL;
        } else {
            return step->shape == TT_SCAN_END && tt_scan_complete(&scan->event) ? at : NULL;
        }
    }
}

#endif
