#include "core/base/time.h"
#include "tests/lib/suite.h"

static int64_t parsed(const char *text)
{
    int64_t us = TT_TIME_NONE;
    return tt_time_parse(tt_str_from(text), &us) ? us : TT_TIME_NONE;
}

TT_TEST(a_time_reads_and_writes_back_to_the_microsecond)
{
    char text[TT_TIME_TEXT_BYTES];
    tt_time_format(parsed("2026-03-01T05:30:00.1234567+05:30"), text);
    ck_assert_str_eq(text, "2026-03-01T00:00:00.123456Z");
    tt_time_format(TT_TIME_MIN_US, text);
    ck_assert_str_eq(text, "0001-01-01T00:00:00.000000Z");
    tt_time_format(TT_TIME_MAX_US, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999999Z");
    ck_assert_int_eq(parsed("0001-01-01T00:00:00Z"), TT_TIME_MIN_US);
}
TT_END

TT_TEST(second_60_counts_on_into_the_next_minute)
{
    ck_assert_int_eq(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01 00:00:00z"));
}
TT_END

TT_TEST(what_is_not_strict_rfc_3339_is_refused)
{
    static const char *const wrong[] = {
        "",
        "2026-03-01",
        "2026-03-01T00:00Z",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.Z",
        "2026-02-30T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:60:00Z",
        "2026-03-01T00:00:61Z",
        "2026-03-01T00:00:00.1234567890Z",
        "2026-03-01T00:00:00+0100",
        "2026-03-01T00:00:00+24:00",
        "2026-03-01  00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-12-31T23:00:00-01:00x",
        "2026-3-01T00:00:000Z",
        "2026-03-01T00:00:00Z ",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(parsed(wrong[i]) == TT_TIME_NONE, "accepted \"%s\"", wrong[i]);
}
TT_END

static int64_t printed(const char *text)
{
    int64_t us = TT_TIME_NONE;
    return tt_time_parse_printed(tt_str_from(text), &us) ? us : TT_TIME_NONE;
}

TT_TEST(the_zones_that_databases_print_are_read_where_that_is_asked_for)
{
    const int64_t noon = parsed("2026-03-01T12:00:00.5Z");
    static const char *const right[] = {
        "2026-03-01T12:00:00.5Z",       "2026-03-01 14:00:00.5+02:00",
        "2026-03-01 14:00:00.5+02",     "2026-03-01 07:30:00.5-04:30",
        "2026-03-01 07:30:00.5-0430",   "2026-03-01 12:00:00.5 UTC",
        "2026-03-01 14:00:00.5 +02:00", "2026-03-01T14:00:00.5 +0200",
        "2026-03-01T12:00:00.5UTC",     "2026-03-01 14:00:00.500000000+02",
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        ck_assert_msg(printed(right[i]) == noon, "\"%s\"", right[i]);
    static const char *const wrong[] = {
        "",
        "2026-03-01",
        "2026-03-01 12:00:00",
        "2026-03-01 12:00:00.",
        "2026-03-01 12:00:00 ",
        "2026-03-01 12:00:00+",
        "2026-03-01 12:00:00+2",
        "2026-03-01 12:00:00+24",
        "2026-03-01 12:00:00+020",
        "2026-03-01 12:00:00+0260",
        "2026-03-01 12:00:00  UTC",
        "2026-03-01 12:00:00 utc",
        "2026-03-01 12:00:00 CET",
        "2026-03-01 12:00:00 UTC+2",
        "2026-03-01 12:00:00.5000000000+02",
        "2026-03-01 12:00:00 Europe/Berlin",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(printed(wrong[i]) == TT_TIME_NONE, "accepted \"%s\"", wrong[i]);
}
TT_END

TT_TEST(a_duration_is_digits_and_a_unit)
{
    int64_t us = -1;
    ck_assert(tt_duration_parse(TT_STR("6h"), &us) && us == INT64_C(21600000000));
    ck_assert(tt_duration_parse(TT_STR("0us"), &us) && us == 0);
    ck_assert(!tt_duration_parse(TT_STR("6"), &us));
    ck_assert(!tt_duration_parse(TT_STR("h"), &us));
    ck_assert(!tt_duration_parse(TT_STR("-1s"), &us));
    ck_assert(!tt_duration_parse(TT_STR("9223372036854775807d"), &us));
}
TT_END

TT_SUITE("core/base/time", a_time_reads_and_writes_back_to_the_microsecond,
         second_60_counts_on_into_the_next_minute, what_is_not_strict_rfc_3339_is_refused,
         the_zones_that_databases_print_are_read_where_that_is_asked_for,
         a_duration_is_digits_and_a_unit)
