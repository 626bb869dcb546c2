#include "core/base/limits.h"
#include "tests/lib/decoding.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

static void gives(const char *text, const char *expected)
{
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT,
                                               .record_bytes_max = 400};
    char *out = tt_decoding_text("cloudevents", &options, text);
    ck_assert_str_eq(out, expected);
    free(out);
}

#define HEAD "\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"y\""
#define CALL "\"subject\":\"t\",\"time\":\"2026-03-01T12:00:00Z\""
#define WHEN "2026-03-01T12:00:00.000000Z"

#define EVENT(extra, rest)                                                                         \
    "{\"event_id\":\"i\",\"task_id\":\"t\",\"task_type\":\"y\",\"status\":\"A\",\"event_time\":"   \
    "\"" WHEN "\",\"source\":\"/s\"" extra "}\n" rest

TT_TEST(the_envelope_gives_what_data_leaves_open)
{
    gives("{" HEAD "," CALL ",\"data\":{\"status\":\"A\"}}", EVENT("", ""));
    gives("{\"data\":{\"status\":\"A\",\"seq\":3,\"error_code\":5,\"stage\":\"g\"}," CALL "," HEAD
          "}",
          EVENT(",\"seq\":3,\"stage\":\"g\",\"error_code\":5", ""));
}
TT_END

TT_TEST(what_data_says_in_our_words_wins_and_the_envelope_is_kept)
{
    gives("{" HEAD "," CALL
          ",\"data\":{\"status\":\"A\",\"event_id\":\"e\",\"source\":\"host\",\"task_id\":\"k\","
          "\"event_time\":5,\"task_type\":\"JOB\"}}",
          "{\"event_id\":\"e\",\"task_id\":\"k\",\"task_type\":\"JOB\",\"status\":\"A\",\"event_"
          "time\":\"1970-01-01T00:00:00.000005Z\",\"source\":\"host\",\"attributes\":{\"id\":\"i\","
          "\"source\":\"/s\",\"type\":\"y\",\"subject\":\"t\",\"time\":\"2026-03-01T12:00:00Z\"}}"
          "\n");
    gives("{" HEAD ",\"data\":{\"status\":\"A\",\"task_id\":\"t\",\"event_time\":\"" WHEN "\"}}",
          EVENT("", ""));
    gives("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"task_type\":null}}", EVENT("", ""));
}
TT_END

TT_TEST(the_rest_of_data_and_extensions_are_attributes_and_of_equal_names_the_first_is_kept)
{
    gives("{" HEAD "," CALL
          ",\"traceparent\":\"00\",\"n\":1,\"x\":\"ext\",\"gone\":null,\"status\":"
          "\"ext\",\"data\":{\"status\":\"A\",\"x\":{\"y\":[1]},\"attributes\":{\"n\":2}}}",
          EVENT(",\"attributes\":{\"n\":2,\"x\":{\"y\":[1]},\"traceparent\":\"00\",\"status\":"
                "\"ext\"}",
                ""));
    gives("{" HEAD "," CALL
          ",\"datacontenttype\":\"application/json\",\"dataschema\":\"u\",\"data\":{\"status\":"
          "\"A\",\"type\":\"z\"}}",
          EVENT(",\"attributes\":{\"type\":\"z\",\"dataschema\":\"u\"}", ""));
}
TT_END

TT_TEST(content_types_of_json_are_read_and_others_rejected)
{
    static const char *const good[] = {"application/json", "text/json", "APPLICATION/JSON",
                                       "application/json; charset=utf-8", "application/vnd.x+json"},
                             *const bad[] = {"text/plain", "json", "application/jsonx",
                                             "application/xml; x=json", "+json/"};
    char text[400];
    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 "{" HEAD "," CALL ",\"datacontenttype\":\"%s\",\"data\":{\"status\":\"A\"}}",
                 good[i]);
        gives(text, EVENT("", ""));
        char expected[200];
        snprintf(text, sizeof text,
                 "{" HEAD "," CALL ",\"datacontenttype\":\"%s\",\"data\":{\"status\":\"A\"}}",
                 bad[i]);
        snprintf(expected, sizeof expected,
                 "! 1: datacontenttype: \"%s\" is no JSON; expected a JSON object in data\n",
                 bad[i]);
        gives(text, expected);
    }
}
TT_END

static void rejects(const char *text, const char *reason)
{
    char expected[300];
    snprintf(expected, sizeof expected, "! 1: %s\n", reason);
    gives(text, expected);
}

TT_TEST(an_envelope_that_is_none_is_rejected)
{
    rejects("7", "expected an object, found an integer");
    rejects("nonsense", "invalid token near 'nonsense' (byte 8)");
    rejects("{}", "specversion: missing");
    rejects("{\"specversion\":1.0}",
            "specversion: expected text, found a number with a fraction or exponent");
    rejects("{\"specversion\":\"0.3\"}", "specversion: expected \"1.0\", found \"0.3\"");
    rejects("{\"specversion\":\"1.0\"}", "id: missing");
    rejects("{\"specversion\":\"1.0\",\"id\":\"\"}", "id: empty");
    rejects("{\"specversion\":\"1.0\",\"id\":\"i\"}", "source: missing");
    rejects("{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\"}", "type: missing");
    rejects("{" HEAD ",\"subject\":7}", "subject: expected text, found an integer");
    rejects("{" HEAD ",\"subject\":\"\"}", "subject: empty");
    rejects("{" HEAD ",\"time\":5}", "time: expected text, found an integer");
    rejects("{" HEAD ",\"id\":\"j\"}", "duplicate object key near '\"id\"' (byte 59)");
}
TT_END

TT_TEST(data_that_is_no_event_is_rejected)
{
    rejects("{" HEAD "," CALL ",\"data_base64\":\"aGk=\"}",
            "data_base64: binary data; expected a JSON object in data");
    rejects("{" HEAD "," CALL "}", "data: missing");
    rejects("{" HEAD "," CALL ",\"data\":null}", "data: missing");
    rejects("{" HEAD "," CALL ",\"data\":\"status=A\"}", "data: expected an object, found text");
    rejects("{" HEAD "," CALL ",\"data\":[]}", "data: expected an object, found an array");
    rejects("{" HEAD "," CALL ",\"data\":{}}", "data.status: missing");
    rejects("{" HEAD ",\"time\":\"x\",\"data\":{}}", "subject, or data.task_id: missing");
    rejects("{" HEAD ",\"subject\":\"t\",\"data\":{}}", "time, or data.event_time: missing");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":7}}",
            "data.status: expected text, found an integer");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"\"}}", "status: empty");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"seq\":1.5}}",
            "data.seq: expected an integer, found a number with a fraction or exponent");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"tenant\":\"\"}}", "tenant: empty");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"attributes\":3}}",
            "data.attributes: expected an object, found an integer");
    rejects("{" HEAD ",\"subject\":\"t\",\"time\":\"2026-03-01\",\"data\":{\"status\":\"A\"}}",
            "time: \"2026-03-01\" is no RFC 3339 time with zone");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"event_time\":9223372036854775807}}",
            "data.event_time: 9223372036854775807 is outside the years 0001 to 9999");
    rejects("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"n\":9223372036854775808}}",
            "too big integer near '9223372036854775808' (byte 143)");
}
TT_END

TT_TEST(each_element_of_an_array_is_an_event_or_a_reject_of_its_own)
{
    gives("[{" HEAD "," CALL ",\"data\":{\"status\":\"A\"}},7,[],{\"specversion\":\"2\"},{" HEAD
          "," CALL ",\"data\":{\"status\":\"A\"}}]\n[]\n",
          EVENT("", "! 1: element 2: expected an object, found an integer\n"
                    "! 1: element 3: expected an object, found an array\n"
                    "! 1: element 4: specversion: expected \"1.0\", found \"2\"\n" EVENT("", "")));
}
TT_END

TT_TEST(the_text_of_a_rejected_element_is_the_element)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "cloudevents", &options);
    tt_decoding_file(&d, TT_STR("[ 1 ,\n {\"a\" : [ 1, null ]} ]"));
    ck_assert_str_eq(d.rejected.data, "{\"a\":[1,null]}");
    ck_assert_uint_eq(d.rejects, 2);
    tt_decoding_done(&d);
}
TT_END

TT_TEST(a_text_may_stand_on_several_lines)
{
    gives("\n[\r\n {" HEAD ",\r\n  " CALL ",\r\n\r\n  \"data\":\r\n  {\"status\":\"A\"}},\n {},\n "
          "{\"specversion\": 7\n}\n]\n{" HEAD "," CALL ",\"data\":{\"status\":\"A\"}}",
          EVENT("",
                "! 2: element 2: specversion: missing\n"
                "! 2: element 3: specversion: expected text, found an integer\n" EVENT("", "")));
}
TT_END

TT_TEST(a_text_cut_off_costs_its_own_line_alone)
{
#define GOOD "{" HEAD "," CALL ",\"data\":{\"status\":\"A\"}}\n"
    gives("{" HEAD ",\"data\":{\n" GOOD GOOD,
          "! 1: the JSON text breaks off\n" EVENT("", EVENT("", "")));
    gives("{" HEAD ",\"data\":{\"status\":\"A\n" GOOD,
          "! 1: the JSON text breaks off within quotes\n" EVENT("", ""));
    gives("{" HEAD ",\"data\":\n" GOOD GOOD,
          "! 1: the JSON text breaks off\n" EVENT("", EVENT("", "")));
    gives("[\n" GOOD GOOD, "! 1: the JSON text breaks off\n" EVENT("", EVENT("", "")));
    gives(GOOD "[\n\n", EVENT("", "! 2: the JSON text is not closed\n"));
    gives("{\n\"a\": 1\n" GOOD,
          "! 1: the JSON text breaks off\n! 2: end of file expected near ':' (byte 4)\n" EVENT("",
                                                                                               ""));
}
TT_END

TT_TEST(a_text_that_grows_too_long_costs_its_own_line_alone)
{
    gives(
        "{\n\"a\": 1,\n\"b\": \""
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\n" GOOD,
        "! 1: the JSON text is not closed within 400 bytes (--max-line)\n"
        "! 2: end of file expected near ':' (byte 4)\n"
        "! 3: end of file expected near ':' (byte 4)\n" EVENT("", ""));
}
TT_END

TT_TEST(brackets_within_quotes_do_not_count)
{
    gives("{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\n\"message\":\"}]\\\"{[\\\\\"}}\n" GOOD,
          EVENT(",\"message\":\"}]\\\"{[\\\\\"", EVENT("", "")));
}
TT_END

TT_TEST(nesting_is_bounded_over_lines_too)
{
    const struct tt_decoder_options options = {.json_depth_max = 3};
    char *out =
        tt_decoding_text("cloudevents", &options,
                         "{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"x\":{}}}\n"
                         "{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"x\":{\"y\":[]}}}\n"
                         "{\n{" HEAD "," CALL ",\"data\":{\"status\":\"A\"}}\n");
    ck_assert_str_eq(out, EVENT(",\"attributes\":{\"x\":{}}",
                                "! 2: nested deeper than 3 levels\n"
                                "! 3: the JSON text breaks off\n" EVENT("", "")));
    free(out);
}
TT_END

TT_TEST(memory_that_runs_out_is_told_and_nothing_else_happens)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    ck_assert_uint_gt(tt_decoding_without_memory(
                          "cloudevents", &options,
                          "[{" HEAD "," CALL ",\"data\":{\"status\":\"A\",\"x\":1}},\n{},\n{" HEAD
                          "}]\n{\n" GOOD),
                      20);
}
TT_END

TT_SUITE("core/model/decode_cloudevents", the_envelope_gives_what_data_leaves_open,
         what_data_says_in_our_words_wins_and_the_envelope_is_kept,
         the_rest_of_data_and_extensions_are_attributes_and_of_equal_names_the_first_is_kept,
         content_types_of_json_are_read_and_others_rejected, an_envelope_that_is_none_is_rejected,
         data_that_is_no_event_is_rejected,
         each_element_of_an_array_is_an_event_or_a_reject_of_its_own,
         the_text_of_a_rejected_element_is_the_element, a_text_may_stand_on_several_lines,
         a_text_cut_off_costs_its_own_line_alone,
         a_text_that_grows_too_long_costs_its_own_line_alone, brackets_within_quotes_do_not_count,
         nesting_is_bounded_over_lines_too, memory_that_runs_out_is_told_and_nothing_else_happens)
