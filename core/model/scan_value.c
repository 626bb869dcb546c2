/* Values of the scan: times, numbers, null; and what an event needs to be one. */
#include "core/model/scan_parts.h"

#include <stddef.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define US_PER_S   INT64_C(1000000)

/* Byte i of the text in bits 8i to 8i+7. */
static uint64_t load_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Midnight of the date that `text` starts with, from "YYYY-MM-DDT". */
static bool midnight(struct tt_scan *scan, const char *text, int64_t *ret_us)
{
    enum { DATE = 11, DAY = 9 };
    uint64_t start = load_word(text);
    uint32_t rest;
    memcpy(&rest, text + DATE - sizeof rest, sizeof rest);
    struct tt_scan_date *date = &scan->dates[(unsigned char)text[DAY] % TT_SCAN_DATES];
    if (date->start != start || date->rest != rest) {
        char whole[] = "YYYY-MM-DDT00:00:00Z";
        int64_t us;
        memcpy(whole, text, DATE);
        if (!tt_time_parse((struct tt_str){whole, sizeof whole - 1}, &us))
            return false;
        *date = (struct tt_scan_date){.start = start, .rest = rest, .us = us};
    }
    *ret_us = date->us;
    return true;
}

/* "HH:MM:SS" below 24:00:00 in seconds, or -1. All eight bytes at once. */
static int64_t seconds_of(uint64_t word)
{
    const uint64_t upper = UINT64_C(0xf0f0fff0f0fff0f0), form = UINT64_C(0x30303a30303a3030);
    uint64_t digits = word & UINT64_C(0x0f0f000f0f000f0f);
    uint64_t too_large = (digits + UINT64_C(0x0606000606000606)) & UINT64_C(0xf0f000f0f000f0f0);
    if ((word & upper) != form || too_large != 0)
        return -1;
    uint64_t pairs = digits * 10 + (digits >> 8);
    unsigned hour = pairs & 0xff, minute = pairs >> 24 & 0xff, second = pairs >> 48 & 0xff;
    if (hour > 23 || minute > 59 || second > 59)
        return -1;
    return hour * 3600 + minute * 60 + second;
}

/* 1 to 9 digits behind the point in microseconds, cut; or -1. */
static int64_t fraction_of(const char *at, unsigned count)
{
    uint64_t word = load_word(at);
    if (count < 8) {
        uint64_t kept = (UINT64_C(1) << (8 * count)) - 1;
        word = (word & kept) | (EACH('0') & ~kept);
    } else if (count == 9 && (at[8] < '0' || at[8] > '9')) {
        return -1;
    }
    if ((word & EACH(0xf0)) != EACH('0') || ((word + EACH(6)) & EACH(0xf0)) != EACH('0'))
        return -1;
    word &= EACH(0x0f);
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    word = (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
    return (int64_t)(word / 100);
}

bool tt_scan_time(struct tt_scan *scan, struct tt_str text, const char *safe, int64_t *ret_us)
{
    enum { WHOLE = 20, SHORTEST = 22, LONGEST = 30 }; /* without a fraction; with 1 and 9 digits */
    if (text.len < WHOLE || text.len > LONGEST || safe[10] != 'T' || safe[text.len - 1] != 'Z')
        return tt_time_parse(text, ret_us);
    int64_t day_us, fraction_us = 0, seconds = seconds_of(load_word(safe + 11));
    if (text.len > WHOLE) {
        fraction_us = text.len >= SHORTEST && safe[19] == '.'
                          ? fraction_of(safe + 20, (unsigned)text.len - SHORTEST + 1)
                          : -1;
    }
    if (seconds < 0 || fraction_us < 0 || !midnight(scan, safe, &day_us))
        return tt_time_parse(text, ret_us);
    *ret_us = day_us + seconds * US_PER_S + fraction_us;
    return true;
}

/* An integer of at most 18 digits, as JSON writes it but not "-0"; longer ones are rare enough. */
static const char *read_integer(const char *at, const char *end, int64_t *ret_value)
{
    enum { DIGITS_MAX = 18 };
    bool negative = at < end && *at == '-';
    const char *digits = at + negative;
    int64_t value = 0;
    for (at = digits; at < end && *at >= '0' && *at <= '9'; at++) {
        if (at - digits == DIGITS_MAX)
            return NULL;
        value = value * 10 + (*at - '0');
    }
    if (at == digits || (*digits == '0' && (at - digits > 1 || negative)))
        return NULL;
    *ret_value = negative ? -value : value;
    return at;
}

const char *tt_scan_bare(struct tt_scan *scan, const struct tt_scan_step *step, const char *at,
                         const char *end)
{
    struct tt_event *event = &scan->event;
    int64_t value;
    if (end - at >= 4 && memcmp(at, "null", 4) == 0)
        return at + 4;
    const char *behind = read_integer(at, end, &value);
    if (behind == NULL)
        return NULL;
    switch (step->field) {
    case TT_SCAN_SEQ:
        event->seq = value;
        event->has_seq = true;
        return behind;
    case TT_SCAN_ERROR_CODE:
        event->error_code = (struct tt_str){at, (size_t)(behind - at)};
        event->error_code_is_int = true;
        return behind;
    case TT_SCAN_EVENT_TIME:
    case TT_SCAN_RECEIVED_AT:
        if (!tt_time_in_range(value))
            return NULL;
        memcpy((char *)event + step->offset, &value, sizeof value);
        return behind;
    default: return NULL;
    }
}

bool tt_scan_complete(struct tt_event *event)
{
    if (event->task_id.len == 0 || event->status.len == 0 || event->event_time_us == TT_TIME_NONE)
        return false;
    if (event->tenant.ptr == NULL)
        event->tenant = TT_STR("default");
    else if (event->tenant.len == 0)
        return false;
    if (event->event_id.len == 0)
        event->event_id = TT_STR_NONE;
    return true;
}
