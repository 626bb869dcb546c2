#include "core/base/zone.h"

#include "core/base/time.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool parse_offset(const char *name, int64_t *ret_offset_s)
{
    struct tt_str text = tt_str_from(name);
    char whole[32];
    int64_t us;
    if (text.len != 6 || (name[0] != '+' && name[0] != '-'))
        return false;
    snprintf(whole, sizeof whole, "1970-01-02T00:00:00%s", name);
    if (!tt_time_parse(tt_str_from(whole), &us))
        return false;
    *ret_offset_s = 86400 - us / 1000000;
    return true;
}

/* The tz database of the system; TZDIR moves it. */
static bool in_database(const char *name)
{
    const char *dir = getenv("TZDIR");
    char path[512];
    struct stat info;
    if (name[0] == '\0' || name[0] == '/' || name[0] == ':' || strstr(name, "..") != NULL)
        return false;
    int len = snprintf(path, sizeof path, "%s/%s", dir == NULL ? "/usr/share/zoneinfo" : dir, name);
    return len > 0 && (size_t)len < sizeof path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

enum tt_err tt_zone_open(const char *name, struct tt_zone *ret_zone, struct tt_fault *fault)
{
    struct tt_zone zone = {0};
    if (name == NULL) {
        tzset();
    } else if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0) {
        zone.fixed = true;
    } else if (parse_offset(name, &zone.offset_s)) {
        zone.fixed = true;
    } else if (in_database(name)) {
        if (setenv("TZ", name, 1) != 0)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        tzset();
    } else {
        return tt_fault_set(
            fault, TT_ERR_INVALID,
            "time zone \"%.60s\" is not known; expected UTC, an offset such as +02:00 or a name "
            "such as Europe/Berlin",
            name);
    }
    *ret_zone = zone;
    return TT_OK;
}

/* The instant that reads as `local` with the given daylight flag, or false where it reads
 * otherwise. */
static bool reads_as(const struct tm *local, int is_dst, int64_t *ret_us)
{
    struct tm copy = *local, back;
    copy.tm_isdst = is_dst;
    time_t at = mktime(&copy);
    if (localtime_r(&at, &back) == NULL || back.tm_hour != local->tm_hour ||
        back.tm_min != local->tm_min || back.tm_mday != local->tm_mday)
        return false;
    *ret_us = (int64_t)at * 1000000;
    return true;
}

int64_t tt_zone_to_utc_us(const struct tt_zone *zone, int year, int month, int day, int hour,
                          int minute, int second, int64_t not_before_us)
{
    if (zone->fixed)
        return (tt_time_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
                zone->offset_s) *
               1000000;
    struct tm local = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};
    int64_t summer_us, winter_us;
    bool summer = reads_as(&local, 1, &summer_us), winter = reads_as(&local, 0, &winter_us);
    if (summer && winter) {
        int64_t first_us = summer_us < winter_us ? summer_us : winter_us;
        int64_t second_us = summer_us < winter_us ? winter_us : summer_us;
        return not_before_us == TT_TIME_NONE || first_us >= not_before_us ? first_us : second_us;
    }
    if (summer || winter)
        return summer ? summer_us : winter_us;
    local.tm_isdst = -1; /* a reading that no clock showed: let it move forward */
    return (int64_t)mktime(&local) * 1000000;
}

bool tt_zone_parse(const struct tt_zone *zone, struct tt_str text, int64_t *ret_us)
{
    char copy[64];
    int64_t reading_us;
    if (text.len + 1 > sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 'Z';
    if (!tt_time_parse((struct tt_str){copy, text.len + 1}, &reading_us))
        return false;
    int64_t second = reading_us / 1000000, rest_us = reading_us % 1000000;
    if (rest_us < 0)
        second--, rest_us += 1000000;
    time_t as_utc = (time_t)second;
    struct tm tm;
    if (gmtime_r(&as_utc, &tm) == NULL)
        return false;
    int64_t us = tt_zone_to_utc_us(zone, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                                   tm.tm_min, tm.tm_sec, TT_TIME_NONE) +
                 rest_us;
    if (!tt_time_in_range(us))
        return false;
    *ret_us = us;
    return true;
}
