#ifndef TT_MODEL_SCAN_BODY_H
#define TT_MODEL_SCAN_BODY_H

/* The scan itself, compiled once for each machine code. The including file defines, for blocks of
 * TT_SCAN_BLOCK_BYTES:
 *   TARGET                     the function attribute of the machine code
 *   struct block               a block in registers
 *   block_load(at)             reads one
 *   block_clear(at)            writes zeros
 *   block_stops(block)         bit i: byte i is a quote, a backslash or below 0x20
 *   block_ends(block)          the same, or 0x80 and above
 *   block_high(block)          whether any byte is 0x80 or above
 *   block_or(block, block)     bits of both
 *   block_equal(block, bytes)  bit i: byte i equals bytes[i]
 *   store_text(at, text)       writes a struct tt_str
 *
 * A position never passes the readable bytes: a step or a text ends at a byte that was read, and
 * what stands in for bytes behind them is NUL, which is neither. It may pass `end`, where others'
 * bytes follow; the caller compares the final position with it, so such a line is not plain.
 */
#include "core/model/scan_parts.h"
#include "core/model/scan_time.h"
#include <stddef.h>

#define LIKELY(condition)   __builtin_expect((condition), 1)
#define UNLIKELY(condition) __builtin_expect((condition), 0)

_Static_assert(sizeof(struct tt_event) % TT_SCAN_BLOCK_BYTES == 0, "cleared block by block");

/* A place where a whole block may be read that starts with the bytes at `at`. */
TARGET static inline const char *whole_block(struct tt_scan *scan, const char *at)
{
    return LIKELY((uintptr_t)at <= scan->last_block) ? at : tt_scan_tail(scan, at);
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
TARGET static __attribute__((noinline)) struct tt_scan_step *
learn(struct tt_scan *scan, unsigned state, const char *start, const char *end)
{
    struct tt_scan_step step = {.shape = TT_SCAN_END};
    const bool is_first = state == offsetof(struct tt_scan, steps);
    const char *at = skip_blanks(start, end);
    if (at >= end)
        return NULL;
    if (*at == '}' && !is_first) {
        at++;
    } else {
        if (*at != (is_first ? '{' : ','))
            return NULL;
        at = skip_blanks(at + 1, end);
        if (end - at < 2 || *at++ != '"')
            return NULL;
        struct block block = block_load(whole_block(scan, at));
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
        step = tt_scan_step_to(key, is_text);
    }
    if (at > end)
        return NULL;
    step.len = (uint32_t)(at - start);
    if (step.len > TT_SCAN_BLOCK_BYTES) {
        scan->scratch = step;
        return &scan->scratch;
    }
    memcpy(step.bytes, whole_block(scan, start), sizeof step.bytes);
    step.mask = below(step.len);
    struct tt_scan_step *choices = (void *)((char *)scan + state);
    choices[1] = step;
    return &choices[1];
}

TARGET static inline bool matches(struct block block, const struct tt_scan_step *step)
{
    return (block_equal(block, step->bytes) & step->mask) == step->mask;
}

/* What stands behind a value when it is not the state's first choice: one of the keys in compact
 * form whatever their order, or the end of the object; else the other choice; else whatever has to
 * be parsed. What comes often enough becomes the first choice. */
TARGET static __attribute__((noinline)) struct tt_scan_step *
other_step(struct tt_scan *scan, unsigned state, const char *at, const char *end)
{
    enum { OPENING = 2, PATIENCE = 8 }; /* `,"`; misses of a first choice */
    struct tt_scan_step *choices = (void *)((char *)scan + state), *found = &scan->closing;
    const char *safe = whole_block(scan, at);
    struct block block = block_load(safe);
    bool is_first = state == offsetof(struct tt_scan, steps);
    const char opening = is_first ? '{' : ',';
    if (is_first || safe[0] != '}') {
        uint32_t stops = block_stops(block) & ~below(OPENING);
        size_t len = stops == 0 ? 0 : (size_t)__builtin_ctz(stops) - OPENING;
        found = &scan->compact[tt_scan_slot(len, safe[OPENING + 1])];
        if (UNLIKELY(!matches(block, found)) || safe[0] != opening)
            found = matches(block, &choices[1]) ? &choices[1] : learn(scan, state, at, end);
    }
    if (UNLIKELY(++choices[0].misses % PATIENCE == 0) && found != NULL &&
        found->len <= TT_SCAN_BLOCK_BYTES) {
        struct tt_scan_step first = *found;
        if ((first.mask & 1) == 0) { /* a compact one: it stands for either opening */
            first.bytes[0] = opening;
            first.mask |= 1;
        }
        if (found == &choices[1])
            choices[1] = choices[0];
        choices[0] = first;
        return &choices[0];
    }
    return found;
}

/* The length of the text that starts at `start`, up to its closing quote; SIZE_MAX: it holds an
 * escape or is not plain. All blocks read are gathered in `all`. */
TARGET static inline size_t text_len(struct tt_scan *scan, const char *start, struct block *all)
{
    const char *safe = whole_block(scan, start);
    struct block block = block_load(safe);
    uint32_t stops = block_stops(block);
    size_t len = 0;
    *all = block_or(*all, block);
    while (UNLIKELY(stops == 0)) {
        len += TT_SCAN_BLOCK_BYTES;
        safe = whole_block(scan, start + len);
        block = block_load(safe);
        stops = block_stops(block);
        *all = block_or(*all, block);
    }
    unsigned stop = (unsigned)__builtin_ctz(stops);
    return LIKELY(safe[stop] == '"') ? len + stop : SIZE_MAX;
}

/* `len`, where the last few texts at this step were as long by way of what they were: the processor
 * goes on at once and finds out later that it was right, instead of waiting for the length before
 * it can look for what follows. That wait, once a field, is most of the time of a line. */
TARGET static inline size_t foretold(struct tt_scan_step *step, size_t len)
{
    enum { SURE = 4 };
    size_t last = step->last_len, guess = last;
    __asm__("" : "+r"(guess)); /* else the compiler takes `len`, which is equal */
    if (step->steady >= SURE && LIKELY(len == last))
        return guess;
    step->steady = (uint8_t)(len == last ? step->steady + 1 : 0);
    step->last_len = len;
    return len;
}

TARGET static inline void clear_event(struct tt_scan *scan)
{
    char *event = (char *)&scan->event;
    for (char *part = event; part < event + sizeof scan->event; part += TT_SCAN_BLOCK_BYTES) {
        block_clear(part);
        __asm__("" : "+r"(part)); /* else the compiler makes it a slow `rep stos` */
    }
    scan->event.event_time_us = TT_TIME_NONE;
    scan->event.received_at_us = TT_TIME_NONE;
}

#include "core/model/scan_plan.h"

/* The position behind the object that starts at `start`, whatever it looks like. */
TARGET static __attribute__((noinline)) const char *run_steps(struct tt_scan *scan,
                                                              const char *start, const char *end)
{
    char *event = (char *)&scan->event;
    const char *at = start;
    unsigned state = offsetof(struct tt_scan, steps), steps = 0;
    uint32_t seen = 0;
    struct tt_scan_step *path[TT_SCAN_STATES];
    bool is_plain = true; /* texts and times alone */
    clear_event(scan);
    scan->plan.others_set = true;
    scan->unescaped_len = 0;
    struct block all = block_load(event); /* zeros */
    for (;;) {
        struct block block = block_load(whole_block(scan, at));
        struct tt_scan_step *step = (void *)((char *)scan + state);
        if (UNLIKELY(!matches(block, step))) {
            step = other_step(scan, state, at, end);
            if (step == NULL)
                return NULL;
        }
        at += step->len;
        state = step->next;
        if (UNLIKELY(seen & step->bit))
            return NULL;
        seen |= step->bit;
        path[steps] = step;
        is_plain &= step->shape != TT_SCAN_BARE && step != &scan->scratch;
        uint8_t shape = step->shape;
        if (UNLIKELY(shape == TT_SCAN_BARE)) {
            at = skip_blanks(at, end);
            if (at < end && *at == '"') { /* when it was remembered it was no text */
                shape = step->quoted;
                at++;
            }
        }
        if (LIKELY(shape <= TT_SCAN_TIME)) {
            struct tt_str text = {at, text_len(scan, at, &all)};
            at += foretold(step, text.len) + 1;
            steps++;
            if (UNLIKELY(text.len == SIZE_MAX)) {
                is_plain = false;
                at = tt_scan_escaped(scan, text.ptr, end);
                if (at == NULL || shape == TT_SCAN_TIME)
                    return NULL;
                text = scan->text;
            }
            if (LIKELY(shape == TT_SCAN_TEXT))
                store_text(event + step->offset, text);
            else if (!tt_scan_time(scan, text, whole_block(scan, text.ptr),
                                   (int64_t *)(void *)(event + step->offset)))
                return NULL;
        } else if (shape == TT_SCAN_BARE) {
            at = tt_scan_bare(scan, step, at, end);
            if (at == NULL)
                return NULL;
        } else if (shape == TT_SCAN_END) {
            break;
        } else {
            return NULL;
        }
    }
    /* A line with a byte of 0x80 or above, or next to such a line. */
    if (UNLIKELY(block_high(all)) && at <= end &&
        !tt_str_is_utf8((struct tt_str){start, (size_t)(at - start)}))
        return NULL;
    make_plan(scan, path, steps, is_plain && !block_high(all));
    return tt_scan_complete(&scan->event) ? at : NULL;
}

TARGET static inline const char *run(struct tt_scan *scan, const char *start, const char *end)
{
    const char *at = run_plan(scan, start);
    if (UNLIKELY(at == NULL))
        return run_steps(scan, start, end);
    if (UNLIKELY(scan->plan.misses > 0))
        scan->plan.misses = 0;
    return at;
}

#endif
