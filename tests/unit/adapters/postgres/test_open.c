/* Opening a store on PostgreSQL: what a URL may say, what is refused, one schema for all. */
#include "adapters/postgres/outbox.h"
#include "adapters/postgres/sqlstate.h"
#include "adapters/postgres/store.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tt_postgres_server server;

static enum tt_err open_store(const char *url, struct tt_fault *fault)
{
    struct tt_store store = {0};
    *fault = (struct tt_fault){0};
    enum tt_err err = tt_pg_store_open(url, NULL, &store, fault);
    if (err == TT_OK)
        tt_pg_store_done(&store);
    else
        ck_assert_ptr_null(store.context);
    return err;
}

static enum tt_err open_reader(const char *url, struct tt_fault *fault)
{
    struct tt_store_reader reader = {0};
    *fault = (struct tt_fault){0};
    enum tt_err err = tt_pg_reader_open(url, NULL, &reader, fault);
    if (err == TT_OK)
        tt_pg_reader_done(&reader);
    else
        ck_assert_ptr_null(reader.context);
    return err;
}

#define ck_assert_tells(fault, what)                                                               \
    ck_assert_msg(strstr((fault).text, what) != NULL, "\"%s\" does not say \"%s\"", (fault).text,  \
                  what)

TT_TEST(a_password_in_the_url_is_refused_and_never_told)
{
    static const char *const urls[] = {
        "postgresql://me:sesame@localhost/db",
        "postgresql://localhost/db?password=sesame",
        "postgresql://localhost/db?sslpassword=sesame",
        "postgresql://me:sesame@local host/db", /* not even a URL */
        "postgresql://me:sesame@localhost:sesame/db?nonsense=sesame",
    };
    struct tt_fault fault;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ck_assert_int_eq(open_store(urls[i], &fault), TT_ERR_INVALID);
        ck_assert_ptr_null(strstr(fault.text, "sesame"));
        ck_assert_int_eq(open_reader(urls[i], &fault), TT_ERR_INVALID);
        ck_assert_ptr_null(strstr(fault.text, "sesame"));
    }
    open_store(urls[0], &fault);
    ck_assert_tells(fault, "TASKTRAIL_STORE_PASSWORD");
}
TT_END

TT_TEST(a_server_that_is_away_a_missing_database_and_a_missing_role_are_told_apart)
{
    struct tt_fault fault;
    char url[500];
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s", tt_tmpdir());
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_tells(fault, tt_tmpdir());
    snprintf(url, sizeof url, "postgresql://tasktrail@/nowhere?host=%s", server.dir);
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_NOT_FOUND);
    ck_assert_tells(fault, "nowhere");
    snprintf(url, sizeof url, "postgresql://nobody-here@/postgres?host=%s", server.dir);
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_DENIED);
}
TT_END

TT_TEST(a_store_whose_server_is_away_opens_and_is_used_when_it_comes)
{
    struct tt_postgres_server late;
    struct tt_store store = {0};
    struct tt_fault fault = {0};
    int64_t fence = -1;
    tt_postgres_server_start(&late, "late", NULL);
    tt_postgres_server_stop(&late, SIGINT);
    ck_assert_int_eq(tt_pg_store_open(late.url, NULL, &store, &fault), TT_OK);
    ck_assert_int_eq(store.reserve_fences(store.context, 0, &fence, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_tells(fault, late.dir);
    ck_assert_int_eq(store.begin(store.context, NULL), TT_ERR_UNAVAILABLE);
    store.rollback(store.context);
    tt_postgres_server_start(&late, "late", NULL);
    ck_assert_int_eq(store.reserve_fences(store.context, 0, &fence, NULL), TT_OK);
    ck_assert_int_eq(fence, TT_FENCE_STEP);
    tt_pg_store_done(&store);
    tt_postgres_server_stop(&late, SIGINT);
}
TT_END

TT_TEST(a_password_that_is_wanted_comes_from_the_caller_or_the_environment)
{
    struct tt_store store = {0};
    struct tt_fault fault = {0};
    char url[500], data[400], line[200];
    free(tt_postgres_text(server.url, "CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'sesame'"));
    snprintf(data, sizeof data, "%s/data/pg_hba.conf", server.dir);
    size_t len = 0;
    char *rules = tt_read_file(data, &len);
    snprintf(line, sizeof line, "local all locked scram-sha-256\n");
    FILE *file = fopen(data, "w");
    fprintf(file, "%s%s", line, rules);
    ck_assert_int_eq(fclose(file), 0);
    free(rules);
    free(tt_postgres_text(server.url, "SELECT pg_reload_conf()"));
    snprintf(url, sizeof url, "postgresql://locked@/postgres?host=%s", server.dir);
    TT_EVENTUALLY(open_store(url, &fault) == TT_ERR_DENIED);
    ck_assert_int_eq(tt_pg_store_open(url, "wrong", &store, &fault), TT_ERR_DENIED);
    ck_assert_ptr_null(strstr(fault.text, "wrong"));
    tt_fault_clear(&fault);
    ck_assert_msg(tt_pg_store_open(url, "sesame", &store, &fault) == TT_OK, "%s", fault.text);
    tt_pg_store_done(&store);
    setenv("PGPASSWORD", "sesame", 1);
    ck_assert_int_eq(open_reader(url, &fault), TT_OK);
    unsetenv("PGPASSWORD");
}
TT_END

TT_TEST(a_database_without_our_tables_is_made_one_for_writing_and_refused_for_reading)
{
    const char *url = tt_postgres_new_url(&server);
    struct tt_fault fault;
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_CORRUPT);
    ck_assert_tells(fault, "is no tasktrail store");
    ck_assert_int_eq(open_store(url, &fault), TT_OK);
    ck_assert_int_eq(open_reader(url, &fault), TT_OK);
}
TT_END

TT_TEST(another_programs_tables_and_a_newer_schema_are_refused)
{
    struct tt_fault fault;
    const char *url = tt_postgres_new_url(&server);
    free(tt_postgres_text(url, "CREATE TABLE schema_version (installed TEXT, version TEXT)"));
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_INVALID);
    ck_assert_tells(fault, "search_path");
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_INVALID);
    ck_assert_int_eq(tt_postgres_count(url, "SELECT count(*) FROM information_schema.tables"
                                            " WHERE table_schema = current_schema()"),
                     1);
    url = tt_postgres_new_url(&server);
    ck_assert_int_eq(open_store(url, &fault), TT_OK);
    free(tt_postgres_text(url, "INSERT INTO schema_version VALUES (1000)"));
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_UNSUPPORTED);
    ck_assert_tells(fault, "1000");
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_UNSUPPORTED);
}
TT_END

/* The URL as of another user. */
static const char *url_of(const char *user, const char *url)
{
    static char text[600];
    const char *rest = strchr(url, '@');
    ck_assert_ptr_nonnull(rest);
    snprintf(text, sizeof text, "postgresql://%s%s", user, rest);
    return text;
}

TT_TEST(a_role_without_rights_to_the_tables_is_told_so_and_not_that_they_are_not_ours)
{
    struct tt_fault fault;
    char url[500];
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3Dguarded", server.url);
    free(tt_postgres_text(server.url, "CREATE SCHEMA guarded"));
    ck_assert_int_eq(open_store(url, &fault), TT_OK);
    free(tt_postgres_text(server.url, "CREATE ROLE guest LOGIN"));
    free(tt_postgres_text(server.url, "GRANT USAGE, CREATE ON SCHEMA guarded TO guest"));
    ck_assert_int_eq(open_reader(url_of("guest", url), &fault), TT_ERR_DENIED);
    ck_assert_tells(fault, "permission denied for table schema_version");
    ck_assert_int_eq(open_store(url_of("guest", url), &fault), TT_ERR_DENIED);
    free(tt_postgres_text(url, "GRANT SELECT ON schema_version TO guest"));
    ck_assert_int_eq(open_reader(url_of("guest", url), &fault), TT_OK);
}
TT_END

TT_TEST(a_schema_that_is_not_there_is_asked_for)
{
    struct tt_fault fault;
    char url[500];
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3Dnowhere", server.url);
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_NOT_FOUND);
    ck_assert_tells(fault, "CREATE SCHEMA");
    ck_assert_int_eq(open_reader(url, &fault), TT_ERR_NOT_FOUND);
}
TT_END

TT_TEST(who_may_not_connect_is_told_so_and_does_not_wait)
{
    struct tt_fault fault;
    char url[500];
    free(tt_postgres_text(server.url, "CREATE ROLE group_of_some NOLOGIN"));
    ck_assert_int_eq(open_store(url_of("group_of_some", server.url), &fault), TT_ERR_DENIED);
    free(tt_postgres_text(server.url, "CREATE ROLE stranger LOGIN"));
    free(tt_postgres_text(server.url, "CREATE DATABASE closed"));
    free(tt_postgres_text(server.url, "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"));
    snprintf(url, sizeof url, "postgresql://stranger@/closed?host=%s", server.dir);
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_DENIED);
    snprintf(url, sizeof url, "%s&options=-cno_such_setting%%3D1", server.url);
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_INVALID);
}
TT_END

TT_TEST(a_server_that_takes_no_writes_is_refused_for_writing)
{
    struct tt_fault fault;
    char url[600];
    const char *fresh = tt_postgres_new_url(&server);
    ck_assert_int_eq(open_store(fresh, &fault), TT_OK);
    snprintf(url, sizeof url, "%s%%20-cdefault_transaction_read_only%%3Don", fresh);
    ck_assert_int_eq(open_store(url, &fault), TT_ERR_READ_ONLY);
    ck_assert_int_eq(open_reader(url, &fault), TT_OK);
}
TT_END

/* As after a failover: the connection leads to a server that takes no writes, the next one to one
 * that does. */
TT_TEST(a_connection_to_a_server_that_takes_no_writes_any_more_is_given_up)
{
    struct tt_store store = {0};
    struct tt_outbox outbox = {0};
    struct tt_fault fault = {0};
    int64_t fence = 0;
    char url[500];
    free(tt_postgres_text(server.url, "CREATE ROLE moved LOGIN SUPERUSER"));
    snprintf(url, sizeof url, "postgresql://moved@/postgres?host=%s", server.dir);
    ck_assert_msg(tt_pg_store_open(url, NULL, &store, &fault) == TT_OK, "%s", fault.text);
    ck_assert_int_eq(tt_pg_outbox_open(url, NULL, &outbox, NULL), TT_OK);
    free(tt_postgres_text(server.url, "ALTER ROLE moved SET default_transaction_read_only = on"));
    free(tt_postgres_text(server.url, "SELECT pg_terminate_backend(pid, 10000)"
                                      " FROM pg_stat_activity WHERE usename = 'moved'"));
    for (int i = 0; i < 2; i++) { /* the connection ended; the next one may not write */
        tt_fault_clear(&fault);
        ck_assert_int_eq(store.reserve_fences(store.context, 0, &fence, &fault),
                         TT_ERR_UNAVAILABLE);
        ck_assert_int_eq(
            outbox.lease(outbox.context, TT_STR("d"), TT_STR("me"), 1, 2, &fence, NULL),
            TT_ERR_UNAVAILABLE);
    }
    ck_assert_tells(fault, "25006");
    free(tt_postgres_text(server.url, "ALTER ROLE moved RESET default_transaction_read_only"));
    tt_fault_clear(&fault);
    ck_assert_msg(store.reserve_fences(store.context, 0, &fence, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert_int_eq(outbox.lease(outbox.context, TT_STR("d"), TT_STR("me"), 1, 2, &fence, NULL),
                     TT_OK);
    tt_pg_outbox_done(&outbox);
    tt_pg_store_done(&store);
}
TT_END

enum { PROCESSES = 6, ROUNDS = 5 };

static void open_once(const void *url)
{
    struct tt_fault fault;
    if (open_store(url, &fault) != TT_OK) {
        fprintf(stderr, "%s\n", fault.text);
        _exit(3);
    }
}

TT_TEST(several_processes_that_start_at_once_make_one_schema)
{
    for (int round = 0; round < ROUNDS; round++) {
        const char *url = tt_postgres_new_url(&server);
        tt_at_once(PROCESSES, open_once, url);
        ck_assert_int_eq(
            tt_postgres_count(url, "SELECT max(version) - count(*) FROM schema_version"), 0);
    }
}
TT_END

TT_TEST(what_passes_is_retried_what_one_event_causes_is_set_aside)
{
    static const struct {
        const char *state;
        enum tt_class class;
    } cases[] = {
        {"40001", TT_CLASS_RETRY},  /* serialization_failure */
        {"40P01", TT_CLASS_RETRY},  /* deadlock_detected */
        {"53100", TT_CLASS_RETRY},  /* disk_full */
        {"53300", TT_CLASS_RETRY},  /* too_many_connections */
        {"55P03", TT_CLASS_RETRY},  /* lock_not_available */
        {"57014", TT_CLASS_RETRY},  /* query_canceled */
        {"57P01", TT_CLASS_RETRY},  /* admin_shutdown */
        {"57P03", TT_CLASS_RETRY},  /* cannot_connect_now */
        {"25P03", TT_CLASS_RETRY},  /* idle_in_transaction_session_timeout */
        {"25P04", TT_CLASS_RETRY},  /* transaction_timeout */
        {"25006", TT_CLASS_RETRY},  /* read_only_sql_transaction */
        {"08006", TT_CLASS_RETRY},  /* connection_failure */
        {"23505", TT_CLASS_RETRY},  /* unique_violation */
        {"23502", TT_CLASS_POISON}, /* not_null_violation */
        {"22021", TT_CLASS_POISON}, /* character_not_in_repertoire */
        {"22P05", TT_CLASS_POISON}, /* untranslatable_character */
        {"54000", TT_CLASS_POISON}, /* program_limit_exceeded */
        {"42501", TT_CLASS_REFUSE}, /* insufficient_privilege */
        {"28P01", TT_CLASS_REFUSE}, /* invalid_password */
        {"42P01", TT_CLASS_FATAL},  /* undefined_table */
        {"XX001", TT_CLASS_FATAL},  /* data_corrupted */
        {"ZZZZZ", TT_CLASS_FATAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(tt_err_class(tt_pg_meaning(cases[i].state)) == cases[i].class, "%s",
                      cases[i].state);
    ck_assert_int_eq(tt_pg_meaning("53100"), TT_ERR_NO_SPACE);
}
TT_END

int main(void)
{
    const TTest *list[] = {
        a_password_in_the_url_is_refused_and_never_told,
        a_server_that_is_away_a_missing_database_and_a_missing_role_are_told_apart,
        a_store_whose_server_is_away_opens_and_is_used_when_it_comes,
        a_password_that_is_wanted_comes_from_the_caller_or_the_environment,
        a_database_without_our_tables_is_made_one_for_writing_and_refused_for_reading,
        another_programs_tables_and_a_newer_schema_are_refused,
        a_role_without_rights_to_the_tables_is_told_so_and_not_that_they_are_not_ours,
        a_schema_that_is_not_there_is_asked_for,
        who_may_not_connect_is_told_so_and_does_not_wait,
        a_server_that_takes_no_writes_is_refused_for_writing,
        a_connection_to_a_server_that_takes_no_writes_any_more_is_given_up,
        several_processes_that_start_at_once_make_one_schema,
        what_passes_is_retried_what_one_event_causes_is_set_aside,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/open", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
