/* The queries that ask for what is in the tables, answered by the stand-in for BigQuery, which
 * works them out for itself from the rows. */
#include "core/upload/read_back.h"

#include "adapters/bigquery/bq.h"
#include "adapters/http/http.h"
#include "adapters/openssl/crypto.h"
#include "adapters/system/clock.h"
#include "tests/lib/body.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"
#include <stdio.h>

static struct tt_standin standin;
static struct tt_http http;
static struct tt_crypto crypto;
static struct tt_clock clock_port;
static struct tt_bq *bq;
static struct tt_sink sink;
static struct tt_fault fault;
static struct tt_test_body body;
static struct tt_buf sql, scratch;

#define ck_assert_ok(call)                                                                         \
    do {                                                                                           \
        enum tt_err tt_err_ = call;                                                                \
        ck_assert_msg(tt_err_ == TT_OK, "%s: %s", #call, fault.text);                              \
    } while (0)

static void begin(void)
{
    static const struct tt_upload_table *const tables[] = {&tt_upload_tables[TT_UPLOAD_AUDIT]};
    struct tt_http_settings settings = {0};
    tt_standin_start(&standin);
    ck_assert_ok(tt_http_open(&settings, &http, &fault));
    crypto = tt_openssl_crypto();
    clock_port = tt_system_clock(NULL);
    const struct tt_bq_options options = {.access = {.http = &http, .direct = true},
                                          .clock = &clock_port,
                                          .endpoint = standin.url,
                                          .project = "p",
                                          .dataset = "d",
                                          .location = "EU"};
    ck_assert_ok(tt_bq_open(&options, &bq, &fault));
    sink = tt_bq_load_sink(bq);
    ck_assert_ok(sink.tables(sink.context, tables, 1, true, &fault));
    tt_test_body_init(&body);
    tt_buf_init(&sql, 0);
    tt_buf_init(&scratch, 0);
}

static void end(void)
{
    tt_bq_close(bq);
    tt_test_body_done(&body);
    tt_buf_done(&sql);
    tt_buf_done(&scratch);
    tt_http_close(&http);
    tt_standin_stop(&standin);
}

static void add_row(const char *uid, const char *task, int apply_seq, const char *more)
{
    tt_buf_addf(&body.lines,
                "{\"row_uid\":\"%s\",\"written_at\":\"2026-03-01T00:00:00.000001Z\","
                "\"tenant\":\"default\",\"task_id\":\"%s\",\"status\":\"S%d\","
                "\"event_time\":\"2026-02-28T23:59:59.%06dZ\","
                "\"enqueued_at\":\"1969-12-31T23:59:59.999999Z\","
                "\"read_started_at\":\"2026-03-01T00:00:00.000000Z\","
                "\"write_started_at\":\"2026-03-01T00:00:00.000002Z\",\"worker\":\"w\","
                "\"fence\":\"9223372036854775807\",\"attempt\":\"1\",\"epoch\":\"-5\","
                "\"partition\":\"3\",\"entry_ms\":\"1\",\"entry_seq\":\"0\",\"apply_seq\":\"%d\","
                "\"judged_to\":\"9\",\"duplicate\":false%s}\n",
                uid, task, apply_seq, 100 - apply_seq, apply_seq, more);
}

static void load(const char *id)
{
    char handle[100];
    struct tt_sink_answer answer;
    snprintf(handle, sizeof handle, "p:EU.%s", id);
    tt_test_body_seal(&body);
    struct tt_sink_batch batch = {.id = tt_str_from(id),
                                  .table = &tt_upload_tables[TT_UPLOAD_AUDIT],
                                  .body = &body.port,
                                  .handle = tt_str_from(handle)};
    ck_assert_ok(sink.send(sink.context, &batch, &answer, &fault));
    ck_assert_msg(answer.state == TT_SINK_DONE, "%s", answer.message);
}

struct found {
    int64_t cells[TT_READ_BACK_VERIFY_COLUMNS];
    int rows;
};

static enum tt_err take_batch(void *context, const struct tt_str *cells, size_t count)
{
    struct found *found = context;
    ck_assert_uint_eq(count, TT_READ_BACK_VERIFY_COLUMNS);
    found->rows++;
    for (size_t i = 0; i < count; i++)
        ck_assert(tt_str_to_int(cells[i], &found->cells[i]));
    return TT_OK;
}

static struct found ask(void)
{
    static const struct tt_bq_parameter parameters[] = {
        {"from", "TIMESTAMP", {"2026-03-01T00:00:00.000000Z", 27}},
        {"to", "TIMESTAMP", {"2026-03-01T00:00:00.000001Z", 27}}};
    struct found found = {0};
    tt_buf_clear(&sql);
    tt_read_back_verify(&sql, &tt_upload_tables[TT_UPLOAD_AUDIT], TT_STR("p.d"));
    struct tt_bq_query query = {.sql = sql.data,
                                .parameters = parameters,
                                .parameter_count = 2,
                                .row = take_batch,
                                .row_context = &found};
    ck_assert_ok(tt_bq_query(bq, &query, &fault));
    return found;
}

static uint64_t digest_of_lines(void)
{
    uint64_t all = 0, one;
    for (const char *at = body.lines.data; *at != '\0'; at += strcspn(at, "\n") + 1) {
        struct tt_str line = {at, strcspn(at, "\n")};
        ck_assert_ok(tt_read_back_digest(&tt_upload_tables[TT_UPLOAD_AUDIT], line, &crypto,
                                         &scratch, &one, &fault));
        all ^= one;
    }
    return all;
}

TT_TEST(a_batch_has_the_digest_of_its_lines)
{
    begin();
    add_row("a", "t", 1, ",\"stage\":\"\",\"message\":\"\u00e4\u20ac\U0001F600 \\\" \\u0001\"");
    add_row("b", "t", 2, ",\"late\":true,\"lateness_us\":\"-9223372036854775808\"");
    add_row("c", "t", 3, ",\"attributes\":{\"k\":[1,2.50,\"x\"]},\"late\":false");
    load("one");
    struct found found = ask();
    ck_assert_int_eq(found.rows, 1);
    ck_assert_int_eq(found.cells[0], 1772323200000001);
    ck_assert_int_eq(found.cells[1], 3);
    ck_assert_int_eq(found.cells[2], 3);
    ck_assert_uint_eq((uint64_t)found.cells[3], digest_of_lines());
    ck_assert_uint_ne(digest_of_lines(), 0);
    end();
}
TT_END

TT_TEST(lost_double_and_changed_rows_change_it)
{
    begin();
    add_row("a", "t", 1, "");
    add_row("b", "t", 2, ",\"stage\":\"x\"");
    load("one");
    tt_standin_set(&standin, "drop",
                   "{\"table\":\"p.d.task_status_audit\",\"row\":0,\"double\":true}");
    struct found found = ask();
    ck_assert_int_eq(found.cells[1], 3);
    ck_assert_int_eq(found.cells[2], 2);
    ck_assert_uint_ne((uint64_t)found.cells[3], digest_of_lines());
    tt_standin_set(&standin, "drop", "{\"table\":\"p.d.task_status_audit\",\"row\":2}");
    ck_assert_uint_eq((uint64_t)ask().cells[3], digest_of_lines());
    tt_standin_set(&standin, "drop", "{\"table\":\"p.d.task_status_audit\",\"row\":1}");
    found = ask();
    ck_assert_int_eq(found.cells[1], 1);
    ck_assert_uint_ne((uint64_t)found.cells[3], digest_of_lines());
    end();
}
TT_END

static int events;

static enum tt_err take_event(void *context, const struct tt_str *cells, size_t count)
{
    struct tt_event event;
    int64_t apply_seq, applied_at;
    (void)context;
    ck_assert_ok(tt_read_back_event(cells, count, &event, &apply_seq, &applied_at, &fault));
    events++;
    ck_assert_int_eq(apply_seq, events * 10);
    ck_assert_int_eq(applied_at, 1772323200000002);
    ck_assert_int_eq(event.event_time_us, 1772323199000000 + 100 - events * 10);
    ck_assert(tt_str_equal(event.task_id, TT_STR("o'clock\"; --")));
    ck_assert_int_eq(event.has_seq, events == 2);
    ck_assert_int_eq(event.attributes.ptr != NULL, events == 2);
    if (events == 2) {
        ck_assert_int_eq(event.seq, -7);
        ck_assert(tt_str_equal(event.attributes, TT_STR("{\"k\":1}")));
        ck_assert_ptr_null(event.stage.ptr);
        ck_assert_int_eq(event.received_at_us, 1);
    }
    return TT_OK;
}

TT_TEST(the_history_of_a_task_is_read_in_order_and_once)
{
    begin();
    add_row("b", "o'clock\\\"; --", 20,
            ",\"seq\":\"-7\",\"attributes\":{\"k\":1},"
            "\"received_at\":\"1970-01-01T00:00:00.000001Z\"");
    add_row("c", "o'clock\\\"; --", 30, "");
    add_row("x", "other", 15, "");
    add_row("a", "o'clock\\\"; --", 10, ",\"stage\":\"s\"");
    load("one");
    tt_standin_set(&standin, "drop",
                   "{\"table\":\"p.d.task_status_audit\",\"row\":1,\"double\":true}");
    tt_standin_set(&standin, "settings", "{\"pageRows\":1}");
    tt_standin_set(&standin, "faults",
                   "{\"script\":[{\"operation\":\"jobs.query\",\"kind\":\"slow\"},"
                   "{\"operation\":\"jobs.getQueryResults\",\"kind\":\"unavailable\"}]}");
    const struct tt_bq_parameter parameters[] = {{"tenant", "STRING", TT_STR("default")},
                                                 {"task_id", "STRING", TT_STR("o'clock\"; --")}};
    tt_read_back_history(&sql, TT_STR("p.d"));
    struct tt_bq_query query = {
        .sql = sql.data, .parameters = parameters, .parameter_count = 2, .row = take_event};
    ck_assert_ok(tt_bq_query(bq, &query, &fault));
    ck_assert_uint_eq(query.ret_rows, 3);
    ck_assert_int_eq(events, 3);
    end();
}
TT_END

static uint64_t digest_with(const char *attributes)
{
    struct tt_str kept = tt_buf_str(&body.lines);
    size_t before = kept.len;
    uint64_t digest = 0;
    add_row("a", "t", 1, attributes);
    const struct tt_str line = {body.lines.data + before, body.lines.len - before};
    ck_assert_ok(tt_read_back_digest(&tt_upload_tables[TT_UPLOAD_AUDIT], line, &crypto, &scratch,
                                     &digest, &fault));
    body.lines.len = before;
    return digest;
}

/* What BigQuery may change of a JSON text is not a difference; everything else is one. */
TT_TEST(json_columns_are_compared_by_content_and_not_by_how_they_are_written)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"{\"a\":1,\"b\":[true,null]}", " { \"b\" : [ true , null ] , \"a\" : 1 }", true},
        {"[1,2.5,1e3]", "[1.0,2.50,1000]", true},
        {"\"\\u00e4\\/\"", "\"\u00e4/\"", true},
        {"-0.0", "0", true},
        {"{\"a\":1}", "{\"a\":2}", false},
        {"{\"a\":1}", "{\"a\":\"1\"}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false},
        {"{\"a\":{}}", "{\"a\":[]}", false},
        {"[1,1,1]", "[1]", false},
        {"{}", "null", false},
        {"{\"a\":null}", "{}", false},
        {"9007199254740993", "9007199254740992", false},
        {"0.1", "0.10000000000000002", false},
        {"\"\\u001e\"", "\"\"", false},
    };
    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char one[200], other[200];
        snprintf(one, sizeof one, ",\"attributes\":%s", cases[i].one);
        snprintf(other, sizeof other, ",\"attributes\":%s", cases[i].other);
        ck_assert_msg((digest_with(one) == digest_with(other)) == cases[i].same, "%s, %s",
                      cases[i].one, cases[i].other);
    }
    /* And the stand-in, which reads the lines for itself, comes to the same. */
    add_row(
        "a", "t", 1,
        ",\"attributes\":{\"n\":[1,2.50,-3e-7,1E300,9007199254740993,-9223372036854775808],"
        "\"\u00e4 \\\"\\u001e\\n\":{\"\":\"\",\"z\":[{},[],{\"k\":false}]},\"\U0001F600\":\"\\ud83d"
        "\\ude00\"}");
    add_row("b", "t", 2, ",\"attributes\":[]");
    add_row("c", "t", 3, ",\"attributes\":\"text\"");
    load("one");
    ck_assert_uint_eq((uint64_t)ask().cells[3], digest_of_lines());
    ck_assert_ptr_nonnull(strstr(sql.data, "TO_JSON_STRING(`attributes`)"));
    end();
}
TT_END

TT_TEST(lines_that_are_no_rows_have_no_digest)
{
    static const char *const lines[] = {"", "[]", "{\"row_uid\":1}", "{\"late\":\"true\"}",
                                        "{\"written_at\":\"yesterday\"}"};
    uint64_t digest;
    crypto = tt_openssl_crypto();
    tt_buf_init(&scratch, 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        tt_fault_clear(&fault);
        ck_assert_int_eq(tt_read_back_digest(&tt_upload_tables[TT_UPLOAD_AUDIT],
                                             tt_str_from(lines[i]), &crypto, &scratch, &digest,
                                             &fault),
                         TT_ERR_CORRUPT);
    }
    tt_buf_done(&scratch);
}
TT_END

TT_SUITE("core/upload/read_back", a_batch_has_the_digest_of_its_lines,
         json_columns_are_compared_by_content_and_not_by_how_they_are_written,
         lost_double_and_changed_rows_change_it, the_history_of_a_task_is_read_in_order_and_once,
         lines_that_are_no_rows_have_no_digest)
