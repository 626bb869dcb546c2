/* Calendar arithmetic: days from civil dates in the proleptic Gregorian calendar, by 400-year eras
 * that start on 1 March (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2014). */
#include "core/base/time.h"

#include "core/base/digits.h"

#define US_PER_S  INT64_C(1000000)
#define S_PER_DAY INT64_C(86400)

int64_t tt_time_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool tt_time_date_exists(int year, int month, int day)
{
    static const signed char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap);
}

bool tt_time_in_range(int64_t us)
{
    return us >= TT_TIME_MIN_US && us <= TT_TIME_MAX_US;
}

/* Two digits at *at, or -1. */
static int two(const char *at)
{
    unsigned tens = (unsigned char)at[0] - '0', ones = (unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static bool parse_offset(const char *at, const char *end, int *ret_minutes)
{
    if (end - at == 1 && (*at == 'Z' || *at == 'z')) {
        *ret_minutes = 0;
        return true;
    }
    if (end - at != 6 || (at[0] != '+' && at[0] != '-') || at[3] != ':')
        return false;
    int hours = two(at + 1), minutes = two(at + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_minutes = (hours * 60 + minutes) * (at[0] == '-' ? -1 : 1);
    return true;
}

bool tt_time_parse(struct tt_str text, int64_t *ret_us)
{
    const char *at = text.ptr, *end = at + text.len;
    if (text.len < 20 || at[4] != '-' || at[7] != '-' ||
        (at[10] != 'T' && at[10] != 't' && at[10] != ' ') || at[13] != ':' || at[16] != ':')
        return false;
    int century = two(at), year = two(at + 2), month = two(at + 5), day = two(at + 8);
    int hour = two(at + 11), minute = two(at + 14), second = two(at + 17);
    if (century < 0 || year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    year += century * 100;
    if (!tt_time_date_exists(year, month, day))
        return false;
    at += 19;
    int64_t fraction_us = 0;
    if (*at == '.') {
        const char *digits = ++at;
        int64_t unit = US_PER_S / 10;
        while (at < end && (unsigned)(unsigned char)*at - (unsigned)'0' <= 9) {
            fraction_us += ((unsigned char)*at++ - '0') * unit;
            unit /= 10;
        }
        if (at == digits || at - digits > 9)
            return false;
    }
    int offset_minutes;
    if (!parse_offset(at, end, &offset_minutes))
        return false;
    int64_t seconds = tt_time_days(year, month, day) * S_PER_DAY + hour * 3600 + minute * 60 +
                      second - offset_minutes * 60;
    int64_t us = seconds * US_PER_S + fraction_us;
    if (!tt_time_in_range(us))
        return false;
    *ret_us = us;
    return true;
}

bool tt_time_parse_printed(struct tt_str text, int64_t *ret_us)
{
    enum { READING = 19 };       /* bytes of "2026-03-01 12:00:00" */
    char copy[READING + 10 + 6]; /* with a point, nine decimals and an offset */
    size_t len = READING;
    if (tt_time_parse(text, ret_us))
        return true;
    while (len < text.len &&
           ((unsigned)(unsigned char)text.ptr[len] - (unsigned)'0' <= 9 || text.ptr[len] == '.'))
        len++;
    if (len >= text.len || len > sizeof copy - 6)
        return false;
    size_t blank = text.ptr[len] == ' ';
    struct tt_str zone = {text.ptr + len + blank, text.len - len - blank};
    memcpy(copy, text.ptr, len);
    if (tt_str_equal(zone, TT_STR("UTC"))) {
        copy[len++] = 'Z';
    } else if ((zone.len == 3 || zone.len == 5) && (zone.ptr[0] == '+' || zone.ptr[0] == '-')) {
        memcpy(copy + len, zone.ptr, 3);
        memcpy(copy + len + 3, ":00", 3);
        memcpy(copy + len + 4, zone.ptr + 3, zone.len - 3);
        len += 6;
    } else if (zone.len <= 6) {
        memcpy(copy + len, zone.ptr, zone.len);
        len += zone.len;
    } else {
        return false;
    }
    return tt_time_parse((struct tt_str){copy, len}, ret_us);
}

bool tt_time_parse_flag(struct tt_str text, int64_t *ret_us)
{
    if (tt_time_parse(text, ret_us))
        return true;
    int64_t value;
    if (!tt_str_to_int(text, &value) || !tt_time_in_range(value))
        return false;
    *ret_us = value;
    return true;
}

void tt_time_format(int64_t us, char text[static TT_TIME_TEXT_BYTES])
{
    int64_t days = us / (S_PER_DAY * US_PER_S), rest = us % (S_PER_DAY * US_PER_S);
    if (rest < 0) {
        rest += S_PER_DAY * US_PER_S;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    int64_t month = m < 10 ? m + 3 : m - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    unsigned seconds = (unsigned)(rest / US_PER_S), fraction = (unsigned)(rest % US_PER_S);
    char *at = tt_digits_put_two(text, (unsigned)year / 100);
    at = tt_digits_put_two(at, (unsigned)year % 100);
    *at++ = '-';
    at = tt_digits_put_two(at, (unsigned)month);
    *at++ = '-';
    at = tt_digits_put_two(at, (unsigned)(day_of_year - (153 * m + 2) / 5 + 1));
    *at++ = 'T';
    at = tt_digits_put_two(at, seconds / 3600);
    *at++ = ':';
    at = tt_digits_put_two(at, seconds / 60 % 60);
    *at++ = ':';
    at = tt_digits_put_two(at, seconds % 60);
    *at++ = '.';
    at = tt_digits_put_two(at, fraction / 10000);
    at = tt_digits_put_two(at, fraction / 100 % 100);
    at = tt_digits_put_two(at, fraction % 100);
    *at++ = 'Z';
    *at = '\0';
}

void tt_buf_add_time(struct tt_buf *buf, int64_t us)
{
    char text[TT_TIME_TEXT_BYTES];
    tt_time_format(us, text);
    tt_buf_add(buf, text, TT_TIME_TEXT_BYTES - 1);
}

static const struct {
    const char *name;
    int64_t us;
} units[] = {{"d", 86400 * US_PER_S}, {"h", 3600 * US_PER_S}, {"m", 60 * US_PER_S},
             {"s", US_PER_S},         {"ms", 1000},           {"us", 1}};
enum { UNITS = sizeof units / sizeof *units };

/* Leading decimal digits; false where there are none or the number is too large. */
static bool parse_digits(struct tt_str *text, int64_t *ret_value)
{
    int64_t value = 0;
    size_t at = 0;
    for (; at < text->len && (unsigned)(unsigned char)text->ptr[at] - (unsigned)'0' <= 9; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (unsigned char)text->ptr[at] - '0', &value))
            return false;
    if (at == 0)
        return false;
    *text = (struct tt_str){text->ptr + at, text->len - at};
    *ret_value = value;
    return true;
}

bool tt_duration_parse(struct tt_str text, int64_t *ret_us)
{
    int64_t value, us;
    if (!parse_digits(&text, &value))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (tt_str_equal(text, tt_str_from(units[i].name))) {
            if (__builtin_mul_overflow(value, units[i].us, &us))
                return false;
            *ret_us = us;
            return true;
        }
    return false;
}

void tt_buf_add_duration(struct tt_buf *buf, int64_t us)
{
    uint64_t left = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    if (us < 0)
        tt_buf_add_char(buf, '-');
    if (left < 1000) {
        tt_buf_addf(buf, "%llu us", (unsigned long long)left);
    } else if (left < (uint64_t)US_PER_S) {
        tt_buf_addf(buf, "%.*f ms", left % 1000 == 0 ? 0 : 1, (double)left / 1e3);
    } else if (left < 60 * (uint64_t)US_PER_S) {
        tt_buf_addf(buf, "%.*f s", left % (uint64_t)US_PER_S == 0 ? 0 : 1, (double)left / 1e6);
    } else {
        for (size_t i = 0; i < UNITS; i++) {
            uint64_t unit = (uint64_t)units[i].us;
            if (left < unit)
                continue;
            tt_buf_addf(buf, "%llu %s", (unsigned long long)(left / unit), units[i].name);
            left %= unit;
            if (i < 3 && left >= (uint64_t)units[i + 1].us)
                tt_buf_addf(buf, " %llu %s", (unsigned long long)(left / (uint64_t)units[i + 1].us),
                            units[i + 1].name);
            break;
        }
    }
}

bool tt_size_parse(struct tt_str text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "KMGT";
    int64_t value;
    if (!parse_digits(&text, &value) || text.len > 1)
        return false;
    uint64_t bytes = (uint64_t)value, unit = 1;
    if (text.len == 1) {
        const char *at = strchr(suffixes, text.ptr[0] & ~0x20);
        if (at == NULL || *at == '\0')
            return false;
        unit = UINT64_C(1) << (10 * (at - suffixes + 1));
    }
    if (__builtin_mul_overflow(bytes, unit, &bytes))
        return false;
    *ret_bytes = bytes;
    return true;
}
