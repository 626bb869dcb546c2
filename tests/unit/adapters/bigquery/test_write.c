/* The sink of the Storage Write API, against planned answers. */
#include "adapters/bigquery/sink_write.h"
#include "adapters/system/clock.h"
#include "tests/lib/fake_http.h"
#include "tests/lib/suite.h"

#define TABLE  "projects/p/datasets/d/tables/audit"
#define STREAM TABLE "/streams/s1"

static const struct tt_upload_column columns[] = {{"row_uid", TT_COLUMN_STRING, true, ""},
                                                  {"written_at", TT_COLUMN_TIMESTAMP, false, ""}};
static const struct tt_upload_table table = {.name = "audit",
                                             .columns = columns,
                                             .column_count = 2,
                                             .partition_by = "written_at",
                                             .row_uid = "row_uid"};
static const char *const lines[] = {
    "{\"row_uid\":\"a\",\"written_at\":\"2026-01-02T03:04:05.000000Z\"}", "{\"row_uid\":\"b\"}",
    "{\"row_uid\":\"c\"}", "{\"row_uid\":\"d\"}"};

static struct tt_fake_http http;
static struct tt_lines_body body;
static struct tt_bq *bq;
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

/* Rows of one letter take 5 bytes in a request, the first one more. */
static void start(size_t bytes_a_request)
{
    tt_fake_http_init(&http);
    static struct tt_clock clock;
    clock = tt_system_clock(NULL);
    const struct tt_bq_options rest = {
        .access = {.http = &http.port},
        .clock = &clock,
        .endpoint = "https://r",
        .project = "p",
        .dataset = "d",
    };
    fault = (struct tt_fault){0};
    renewed = 0;
    ck_assert_int_eq(tt_bq_open(&rest, &bq, &fault), TT_OK);
    const struct tt_write_options options = {
        .access = {.http = &http.port, .authorize = authorize},
        .endpoint = "https://w",
        .project = "p",
        .dataset = "d",
        .bq = bq,
        .request_bytes_max = bytes_a_request,
    };
    fault = (struct tt_fault){0};
    ck_assert_int_eq(tt_write_open(&options, &sink, &fault), TT_OK);
    tt_lines_body_init(&body, lines, 4);
    batch = (struct tt_sink_batch){TT_STR("b1"), &table, &body.body,
                                   TT_STR(STREAM " a 2026-01-02T03:04:05.000000Z"), false};
}

static void stop(void)
{
    tt_write_close(&sink);
    tt_bq_close(bq);
    tt_fake_http_done(&http);
}

#define PLAN(status, bytes) tt_fake_http_grpc(&http, status, "why%20not", bytes, sizeof(bytes) - 1)
#define APPENDED            "\x0a\x02\x0a\x00"

static enum tt_err do_send(void)
{
    fault = (struct tt_fault){0};
    return sink.send(sink.context, &batch, &answer, &fault);
}

static enum tt_err do_commit(void)
{
    fault = (struct tt_fault){0};
    batch.commit_sent = true;
    return sink.commit(sink.context, &batch, &answer, &fault);
}

static enum tt_err do_ask(void)
{
    fault = (struct tt_fault){0};
    return sink.ask(sink.context, &batch, &answer, &fault);
}

TT_TEST(begin_makes_a_pending_stream_and_the_handle_names_it_and_the_first_row)
{
    struct tt_buf handle;
    start(0);
    tt_buf_init(&handle, 1024);
    PLAN(0, "\x0a\x2d" STREAM);
    ck_assert_msg(sink.begin(sink.context, &batch, &handle, &fault) == TT_OK, "%s", fault.text);
    ck_assert_str_eq(handle.data, STREAM " a 2026-01-02T03:04:05.000000Z");
    ck_assert_str_eq(http.calls[0].url,
                     "https://w/google.cloud.bigquery.storage.v1.BigQueryWrite/CreateWriteStream");
    ck_assert_ptr_nonnull(
        strstr(http.calls[0].headers_sent.data,
               "x-goog-request-params: parent=projects%2Fp%2Fdatasets%2Fd%2Ftables%2Faudit\n"));
    ck_assert_ptr_nonnull(strstr(http.calls[0].headers_sent.data, "te: trailers\n"));
    tt_buf_done(&handle);
    stop();
}
TT_END

TT_TEST(rows_are_appended_at_their_offsets_and_counted_at_the_end)
{
    start(12);
    body.body.rows = 4;
    body.lines = lines;
    static const char *const short_lines[] = {"{\"row_uid\":\"a\"}", "{\"row_uid\":\"b\"}",
                                              "{\"row_uid\":\"c\"}", "{\"row_uid\":\"d\"}"};
    body.lines = short_lines;
    PLAN(0, APPENDED);
    PLAN(0, APPENDED);
    PLAN(0, "\x08\x04");
    ck_assert_msg(do_send() == TT_OK, "%s", fault.text);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    ck_assert_ptr_nonnull(
        memmem(http.calls[0].sent.data, http.calls[0].sent.len, "\x12\x02\x08\x00", 4));
    ck_assert_ptr_nonnull(
        memmem(http.calls[1].sent.data, http.calls[1].sent.len, "\x12\x02\x08\x02", 4));
    ck_assert_ptr_nonnull(memmem(http.calls[1].sent.data, http.calls[1].sent.len,
                                 "\x0a\x03\x0a\x01"
                                 "c\x0a\x03\x0a\x01"
                                 "d",
                                 10));
    stop();
}
TT_END

TT_TEST(what_is_in_already_is_as_good_as_sent)
{
    start(0);
    PLAN(0, "\x12\x04\x08\x06\x12\x00"); /* ALREADY_EXISTS within the answer */
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    stop();
    start(0);
    tt_fake_http_grpc(&http, 6, "", NULL, 0); /* and as the status of the call */
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    stop();
}
TT_END

TT_TEST(a_gap_sends_again_from_what_is_known_and_then_gives_the_stream_up)
{
    start(0);
    tt_fake_http_grpc(&http, 11, "", NULL, 0);
    PLAN(0, APPENDED);
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    stop();
    start(0);
    tt_fake_http_grpc(&http, 11, "", NULL, 0);
    tt_fake_http_grpc(&http, 11, "", NULL, 0);
    PLAN(0, "\x08\x02");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_FAILED);
    stop();
}
TT_END

TT_TEST(a_bad_row_is_named_by_its_place_in_the_batch)
{
    start(15); /* the first row alone, the others together */
    PLAN(0, APPENDED);
    PLAN(0, "\x12\x04\x08\x03\x12\x00\x22\x09\x08\x01\x10\x01\x1a\x03"
            "bad");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_REFUSED);
    ck_assert_int_eq(answer.bad_row, 2);
    ck_assert_str_eq(answer.message, "bad");
    stop();
}
TT_END

TT_TEST(a_stream_that_the_server_closed_is_opened_again)
{
    start(0);
    tt_fake_http_grpc(&http, 10, "inactive", NULL, 0);
    PLAN(0, APPENDED);
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    stop();
}
TT_END

TT_TEST(a_final_stream_is_counted_and_not_filled)
{
    start(0); /* crashed between send and commit; sent again */
    tt_fake_http_grpc(&http, 3, "STREAM_FINALIZED", NULL, 0);
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_RUNNING);
    stop();
    start(0);
    tt_fake_http_grpc(&http, 3, "no such column", NULL, 0);
    PLAN(0, "\x08\x02");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_FAILED); /* final, with too few: another stream */
    ck_assert_ptr_nonnull(strstr(answer.message, "no such column"));
    stop();
}
TT_END

static void begin_stream(void)
{
    struct tt_buf handle;
    tt_buf_init(&handle, 1024);
    PLAN(0, "\x0a\x2d" STREAM);
    ck_assert_msg(sink.begin(sink.context, &batch, &handle, &fault) == TT_OK, "%s", fault.text);
    tt_buf_done(&handle);
}

TT_TEST(a_request_refused_by_a_stream_that_cannot_be_final_is_a_failure_in_doubt)
{
    start(0);
    begin_stream();
    tt_fake_http_lost(&http); /* what was not answered does not make it final */
    ck_assert_int_eq(do_send(), TT_ERR_UNAVAILABLE);
    tt_fake_http_grpc(&http, 3, "no such column", NULL, 0);
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert(answer.state == TT_SINK_FAILED && answer.doubt);
    ck_assert_ptr_nonnull(strstr(answer.message, "no such column"));
    stop();
    start(0); /* nor is it in doubt where it may be final: another's, or it was asked to be */
    begin_stream();
    PLAN(0, APPENDED);
    tt_fake_http_lost(&http);
    ck_assert_int_eq(do_send(), TT_ERR_UNAVAILABLE);
    tt_fake_http_grpc(&http, 3, "STREAM_FINALIZED", NULL, 0);
    PLAN(0, "\x08\x03");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert(answer.state == TT_SINK_FAILED && !answer.doubt);
    stop();
}
TT_END

TT_TEST(a_stream_whose_commit_was_sent_gives_way_only_where_rows_are_missing)
{
    static const int lost[] = {3, 5, 9};
    start(0);
    PLAN(0, "\x12\x02\x08\x05"); /* not in the state for it */
    PLAN(0, "\x0a\x01s");
    PLAN(0, "\x08\x04");
    ck_assert_int_eq(do_commit(), TT_ERR_UNAVAILABLE); /* whole: committed later */
    ck_assert_ptr_nonnull(strstr(fault.text, "BatchCommitWriteStreams: error 5"));
    stop();
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        start(0);
        PLAN(0, "\x12\x02\x08\x05");
        PLAN(0, "\x0a\x01s");
        tt_fake_http_grpc(&http, lost[i], "why", NULL, 0);
        ck_assert_int_eq(do_commit(), TT_ERR_UNAVAILABLE);
        stop();
    }
    start(0);
    PLAN(0, "\x12\x02\x08\x05");
    PLAN(0, "\x0a\x01s");
    PLAN(0, "\x08\x03");
    ck_assert_int_eq(do_commit(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_FAILED);
    stop();
}
TT_END

TT_TEST(rows_that_are_missing_are_never_committed)
{
    start(0);
    PLAN(0, APPENDED);
    PLAN(0, "\x08\x03");
    ck_assert_int_eq(do_send(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_FAILED);
    ck_assert_str_eq(answer.reason, "rowCount");
    stop();
}
TT_END

TT_TEST(an_answer_without_a_status_is_an_unknown_outcome)
{
    start(0);
    tt_fake_http_grpc(&http, -1, "", APPENDED, 4);
    ck_assert_int_eq(do_send(), TT_ERR_UNAVAILABLE);
    stop();
    start(0);
    tt_fake_http_lost(&http);
    ck_assert_int_eq(do_commit(), TT_ERR_UNAVAILABLE);
    stop();
}
TT_END

TT_TEST(a_commit_is_done_however_it_is_told)
{
    start(0);
    PLAN(0, "\x0a\x02\x08\x05");
    ck_assert_int_eq(do_commit(), TT_OK);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 4);
    stop();
    start(0);
    PLAN(0, "\x12\x02\x08\x02"); /* was committed before, in the answer */
    PLAN(0, "\x0a\x01s\x22\x02\x08\x05");
    ck_assert_int_eq(do_commit(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_DONE);
    stop();
    start(0);
    tt_fake_http_grpc(&http, 9, "STREAM_ALREADY_COMMITTED", NULL, 0); /* and as an error */
    PLAN(0, "\x0a\x01s\x22\x02\x08\x05");
    ck_assert_int_eq(do_commit(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_DONE);
    stop();
}
TT_END

TT_TEST(a_commit_that_is_refused_says_why)
{
    start(0);
    tt_fake_http_grpc(&http, 7, "no%20right", NULL, 0);
    PLAN(0, "\x0a\x01s");
    ck_assert_int_eq(do_commit(), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "no right"));
    stop();
}
TT_END

TT_TEST(a_forgotten_stream_was_never_there_or_the_table_knows)
{
    start(0);
    tt_fake_http_grpc(&http, 5, "", NULL, 0);
    ck_assert_int_eq(do_ask(), TT_OK);
    ck_assert_int_eq(answer.state, TT_SINK_FAILED);
    stop();
    for (int there = 0; there < 2; there++) {
        start(0);
        batch.commit_sent = true;
        tt_fake_http_grpc(&http, 5, "", NULL, 0);
        tt_fake_http_json(&http, 200, "{\"location\":\"EU\"}");
        tt_fake_http_json(&http, 200,
                          there ? "{\"jobComplete\":true,\"rows\":[{\"f\":[{\"v\":\"1\"}]}]}"
                                : "{\"jobComplete\":true,\"rows\":[{\"f\":[{\"v\":\"0\"}]}]}");
        ck_assert_msg(do_ask() == TT_OK, "%s", fault.text);
        ck_assert_int_eq(answer.state, there ? TT_SINK_DONE : TT_SINK_FAILED);
        const char *sent = http.calls[2].sent.data;
        ck_assert_ptr_nonnull(strstr(sent, "SELECT COUNT(*) FROM `p.d.audit` WHERE row_uid = @uid "
                                           "AND written_at = @written_at"));
        ck_assert_ptr_nonnull(strstr(sent, "{\"value\":\"a\"}"));
        ck_assert_ptr_nonnull(strstr(sent, "{\"value\":\"2026-01-02T03:04:05.000000Z\"}"));
        stop();
    }
    start(0);
    batch.commit_sent = true;
    batch.handle = TT_STR(STREAM);
    tt_fake_http_grpc(&http, 5, "", NULL, 0);
    ck_assert_int_eq(do_ask(), TT_ERR_NOT_FOUND);
    stop();
}
TT_END

TT_TEST(a_batch_begun_by_another_way_is_left_to_it)
{
    start(0);
    batch.handle = TT_STR("p:EU.tt_job");
    ck_assert_int_eq(do_ask(), TT_ERR_INVALID);
    ck_assert_int_eq(do_send(), TT_ERR_INVALID);
    stop();
}
TT_END

TT_TEST(a_token_that_is_refused_is_renewed_once_however_that_is_told)
{
    for (int page = 0; page < 2; page++) { /* as a status of gRPC; as the front end's page */
        start(0);
        for (int i = 0; i < 2; i++) {
            tt_fake_http_grpc(&http, page ? -1 : 16, "invalid%20credentials", NULL, 0);
            if (page)
                http.calls[2 * i].status = 401;
            if (i == 0)
                PLAN(0, "\x0a\x01s");
        }
        ck_assert_msg(do_ask() == TT_OK, "%s", fault.text);
        ck_assert_ptr_nonnull(strstr(http.calls[0].headers_sent.data, "Bearer old\n"));
        ck_assert_ptr_nonnull(strstr(http.calls[1].headers_sent.data, "Bearer new\n"));
        tt_fake_http_grpc(&http, 16, "invalid%20credentials", NULL, 0);
        ck_assert_int_eq(do_ask(), TT_ERR_DENIED);
        ck_assert_ptr_nonnull(strstr(fault.text, "refused (401), with a new token, too"));
        ck_assert_uint_eq(http.made, 4);
        stop();
    }
}
TT_END

TT_TEST(http_1_is_said_so)
{
    start(0);
    tt_fake_http_json(&http, 200, "");
    ck_assert_int_eq(do_ask(), TT_ERR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(fault.text, "HTTP/2"));
    stop();
}
TT_END

TT_SUITE("adapters/bigquery/write",
         begin_makes_a_pending_stream_and_the_handle_names_it_and_the_first_row,
         rows_are_appended_at_their_offsets_and_counted_at_the_end,
         what_is_in_already_is_as_good_as_sent,
         a_gap_sends_again_from_what_is_known_and_then_gives_the_stream_up,
         a_bad_row_is_named_by_its_place_in_the_batch,
         a_stream_that_the_server_closed_is_opened_again, a_final_stream_is_counted_and_not_filled,
         a_request_refused_by_a_stream_that_cannot_be_final_is_a_failure_in_doubt,
         a_stream_whose_commit_was_sent_gives_way_only_where_rows_are_missing,
         rows_that_are_missing_are_never_committed,
         an_answer_without_a_status_is_an_unknown_outcome, a_commit_is_done_however_it_is_told,
         a_commit_that_is_refused_says_why, a_forgotten_stream_was_never_there_or_the_table_knows,
         a_batch_begun_by_another_way_is_left_to_it,
         a_token_that_is_refused_is_renewed_once_however_that_is_told, http_1_is_said_so)
