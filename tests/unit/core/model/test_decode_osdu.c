#include "core/base/limits.h"
#include "tests/lib/decoding.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

static void gives(const char *text, const char *expected)
{
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT};
    char *out = tt_decoding_text("osdu", &options, text);
    ck_assert_str_eq(out, expected);
    free(out);
}

static void rejects(const char *text, const char *reason)
{
    char expected[300];
    snprintf(expected, sizeof expected, "! 1: %s\n", reason);
    gives(text, expected);
}

/* A flat message: correlation c, stage S; its time in milliseconds. */
#define FLAT(status, ms, more)                                                                     \
    "{\"correlationId\":\"c\",\"stage\":\"S\",\"status\":\"" status "\",\"timestamp\":" #ms more   \
    "}\n"
#define NAMED(record, status, ms) FLAT(status, ms, ",\"recordId\":\"" record "\"")
#define NAMELESS(status, ms)      FLAT(status, ms, "")
/* The event of it, at so many milliseconds below ten. */
#define EVENT(task, status, ms, more)                                                              \
    "{\"task_id\":\"" task "\",\"task_type\":\"S\",\"status\":\"" status                           \
    "\",\"event_time\":\"1970-01-01T00:00:00.00" #ms "000Z\",\"stage\":\"S\",\"correlation_id\":"  \
    "\"c\"" more "}\n"
#define OF(record, status, ms)                                                                     \
    EVENT("c/S/" record, status, ms, ",\"attributes\":{\"recordId\":\"" record "\"}")
#define BOUND(record, status, ms) EVENT("c/S/" record, status, ms, "")
#define OF_FLOW(status, ms)       EVENT("c/S", status, ms, "")

TT_TEST(a_message_as_it_is_published_becomes_an_event)
{
    gives("[{\"kind\":\"status\",\"properties\":{\"correlationId\":\"1cc4\",\"recordId\":"
          "\"opendes:f:3\",\"recordIdVersion\":\"16\",\"stage\":\"DATASET_SYNC\",\"status\":"
          "\"FAILED\",\"message\":\"no file\",\"errorCode\":404,\"userEmail\":\"u@x\","
          "\"timestamp\":1630044824123,\"additionalProperties\":{\"n\":1}}}]",
          "{\"task_id\":\"1cc4/DATASET_SYNC/opendes:f:3\",\"task_type\":\"DATASET_SYNC\","
          "\"status\":\"FAILED\",\"event_time\":\"2021-08-27T06:13:44.123000Z\",\"stage\":"
          "\"DATASET_SYNC\",\"correlation_id\":\"1cc4\",\"message\":\"no file\",\"error_code\":404,"
          "\"attributes\":{\"recordId\":\"opendes:f:3\",\"recordIdVersion\":\"16\",\"userEmail\":"
          "\"u@x\",\"additionalProperties\":{\"n\":1}}}\n");
}
TT_END

TT_TEST(properties_alone_and_the_answer_of_a_query_are_read_too)
{
    gives(NAMED("r", "SUCCESS", 5), OF("r", "SUCCESS", 5));
    gives(
        "{\"results\":[" NAMED("r", "SUCCESS", 5) "," NAMED("q", "FAILED", 6) "],\"cursor\":\"x\"}",
        OF("r", "SUCCESS", 5) OF("q", "FAILED", 6));
    gives("{\"results\":[]}", "");
    gives("{\"kind\":\"status\",\"partition\":\"p\",\"recordId\":\"x\",\"properties\":" NAMED(
              "r", "SUCCESS", 5) "}",
          EVENT("c/S/r", "SUCCESS", 5, ",\"attributes\":{\"recordId\":\"r\",\"partition\":\"p\"}"));
    gives(FLAT("SUCCESS", 5, ",\"kind\":\"status\",\"recordId\":\"r\""), OF("r", "SUCCESS", 5));
}
TT_END

TT_TEST(the_time_is_milliseconds_as_number_or_text_or_rfc_3339)
{
    gives(NAMED("r", "SUCCESS", "5"), OF("r", "SUCCESS", 5));
    gives(NAMED("r", "SUCCESS", 5.0), OF("r", "SUCCESS", 5));
    gives(NAMED("r", "SUCCESS", 5e0), OF("r", "SUCCESS", 5));
    gives(NAMED("r", "SUCCESS", "1970-01-01T01:00:00.005+01:00"), OF("r", "SUCCESS", 5));
    gives(NAMED("r", "SUCCESS", -62135596800000) NAMED("r", "SUCCESS", 1.630044824123E12),
          "{\"task_id\":\"c/S/r\",\"task_type\":\"S\",\"status\":\"SUCCESS\",\"event_time\":\"0001-"
          "01-01T00:00:00.000000Z\",\"stage\":\"S\",\"correlation_id\":\"c\",\"attributes\":{"
          "\"recordId\":\"r\"}}\n"
          "{\"task_id\":\"c/S/r\",\"task_type\":\"S\",\"status\":\"SUCCESS\",\"event_time\":\"2021-"
          "08-27T06:13:44.123000Z\",\"stage\":\"S\",\"correlation_id\":\"c\",\"attributes\":{"
          "\"recordId\":\"r\"}}\n");
#define TIME_WANTED                                                                                \
    "timestamp: expected milliseconds since 1970, or an RFC 3339 time with zone, found "
    rejects(NAMED("r", "SUCCESS", 5.5), TIME_WANTED "a number with a fraction or exponent");
    rejects(NAMED("r", "SUCCESS", 1e300), TIME_WANTED "a number with a fraction or exponent");
    rejects(NAMED("r", "SUCCESS", -1e300), TIME_WANTED "a number with a fraction or exponent");
    rejects(NAMED("r", "SUCCESS", {}), TIME_WANTED "an object");
    rejects(NAMED("r", "SUCCESS", "2021-08-27"), TIME_WANTED "\"2021-08-27\"");
    rejects(NAMED("r", "SUCCESS", ""), TIME_WANTED "\"\"");
    rejects(NAMED("r", "SUCCESS", "9223372036854775808"), TIME_WANTED "\"9223372036854775808\"");
    rejects(NAMED("r", "SUCCESS", null), "timestamp: missing");
    rejects(NAMED("r", "SUCCESS", 9223372036854775807),
            "timestamp: 9223372036854775807 ms is outside the years 0001 to 9999");
    rejects(NAMED("r", "SUCCESS", 253402300800000),
            "timestamp: 253402300800000 ms is outside the years 0001 to 9999");
}
TT_END

TT_TEST(error_code_0_is_no_error)
{
#define CODE(code) FLAT("SUCCESS", 5, ",\"recordId\":\"r\",\"errorCode\":" code)
#define WITH(code)                                                                                 \
    EVENT("c/S/r", "SUCCESS", 5, ",\"error_code\":" code ",\"attributes\":{\"recordId\":\"r\"}")
    gives(CODE("0") CODE("\"0\"") CODE("\"\"") CODE("null"),
          OF("r", "SUCCESS", 5) OF("r", "SUCCESS", 5) OF("r", "SUCCESS", 5) OF("r", "SUCCESS", 5));
    gives(CODE("500") CODE("\"500\"") CODE("-1"), WITH("500") WITH("\"500\"") WITH("-1"));
    rejects(CODE("1.5"),
            "errorCode: expected an integer or text, found a number with a fraction or exponent");
}
TT_END

TT_TEST(what_is_no_message_is_rejected_with_the_reason)
{
    rejects("7", "expected an object, found an integer");
    rejects("{\"kind\":\"status\",\"properties\":7}",
            "properties: expected an object, found an integer");
    rejects("{\"kind\":\"weather\",\"properties\":{}}",
            "kind: expected \"status\" or \"datasetDetails\", found \"weather\"");
    rejects("{\"kind\":7,\"properties\":{}}", "kind: expected text, found an integer");
    rejects("{}", "correlationId: missing");
    rejects("{\"correlationId\":\"\"}", "correlationId: empty");
    rejects("{\"correlationId\":\"c\"}", "stage: missing");
    rejects("{\"correlationId\":\"c\",\"stage\":\"S\"}", "status: missing");
    rejects("{\"correlationId\":\"c\",\"stage\":\"S\",\"status\":\"A\"}", "timestamp: missing");
    rejects(FLAT("A", 5, ",\"recordId\":7"), "recordId: expected text, found an integer");
    rejects(FLAT("A", 5, ",\"message\":7"), "message: expected text, found an integer");
    rejects("{\"kind\":\"datasetDetails\",\"properties\":{\"correlationId\":\"c\"}}",
            "datasetId: missing");
    rejects("{\"correlationId\":\"c\",\"datasetId\":\"d\",\"recordCount\":-1}",
            "recordCount: expected an integer from 0 up");
    gives("[7," NAMED("r", "SUCCESS", 5) ",{}]",
          "! 1: element 1: expected an object, found an integer\n" OF(
              "r", "SUCCESS", 5) "! 1: element 3: correlationId: missing\n");
}
TT_END

TT_TEST(no_two_tasks_are_written_alike)
{
    gives("{\"correlationId\":\"a/b\",\"stage\":\"c\\\\\",\"status\":\"A\",\"timestamp\":5,"
          "\"recordId\":\"d\"}",
          "{\"task_id\":\"a\\\\/b/c\\\\\\\\/d\",\"task_type\":\"c\\\\\",\"status\":\"A\",\"event_"
          "time\":\"1970-01-01T00:00:00.005000Z\",\"stage\":\"c\\\\\",\"correlation_id\":\"a/b\","
          "\"attributes\":{\"recordId\":\"d\"}}\n");
}
TT_END

TT_TEST(what_came_without_a_record_is_that_of_the_first_record_named)
{
    gives(NAMELESS("IN_PROGRESS", 1) NAMELESS("FAILED", 9) NAMED("r", "SUCCESS", 3),
          BOUND("r", "IN_PROGRESS", 1) BOUND("r", "FAILED", 9) OF("r", "SUCCESS", 3));
    gives(FLAT("IN_PROGRESS", 1, ",\"recordId\":null") FLAT("FAILED", 2, ",\"recordId\":\"\"")
              NAMED("r", "SUCCESS", 3),
          BOUND("r", "IN_PROGRESS", 1)
              EVENT("c/S/r", "FAILED", 2, ",\"attributes\":{\"recordId\":\"\"}")
                  OF("r", "SUCCESS", 3));
}
TT_END

TT_TEST(a_late_one_is_that_of_the_record_known_at_once)
{
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("IN_PROGRESS", 1) NAMED("r", "SKIPPED", 4),
          OF("r", "SUCCESS", 3) BOUND("r", "IN_PROGRESS", 1) OF("r", "SKIPPED", 4));
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("IN_PROGRESS", 3) NAMED("q", "SKIPPED", 4),
          OF("r", "SUCCESS", 3) BOUND("r", "IN_PROGRESS", 3) OF("q", "SKIPPED", 4));
}
TT_END

TT_TEST(a_newer_one_waits_for_the_next_record_that_is_not_earlier)
{
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("IN_PROGRESS", 5) NAMED("r", "SUCCESS", 3)
              NAMED("q", "SUCCESS", 6),
          OF("r", "SUCCESS", 3) OF("r", "SUCCESS", 3) BOUND("q", "IN_PROGRESS", 5)
              OF("q", "SUCCESS", 6));
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("IN_PROGRESS", 5) NAMELESS("IN_PROGRESS", 7)
              NAMELESS("IN_PROGRESS", 4) NAMED("q", "SUCCESS", 5) NAMED("p", "SUCCESS", 8),
          OF("r", "SUCCESS", 3) BOUND("q", "IN_PROGRESS", 5) BOUND("q", "IN_PROGRESS", 4)
              OF("q", "SUCCESS", 5) BOUND("p", "IN_PROGRESS", 7) OF("p", "SUCCESS", 8));
}
TT_END

TT_TEST(those_that_wait_keep_their_order_whichever_are_taken)
{
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("IN_PROGRESS", 7) NAMELESS("IN_PROGRESS", 5)
              NAMED("q", "SUCCESS", 6) NAMELESS("FAILED", 8) NAMED("p", "SUCCESS", 9),
          OF("r", "SUCCESS", 3) BOUND("q", "IN_PROGRESS", 5) OF("q", "SUCCESS", 6)
              BOUND("p", "IN_PROGRESS", 7) BOUND("p", "FAILED", 8) OF("p", "SUCCESS", 9));
}
TT_END

TT_TEST(many_correlations_are_remembered_at_once)
{
    enum { FLOWS = 5000 };
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    char text[200], expected[40];
    tt_decoding_start(&d, "osdu", &options);
    for (int i = 0; i < 2 * FLOWS; i++) {
        snprintf(text, sizeof text,
                 "{\"correlationId\":\"c%d\",\"stage\":\"S\",\"status\":\"A\",\"timestamp\":%d%s}",
                 i % FLOWS, 1 + i / FLOWS, i < FLOWS ? "" : ",\"recordId\":\"r\"");
        tt_buf_clear(&d.out);
        tt_decoding_file(&d, tt_str_from(text));
        ck_assert_uint_eq(d.events, i < FLOWS ? 0 : 2 * (unsigned)(i - FLOWS + 1));
        snprintf(expected, sizeof expected, "{\"task_id\":\"c%d/S/r\"", i % FLOWS);
        if (i >= FLOWS)
            ck_assert(strncmp(d.out.data, expected, strlen(expected)) == 0);
    }
    tt_decoding_done(&d);
}
TT_END

TT_TEST(of_several_records_nobody_can_say_whose_a_late_one_is)
{
    gives(NAMED("r", "SUCCESS", 3) NAMED("q", "SUCCESS", 4) NAMELESS("IN_PROGRESS", 2),
          OF("r", "SUCCESS", 3) OF("q", "SUCCESS", 4) OF_FLOW("IN_PROGRESS", 2));
}
TT_END

TT_TEST(what_waits_at_the_end_is_that_of_the_only_record_or_of_the_flow)
{
    gives(NAMELESS("IN_PROGRESS", 1) NAMELESS("FAILED", 2),
          OF_FLOW("IN_PROGRESS", 1) OF_FLOW("FAILED", 2));
    gives(NAMED("r", "SUCCESS", 3) NAMELESS("FAILED", 5),
          OF("r", "SUCCESS", 3) BOUND("r", "FAILED", 5));
    gives(NAMED("r", "SUCCESS", 3) NAMED("q", "SUCCESS", 4) NAMELESS("FAILED", 5),
          OF("r", "SUCCESS", 3) OF("q", "SUCCESS", 4) OF_FLOW("FAILED", 5));
}
TT_END

TT_TEST(correlations_and_stages_are_kept_apart)
{
    gives(
        NAMELESS(
            "IN_PROGRESS",
            1) "{\"correlationId\":\"c\",\"stage\":\"T\",\"status\":\"SUCCESS\",\"timestamp\":2,"
               "\"recordId\":\"r\"}\n"
               "{\"correlationId\":\"cS\",\"stage\":\"\\u0053\",\"status\":\"SUCCESS\","
               "\"timestamp\":3,"
               "\"recordId\":\"r\"}\n",
        "{\"task_id\":\"c/T/r\",\"task_type\":\"T\",\"status\":\"SUCCESS\",\"event_time\":\"1970-"
        "01-01T00:00:00.002000Z\",\"stage\":\"T\",\"correlation_id\":\"c\",\"attributes\":{"
        "\"recordId\":\"r\"}}\n"
        "{\"task_id\":\"cS/S/r\",\"task_type\":\"S\",\"status\":\"SUCCESS\",\"event_time\":"
        "\"1970-01-01T00:00:00.003000Z\",\"stage\":\"S\",\"correlation_id\":\"cS\",\"attributes\":"
        "{\"recordId\":\"r\"}}\n" OF_FLOW("IN_PROGRESS", 1));
}
TT_END

TT_TEST(waiting_goes_on_from_file_to_file)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "osdu", &options);
    tt_decoding_file(&d, TT_STR(NAMELESS("IN_PROGRESS", 1)));
    ck_assert_uint_eq(d.events, 0);
    tt_decoding_file(&d, TT_STR(NAMED("r", "SUCCESS", 2)));
    ck_assert_str_eq(d.out.data, BOUND("r", "IN_PROGRESS", 1) OF("r", "SUCCESS", 2));
    ck_assert(!tt_decoder_is_stateless(d.decoder));
    tt_decoding_done(&d);
}
TT_END

#define DETAILS(dataset, count)                                                                    \
    "{\"kind\":\"datasetDetails\",\"properties\":{\"correlationId\":\"c\",\"datasetId\":"          \
    "\"" dataset "\",\"recordCount\":" count "}}\n"
#define OF_SET(record, status, ms, dataset, count)                                                 \
    EVENT("c/S/" record, status, ms,                                                               \
          ",\"dataset_id\":\"" dataset "\",\"attributes\":{\"recordId\":\"" record                 \
          "\",\"record_count\":" count "}")

TT_TEST(details_of_a_data_set_tell_what_the_events_belong_to)
{
    gives(NAMELESS("IN_PROGRESS", 1) DETAILS("d", "7") NAMED("r", "SUCCESS", 2),
          EVENT("c/S/r", "IN_PROGRESS", 1,
                ",\"dataset_id\":\"d\",\"attributes\":{\"record_count\":7}")
              OF_SET("r", "SUCCESS", 2, "d", "7"));
    gives(NAMED("r", "IN_PROGRESS", 1) DETAILS("d", "7") DETAILS("d", "8") DETAILS("d", "null")
              NAMED("r", "SUCCESS", 2),
          OF("r", "IN_PROGRESS", 1) OF_SET("r", "SUCCESS", 2, "d", "8"));
    gives(
        "{\"kind\":\"dataSetDetails\",\"properties\":{\"correlationId\":\"c\",\"dataSetId\":"
        "\"d\"}}\n" NAMED("r", "SUCCESS", 2),
        EVENT("c/S/r", "SUCCESS", 2, ",\"dataset_id\":\"d\",\"attributes\":{\"recordId\":\"r\"}"));
    gives("{\"correlationId\":\"c\",\"datasetId\":\"d\",\"recordCount\":0}"
          "\n" FLAT("SUCCESS", 2, ",\"record_count\":3,\"recordId\":\"r\""),
          EVENT("c/S/r", "SUCCESS", 2,
                ",\"dataset_id\":\"d\",\"attributes\":{\"record_count\":3,\"recordId\":\"r\"}"));
}
TT_END

TT_TEST(of_several_data_sets_it_is_the_one_that_the_record_is)
{
    gives(
        DETAILS("d", "7") DETAILS("e", "8") NAMED("e", "SUCCESS", 1)
            NAMED("r", "SUCCESS",
                  2) "{\"correlationId\":\"b\",\"stage\":\"S\",\"status\":\"A\",\"timestamp\":5}\n",
        OF_SET("e", "SUCCESS", 1, "e", "8") OF(
            "r", "SUCCESS",
            2) "{\"task_id\":\"b/S\",\"task_type\":\"S\",\"status\":\"A\",\"event_time\":\"1970-01-"
               "01T00:00:00.005000Z\",\"stage\":\"S\",\"correlation_id\":\"b\"}\n");
}
TT_END

TT_TEST(a_flow_where_too_many_wait_gives_the_one_that_waited_longest)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "osdu", &options);
    for (int i = 0; i < TT_OSDU_WAITING_MAX; i++)
        tt_decoding_file(&d, TT_STR(NAMELESS("IN_PROGRESS", 2)));
    ck_assert_uint_eq(d.events, 0);
    tt_decoding_file(&d, TT_STR(NAMELESS("FAILED", 3)));
    ck_assert_str_eq(d.out.data, OF_FLOW("IN_PROGRESS", 2));
    tt_decoding_file(&d, TT_STR(NAMED("r", "SUCCESS", 4)));
    ck_assert_uint_eq(d.events, TT_OSDU_WAITING_MAX + 2);
    tt_decoding_done(&d);
}
TT_END

/* Messages of 256 KiB, so that 64 MiB are soon full. */
TT_TEST(when_memory_is_full_the_flow_unused_for_longest_is_given_up)
{
    enum { MESSAGE_BYTES = 256 << 10, MESSAGES = TT_OSDU_MEMORY_BYTES_MAX / MESSAGE_BYTES };
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    char *text = malloc(MESSAGE_BYTES + 512), head[256];
    tt_decoding_start(&d, "osdu", &options);
    for (int i = 0; i < MESSAGES; i++) {
        size_t len = (size_t)snprintf(head, sizeof head,
                                      "{\"correlationId\":\"c%d\",\"stage\":\"S\",\"status\":"
                                      "\"IN_PROGRESS\",\"timestamp\":1,\"message\":\"",
                                      i);
        memcpy(text, head, len);
        memset(text + len, 'x', MESSAGE_BYTES);
        memcpy(text + len + MESSAGE_BYTES, "\"}", 3);
        if (i == 7) /* c0 is used again */
            tt_decoding_file(&d, TT_STR("{\"correlationId\":\"c0\",\"stage\":\"S\",\"status\":"
                                        "\"IN_PROGRESS\",\"timestamp\":2}"));
        tt_decoding_file(&d, tt_str_from(text));
    }
    ck_assert_uint_eq(d.events, 1);
    ck_assert(strncmp(d.out.data, "{\"task_id\":\"c1/S\"", 17) == 0);
    tt_decoding_finish(&d);
    ck_assert_uint_eq(d.events, MESSAGES + 1);
    tt_decoding_done(&d);
    free(text);
}
TT_END

TT_TEST(memory_that_runs_out_is_told_and_nothing_else_happens)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    ck_assert_uint_gt(tt_decoding_without_memory("osdu", &options,
                                                 NAMELESS("IN_PROGRESS", 1) DETAILS("d", "7")
                                                     NAMED("r", "SUCCESS", 2)
                                                         NAMELESS("IN_PROGRESS", 3) "[{}]"),
                      30);
}
TT_END

TT_SUITE("core/model/decode_osdu", a_message_as_it_is_published_becomes_an_event,
         properties_alone_and_the_answer_of_a_query_are_read_too,
         the_time_is_milliseconds_as_number_or_text_or_rfc_3339, error_code_0_is_no_error,
         what_is_no_message_is_rejected_with_the_reason, no_two_tasks_are_written_alike,
         what_came_without_a_record_is_that_of_the_first_record_named,
         a_late_one_is_that_of_the_record_known_at_once,
         a_newer_one_waits_for_the_next_record_that_is_not_earlier,
         those_that_wait_keep_their_order_whichever_are_taken,
         many_correlations_are_remembered_at_once,
         of_several_records_nobody_can_say_whose_a_late_one_is,
         what_waits_at_the_end_is_that_of_the_only_record_or_of_the_flow,
         correlations_and_stages_are_kept_apart, waiting_goes_on_from_file_to_file,
         details_of_a_data_set_tell_what_the_events_belong_to,
         of_several_data_sets_it_is_the_one_that_the_record_is,
         a_flow_where_too_many_wait_gives_the_one_that_waited_longest,
         when_memory_is_full_the_flow_unused_for_longest_is_given_up,
         memory_that_runs_out_is_told_and_nothing_else_happens)
