/* The fast reader's corners, one by one. That it agrees with the thorough reader on all else is
 * tests/property/test_scan.c. */
#include "tests/lib/readers.h"
#include "tests/lib/suite.h"

#include <stdio.h>

static struct tt_readers readers;

static void reads(const char *line, size_t len, bool is_plain)
{
    const char *difference = tt_readers_compare(&readers, line, len, len);
    ck_assert_msg(difference == NULL, "%s: %s", difference, line);
    ck_assert_msg(readers.plain == is_plain, "%s plain: %s", is_plain ? "not" : "is", line);
}

/* Read in place, by every machine code, and as the thorough reader reads it. */
static void plain(const char *line)
{
    reads(line, strlen(line), true);
    ck_assert(readers.accepted);
}
/* Left to the thorough reader. */
static void passed_on(const char *line)
{
    reads(line, strlen(line), false);
}

#define EVENT    "\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1"
#define AT(time) "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":" time "}"

TT_TEST(plain_lines_are_read_in_place_in_any_order_and_spacing)
{
    tt_readers_init(&readers);
    for (int round = 0; round < 20; round++) { /* remembered or not makes no difference */
        plain("{" EVENT "}");
        plain("{\"event_time\":1,\"status\":\"A\",\"task_id\":\"t\"}");
        plain(" \t{ " EVENT " }\t ");
        plain("{\"task_id\" : \"t\" , \"status\"\t:\t\"A\",  \"event_time\" :  1 }");
        plain("{                                   " EVENT
              ",                                    \"seq\":                                 7}");
        plain("{" EVENT ",\"message\":null}");
        plain("{" EVENT ",\"message\":\"null\"}");
        plain("{" EVENT ",\"message\":  null}");
        plain("{" EVENT ",\"message\":  \"m\"}");
        plain("{" EVENT ",\"message\":  \"\"}");
    }
    tt_readers_done(&readers);
}
TT_END

TT_TEST(every_field_is_read_in_place)
{
    tt_readers_init(&readers);
    plain("{" EVENT ",\"event_id\":\"e\",\"tenant\":\"n\",\"task_type\":\"y\",\"source\":\"o\","
          "\"seq\":-3,\"stage\":\"g\",\"correlation_id\":\"c\",\"dataset_id\":\"d\","
          "\"message\":\"m\",\"error_code\":\"E\",\"received_at\":\"2026-03-01T00:00:00Z\"}");
    plain("{" EVENT ",\"event_id\":null,\"tenant\":null,\"task_type\":null,\"source\":null,"
          "\"seq\":null,\"stage\":null,\"correlation_id\":null,\"dataset_id\":null,"
          "\"message\":null,\"error_code\":null,\"received_at\":null}");
    plain("{" EVENT ",\"event_id\":\"\",\"task_type\":\"\",\"source\":\"\",\"stage\":\"\","
          "\"correlation_id\":\"\",\"dataset_id\":\"\",\"message\":\"\",\"error_code\":\"\"}");
    plain("{" EVENT ",\"error_code\":-500}");
    tt_readers_done(&readers);
}
TT_END

TT_TEST(texts_with_escapes_and_other_letters_are_read_in_place)
{
    tt_readers_init(&readers);
    plain("{" EVENT ",\"message\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}");
    plain("{" EVENT ",\"message\":\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uFFFF\\ud800\\udc00\"}");
    plain("{" EVENT ",\"message\":\"\xc3\xa9 \xe5\xae\x8c \xf0\x9f\x98\x80 \x7f\"}");
    plain("{" EVENT ",\"message\":\"\xc3\xa9\\n\xc3\xa9\",\"stage\":\"\\u00e9\"}");
    plain("{" EVENT ",\"message\":\"thirty-one bytes and the quote: \"}");
    plain("{" EVENT ",\"message\":\"more than thirty-two bytes, then \\u00e9 and \xc3\xa9\"}");
    passed_on("{" EVENT ",\"message\":\"\\u0000\"}");
    passed_on("{" EVENT ",\"message\":\"\\ud800\"}");
    passed_on("{" EVENT ",\"message\":\"\\ud800\\n\"}");
    passed_on("{" EVENT ",\"message\":\"\\udc00\\ud800\"}");
    passed_on("{" EVENT ",\"message\":\"\\u12g4\"}");
    passed_on("{" EVENT ",\"message\":\"\\x\"}");
    passed_on("{" EVENT ",\"message\":\"\\\"}");
    passed_on("{" EVENT ",\"message\":\"\\u12");
    passed_on("{" EVENT ",\"message\":\"a\tb\"}");
    passed_on("{" EVENT ",\"message\":\"\xc3\\u00a9\"}");
    passed_on("{" EVENT ",\"message\":\"\xff\"}");
    passed_on("{" EVENT ",\"message\":\"\xed\xa0\x80\"}");
    passed_on("{" EVENT ",\"message\":\"\xc0\x80\"}");
    passed_on("{" EVENT ",\"message\":\"\xf4\x90\x80\x80\"}");
    passed_on("{" EVENT ",\"message\":\"\xe2\x82\"}");
    passed_on("{\"task\\u005fid\":\"t\",\"status\":\"A\",\"event_time\":1}");
    reads("{" EVENT ",\"message\":\"a\0b\"}", sizeof "{" EVENT ",\"message\":\"a\0b\"}" - 1, false);
    tt_readers_done(&readers);
}
TT_END

TT_TEST(times_as_machines_write_them_are_read_in_place)
{
    static const char *const good[] = {
        AT("\"2026-03-01T12:00:00Z\""),
        AT("\"2026-03-01T23:59:59.9Z\""),
        AT("\"2024-02-29T00:00:00.123456789Z\""),
        AT("\"2026-03-01T12:00:00.12345678Z\""),
        AT("\"2026-03-01T12:00:00.1234567Z\""),
        AT("\"2026-03-01T12:00:00.000001Z\""),
        AT("\"0001-01-01T00:00:00Z\""),
        AT("\"9999-12-31T23:59:59.999999999Z\""),
        AT("\"2026-03-01t12:00:00z\""),
        AT("\"2026-03-01 12:00:60+01:30\""),
        AT("\"2026-03-01T23:59:60Z\""),
        AT("-62135596800000000"),
        AT("253402300799999999"),
        AT("0"),
    };
    static const char *const bad[] = {
        AT("\"2026-02-29T12:00:00Z\""),
        AT("\"0000-01-01T00:00:00Z\""),
        AT("\"2026-03-01T24:00:00Z\""),
        AT("\"2026-03-01T12:60:00Z\""),
        AT("\"2026-03-01T12:00:61Z\""),
        AT("\"2026-03-01T12:00:00.Z\""),
        AT("\"2026-03-01T12:00:00.1234567890Z\""),
        AT("\"2026-03-01T12:00:00.12345:Z\""),
        AT("\"2026-03-01T12:00:00.12345678/Z\""),
        AT("\"2026-03-01T12:00:00,1Z\""),
        AT("\"2026-03-01T1::00:00Z\""),
        AT("\"2026-03-01T12-00:00Z\""),
        AT("\"2026-03-01T12:00:00\""),
        AT("\"2026-03-01\""),
        AT("\"2026-3-01T12:00:00Z\""),
        AT("\"2026-03-01T12:00:0\xc3\xa9Z\""),
        AT("\"9999-12-31T23:59:60Z\""),
        AT("\"\""),
        AT("-62135596800000001"),
        AT("253402300800000000"),
    };
    tt_readers_init(&readers);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            plain(good[i]);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            passed_on(bad[i]);
            ck_assert_msg(!readers.accepted, "%s", bad[i]);
        }
    }
    tt_readers_done(&readers);
}
TT_END

TT_TEST(integers_beyond_18_digits_and_what_is_no_integer_are_passed_on)
{
    static const char *const bad[] = {"1.0", "1e3",
                                      "01",  "-",
                                      "+1",  "0x1",
                                      "-01", "1 2",
                                      "--1", "true",
                                      "[]",  "{}",
                                      ".5",  "",
                                      "nul", "nulls",
                                      "NaN", "\"7\"",
                                      "1.",  "00",
                                      "-a",  "9223372036854775808"};
    char line[160];
    tt_readers_init(&readers);
    plain("{" EVENT ",\"seq\":0}");
    plain("{" EVENT ",\"seq\":999999999999999999}");
    plain("{" EVENT ",\"seq\":-999999999999999999}");
    passed_on("{" EVENT ",\"seq\":-0}");
    passed_on("{" EVENT ",\"seq\":9223372036854775807}");
    passed_on("{" EVENT ",\"seq\":-9223372036854775808}");
    ck_assert(readers.accepted);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(line, sizeof line, "{" EVENT ",\"seq\":%s}", bad[i]);
        passed_on(line);
        ck_assert_msg(!readers.accepted, "%s", line);
    }
    tt_readers_done(&readers);
}
TT_END

TT_TEST(what_is_not_plain_is_passed_on)
{
    static const char *const lines[] = {
        "",
        " ",
        "{}",
        "{ }",
        "[]",
        "null",
        "{" EVENT,
        "{" EVENT ",}",
        "{," EVENT "}",
        "{" EVENT "}}",
        "{" EVENT "}x",
        "{" EVENT "} {" EVENT "}",
        "{" EVENT ",\"task_id\":\"t\"}",
        "{" EVENT ",\"task_id\":null}",
        "{\"task_id\":null," EVENT "}",
        "{\"task_id\":\"\",\"status\":\"A\",\"event_time\":1}",
        "{\"task_id\":\"t\",\"status\":\"\",\"event_time\":1}",
        "{\"task_id\":\"t\",\"status\":\"A\"}",
        "{\"task_id\":\"t\",\"event_time\":1}",
        "{\"status\":\"A\",\"event_time\":1}",
        "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":null}",
        "{" EVENT ",\"tenant\":\"\"}",
        "{" EVENT ",\"source\":7}",
        "{" EVENT ",\"extra\":1}",
        "{" EVENT ",\"Source\":\"s\"}",
        "{" EVENT ",\"sourc\":\"s\"}",
        "{" EVENT ",\"\":\"s\"}",
        "{" EVENT ",\"attributes\":{}}",
        "{" EVENT ",\"source\":\"s}",
        "{" EVENT " \"source\":\"s\"}",
        "{" EVENT ",\"source\" \"s\"}",
        "{" EVENT ",source:\"s\"}",
        "{" EVENT ",'source':\"s\"}",
        "{" EVENT ",\"source\":\"s\"\"}",
        "\xef\xbb\xbf{" EVENT "}",
        "{\n" EVENT "}",
        "{" EVENT "}\r",
    };
    tt_readers_init(&readers);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            passed_on(lines[i]);
    char nuls[64] = {0};
    reads(nuls, sizeof nuls, false);
    tt_readers_done(&readers);
}
TT_END

TT_TEST(a_line_cut_anywhere_is_not_completed_from_the_bytes_behind_it)
{
    static const char line[] = "{" EVENT ",\"seq\":1234,\"message\":\"\\u00e9 and more\"}";
    tt_readers_init(&readers);
    for (size_t len = 0; len < sizeof line - 1; len++) {
        const char *difference = tt_readers_compare(&readers, line, sizeof line - 1, len);
        ck_assert_msg(difference == NULL, "%zu: %s", len, difference);
        ck_assert(!readers.plain);
    }
    tt_readers_done(&readers);
}
TT_END

TT_TEST(a_text_of_lines_is_read_line_by_line)
{
    static const char text[] = "{" EVENT "}\n{" EVENT ",\"seq\":2}\r\n{" EVENT ",\"seq\":3}";
    const char *end = text + sizeof text - 1;
    for (int way = TT_SCAN_PORTABLE; way < TT_SCAN_WAYS; way++) {
        struct tt_scan scan;
        if (!tt_scan_runs((enum tt_scan_way)way))
            continue;
        tt_scan_init(&scan, (enum tt_scan_way)way);
        int64_t sum = 0;
        int lines = 0;
        for (const char *at = text; at < end; lines++) {
            const struct tt_event *event = tt_scan_next(&scan, at, end, end, &at);
            ck_assert_ptr_nonnull(event);
            sum += event->seq;
        }
        ck_assert_int_eq(lines, 3);
        ck_assert_int_eq(sum, 5);
    }
}
TT_END

TT_SUITE("core/model/scan", plain_lines_are_read_in_place_in_any_order_and_spacing,
         every_field_is_read_in_place, texts_with_escapes_and_other_letters_are_read_in_place,
         times_as_machines_write_them_are_read_in_place,
         integers_beyond_18_digits_and_what_is_no_integer_are_passed_on,
         what_is_not_plain_is_passed_on,
         a_line_cut_anywhere_is_not_completed_from_the_bytes_behind_it,
         a_text_of_lines_is_read_line_by_line)
