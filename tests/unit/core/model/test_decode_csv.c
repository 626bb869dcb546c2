#include "core/base/limits.h"
#include "core/base/mem.h"
#include "tests/lib/decoding.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

static void gives_with(const char *map, const char *delimiter, const char *text,
                       const char *expected)
{
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT,
                                               .map = map,
                                               .delimiter = delimiter,
                                               .record_bytes_max = 64};
    char *out = tt_decoding_text("csv", &options, text);
    ck_assert_str_eq(out, expected);
    free(out);
}

static void gives(const char *text, const char *expected)
{
    gives_with(NULL, NULL, text, expected);
}

#define HEADER "task_id,status,event_time"
#define TIME   "2026-03-01T12:00:00Z"
#define EVENT(task, status)                                                                        \
    "{\"task_id\":\"" task "\",\"status\":\"" status                                               \
    "\",\"event_time\":\"2026-03-01T12:00:00.000000Z\""

TT_TEST(columns_with_the_names_of_fields_are_these_fields)
{
    gives(HEADER ",event_id,tenant,task_type,source,seq,stage,correlation_id,dataset_id,message,"
                 "error_code,received_at\n"
                 "t,A," TIME ",e,n,y,s,-3,g,c,d,m,E7,2026-03-01T13:00:00.5+01:00\n",
          "{\"event_id\":\"e\",\"tenant\":\"n\",\"task_id\":\"t\",\"task_type\":\"y\",\"status\":"
          "\"A\",\"event_time\":\"2026-03-01T12:00:00.000000Z\",\"source\":\"s\",\"seq\":-3,"
          "\"stage\":\"g\",\"correlation_id\":\"c\",\"dataset_id\":\"d\",\"message\":\"m\","
          "\"error_code\":\"E7\",\"received_at\":\"2026-03-01T12:00:00.500000Z\"}\n");
}
TT_END

TT_TEST(the_map_names_columns_and_the_others_become_attributes)
{
    gives_with("task_id=Job Id,status=State,event_time=At,message=a, b", NULL,
               "State,At,Job Id,Host,\"a, b\",status\nA," TIME ",t,h1,m,x\n",
               EVENT("t", "A") ",\"message\":\"m\",\"attributes\":{\"Host\":\"h1\","
                               "\"status\":\"x\"}}\n");
}
TT_END

TT_TEST(a_column_may_be_several_fields_and_is_then_not_the_one_of_its_own_name)
{
    gives_with("task_id=event_id,message=event_id", NULL,
               "event_id,status,event_time\nt,A," TIME "\n",
               EVENT("t", "A") ",\"message\":\"t\"}\n");
}
TT_END

TT_TEST(a_time_without_zone_is_read_in_the_one_that_was_given_and_others_in_their_own)
{
    const struct tt_decoder_options options = {
        .json_depth_max = TT_JSON_DEPTH_DEFAULT, .zone = "+01:00", .record_bytes_max = 64};
    char *out = tt_decoding_text(
        "csv", &options,
        HEADER "\nt,A,2026-03-01 13:00:00.000000\nt,A,2026-03-01T12:00:00Z\n"
               "t,A,2026-03-01T13:00:00.0000009\nt,A,1772366400000000\nt,A,2026-03-01 13:00\n"
               "t,A,2026-03-01 14:00:00+02\nt,A,2026-03-01 12:00:00 UTC\n");
#define SAME EVENT("t", "A") "}\n"
    ck_assert_str_eq(
        out, SAME SAME SAME SAME
        "! 6: event_time: \"2026-03-01 13:00\" is no RFC 3339 time with zone\n" SAME SAME);
#undef SAME
    free(out);
}
TT_END

TT_TEST(an_empty_cell_is_the_same_as_none_quoted_or_not)
{
    gives(HEADER ",source,seq,note\nt,A," TIME ",,,\nt,A," TIME ",\"\",\"\",\"\"\n",
          EVENT("t", "A") "}\n" EVENT("t", "A") "}\n");
    gives(HEADER "\n,A," TIME "\n", "! 2: task_id: missing\n");
    gives(HEADER "\nt,," TIME "\n", "! 2: status: missing\n");
    gives(HEADER "\nt,A,\n", "! 2: event_time: missing\n");
}
TT_END

TT_TEST(quotes_hold_delimiters_and_quotes_written_twice)
{
    gives(HEADER ",message\nt,A," TIME ",\"a, \"\"b\"\", \"\"\"\n",
          EVENT("t", "A") ",\"message\":\"a, \\\"b\\\", \\\"\"}\n");
    gives("\"task_id\",\"status\",\"event_time\"\n\"t\",\"A\",\"" TIME "\"\n",
          EVENT("t", "A") "}\n");
    gives(HEADER ",message\nt,A," TIME ",\"\"\"\"\n", EVENT("t", "A") ",\"message\":\"\\\"\"}\n");
}
TT_END

TT_TEST(quotes_hold_line_breaks_and_blank_lines)
{
    gives(HEADER ",message\r\nt,A," TIME ",\"a\r\n\r\n b\"\r\n\r\nu,B," TIME ",\r\n",
          EVENT("t", "A") ",\"message\":\"a\\n\\n b\"}\n" EVENT("u", "B") "}\n");
    gives("task_id,\"sta\ntus\",event_time,status\nt,x," TIME ",A\n",
          EVENT("t", "A") ",\"attributes\":{\"sta\\ntus\":\"x\"}}\n");
}
TT_END

TT_TEST(a_reject_over_several_lines_is_told_where_it_begins)
{
    gives(HEADER "\nt,A,\"yester\nday\"\nt,A," TIME "\n",
          "! 2: event_time: \"yester?day\" is no RFC 3339 time with zone\n" EVENT("t", "A") "}\n");
}
TT_END

TT_TEST(a_quote_that_nothing_closes_costs_its_own_line_alone)
{
    gives(HEADER "\n\"t,A," TIME "\nu,B," TIME "\n\nv,C," TIME "\n",
          "! 2: a quote is not closed within 64 bytes (--max-line)\n" EVENT("u", "B") "}\n" EVENT(
              "v", "C") "}\n");
    gives(HEADER "\n\"t,A," TIME "\nu,B," TIME "\n",
          "! 2: a quote is not closed\n" EVENT("u", "B") "}\n");
    gives(HEADER "\n\"t,A," TIME "\nu,\"B\"," TIME "\n",
          "! 2: cell 1: text behind its closing quote (a quote within quotes is written "
          "twice)\n" EVENT("u", "B") "}\n");
    gives(HEADER "\n\"\n\"x\n\"\"\"\nu,B," TIME "\n",
          "! 2: cell 1: text behind its closing quote (a quote within quotes is written twice)\n"
          "! 3: expected 3 cells, as many as the header has, found 1\n" EVENT("u", "B") "}\n");
}
TT_END

TT_TEST(what_breaks_a_rule_is_rejected_with_the_reason)
{
    gives(HEADER ",x\nt,A," TIME "\n",
          "! 2: expected 4 cells, as many as the header has, found 3\n");
    gives(HEADER "\nt,A," TIME ",\n",
          "! 2: expected 3 cells, as many as the header has, found 4\n");
    gives(HEADER "\nt,A\"b\"," TIME "\n",
          "! 2: cell 2: a quote within a cell that does not begin with one\n");
    gives(HEADER "\nt, \"A\"," TIME "\n",
          "! 2: cell 2: a quote within a cell that does not begin with one\n");
    gives(HEADER "\nt,\"A\"b," TIME "\n",
          "! 2: cell 2: text behind its closing quote (a quote within quotes is written twice)\n");
    gives(HEADER "\nt,A,2026-03-01T12:00:00\n",
          "! 2: event_time: \"2026-03-01T12:00:00\" has no time zone (--zone says which)\n");
    gives(HEADER "\nt,A,2026-03-01 12:00:00+0\n",
          "! 2: event_time: \"2026-03-01 12:00:00+0\" is no RFC 3339 time with zone\n");
    gives(HEADER "\nt,\xff," TIME "\n", "! 2: not UTF-8 text\n");
    gives(HEADER ",seq\nt,A," TIME ",1.0\n", "! 2: seq: \"1.0\" is no integer within 64 bits\n");
    gives(HEADER ",seq\nt,A," TIME ",9223372036854775808\n",
          "! 2: seq: \"9223372036854775808\" is no integer within 64 bits\n");
    gives(HEADER ",received_at\nt,A," TIME ",now\n",
          "! 2: received_at: \"now\" is no RFC 3339 time with zone\n");
    gives(HEADER ",attributes\nt,A," TIME ",[]\n",
          "! 2: attributes: expected an object, found an array\n");
    gives(HEADER ",attributes\nt,A," TIME ",{\n",
          "! 2: attributes: string or '}' expected near end of file (byte 1)\n");
    gives_with("event_time=At", NULL, "task_id,status,At\nt,A,x\n",
               "! 2: event_time (column At): \"x\" is no RFC 3339 time with zone\n");
}
TT_END

TT_TEST(a_nul_byte_is_rejected_and_its_header_an_error)
{
    static const char in_record[] = HEADER "\nt,\0," TIME "\n", in_header[] = "task_id\0,\n";
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "csv", &options);
    tt_decoding_file(&d, (struct tt_str){in_record, sizeof in_record - 1});
    ck_assert_str_eq(d.out.data, "! 2: not UTF-8 text\n");
    ck_assert_uint_eq(d.rejected.len, sizeof "t,\0," TIME - 1);
    tt_decoding_file(&d, (struct tt_str){in_header, sizeof in_header - 1});
    ck_assert_int_eq(d.err, TT_ERR_INVALID);
    ck_assert_str_eq(d.fault.text, "the header is not UTF-8 text");
    tt_decoding_done(&d);
}
TT_END

TT_TEST(integers_are_read_from_their_digits)
{
    gives(
        "task_id,status,event_time,seq,error_code,received_at\n"
        "t,A,1772366400000000,-9223372036854775808,500,1772366400000000\n"
        "t,A,1772366400000000,007,0500,\n"
        "t,A,1772366400000000,0,-0,\n",
        EVENT("t",
              "A") ",\"seq\":-9223372036854775808,\"error_code\":500,\"received_at\":"
                   "\"2026-03-01T12:00:00.000000Z\"}\n" EVENT(
                       "t",
                       "A") ",\"seq\":7,\"error_code\":\"0500\"}\n" EVENT("t",
                                                                          "A") ","
                                                                               "\"seq\":0,\"error_"
                                                                               "code\":\"-0\"}\n");
    gives(HEADER "\nt,A,9223372036854775807\n",
          "! 2: event_time: 9223372036854775807 is outside the years 0001 to 9999\n");
    gives(HEADER "\nt,A,9223372036854775808\n",
          "! 2: event_time: \"9223372036854775808\" is no RFC 3339 time with zone\n");
    gives(HEADER "\nt,A,+5\n", "! 2: event_time: \"+5\" is no RFC 3339 time with zone\n");
}
TT_END

TT_TEST(a_column_attributes_holds_an_object_whose_members_come_first)
{
    gives(HEADER ",b,attributes\nt,A," TIME ",x,\"{\"\"a\"\":[1,2.5],\"\"b\"\":null}\"\n"
                 "t,A," TIME ",x,\n",
          EVENT("t", "A") ",\"attributes\":{\"a\":[1,2.5],\"b\":null}}\n" EVENT(
              "t", "A") ",\"attributes\":{\"b\":\"x\"}}\n");
}
TT_END

TT_TEST(another_delimiter_can_be_said)
{
    gives_with(NULL, ";", "task_id;status;event_time;m\nt;A;" TIME ";a,b\n",
               EVENT("t", "A") ",\"attributes\":{\"m\":\"a,b\"}}\n");
    gives_with(NULL, "tab", "task_id\tstatus\tevent_time\nt\tA\t" TIME "\n", EVENT("t", "A") "}\n");
    gives_with(NULL, "\\t", "task_id\tstatus\tevent_time\nt\tA\t" TIME "\n", EVENT("t", "A") "}\n");
    gives_with(NULL, "xx", "",
               "error: --delimiter: \"xx\" is not one character such as ; or |, or tab\n");
    gives_with(NULL, "\"", "",
               "error: --delimiter: \"\"\" is not one character such as ; or |, or tab\n");
    gives_with(NULL, "7", "",
               "error: --delimiter: \"7\" is not one character such as ; or |, or tab\n");
}
TT_END

TT_TEST(a_map_that_makes_no_sense_is_an_error_at_once)
{
    gives_with("job=Job", NULL, "",
               "error: --map: \"job\" is no field; expected one of task_id, status, event_id, "
               "tenant, task_type, source, stage, correlation_id, dataset_id, message, "
               "event_time, received_at, seq, error_code, attributes\n");
    gives_with("Job", NULL, "",
               "error: --map: expected FIELD=COLUMN, such as task_id=Job, found \"Job\"\n");
    gives_with("task_id=", NULL, "", "error: --map: task_id: expected a column behind it\n");
    gives_with("task_id=a,task_id=b", NULL, "", "error: --map: task_id stands there twice\n");
    gives_with("task_id=a,stats=b", NULL, "",
               "error: --map: \"stats\" is no field; expected one of task_id, status, event_id, "
               "tenant, task_type, source, stage, correlation_id, dataset_id, message, "
               "event_time, received_at, seq, error_code, attributes\n");
    gives_with("task_id=a,", NULL, "a,status,event_time\nt,A," TIME "\n", EVENT("t", "A") "}\n");
}
TT_END

TT_TEST(a_header_that_does_not_fit_is_one_error_with_the_columns_there_are)
{
    gives_with("task_id=Job", NULL, "task_id,status,event_time\nt,A," TIME "\n",
               "error: --map task_id=Job: there is no such column; there are \"task_id\", "
               "\"status\", \"event_time\"\n");
    gives("id,state\nt,A\n",
          "error: no column for task_id, status, event_time (--map task_id=COLUMN names it); there "
          "are \"id\", \"state\"\n");
    gives("task_id,state,event_time\nt,A," TIME "\n",
          "error: no column for status (--map status=COLUMN names it); there are \"task_id\", "
          "\"state\", \"event_time\"\n");
    gives("task_id;status;event_time\nt;A;" TIME "\n",
          "error: the header is one column, \"task_id;status;event_time\"; --delimiter ';' may be "
          "what is missing\n");
    gives("task_id\tstatus\n",
          "error: the header is one column, \"task_id?status\"; --delimiter tab may be what is "
          "missing\n");
    gives(HEADER ",\xff\n", "error: the header is not UTF-8 text\n");
    gives("task_id,\"a\"b\nt,A\n",
          "error: the header: cell 2: text behind its closing quote (a quote within quotes is "
          "written twice)\n");
    gives(HEADER ",status\n",
          "error: the header has the column \"status\" 2 times, which is to be status\n");
}
TT_END

TT_TEST(a_long_list_of_columns_is_cut)
{
    char text[1200] = "x", expected[64] = "\"column19\"";
    for (int i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",column%d", i);
    const struct tt_decoder_options options = {.json_depth_max = 64};
    char *out = tt_decoding_text("csv", &options, text);
    ck_assert_ptr_nonnull(strstr(out, expected));
    ck_assert_ptr_nonnull(strstr(out, ", ...\n"));
    free(out);
}
TT_END

TT_TEST(columns_without_a_name_or_with_one_twice_are_told_apart_by_their_number)
{
    gives(HEADER ", note ,,note\nt,A," TIME ",a,b,c\n",
          EVENT("t", "A") ",\"attributes\":{\"note\":\"a\",\"column 5\":\"b\",\"note (column "
                          "6)\":\"c\"}}\n");
    gives(HEADER ",n,n (column 6),n\nt,A," TIME ",a,b,c\n",
          "error: the header has the columns of attributes named alike, as \"n (column 6)\"\n");
    gives_with("message=column 4", NULL, HEADER ",\nt,A," TIME ",a\n",
               EVENT("t", "A") ",\"message\":\"a\"}\n");
}
TT_END

TT_TEST(each_file_has_its_own_header)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    struct tt_decoding d;
    tt_decoding_start(&d, "csv", &options);
    tt_decoding_file(&d, TT_STR("\n\nevent_time,status,task_id\n" TIME ",A,t\n"));
    tt_decoding_file(&d, TT_STR(""));
    tt_decoding_file(&d, TT_STR(HEADER ",x\nu,B," TIME ",\"y"));
    tt_decoding_file(&d, TT_STR(HEADER "\nv,C," TIME));
    tt_decoding_finish(&d);
    ck_assert_str_eq(d.out.data,
                     EVENT("t", "A") "}\n! 2: a quote is not closed\n" EVENT("v", "C") "}\n");
    ck_assert(!tt_decoder_is_stateless(d.decoder));
    tt_decoding_done(&d);
}
TT_END

TT_TEST(an_input_without_a_header_is_empty_not_wrong)
{
    gives("", "");
    gives("\n  \n", "");
    gives(HEADER, "");
}
TT_END

TT_TEST(more_columns_than_the_limit_are_an_error)
{
    size_t bytes = sizeof HEADER + 2 * TT_CSV_COLUMNS_MAX;
    char *text = malloc(bytes + 1);
    memset(text, ',', bytes);
    text[bytes] = '\0';
    memcpy(text, HEADER, sizeof HEADER - 1);
    const struct tt_decoder_options options = {.json_depth_max = 64};
    char *out = tt_decoding_text("csv", &options, text);
    ck_assert_ptr_nonnull(strstr(out, "columns; at most 4096 are read"));
    free(out);
    text[sizeof HEADER - 1 + TT_CSV_COLUMNS_MAX - 3] = '\0';
    out = tt_decoding_text("csv", &options, text);
    ck_assert_str_eq(out, "");
    free(out);
    free(text);
}
TT_END

TT_TEST(memory_that_runs_out_is_told_and_nothing_else_happens)
{
    const struct tt_decoder_options options = {.json_depth_max = 64, .map = "message=note"};
    ck_assert_uint_gt(tt_decoding_without_memory("csv", &options,
                                                 HEADER
                                                 ",note,x,x,attributes\nt,A," TIME
                                                 ",\"a \"\"b\"\"\nc\",1,2,\"{\"\"y\"\":{}}\"\n"
                                                 "u,\"B," TIME ",,,,\nv,C," TIME ",,,,\n"),
                      8);
}
TT_END

static enum tt_err keep_status(void *context, const struct tt_event *event)
{
    snprintf(context, 32, "%.*s", TT_STR_ARGS(event->status));
    return TT_OK;
}

TT_TEST(a_line_lost_for_want_of_memory_leaves_the_record_it_was_in)
{
    const struct tt_decoder_options options = {.json_depth_max = 64};
    char status[32] = "", line[16];
    const struct tt_decoder_sink sink = {.context = status, .event = keep_status};
    int lost = 0;
    memset(line, 'x', sizeof line);
    for (size_t len = 0; len <= sizeof line; len++) { /* some need memory for their end alone */
        struct tt_decoder *by = NULL;
        ck_assert_int_eq(tt_decoder_create("csv", &options, &by, NULL), TT_OK);
        tt_decoder_file_start(by);
        ck_assert_int_eq(tt_decoder_line(by, TT_STR(HEADER), &sink, NULL), TT_OK);
        ck_assert_int_eq(tt_decoder_line(by, TT_STR("t,\"A"), &sink, NULL), TT_OK);
        tt_mem_fail_after(0, false);
        enum tt_err err = tt_decoder_line(by, (struct tt_str){line, len}, &sink, NULL);
        tt_mem_fail_after(-1, false);
        ck_assert(err == TT_OK || err == TT_ERR_NO_MEMORY);
        ck_assert_int_eq(tt_decoder_line(by, TT_STR("B\",5"), &sink, NULL), TT_OK);
        ck_assert_uint_eq(strlen(status), err == TT_OK ? len + 4 : 3);
        lost += err != TT_OK;
        tt_decoder_destroy(by);
    }
    ck_assert_int_gt(lost, 10);
}
TT_END

TT_SUITE("core/model/decode_csv", columns_with_the_names_of_fields_are_these_fields,
         the_map_names_columns_and_the_others_become_attributes,
         a_column_may_be_several_fields_and_is_then_not_the_one_of_its_own_name,
         a_time_without_zone_is_read_in_the_one_that_was_given_and_others_in_their_own,
         an_empty_cell_is_the_same_as_none_quoted_or_not,
         quotes_hold_delimiters_and_quotes_written_twice, quotes_hold_line_breaks_and_blank_lines,
         a_reject_over_several_lines_is_told_where_it_begins,
         a_quote_that_nothing_closes_costs_its_own_line_alone,
         what_breaks_a_rule_is_rejected_with_the_reason,
         a_nul_byte_is_rejected_and_its_header_an_error, integers_are_read_from_their_digits,
         a_column_attributes_holds_an_object_whose_members_come_first,
         another_delimiter_can_be_said, a_map_that_makes_no_sense_is_an_error_at_once,
         a_header_that_does_not_fit_is_one_error_with_the_columns_there_are,
         a_long_list_of_columns_is_cut,
         columns_without_a_name_or_with_one_twice_are_told_apart_by_their_number,
         each_file_has_its_own_header, an_input_without_a_header_is_empty_not_wrong,
         more_columns_than_the_limit_are_an_error,
         memory_that_runs_out_is_told_and_nothing_else_happens,
         a_line_lost_for_want_of_memory_leaves_the_record_it_was_in)
