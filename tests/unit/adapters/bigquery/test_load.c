/* Load jobs, on the stand-in for BigQuery: what is refused, and that rows are there once whatever
 * happens to requests and answers on the way. */
#include "tests/lib/body.h"
#include "tests/lib/store_rows.h"
#include "tests/unit/adapters/bigquery/load_scene.h"
#include <stdio.h>
#include <stdlib.h>

static struct tt_test_body body;
static char handle[1025];

static void begin(void)
{
    begin_bq();
    tt_test_body_init(&body);
}

static void end(void)
{
    tt_test_body_done(&body);
    end_bq();
}

static void add_rows(int count, uint64_t seed)
{
    for (int i = 0; i < count; i++)
        tt_buf_addf(&body.lines,
                    "{\"row_uid\":\"r%07d\",\"written_at\":\"2026-03-01T00:00:00.%06dZ\","
                    "\"number\":\"%lld\",\"more\":{\"noise\":\"%016llx%016llx%016llx\"}}\n",
                    i, i % 1000000, 9007199254740993LL + i, (long long)tt_test_next(&seed),
                    (long long)tt_test_next(&seed), (long long)tt_test_next(&seed));
    tt_test_body_seal(&body);
}

static enum tt_err check_tables(bool create)
{
    tt_fault_clear(&fault);
    return sink.tables(sink.context, tables, 1, create, &fault);
}

#define ck_assert_ok(call)                                                                         \
    do {                                                                                           \
        enum tt_err tt_err_ = call;                                                                \
        ck_assert_msg(tt_err_ == TT_OK, "%s: %s: %s", #call, tt_err_name(tt_err_), fault.text);    \
    } while (0)
#define ck_assert_told(words)                                                                      \
    ck_assert_msg(strstr(fault.text, words) != NULL, "\"%s\" is not in: %s", words, fault.text)

/* ---- Loads */

static struct tt_sink_batch batch_of(const char *id)
{
    struct tt_sink_batch batch = {
        .id = tt_str_from(id), .table = &table, .body = &body.port, .handle = TT_STR_NONE};
    struct tt_buf text;
    tt_buf_init(&text, 1024);
    tt_fault_clear(&fault);
    ck_assert_ok(sink.begin(sink.context, &batch, &text, &fault));
    snprintf(handle, sizeof handle, "%s", text.data);
    tt_buf_done(&text);
    batch.handle = tt_str_from(handle);
    return batch;
}

TT_TEST(a_batch_is_loaded_once_under_its_id)
{
    begin();
    ck_assert_ok(check_tables(true));
    add_rows(100, 1);
    struct tt_sink_batch batch = batch_of("tt_1_100_g1");
    ck_assert_str_eq(handle, "p:EU.tt_1_100_g1");
    struct tt_sink_answer answer;
    ck_assert_ok(sink.ask(sink.context, &batch, &answer, &fault));
    ck_assert_int_eq(answer.state, TT_SINK_ABSENT);
    for (int i = 0; i < 3; i++) {
        ck_assert_ok(sink.send(sink.context, &batch, &answer, &fault));
        ck_assert_int_eq(answer.state, TT_SINK_DONE);
        ck_assert_uint_eq(answer.rows, 100);
        ck_assert_ok(sink.ask(sink.context, &batch, &answer, &fault));
        ck_assert_int_eq(answer.state, TT_SINK_DONE);
    }
    struct tt_str rows = tt_standin_get(&standin, "rows?table=p.d.t");
    ck_assert(tt_str_equal(rows, tt_buf_str(&body.lines)));
    ck_assert_int_eq(tt_standin_number(&standin, "counters/multipart"), 3);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/loads"), 1);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/authorized"), -1);
    end();
}
TT_END

TT_TEST(a_large_batch_travels_in_chunks)
{
    begin();
    options.multipart_bytes_max = 1000;
    options.chunk_bytes = 256 << 10;
    tt_bq_close(bq);
    open_bq();
    ck_assert_ok(check_tables(true));
    add_rows(20000, 2);
    ck_assert_uint_gt(body.gzip.len, 3 << 18);
    struct tt_sink_batch batch = batch_of("tt_large");
    struct tt_sink_answer answer;
    ck_assert_ok(sink.send(sink.context, &batch, &answer, &fault));
    ck_assert_int_eq(answer.state, TT_SINK_DONE);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/chunks"),
                     (long long)(body.gzip.len + (256 << 10) - 1) / (256 << 10));
    ck_assert(tt_str_equal(tt_standin_get(&standin, "rows?table=p.d.t"), tt_buf_str(&body.lines)));
    end();
}
TT_END

TT_TEST(what_becomes_of_a_session_does_not_matter)
{
    static const struct {
        const char *kind;
        int nth;
        long long sessions;
    } cases[] = {{"lostBefore", 0, 1},  {"lostAfter", 1, 1}, {"unavailableAfter", 1, 1},
                 {"internal", 2, 1},    {"html", 0, 1},      {"truncated", 3, 1},
                 {"missing", 1, 2},     {"gone", 2, 2},      {"badSession", 0, 1},
                 {"unauthorized", 1, 1}};
    begin();
    options.multipart_bytes_max = 1000;
    options.chunk_bytes = 256 << 10;
    add_rows(20000, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tt_standin_set(&standin, "reset", "{}");
        tt_bq_close(bq);
        open_bq();
        ck_assert_ok(check_tables(true));
        tt_standin_set(&standin, "faults",
                       "{\"script\":[{\"operation\":\"upload.put\",\"kind\":\"%s\",\"nth\":%d}]}",
                       cases[i].kind, cases[i].nth);
        struct tt_sink_batch batch = batch_of("tt_large");
        struct tt_sink_answer answer;
        enum tt_err err = sink.send(sink.context, &batch, &answer, &fault);
        if (strcmp(cases[i].kind, "unauthorized") == 0) { /* nobody to ask for another token */
            ck_assert_int_eq(err, TT_ERR_DENIED);
            continue;
        }
        ck_assert_msg(err == TT_OK && answer.state == TT_SINK_DONE, "%s: %s", cases[i].kind,
                      fault.text);
        long long sessions = tt_standin_number(&standin, "counters/sessions");
        ck_assert_msg(sessions == cases[i].sessions, "%s: %lld sessions", cases[i].kind, sessions);
        ck_assert_int_eq(tt_standin_number(&standin, "counters/loads"), 1);
        ck_assert_int_eq(tt_standin_number(&standin, "tables/p.d.t/rows"), 20000);
    }
    end();
}
TT_END

/* As the uploader: asks after anything unclear, a new generation after FAILED. */
static int upload_patiently(const char *name)
{
    char id[60];
    int generation = 1, steps = 0;
    struct tt_sink_answer answer;
    snprintf(id, sizeof id, "%s_g%d", name, generation);
    struct tt_sink_batch batch = batch_of(id);
    bool ask = false;
    for (;; steps++) {
        ck_assert_int_lt(steps, 500);
        tt_fault_clear(&fault);
        enum tt_err err = ask ? sink.ask(sink.context, &batch, &answer, &fault)
                              : sink.send(sink.context, &batch, &answer, &fault);
        ck_assert_msg(err == TT_OK || tt_err_class(err) == TT_CLASS_RETRY, "%s", fault.text);
        ask = true;
        if (err != TT_OK)
            continue;
        if (answer.state == TT_SINK_DONE)
            return generation;
        ck_assert_int_ne(answer.state, TT_SINK_REFUSED);
        if (answer.state == TT_SINK_ABSENT)
            ask = false;
        if (answer.state == TT_SINK_FAILED) {
            snprintf(id, sizeof id, "%s_g%d", name, ++generation);
            batch = batch_of(id);
            ask = false;
        }
    }
}

TT_TEST(rows_are_there_once_whatever_goes_wrong)
{
    begin();
    options.multipart_bytes_max = 100000;
    options.chunk_bytes = 256 << 10;
    for (int seed = 1; seed <= 12; seed++) {
        tt_standin_set(&standin, "reset", "{}");
        tt_bq_close(bq);
        open_bq();
        ck_assert_ok(check_tables(true));
        tt_test_body_done(&body);
        tt_test_body_init(&body);
        add_rows(seed % 2 == 0 ? 16000 : 500, (uint64_t)seed);
        printf("seed %d\n", seed);
        tt_standin_set(
            &standin, "faults",
            "{\"seed\":%d,\"rate\":0.5,\"max\":40,\"operations\":[\"jobs.insert\",\"upload.put\","
            "\"jobs.get\"],\"kinds\":[\"lostBefore\",\"lostAfter\",\"cut\",\"truncated\",\"html\","
            "\"htmlAfter\",\"twice\",\"rateLimit\",\"quota\",\"missing\",\"gone\",\"badSession\","
            "\"tooMany\",\"unavailable\",\"unavailableAfter\",\"internal\",\"fewer\",\"jobFails\","
            "\"slow\"]}",
            seed);
        int generation = upload_patiently("tt_batch");
        ck_assert(
            tt_str_equal(tt_standin_get(&standin, "rows?table=p.d.t"), tt_buf_str(&body.lines)));
        ck_assert_uint_eq(tt_standin_count(&standin, "jobs"), (size_t)generation);
    }
    end();
}
TT_END

static enum tt_sink_state load_with(const char *id, const char *faults,
                                    struct tt_sink_answer *answer)
{
    struct tt_sink_batch batch = batch_of(id);
    tt_standin_set(&standin, "faults", "{\"script\":[{\"operation\":\"jobs.insert\",%s}]}", faults);
    ck_assert_ok(sink.send(sink.context, &batch, answer, &fault));
    enum tt_sink_state state = answer->state;
    ck_assert_ok(sink.ask(sink.context, &batch, answer, &fault));
    if (answer->state != TT_SINK_ABSENT)
        ck_assert_int_eq(answer->state, state);
    return state;
}

TT_TEST(a_job_that_fails_is_told_by_its_reason)
{
    struct tt_sink_answer answer;
    begin();
    ck_assert_ok(check_tables(true));
    add_rows(10, 1);
    ck_assert_int_eq(load_with("a", "\"kind\":\"jobFails\",\"reason\":\"backendError\"", &answer),
                     TT_SINK_FAILED);
    ck_assert_str_eq(answer.reason, "backendError");
    ck_assert_int_eq(answer.wait_us, 0);
    ck_assert_int_eq(load_with("b", "\"kind\":\"jobFails\",\"reason\":\"quotaExceeded\"", &answer),
                     TT_SINK_FAILED);
    ck_assert_int_eq(answer.wait_us, 300000000);
    ck_assert_int_eq(load_with("c", "\"kind\":\"jobFails\",\"reason\":\"invalid\"", &answer),
                     TT_SINK_REFUSED);
    ck_assert_int_eq(answer.bad_row, -1);
    /* Told when the job is asked for: it is not there, and may be sent again later. */
    ck_assert_int_eq(load_with("d", "\"kind\":\"quota\"", &answer), TT_SINK_RUNNING);
    ck_assert_int_eq(load_with("e", "\"kind\":\"tooMany\"", &answer), TT_SINK_RUNNING);
    tt_buf_add_text(&body.lines, "{\"row_uid\":\"x\"}\n");
    tt_test_body_seal(&body);
    ck_assert_int_eq(load_with("f", "\"kind\":\"delay\"", &answer), TT_SINK_REFUSED);
    ck_assert_str_eq(answer.reason, "invalid");
    ck_assert_int_eq(tt_standin_number(&standin, "tables/p.d.t/rows"), 0);
    end();
}
TT_END

TT_TEST(a_job_that_lost_rows_is_no_success)
{
    struct tt_sink_answer answer;
    begin();
    ck_assert_ok(check_tables(true));
    add_rows(10, 1);
    struct tt_sink_batch batch = batch_of("a");
    tt_standin_set(
        &standin, "faults",
        "{\"script\":[{\"operation\":\"jobs.insert\",\"kind\":\"badRecords\",\"rows\":1}]}");
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_ERR_CORRUPT);
    ck_assert_told("9 of 10 rows");
    end();
}
TT_END

TT_TEST(set_up_that_is_wrong_is_refused_with_what_the_service_says)
{
    struct tt_sink_answer answer;
    begin();
    ck_assert_ok(check_tables(true));
    add_rows(10, 1);
    struct tt_sink_batch batch = batch_of("a");
    tt_standin_set(&standin, "faults",
                   "{\"script\":[{\"operation\":\"jobs.insert\",\"kind\":\"denied\"}]}");
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_ERR_DENIED);
    ck_assert_told("bigquery.jobs.create denied");
    end();
}
TT_END

TT_SUITE("adapters/bigquery/load", a_batch_is_loaded_once_under_its_id,
         a_large_batch_travels_in_chunks, what_becomes_of_a_session_does_not_matter,
         rows_are_there_once_whatever_goes_wrong, a_job_that_fails_is_told_by_its_reason,
         a_job_that_lost_rows_is_no_success,
         set_up_that_is_wrong_is_refused_with_what_the_service_says)
