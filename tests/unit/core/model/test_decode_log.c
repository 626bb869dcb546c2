#include "core/base/limits.h"
#include "tests/lib/decoding.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

static void gives(const char *text, const char *expected)
{
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT};
    char *out = tt_decoding_text("log", &options, text);
    ck_assert_str_eq(out, expected);
    free(out);
}

#define IN(task, more) "{\"task_id\":\"" task "\", \"status\":\"A\", \"event_time\": 5" more "}"
#define OUT(task, more)                                                                            \
    "{\"task_id\":\"" task                                                                         \
    "\",\"status\":\"A\",\"event_time\":\"1970-01-01T00:00:00.000005Z\"" more "}\n"

TT_TEST(an_event_is_found_with_any_text_around_it)
{
    gives(IN("t", ""), OUT("t", ""));
    gives("2026-03-01 12:00:00 [worker-1] INFO {not json} {} ev=" IN("t", "") ", took {3ms}\r\n",
          OUT("t", ""));
    gives("\xff\xfe" IN("t", "") "\xff", OUT("t", ""));
    gives("\"" IN("t", "") "\" '" IN("u", "") "'", OUT("t", "") OUT("u", ""));
}
TT_END

TT_TEST(lines_without_an_event_are_passed_over)
{
    gives("\n\nstarted\n{\n}\n{\"a\":1}\n[]\ntask_id status\n{\"task_id\":\"t\"}\n"
          "{\"status\":\"A\",\"task\":{\"id\":\"task_id\"}}\n"
          "{\"task_id\":null,\"status\":\"A\"}\n{\"task_id\":\"t\",\"status\": null }\n"
          "[\"task_id\",\"status\"]\n{\"x\":\"task_id\",\"y\":\"status\"}\n"
          "{\"task_id\" \"status\"}\n",
          "");
}
TT_END

TT_TEST(braces_and_quotes_within_texts_do_not_confuse_it)
{
    gives("{ {\"a\": " IN("t", ",\"message\":\"} { \\\" } {\\\\\"") " }",
          OUT("t", ",\"message\":\"} { \\\" } {\\\\\""));
    gives("said \"{\" and then " IN("t", ""), OUT("t", ""));
    gives("{\"open " IN("t", ""), OUT("t", ""));
    gives("{\"a\":\"open " IN("t", ""), OUT("t", ""));
    gives("{\"a\":{\"b\":" IN("t", "") " and no more", OUT("t", ""));
}
TT_END

TT_TEST(several_events_on_a_line_are_all_given)
{
    gives(IN("t", "") IN("u", "") "x [" IN("v", "") "," IN("w", "") "]",
          OUT("t", "") OUT("u", "") OUT("v", "") OUT("w", ""));
}
TT_END

TT_TEST(an_event_within_a_larger_object_is_found_but_not_within_an_event)
{
    gives("{\"level\":\"info\",\"list\":[1,{\"payload\":" IN("t", "") "}," IN("u", "") "]}",
          OUT("t", "") OUT("u", ""));
    gives("{\"status\":200,\"body\":" IN("t", "") "}", OUT("t", ""));
    gives(IN("t", ",\"before\":{\"x\":" IN("u", "") "}"),
          OUT("t", ",\"attributes\":{\"before\":{\"x\":{\"task_id\":\"u\",\"status\":\"A\","
                   "\"event_time\":5}}}"));
    gives(
        "{\"x\":" IN("t", "") ",\"task_id\":\"o\",\"status\":\"A\",\"event_time\":5}",
        OUT("o", ",\"attributes\":{\"x\":{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":5}}"));
}
TT_END

TT_TEST(an_event_that_breaks_a_rule_is_rejected_and_the_line_goes_on)
{
    gives("{\"task_id\":\"t\",\"status\":\"A\"} " IN("u", ""),
          "! 1: event_time: missing\n" OUT("u", ""));
    gives("x {\"task_id\":\"\",\"status\":\"A\",\"event_time\":5}", "! 1: task_id: empty\n");
    gives(IN("t", ",\"seq\":9223372036854775808"),
          "! 1: too big integer near '9223372036854775808' (byte 71)\n");
    gives(IN("t", ",\"task_id\":\"u\""),
          "! 1: duplicate object key near '\"task_id\"' (byte 55)\n");
    gives(IN("t", ",\"x\":01"), "! 1: invalid token near '0' (byte 51)\n");
    gives(IN("t", ",\"message\":\"\xff\""), "! 1: not UTF-8\n");
    gives(IN("t", ",\"attributes\":[]"), "! 1: attributes: expected an object, found an array\n");
}
TT_END

TT_TEST(an_event_that_is_cut_off_is_rejected)
{
#define CUT "the JSON object breaks off or is not well formed\n"
    gives("x {\"task_id\":\"t\",\"status\":\"A\",\"event_ti", "! 1: " CUT);
    gives("x {\"task_id\":\"t\",\"status\":\"A\",\"x\":{\"y\":[", "! 1: " CUT);
    gives("{\"task_id\":\"t\",\"status\":\"A\" oops} " IN("u", ""), "! 1: " CUT OUT("u", ""));
    gives("{\"w\":{\"task_id\":\"t\",\"status\":\"A\",}} " IN("u", ""), "! 1: " CUT OUT("u", ""));
    gives("{\"task_id\":\"t\",\"status\":", "! 1: " CUT);
    gives("{\"task_id\":\"t\",\"stat \"status\"", "");
}
TT_END

TT_TEST(the_text_of_a_reject_is_the_object_not_the_line)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "log", &options);
    tt_decoding_file(&d, TT_STR("abc {\"task_id\":\"t\",\"status\":\"A\"} def"));
    ck_assert_str_eq(d.rejected.data, "{\"task_id\":\"t\",\"status\":\"A\"}");
    tt_decoding_file(&d, TT_STR("abc {\"task_id\":\"t\",\"status\":\"A\", def"));
    ck_assert_str_eq(d.rejected.data, "{\"task_id\":\"t\",\"status\":\"A\", def");
    ck_assert(tt_decoder_is_stateless(d.decoder));
    tt_decoding_done(&d);
}
TT_END

TT_TEST(nesting_is_bounded)
{
    const struct tt_decoder_options options = {.json_depth_max = 3};
    char *out = tt_decoding_text(
        "log", &options,
        IN("t", ",\"x\":{\"y\":{}}") "\n" IN("u", ",\"x\":{\"y\":{\"z\":{}}}") "\n" IN("v", ""));
    ck_assert_str_eq(out, OUT("t", ",\"attributes\":{\"x\":{\"y\":{}}}") "! 2: " CUT OUT("v", ""));
    free(out);
}
TT_END

/* Half objects without end, each of which reads on to the line's end: the sum would be quadratic.
 */
TT_TEST(a_line_made_to_be_slow_is_given_up)
{
    enum { COPIES = 20000 };
    static const char unit[] = "{\"a\":[1,";
    size_t len = (sizeof unit - 1) * COPIES;
    const char *tail = IN("t", "");
    char *text = malloc(len + strlen(tail) + 1);
    for (size_t i = 0; i < COPIES; i++)
        memcpy(text + i * (sizeof unit - 1), unit, sizeof unit - 1);
    memcpy(text + len, tail, strlen(tail) + 1);
    gives(text, "! 1: too many braces that begin no JSON object\n");
    memset(text, '{', len);
    gives(text, OUT("t", ""));
    free(text);
}
TT_END

TT_TEST(memory_that_runs_out_is_told_and_nothing_else_happens)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    ck_assert_uint_gt(tt_decoding_without_memory("log", &options,
                                                 "x " IN("t", "")
                                                     IN("u", ",\"x\":{}") "{\"task_id\":"
                                                                          "1,\"status\":"),
                      5);
}
TT_END

TT_SUITE("core/model/decode_log", an_event_is_found_with_any_text_around_it,
         lines_without_an_event_are_passed_over, braces_and_quotes_within_texts_do_not_confuse_it,
         several_events_on_a_line_are_all_given,
         an_event_within_a_larger_object_is_found_but_not_within_an_event,
         an_event_that_breaks_a_rule_is_rejected_and_the_line_goes_on,
         an_event_that_is_cut_off_is_rejected, the_text_of_a_reject_is_the_object_not_the_line,
         nesting_is_bounded, a_line_made_to_be_slow_is_given_up,
         memory_that_runs_out_is_told_and_nothing_else_happens)
