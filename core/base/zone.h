/* Time zones: local wall-clock readings to UTC.
 *
 * Zones: "UTC", fixed offsets such as "+02:00", names of the system's tz database, or the machine's
 * own. A name sets the process's TZ: one named zone per process. Threads: open before threads
 * start; converting is safe.
 */
#ifndef TT_BASE_ZONE_H
#define TT_BASE_ZONE_H

#include "core/base/err.h"
#include "core/base/str.h"
#include <stdint.h>

struct tt_zone {
    bool fixed;
    int64_t offset_s; /* east of UTC, when fixed */
};

/* name NULL: the machine's own. Errors: INVALID (unknown; so is a name on a machine without tz
 * database). */
enum tt_err tt_zone_open(const char *name, struct tt_zone *ret_zone,
                         struct tt_fault *fault) TT_MUST_CHECK;

/* Microseconds UTC of a local reading. Where clocks go back an hour happens twice: the first of the
 * two readings that is not before `not_before_us` is taken (TT_TIME_NONE: the first). Where they go
 * forward the hour that does not exist is read as if clocks had gone forward already. */
int64_t tt_zone_to_utc_us(const struct tt_zone *zone, int year, int month, int day, int hour,
                          int minute, int second, int64_t not_before_us);

/* An RFC 3339 time without its zone ("2026-03-01 12:00:00.5"), read in this one; of an hour that
 * happens twice the first. False, *ret_us untouched, for anything else. */
bool tt_zone_parse(const struct tt_zone *zone, struct tt_str text, int64_t *ret_us);

#endif
