/* A real store uploaded to the stand-in for BigQuery by the real program: through everything that
 * goes right and wrong; then compared, row by row. Killed anywhere: test_upload_killed.c. */
#include "tests/lib/process.h"
#include "tests/lib/standin.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/uploaded.h"

#include "core/base/json.h"
#include <stdio.h>
#include <stdlib.h>

static struct tt_standin standin;
static struct tt_uploaded uploaded;

static struct tt_run upload(const char *how)
{
    return TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url, "--location",
                        "EU", "--store", uploaded.url, "--min-interval", "0s", "--batch-rows",
                        "100000", how);
}

static void upload_ok(const char *how)
{
    struct tt_run run = upload(how);
    if (strcmp(how, "--once") == 0)
        ck_assert_msg(strstr(run.err, "; cost by load: 0 USD, 0 a message (list prices of ") !=
                          NULL,
                      "%s", run.err);
    ck_assert_msg(run.status == 0, "%s: %d: %s%s", how, run.status, run.out, run.err);
    tt_run_done(&run);
}

/* ---- Tests */

TT_TEST(a_store_is_uploaded_verified_and_replayed)
{
    tt_standin_start(&standin);
    tt_uploaded_make(&uploaded, 2000);
    struct tt_run run = upload("--once");
    ck_assert_int_eq(run.status, 3);
    ck_assert_msg(strstr(run.err, "upload --init makes it") != NULL, "%s", run.err);
    tt_run_done(&run);
    run = upload("--verify");
    ck_assert_ptr_nonnull(strstr(run.out, "nothing of this store was uploaded to bigquery:p.d"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "-q", "--to", "bigquery:p.d", "--endpoint", standin.url, "--store",
                       "sqlite:no/such.db", "--location", "EU", "--init"); /* needs none */
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    upload_ok("--init");
    for (int i = 0; i < 2; i++)
        upload_ok("--once"); /* nothing new the second time */
    tt_uploaded_compare(&uploaded, &standin);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/loads"), 1); /* no discrepancy */
    ck_assert_int_eq(tt_standin_number(&standin, "counters/authorized"), -1);
    run = upload("--verify");
    ck_assert_int_eq(run.status, 0);
    ck_assert_msg(strstr(run.out, "2000 rows in the store, 2000 in BigQuery, 2000 of them distinct;"
                                  " 1 batch, 0 differ") != NULL,
                  "%s", run.out);
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url, "--store",
                       uploaded.url, "--verify", "--ties", "arrival");
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "others than then"));
    ck_assert_ptr_null(strstr(run.err, "--replan")); /* rows that are there stay */
    tt_run_done(&run);
    struct tt_run stored = TT_TASKTRAIL("replay", "-q", "--store", uploaded.url, "task-7");
    run =
        TT_TASKTRAIL("replay", "-q", "--from", "bigquery:p.d", "--endpoint", standin.url, "task-7");
    ck_assert_msg(run.status == stored.status, "%s", run.err);
    setenv("BIGQUERY_EMULATOR_HOST", standin.url + strlen("http://"), 1);
    tt_run_done(&run);
    run = TT_TASKTRAIL("replay", "-q", "--from", "bigquery:p.d", "task-7");
    const char *events_there = strstr(run.out, "  arrival  time  event time");
    const char *events_here = strstr(stored.out, "  arrival  time  event time");
    ck_assert_msg(events_there != NULL && events_here != NULL, "%s", run.out);
    ck_assert_str_eq(events_there, events_here);
    tt_run_done(&run);
    tt_run_done(&stored);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(verify_names_what_was_lost_doubled_or_changed)
{
    static const struct {
        const char *change, *says;
        const char *changed; /* what stands before the digit that is changed */
        int digit;
    } cases[] = {
        {"\"row\":5", "100 rows in the store, 99 in BigQuery, 99 of them distinct", NULL, 0},
        {"\"row\":7,\"double\":true", "100 rows in the store, 100 in BigQuery, 99 of them distinct",
         NULL, 0},
        {NULL, "their columns are not the same", "\"event_time\":\"", 25}, /* a microsecond */
        {NULL, "their columns are not the same", "\"attributes\":{\"n\":[", 0},
    };
    tt_standin_start(&standin);
    tt_uploaded_make(&uploaded, 100);
    upload_ok("--init");
    upload_ok("--once");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].changed != NULL) { /* of the first row */
            tt_standin_set(&standin, "reset", "{}");
            upload_ok("--init");
            tt_test_sql(uploaded.path, "DELETE FROM upload_batch; DELETE FROM upload_plan;"
                                       "DELETE FROM upload_load; DELETE FROM upload_destination");
            upload_ok("--once");
            struct tt_str rows = tt_standin_get(&standin, "rows?table=p.d.task_status_audit");
            char line[2000];
            snprintf(line, sizeof line, "%.*s", (int)strcspn(rows.ptr, "\n"), rows.ptr);
            char *digits = strstr(line, cases[i].changed);
            ck_assert_ptr_nonnull(digits);
            digits += strlen(cases[i].changed) + cases[i].digit;
            *digits = *digits == '1' ? '2' : '1';
            struct tt_buf text;
            tt_buf_init(&text, 0);
            tt_json_add_text(&text, tt_str_from(line));
            tt_standin_set(&standin, "drop",
                           "{\"table\":\"p.d.task_status_audit\",\"row\":0,\"replace\":%s}",
                           text.data);
            tt_buf_done(&text);
        } else {
            tt_standin_set(&standin, "drop", "{\"table\":\"p.d.task_status_audit\",%s}",
                           cases[i].change);
        }
        struct tt_run run = upload("--verify");
        ck_assert_msg(run.status == 1, "%s%s", run.out, run.err);
        ck_assert_msg(strstr(run.out, cases[i].says) != NULL, "%s", run.out);
        ck_assert_msg(strstr(run.out, "task_status_audit plan 1 (written ") != NULL, "%s", run.out);
        tt_run_done(&run);
    }
    tt_standin_stop(&standin);
}
TT_END

TT_SUITE("e2e/upload_bigquery", a_store_is_uploaded_verified_and_replayed,
         verify_names_what_was_lost_doubled_or_changed)
