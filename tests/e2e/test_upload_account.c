/* Who uploads, and where to: a service account over TLS, whose tokens end in the midst of it, by
 * load jobs and by the Storage Write API; names and addresses that are wrong. */
#include "tests/lib/keys.h"
#include "tests/lib/process.h"
#include "tests/lib/standin.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include "core/base/json.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 500 };

static struct tt_standin standin;
static char store[420], certificate[400];

static void make_store(void)
{
    static char ids[ROWS][24];
    static struct tt_audit_row audit[ROWS];
    static int stores;
    char path[400], name[24];
    snprintf(name, sizeof name, "audit-%d.db", stores++);
    snprintf(path, sizeof path, "%s", tt_tmpfile(name));
    snprintf(store, sizeof store, "sqlite:%s", path);
    struct tt_store port = tt_test_store_open(path);
    for (int i = 0; i < ROWS; i++) {
        struct tt_event event = tt_test_event(i % 2 ? "DONE" : "BEGUN", 1772366400000000 + i);
        snprintf(ids[i], sizeof ids[i], "task-%d", i / 2);
        event.task_id = tt_str_from(ids[i]);
        audit[i] = tt_test_row(&event, i + 1, 0);
    }
    const struct tt_store_changes changes = {.audit = audit, .audit_count = ROWS};
    tt_test_write(&port, &changes);
    tt_sqlite_store_done(&port);
}

static void write_account(char path[400])
{
    char key[400], public[400];
    snprintf(key, sizeof key, "%s", tt_tmpfile("account-key.pem"));
    snprintf(public, sizeof public, "%s", tt_tmpfile("account-public.pem"));
    snprintf(path, 400, "%s", tt_tmpfile("account.json"));
    tt_test_key(2048, key, public, NULL);
    char *pem = tt_read_file(key, NULL), *public_pem = tt_read_file(public, NULL);
    struct tt_buf text;
    tt_buf_init(&text, 0);
    tt_buf_add_text(&text, "{\"type\":\"service_account\",\"client_email\":\"robot@p\","
                           "\"quota_project_id\":\"quota-project\",\"private_key\":");
    tt_json_add_text(&text, tt_str_from(pem));
    tt_buf_addf(&text, ",\"token_uri\":\"%s/token\"}", standin.url);
    tt_write_file(path, text.data, text.len);
    tt_buf_clear(&text);
    tt_json_add_text(&text, tt_str_from(public_pem));
    tt_standin_set(&standin, "keys", "{\"robot@p\":%s}", text.data);
    tt_buf_done(&text);
    free(pem);
    free(public_pem);
}

/* A stand-in over TLS that lets nobody in without a token. */
static void set_up(void)
{
    char key[400], account[400];
    snprintf(key, sizeof key, "%s", tt_tmpfile("key.pem"));
    snprintf(certificate, sizeof certificate, "%s", tt_tmpfile("certificate.pem"));
    tt_test_key(2048, key, NULL, certificate);
    tt_standin_start_tls(&standin, key, certificate);
    write_account(account);
    setenv("GOOGLE_APPLICATION_CREDENTIALS", account, 1);
    setenv("BIGQUERY_STORAGE_EMULATOR_HOST", standin.grpc_url, 1);
    tt_standin_set(&standin, "settings", "{\"auth\":\"token\",\"userProject\":\"quota-project\"}");
    make_store();
}

static struct tt_run upload(const char *way, const char *how)
{
    return TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url, "--ca-file",
                        certificate, "--store", store, "--min-interval", "0s", "--log-level",
                        "debug", "--batch-rows", "200", "--via", way, how);
}

/* Nothing secret is told, and what there is in the end is the store's. */
static void upload_and_verify(const char *way, const char *faults)
{
    static const char *const steps[] = {"--init", "--once", "--verify"};
    for (int i = 0; i < 3; i++) {
        tt_standin_set(&standin, "faults", "{\"script\":[%s]}", faults);
        struct tt_run run = upload(way, steps[i]);
        ck_assert_msg(run.status == 0, "%s %d: %s%s", way, i, run.out, run.err);
        ck_assert_msg(strstr(run.err, "robot@p") != NULL, "%s", run.err);
        ck_assert_msg(strstr(run.err, "others can read it") != NULL, "%s", run.err);
        ck_assert_ptr_null(strstr(run.err, "PRIVATE KEY"));
        ck_assert_ptr_null(strstr(run.err, "ya29"));
        ck_assert_ptr_null(strstr(run.err, "eyJ")); /* how an assertion begins */
        tt_run_done(&run);
    }
    ck_assert_int_eq(tt_standin_number(&standin, "tables/p.d.task_status_audit/rows"), ROWS);
}

TT_TEST(a_service_account_uploads_over_tls_and_tells_no_secret)
{
    set_up();
    upload_and_verify("load", "{\"operation\":\"jobs.insert\",\"kind\":\"expired\"},"
                              "{\"operation\":\"datasets.get\",\"kind\":\"unauthorized\"}");
    ck_assert_int_gt(tt_standin_number(&standin, "counters/refused_tokens"), 0);
    struct tt_run run = TT_TASKTRAIL("upload", "--to", "bigquery:p.d", "--endpoint", standin.url,
                                     "--store", store, "--init");
    ck_assert_int_eq(run.status, 3); /* the certificate is not trusted */
    tt_run_done(&run);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(tokens_that_end_in_the_midst_of_a_stream_are_renewed)
{
    set_up();
    upload_and_verify("write", "{\"operation\":\"write.create\",\"kind\":\"expired\"},"
                               "{\"operation\":\"write.append\",\"kind\":\"expired\"},"
                               "{\"operation\":\"write.finalize\",\"kind\":\"unauthorized\"},"
                               "{\"operation\":\"write.commit\",\"kind\":\"expired\"}");
    ck_assert_int_ge(tt_standin_number(&standin, "counters/refused_tokens"), 3);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/commits"), 3);
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(credentials_that_are_refused_twice_end_the_run_and_say_so)
{
    static const char *const ways[][2] = {{"load", "jobs.insert"}, {"write", "write.create"}};
    set_up();
    for (int i = 0; i < 2; i++) {
        make_store();
        struct tt_run run = upload(ways[i][0], "--init");
        ck_assert_msg(run.status == 0, "%s", run.err);
        tt_run_done(&run);
        tt_standin_set(&standin, "faults",
                       "{\"script\":[{\"operation\":\"%s\",\"kind\":\"unauthorized\"},"
                       "{\"operation\":\"%s\",\"kind\":\"unauthorized\"}]}",
                       ways[i][1], ways[i][1]);
        run = upload(ways[i][0], "--once");
        ck_assert_msg(run.status == 3, "%s: %d %s", ways[i][0], run.status, run.err);
        ck_assert_msg(strstr(run.err, "refused (401), with a new token, too") != NULL, "%s",
                      run.err);
        tt_run_done(&run);
    }
    tt_standin_stop(&standin);
}
TT_END

TT_TEST(names_and_endpoints_that_are_wrong_are_refused)
{
    static const struct {
        const char *to, *option, *value, *says;
    } cases[] = {
        {"bigquery:p", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p.d`x", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p/q.d", "--location", "EU", "expected bigquery:PROJECT.DATASET"},
        {"bigquery:p.d", "--location", "E U", "is no location"},
        {"bigquery:p.d", "--job-project", "p?x", "is no project"},
        {"bigquery:p.d", "--endpoint", "http://example.com", "neither https nor this machine"},
        {"bigquery:p.d", "--endpoint", "http://127.0.0.1.example.com", "neither https nor"},
        {"bigquery:p.d", "--endpoint", "http://localhost:secret@example.com", "has an @"},
        {"bigquery:p.d", "--endpoint", "ftp://127.0.0.1", "expected http://HOST:PORT"},
        {"bigquery:p.d", "--ca-file", "/nowhere.pem", "cannot be read"},
    };
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_run run = TT_TASKTRAIL("upload", "--to", cases[i].to, cases[i].option,
                                         cases[i].value, "--store", store, "--once");
        ck_assert_msg(run.status == 2, "%s: %s", cases[i].to, run.err);
        ck_assert_msg(strstr(run.err, cases[i].says) != NULL, "%s", run.err);
        tt_run_done(&run);
    }
}
TT_END

TT_SUITE("e2e/upload_account", a_service_account_uploads_over_tls_and_tells_no_secret,
         tokens_that_end_in_the_midst_of_a_stream_are_renewed,
         credentials_that_are_refused_twice_end_the_run_and_say_so,
         names_and_endpoints_that_are_wrong_are_refused)
