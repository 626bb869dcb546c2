/* The sink of insertAll, against planned answers. */
#include "adapters/bigquery/sink_insertall.h"
#include "tests/lib/fake_http.h"
#include "tests/lib/suite.h"
#include <stdio.h>

static const struct tt_upload_column columns[] = {{"row_uid", TT_COLUMN_STRING, true, ""},
                                                  {"n", TT_COLUMN_INT64, false, ""}};
static const struct tt_upload_table table = {
    .name = "audit", .columns = columns, .column_count = 2, .row_uid = "row_uid"};
static const char *const lines[] = {"{\"row_uid\":\"a\",\"n\":\"1\"}", "{\"row_uid\":\"b\"}",
                                    "{\"row_uid\":\"c\"}", "{\"row_uid\":\"d\"}",
                                    "{\"row_uid\":\"e\"}"};

static struct tt_fake_http http;
static struct tt_lines_body body;
static struct tt_sink sink;
static struct tt_sink_batch batch;
static struct tt_sink_answer answer;
static struct tt_fault fault;
static int renewed;

static enum tt_err authorize(void *context, bool refused, struct tt_buf *value,
                             struct tt_fault *ignored)
{
    (void)context, (void)ignored;
    renewed += refused;
    tt_buf_add_text(value, renewed > 0 ? "Bearer new" : "Bearer old");
    return TT_OK;
}

static void start(unsigned rows_a_request, size_t bytes_a_request, size_t rows)
{
    tt_fake_http_init(&http);
    const struct tt_insertall_options options = {
        .access = {.http = &http.port, .authorize = authorize, .user_project = "quota-project"},
        .endpoint = "http://h",
        .project = "p",
        .dataset = "d",
        .request_rows_max = rows_a_request,
        .request_bytes_max = bytes_a_request,
    };
    fault = (struct tt_fault){0};
    ck_assert_int_eq(tt_insertall_open(&options, &sink, &fault), TT_OK);
    tt_lines_body_init(&body, lines, rows);
    batch = (struct tt_sink_batch){TT_STR("b1"), &table, &body.body, TT_STR("insertall:b1"), false};
}

static void stop(void)
{
    tt_insertall_close(&sink);
    tt_fake_http_done(&http);
}

static enum tt_err send_batch(void)
{
    fault = (struct tt_fault){0};
    return sink.send(sink.context, &batch, &answer, &fault);
}

TT_TEST(rows_go_in_requests_with_their_uid_as_insert_id)
{
    start(2, 0, 5);
    for (int i = 0; i < 3; i++)
        tt_fake_http_json(&http, 200, "{\"kind\":\"x\"}");
    ck_assert_msg(send_batch() == TT_OK, "%s", fault.text);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 5);
    ck_assert_str_eq(http.calls[0].url,
                     "http://h/bigquery/v2/projects/p/datasets/d/tables/audit/insertAll");
    ck_assert_ptr_nonnull(
        strstr(http.calls[0].sent.data,
               "\"skipInvalidRows\":false,\"ignoreUnknownValues\":false,\"rows\":["
               "{\"insertId\":\"a\",\"json\":{\"row_uid\":\"a\",\"n\":\"1\"}},"
               "{\"insertId\":\"b\",\"json\":{\"row_uid\":\"b\"}}]}"));
    ck_assert_ptr_nonnull(strstr(http.calls[2].sent.data, "[{\"insertId\":\"e\""));
    ck_assert_ptr_nonnull(strstr(http.calls[0].headers_sent.data, "authorization: Bearer old\n"));
    ck_assert_ptr_nonnull(
        strstr(http.calls[0].headers_sent.data, "x-goog-user-project: quota-project\n"));
    ck_assert(sink.at_least_once && sink.commit == NULL);
    stop();
}
TT_END

TT_TEST(a_request_is_never_larger_than_its_bound)
{
    start(0, 250, 5);
    for (int i = 0; i < 3; i++)
        tt_fake_http_json(&http, 200, "{}");
    ck_assert_msg(send_batch() == TT_OK, "%s", fault.text);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_le(http.calls[i].sent.len, 250);
    stop();
}
TT_END

TT_TEST(status_200_with_a_bad_row_is_no_success)
{
    start(0, 0, 5);
    tt_fake_http_json(&http, 200,
                      "{\"insertErrors\":[{\"index\":0,\"errors\":[{\"reason\":\"stopped\"}]},"
                      "{\"index\":3,\"errors\":[{\"reason\":\"invalid\",\"location\":\"n\","
                      "\"message\":\"not a number\"}]}]}");
    ck_assert_int_eq(send_batch(), TT_OK);
    ck_assert(answer.state == TT_SINK_REFUSED && answer.bad_row == 3);
    ck_assert_str_eq(answer.reason, "invalid");
    ck_assert_str_eq(answer.message, "not a number");
    stop();
}
TT_END

TT_TEST(a_column_that_is_not_known_yet_is_no_fault_of_a_row)
{
    static const char *const said[][2] = {{"n", "no such field: n."},
                                          {"other", "no such field: other."},
                                          {"n", "Cannot convert value to integer (bad value):x"}};
    for (int i = 0; i < 3; i++) {
        char text[300];
        start(0, 0, 5);
        snprintf(text, sizeof text,
                 "{\"insertErrors\":[{\"index\":0,\"errors\":[{\"reason\":\"invalid\","
                 "\"location\":\"%s\",\"message\":\"%s\"}]},{\"index\":1,\"errors\":[{"
                 "\"reason\":\"stopped\"}]}]}",
                 said[i][0], said[i][1]);
        tt_fake_http_json(&http, 200, text);
        ck_assert_int_eq(send_batch(), i == 0 ? TT_ERR_UNAVAILABLE : TT_OK);
        ck_assert(i == 0 || answer.state == TT_SINK_REFUSED);
        ck_assert(i > 0 || strstr(fault.text, "the column n is not known yet") != NULL);
        stop();
    }
}
TT_END

TT_TEST(the_bad_row_is_counted_in_the_batch_and_not_in_its_request)
{
    start(2, 0, 5);
    tt_fake_http_json(&http, 200, "{}");
    tt_fake_http_json(&http, 200,
                      "{\"insertErrors\":[{\"index\":1,\"errors\":[{\"reason\":\"invalid\"}]}]}");
    ck_assert_int_eq(send_batch(), TT_OK);
    ck_assert(answer.state == TT_SINK_REFUSED && answer.bad_row == 3);
    stop();
}
TT_END

TT_TEST(passing_trouble_of_rows_sends_the_request_again_and_then_gives_up)
{
    static const char trouble[] =
        "{\"insertErrors\":[{\"index\":0,\"errors\":[{\"reason\":\"backendError\"}]},"
        "{\"index\":1,\"errors\":[{\"reason\":\"stopped\"}]}]}";
    start(0, 0, 2);
    tt_fake_http_json(&http, 200, trouble);
    tt_fake_http_json(&http, 200, "{}");
    ck_assert_int_eq(send_batch(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_DONE);
    stop();
    start(0, 0, 2);
    for (int i = 0; i < 3; i++)
        tt_fake_http_json(&http, 200, trouble);
    ck_assert_int_eq(send_batch(), TT_ERR_UNAVAILABLE);
    stop();
}
TT_END

TT_TEST(a_batch_that_failed_midway_goes_on_where_it_was)
{
    start(2, 0, 5);
    tt_fake_http_json(&http, 200, "{}");
    tt_fake_http_lost(&http);
    ck_assert_int_eq(send_batch(), TT_ERR_UNAVAILABLE);
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_ABSENT);
    tt_fake_http_json(&http, 200, "{}");
    tt_fake_http_json(&http, 200, "{}");
    ck_assert_int_eq(send_batch(), TT_OK);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 5);
    ck_assert_ptr_null(strstr(http.calls[2].sent.data, "\"b\""));
    ck_assert_ptr_nonnull(strstr(http.calls[2].sent.data, "\"c\""));
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_DONE);
    batch.id = TT_STR("b2");
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_ABSENT);
    stop();
}
TT_END

TT_TEST(a_batch_that_failed_midway_goes_on_though_another_was_sent_in_between)
{
    start(2, 0, 5);
    const struct tt_sink_batch first = batch;
    const struct tt_sink_batch other = {TT_STR("b2"), &table, &body.body, TT_STR("insertall:b2"),
                                        false};
    tt_fake_http_json(&http, 200, "{}");
    tt_fake_http_json(&http, 429, "{}");
    ck_assert_int_eq(send_batch(), TT_ERR_UNAVAILABLE);
    batch = other;
    for (int i = 0; i < 3; i++)
        tt_fake_http_json(&http, 200, "{}");
    ck_assert_int_eq(send_batch(), TT_OK);
    batch = first;
    for (int i = 0; i < 2; i++)
        tt_fake_http_json(&http, 200, "{}");
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_ABSENT);
    ck_assert_msg(send_batch() == TT_OK, "%s", fault.text);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 5);
    ck_assert_ptr_nonnull(strstr(http.calls[5].sent.data, "[{\"insertId\":\"c\""));
    ck_assert_uint_eq(http.made, 7);
    batch = other; /* whose end the outbox may not have heard */
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 5);
    stop();
}
TT_END

TT_TEST(a_token_that_is_refused_is_renewed_once)
{
    renewed = 0;
    start(0, 0, 1);
    tt_fake_http_json(&http, 401, "{}");
    tt_fake_http_json(&http, 200, "{}");
    ck_assert_int_eq(send_batch(), TT_OK);
    ck_assert_ptr_nonnull(strstr(http.calls[1].headers_sent.data, "authorization: Bearer new\n"));
    stop();
    start(0, 0, 1);
    tt_fake_http_json(&http, 401, "{}");
    tt_fake_http_json(&http, 401, "{}");
    ck_assert_int_eq(send_batch(), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "refused (401), with a new token, too"));
    ck_assert_uint_eq(http.made, 2);
    stop();
    renewed = 0;
}
TT_END

TT_TEST(errors_are_told_apart_by_reason_and_not_by_code)
{
    static const struct {
        int status;
        const char *body;
        enum tt_err err;
    } cases[] = {
        {403,
         "{\"error\":{\"code\":403,\"message\":\"m\",\"errors\":[{\"reason\":"
         "\"rateLimitExceeded\"}]}}",
         TT_ERR_UNAVAILABLE},
        {403, "{\"error\":{\"errors\":[{\"reason\":\"quotaExceeded\"}]}}", TT_ERR_BUSY},
        {403, "{\"error\":{\"errors\":[{\"reason\":\"accessDenied\"}]}}", TT_ERR_DENIED},
        {404, "{\"error\":{\"errors\":[{\"reason\":\"notFound\"}]}}", TT_ERR_NOT_FOUND},
        {400, "{\"error\":{\"errors\":[{\"reason\":\"invalid\"}]}}", TT_ERR_INVALID},
        {503, "<html>a proxy</html>", TT_ERR_UNAVAILABLE},
        {413, "", TT_ERR_INVALID},
        {200, "<html>a proxy</html>", TT_ERR_UNAVAILABLE},
        {302, "", TT_ERR_UNAVAILABLE},
        {404, "[1]", TT_ERR_NOT_FOUND},
        {500, "{\"error\":\"text\"}", TT_ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start(0, 0, 1);
        tt_fake_http_json(&http, cases[i].status, cases[i].body);
        ck_assert_msg(send_batch() == cases[i].err, "case %zu: %s", i, fault.text);
        stop();
    }
}
TT_END

TT_SUITE("adapters/bigquery/insertall", rows_go_in_requests_with_their_uid_as_insert_id,
         a_request_is_never_larger_than_its_bound, status_200_with_a_bad_row_is_no_success,
         a_column_that_is_not_known_yet_is_no_fault_of_a_row,
         the_bad_row_is_counted_in_the_batch_and_not_in_its_request,
         passing_trouble_of_rows_sends_the_request_again_and_then_gives_up,
         a_batch_that_failed_midway_goes_on_where_it_was,
         a_batch_that_failed_midway_goes_on_though_another_was_sent_in_between,
         a_token_that_is_refused_is_renewed_once, errors_are_told_apart_by_reason_and_not_by_code)
