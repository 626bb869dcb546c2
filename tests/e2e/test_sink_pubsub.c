/* The sinks that promise rows at least once, against the stand-in: Pub/Sub with its BigQuery
 * subscription, and insertAll. All rows are there however often answers are lost, and each once,
 * when copies are taken out by row_uid. */
#include "adapters/bigquery/sink_insertall.h"
#include "adapters/bigquery/sink_pubsub.h"
#include "adapters/http/http.h"
#include "adapters/system/clock.h"
#include "core/base/json.h"
#include "tests/lib/fake_http.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 400, TASKS = 23, TRIES = 300 };

static const struct tt_upload_column columns[] = {
    {"row_uid", TT_COLUMN_STRING, true, ""},   {"written_at", TT_COLUMN_TIMESTAMP, true, ""},
    {"tenant", TT_COLUMN_STRING, true, ""},    {"task_id", TT_COLUMN_STRING, true, ""},
    {"seq", TT_COLUMN_INT64, false, ""},       {"late", TT_COLUMN_BOOL, false, ""},
    {"attributes", TT_COLUMN_JSON, false, ""},
};
static const struct tt_upload_table table = {.name = "t",
                                             .description = "a test's",
                                             .columns = columns,
                                             .column_count = 7,
                                             .partition_by = "written_at",
                                             .row_uid = "row_uid"};
static const struct tt_upload_table *const tables[] = {&table};

static struct tt_standin standin;
static struct tt_clock clock_port;
static struct tt_bq *bq;
static struct tt_sink sink;
static struct tt_sink_batch batch;
static struct tt_sink_answer answer;
static struct tt_fault fault;
static struct tt_lines_body body;
static char texts[ROWS][300];
static const char *lines[ROWS];

static void no_sleep(void *context, int64_t us)
{
    (void)context, (void)us;
}

static void start(void)
{
    tt_standin_start(&standin);
    clock_port = tt_system_clock(NULL);
    clock_port.sleep_us = no_sleep;
    const struct tt_bq_options options = {
        .access = {.http = &standin.http, .direct = true},
        .clock = &clock_port,
        .endpoint = standin.url,
        .project = "p",
        .dataset = "d",
        .location = "EU",
    };
    fault = (struct tt_fault){0};
    ck_assert_int_eq(tt_bq_open(&options, &bq, &fault), TT_OK);
    for (int i = 0; i < ROWS; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "{\"row_uid\":\"r%d\",\"written_at\":\"2026-03-01T00:00:00.000001Z\",\"tenant\":"
                 "\"n\",\"task_id\":\"t%d\",\"seq\":\"%d\",\"attributes\":{\"x\":\"\xc3\xa9%d\"}}",
                 i, i * 7 % TASKS, i, i);
        lines[i] = texts[i];
    }
    tt_lines_body_init(&body, lines, ROWS);
    batch = (struct tt_sink_batch){TT_STR("b"), &table, &body.body, TT_STR("pubsub:b"), false};
}

static void open_pubsub(unsigned messages_a_request, size_t window_rows)
{
    const struct tt_pubsub_options options = {
        .access = {.http = &standin.http, .direct = true},
        .endpoint = standin.url,
        .bq = bq,
        .project = "p",
        .dataset_project = "p",
        .dataset = "d",
        .request_messages_max = messages_a_request,
        .window_rows_max = window_rows,
    };
    ck_assert_int_eq(tt_pubsub_open(&options, &sink, &fault), TT_OK);
    enum tt_err err = sink.tables(sink.context, tables, 1, true, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
}

static void stop(void)
{
    tt_bq_close(bq);
    tt_standin_stop(&standin);
}

static void send_until_done(void)
{
    for (int i = 0; i < TRIES; i++) {
        tt_fault_clear(&fault);
        enum tt_err err = sink.send(sink.context, &batch, &answer, &fault);
        ck_assert_msg(err == TT_OK || tt_err_class(err) == TT_CLASS_RETRY, "%s", fault.text);
        if (err == TT_OK) {
            ck_assert_int_eq(answer.state, TT_SINK_DONE);
            ck_assert_uint_eq(answer.rows, ROWS);
            return;
        }
    }
    ck_abort_msg("never done: %s", fault.text);
}

static size_t unbase64(const char *text, size_t len, char *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t made = 0;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < len && text[i] != '='; i++) {
        bits = bits << 6 | (unsigned)(strchr(digits, text[i]) - digits);
        held += 6;
        if (held >= 8)
            to[made++] = (char)(bits >> (held -= 8));
    }
    to[made] = '\0';
    return made;
}

/* The number of a row as it was sent, or -1. */
static int row_number(const char *text)
{
    int number = (int)strtol(strstr(text, "\"row_uid\":\"r") + 12, NULL, 10);
    return number >= 0 && number < ROWS && strcmp(texts[number], text) == 0 ? number : -1;
}

/* Raw rows: each is one of ours, byte for byte, with its attributes. Counts how often each came;
 * `in_order`: those of a task came first in their order. */
static void check_raw(unsigned *times, bool in_order)
{
    struct tt_str rows = tt_standin_get(&standin, "rows?table=p.d.t_messages");
    int last[TASKS];
    memset(last, -1, sizeof last);
    for (const char *at = rows.ptr, *end; at < rows.ptr + rows.len; at = end + 1) {
        char data[400], key[40], attribute[60];
        end = memchr(at, '\n', (size_t)(rows.ptr + rows.len - at));
        struct tt_json *row = NULL;
        ck_assert_int_eq(tt_json_parse((struct tt_str){at, (size_t)(end - at)}, 8, &row, &fault),
                         TT_OK);
        struct tt_str encoded = tt_json_text(tt_json_get(row, "data"));
        struct tt_str attributes = tt_json_text(tt_json_get(row, "attributes"));
        unbase64(encoded.ptr, encoded.len, data);
        int number = row_number(data);
        ck_assert_msg(number >= 0, "no row of ours: %s", data);
        int task = number * 7 % TASKS;
        snprintf(key, sizeof key, "\"googclient_orderingkey\":\"n/t%d\"", task);
        snprintf(attribute, sizeof attribute, "\"row_uid\":\"r%d\",\"task_id\":\"t%d\"", number,
                 task);
        ck_assert(memmem(attributes.ptr, attributes.len, key, strlen(key)) != NULL);
        ck_assert(memmem(attributes.ptr, attributes.len, attribute, strlen(attribute)) != NULL);
        if (in_order && times[number] == 0) {
            ck_assert_int_gt(number, last[task]);
            last[task] = number;
        }
        times[number]++;
        tt_json_free(row);
    }
    for (int i = 0; i < ROWS; i++)
        ck_assert_msg(times[i] > 0, "row %d is missing", i);
}

TT_TEST(the_way_through_pubsub_is_made_once_and_found_again)
{
    start();
    open_pubsub(0, 0);
    ck_assert_int_eq(sink.tables(sink.context, tables, 1, true, &fault), TT_OK);
    ck_assert_int_eq(sink.tables(sink.context, tables, 1, false, &fault), TT_OK);
    struct tt_str state = tt_standin_get(&standin, "state");
    ck_assert(memmem(state.ptr, state.len, "\"p.d.t_messages\"", 16) != NULL);
    tt_standin_set(&standin, "settings", "{\"subscriptionState\":\"PERMISSION_DENIED\"}");
    ck_assert_int_eq(sink.tables(sink.context, tables, 1, false, &fault), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "Data Editor"));
    tt_pubsub_close(&sink);
    stop();
}
TT_END

TT_TEST(nothing_is_published_where_nothing_was_made)
{
    start();
    const struct tt_pubsub_options options = {
        .access = {.http = &standin.http, .direct = true},
        .endpoint = standin.url,
        .bq = bq,
        .project = "p",
        .dataset_project = "p",
        .dataset = "d",
    };
    ck_assert_int_eq(tt_pubsub_open(&options, &sink, &fault), TT_OK);
    ck_assert_int_eq(sink.tables(sink.context, tables, 1, false, &fault), TT_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(fault.text, "--init"));
    tt_fault_clear(&fault);
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_ERR_NOT_FOUND);
    tt_pubsub_close(&sink);
    stop();
}
TT_END

TT_TEST(messages_of_a_task_keep_their_order_and_share_requests)
{
    static unsigned times[ROWS];
    start();
    open_pubsub(5, 64);
    send_until_done();
    check_raw(times, true);
    for (int i = 0; i < ROWS; i++)
        ck_assert_uint_eq(times[i], 1);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/messages"), ROWS);
    tt_pubsub_close(&sink);
    stop();
}
TT_END

TT_TEST(lost_answers_and_double_deliveries_lose_nothing_and_the_uid_tells_copies)
{
    static unsigned times[ROWS];
    unsigned copies = 0;
    start();
    open_pubsub(3, 100);
    tt_standin_set(&standin, "settings", "{\"deliverTwice\":7}");
    tt_standin_set(&standin, "faults",
                   "{\"seed\":11,\"rate\":0.3,\"max\":40,\"operations\":[\"pubsub.publish\"],"
                   "\"kinds\":[\"lostBefore\",\"lostAfter\",\"cut\",\"unavailable\",\"html\","
                   "\"unavailableAfter\",\"tooMany\"]}");
    send_until_done();
    check_raw(times, true);
    for (int i = 0; i < ROWS; i++)
        copies += times[i] - 1;
    ck_assert_uint_gt(copies, ROWS / 7);
    tt_pubsub_close(&sink);
    stop();
}
TT_END

TT_TEST(insert_all_has_all_rows_there_though_answers_are_lost)
{
    static const char fields[] =
        "[{\"name\":\"row_uid\",\"type\":\"STRING\",\"mode\":\"REQUIRED\"},"
        "{\"name\":\"written_at\",\"type\":\"TIMESTAMP\"},{\"name\":\"tenant\",\"type\":\"STRING\"}"
        ","
        "{\"name\":\"task_id\",\"type\":\"STRING\"},{\"name\":\"seq\",\"type\":\"INTEGER\"},"
        "{\"name\":\"attributes\",\"type\":\"JSON\"}]";
    start();
    tt_standin_make_table(&standin, "t", fields);
    const struct tt_insertall_options options = {
        .access = {.http = &standin.http, .direct = true},
        .endpoint = standin.url,
        .project = "p",
        .dataset = "d",
        .request_rows_max = 9,
    };
    ck_assert_int_eq(tt_insertall_open(&options, &sink, &fault), TT_OK);
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "another way"));
    batch.handle = TT_STR("insertall:b");
    tt_standin_set(&standin, "faults",
                   "{\"seed\":5,\"rate\":0.4,\"max\":30,\"operations\":[\"tabledata.insertAll\"],"
                   "\"kinds\":[\"lostBefore\",\"lostAfter\",\"cut\",\"unavailable\",\"rowTrouble\","
                   "\"unavailableAfter\",\"htmlAfter\"]}");
    send_until_done();
    /* The stand-in's memory for insertIds is long enough here: no copy is left. */
    ck_assert_int_eq(tt_standin_number(&standin, "tables/p.d.t/rows"), ROWS);
    ck_assert_int_gt(tt_standin_number(&standin, "counters/insert_ids_again"), 0);
    lines[33] = "{\"row_uid\":\"bad\",\"seq\":\"x\"}";
    batch.id = TT_STR("b2");
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_REFUSED && answer.bad_row == 33);
    tt_insertall_close(&sink);
    stop();
}
TT_END

TT_SUITE("e2e/sink_pubsub", the_way_through_pubsub_is_made_once_and_found_again,
         nothing_is_published_where_nothing_was_made,
         messages_of_a_task_keep_their_order_and_share_requests,
         lost_answers_and_double_deliveries_lose_nothing_and_the_uid_tells_copies,
         insert_all_has_all_rows_there_though_answers_are_lost)
