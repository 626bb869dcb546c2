/* Times are microseconds since 1970-01-01T00:00:00Z. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

static const int64_t SECOND_US = 1000000;
static const int64_t DAY_US = 86400 * (int64_t)1000000;

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-01-01 to the first day of the year. */
static int64_t days_before(int64_t year)
{
    return year == 0 ? 0 : 365 * year + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
}

static int64_t day_number(int64_t year, int month, int day)
{
    int64_t days = days_before(year) - days_before(1970) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days;
}

bool time_in_range(int64_t us)
{
    return us >= day_number(1, 1, 1) * DAY_US && us < day_number(10000, 1, 1) * DAY_US;
}

/* Reads exactly `digits` digits at *at. */
static bool take_number(const char **at, const char *end, int digits, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (*at == end || **at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *end, const char *choices)
{
    if (*at == end || **at == '\0' || strchr(choices, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool take_fraction(const char **at, const char *end, int64_t *us)
{
    int digits = 0;
    int64_t unit = SECOND_US / 10;
    for (*us = 0; *at != end && **at >= '0' && **at <= '9'; (*at)++, digits++, unit /= 10)
        *us += (**at - '0') * unit; /* from the seventh digit on, the unit is 0 */
    return digits >= 1 && digits <= 9;
}

static bool take_zone(const char **at, const char *end, int64_t *offset_us)
{
    int hours, minutes;
    *offset_us = 0;
    if (take_char(at, end, "Zz"))
        return true;
    bool west = *at != end && **at == '-';
    if (!take_char(at, end, "+-") || !take_number(at, end, 2, &hours) || !take_char(at, end, ":") ||
        !take_number(at, end, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_us = (hours * 60 + minutes) * 60 * SECOND_US * (west ? -1 : 1);
    return true;
}

bool parse_time(const char *text, size_t length, int64_t *us)
{
    const char *at = text, *end = text + length;
    int year, month, day, hour, minute, second;
    int64_t fraction = 0, offset;
    if (!take_number(&at, end, 4, &year) || !take_char(&at, end, "-") ||
        !take_number(&at, end, 2, &month) || !take_char(&at, end, "-") ||
        !take_number(&at, end, 2, &day) || !take_char(&at, end, "Tt ") ||
        !take_number(&at, end, 2, &hour) || !take_char(&at, end, ":") ||
        !take_number(&at, end, 2, &minute) || !take_char(&at, end, ":") ||
        !take_number(&at, end, 2, &second))
        return false;
    if (take_char(&at, end, ".") && !take_fraction(&at, end, &fraction))
        return false;
    if (!take_zone(&at, end, &offset) || at != end)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    *us = day_number(year, month, day) * DAY_US + ((hour * 60 + minute) * 60 + second) * SECOND_US +
          fraction - offset;
    return time_in_range(*us);
}

void format_time(int64_t us, char out[64])
{
    int64_t year = 1;
    while (day_number(year + 1, 1, 1) * DAY_US <= us)
        year++;
    int month = 1;
    while (month < 12 && day_number(year, month + 1, 1) * DAY_US <= us)
        month++;
    int64_t rest = us - day_number(year, month, 1) * DAY_US;
    int day = (int)(rest / DAY_US) + 1;
    rest %= DAY_US;
    int second_of_day = (int)(rest / SECOND_US);
    snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", (int)year, month, day,
             second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60,
             (int)(rest % SECOND_US));
}

bool parse_duration(const char *text, int64_t *us)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {{"us", 1},       {"ms", 1000},      {"s", 1000000},
                 {"m", 60000000}, {"h", 3600000000}, {"d", 86400000000}};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0)
        return false;
    *us = 0;
    for (size_t i = 0; i < digits; i++)
        if (__builtin_mul_overflow(*us, 10, us) || __builtin_add_overflow(*us, text[i] - '0', us))
            return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + digits, units[i].name) == 0)
            return !__builtin_mul_overflow(*us, units[i].us, us);
    return false;
}
