/* Time: two types that do not mix, and their text forms.
 *
 * Event times and stamps are wall time: integer microseconds since 1970-01-01T00:00:00Z, in the
 * years 0001 to 9999 (TT_TIME_MIN_US to TT_TIME_MAX_US). Waiting and leases use monotonic time.
 * Nothing here reads a clock: clocks are a port.
 */
#ifndef TT_BASE_TIME_H
#define TT_BASE_TIME_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

/* Monotonic instant; only differences mean something. */
struct tt_mono {
    int64_t us;
};

#define TT_TIME_MIN_US INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define TT_TIME_MAX_US INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */
#define TT_TIME_NONE   INT64_MIN                   /* no time known */

/* Strict RFC 3339 section 5.6: 'T', 't' or one space; seconds required; '.' and 1 to 9 digits (cut
 * to microseconds, towards the past); 'Z', 'z' or +hh:mm / -hh:mm. Second 60 counts on into
 * the next minute. False, *ret_us untouched, for anything else. */
bool tt_time_parse(struct tt_str text, int64_t *ret_us) TT_MUST_CHECK;

/* As tt_time_parse; also the zone as databases and languages print it: "+02", "+0200", "UTC", a
 * blank in front of it. For exports that people bring, not for what programs agree on. */
bool tt_time_parse_printed(struct tt_str text, int64_t *ret_us) TT_MUST_CHECK;
bool tt_time_in_range(int64_t us);

/* As tt_time_parse; also accepts an integer number of microseconds. For flags such as --now. */
bool tt_time_parse_flag(struct tt_str text, int64_t *ret_us) TT_MUST_CHECK;

/* "2026-03-01T00:00:00.000000Z": 27 bytes and a NUL. us must be in range. */
enum { TT_TIME_TEXT_BYTES = 28 };
void tt_time_format(int64_t us, char text[static TT_TIME_TEXT_BYTES]);
void tt_buf_add_time(struct tt_buf *buf, int64_t us);

/* Days since 1970-01-01 of a proleptic Gregorian date (month 1..12), and whether the date exists.
 */
int64_t tt_time_days(int year, int month, int day);
bool tt_time_date_exists(int year, int month, int day);

/* Digits and one of us, ms, s, m, h, d; not negative. */
bool tt_duration_parse(struct tt_str text, int64_t *ret_us) TT_MUST_CHECK;
/* Short text for people: "1.5 s", "3 d 4 h". Two units at most. */
void tt_buf_add_duration(struct tt_buf *buf, int64_t us);

/* "512M", "2G", "1048576": bytes; K, M, G, T are powers of 1024. */
bool tt_size_parse(struct tt_str text, uint64_t *ret_bytes) TT_MUST_CHECK;

#endif
