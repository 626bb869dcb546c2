/* RFC 3339 times of the shape that machines write, "2026-03-01T12:00:00.003064Z" with 0 to 9 digits
 * behind the point, eight digits at once. Every other shape goes to tt_time_parse. */
#ifndef TT_MODEL_SCAN_TIME_H
#define TT_MODEL_SCAN_TIME_H

#include "core/model/scan_parts.h"
#include <endian.h>

#define TT_SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Byte i of the text in bits 8i to 8i+7. */
static inline uint64_t tt_scan_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Midnight of the date that `text` starts with, from "YYYY-MM-DDT". */
static inline bool tt_scan_midnight(struct tt_scan *scan, const char *text, int64_t *ret_us)
{
    enum { DAY = 9 };
    uint64_t start;
    uint32_t rest;
    memcpy(&start, text, sizeof start);
    memcpy(&rest, text + TT_SCAN_DATE_BYTES - sizeof rest, sizeof rest);
    struct tt_scan_date *date = &scan->dates[(unsigned char)text[DAY] % TT_SCAN_DATES];
    if ((date->start != start || date->rest != rest) && !tt_scan_date(text, date))
        return false;
    *ret_us = date->us;
    return true;
}

/* "HH:MM:SS" below 24:00:00 in seconds, or -1. */
static inline int64_t tt_scan_seconds(uint64_t word)
{
    const uint64_t upper = UINT64_C(0xf0f0fff0f0fff0f0), form = UINT64_C(0x30303a30303a3030);
    uint64_t digits = word & UINT64_C(0x0f0f000f0f000f0f);
    uint64_t too_large = (digits + UINT64_C(0x0606000606000606)) & UINT64_C(0xf0f000f0f000f0f0);
    uint64_t pairs = digits * 10 + (digits >> 8);
    unsigned hour = pairs & 0xff, minute = pairs >> 24 & 0xff, second = pairs >> 48 & 0xff;
    bool is_time =
        (word & upper) == form && too_large == 0 && hour < 24 && minute < 60 && second < 60;
    return is_time ? (int64_t)(hour * 3600 + minute * 60 + second) : -1;
}

static inline uint64_t tt_scan_eight_digits(uint64_t word)
{
    word &= TT_SCAN_EACH(0x0f);
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
}

/* 1 to 9 digits behind the point in microseconds, cut; or -1. */
static inline int64_t tt_scan_fraction(const char *at, unsigned count)
{
    uint64_t word = tt_scan_word(at);
    if (count < 8) {
        uint64_t kept = (UINT64_C(1) << (8 * count)) - 1;
        word = (word & kept) | (TT_SCAN_EACH('0') & ~kept);
    } else if (count == 9 && (at[8] < '0' || at[8] > '9')) {
        return -1;
    }
    if ((word & TT_SCAN_EACH(0xf0)) != TT_SCAN_EACH('0') ||
        ((word + TT_SCAN_EACH(6)) & TT_SCAN_EACH(0xf0)) != TT_SCAN_EACH('0'))
        return -1;
    return (int64_t)(tt_scan_eight_digits(word) / 100);
}

static inline void tt_scan_remember_minute(struct tt_scan *scan, const char *text, int64_t day_us,
                                           int64_t seconds)
{
    enum { LAST_OF_MINUTE = 15 };
    struct tt_scan_minute *minute =
        &scan->minutes[(unsigned char)text[LAST_OF_MINUTE] % TT_SCAN_MINUTES];
    minute->start = tt_scan_word(text);
    minute->rest = tt_scan_word(text + 8);
    minute->us = day_us + seconds / 60 * INT64_C(60000000);
}

/* "YYYY-MM-DDTHH:MM:SS.ffffffZ", where the minute was seen lately: eight digits are the
 * microseconds of a minute. */
static inline __attribute__((always_inline)) bool
tt_scan_in_minute(struct tt_scan *scan, const char *text, int64_t *ret_us)
{
    enum { SECONDS = 17, POINT = 19, ZULU = 26, LAST_OF_MINUTE = 15, MINUTE_US = 60 * 1000000 };
    uint16_t seconds;
    memcpy(&seconds, text + SECONDS, sizeof seconds);
    const struct tt_scan_minute *minute =
        &scan->minutes[(unsigned char)text[LAST_OF_MINUTE] % TT_SCAN_MINUTES];
    uint64_t start = tt_scan_word(text), rest = tt_scan_word(text + 8);
    uint64_t word = (tt_scan_word(text + SECONDS + 1) & ~UINT64_C(0xffff)) | le16toh(seconds);
    uint64_t wrong = ((word & TT_SCAN_EACH(0xf0)) ^ TT_SCAN_EACH('0')) |
                     (((word + TT_SCAN_EACH(6)) & TT_SCAN_EACH(0xf0)) ^ TT_SCAN_EACH('0'));
    wrong |= (start ^ minute->start) | (rest ^ minute->rest);
    if (wrong != 0 || text[SECONDS - 1] != ':' || text[POINT] != '.' || text[ZULU] != 'Z')
        return false;
    uint64_t us = tt_scan_eight_digits(word);
    *ret_us = minute->us + (int64_t)us;
    return us < MINUTE_US;
}

/* tt_scan_time where the minute is another one, or the shape. */
static __attribute__((noinline)) bool tt_scan_any_time(struct tt_scan *scan, struct tt_str text,
                                                       const char *safe, int64_t *ret_us)
{
    enum { WHOLE = 20, SHORTEST = 22, LONGEST = 30 }; /* 0, 1 and 9 digits */
    if (text.len < WHOLE || text.len > LONGEST || safe[10] != 'T' || safe[text.len - 1] != 'Z')
        return tt_time_parse(text, ret_us);
    int64_t day_us, fraction_us = 0, seconds = tt_scan_seconds(tt_scan_word(safe + 11));
    if (text.len > WHOLE)
        fraction_us = text.len >= SHORTEST && safe[19] == '.'
                          ? tt_scan_fraction(safe + 20, (unsigned)text.len - SHORTEST + 1)
                          : -1;
    if (seconds < 0 || fraction_us < 0 || !tt_scan_midnight(scan, safe, &day_us))
        return tt_time_parse(text, ret_us);
    *ret_us = day_us + seconds * INT64_C(1000000) + fraction_us;
    tt_scan_remember_minute(scan, safe, day_us, seconds);
    return true;
}

/* The time in `text`, of which TT_SCAN_BLOCK_BYTES may be read at `safe`. False: no time. */
static inline bool tt_scan_time(struct tt_scan *scan, struct tt_str text, const char *safe,
                                int64_t *ret_us)
{
    enum { USUAL = 27 }; /* 6 digits */
    return (text.len == USUAL && tt_scan_in_minute(scan, safe, ret_us)) ||
           tt_scan_any_time(scan, text, safe, ret_us);
}

#endif
