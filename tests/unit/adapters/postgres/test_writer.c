/* What is PostgreSQL's own: connections that end at the worst moment, plans, two writers at once,
 * values it cannot hold. */
#include "adapters/postgres/statements.h"
#include "adapters/postgres/writer.h"
#include "core/base/buf.h"
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include "tests/unit/adapters/postgres/store_scene.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS "SELECT count(*) FROM task_status_audit"

/* ---- Steps before which something happens */

enum step { BEGIN, FENCE, LOAD, WRITE, COMMIT, STEPS };

static struct {
    enum step before;
    void (*happens)(void);
} plan;

static void pass(enum step step)
{
    if (plan.happens != NULL && plan.before == step) {
        plan.happens();
        plan.happens = NULL;
    }
}

static enum tt_err watched_begin(void *c, struct tt_fault *fault)
{
    pass(BEGIN);
    return store.begin(c, fault);
}

static enum tt_err watched_fence(void *c, const struct tt_store_partition *partitions, size_t count,
                                 struct tt_fault *fault)
{
    pass(FENCE);
    return store.fence(c, partitions, count, fault);
}

static enum tt_err watched_load(void *c, struct tt_store_batch *batch, struct tt_arena *arena,
                                struct tt_fault *fault)
{
    pass(LOAD);
    return store.load(c, batch, arena, fault);
}

static enum tt_err watched_write(void *c, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    pass(WRITE);
    return store.write(c, changes, fault);
}

static enum tt_err watched_commit(void *c, struct tt_fault *fault)
{
    pass(COMMIT);
    return store.commit(c, fault);
}

static void watch(void)
{
    static struct tt_store watched;
    tt_applying_done(&applying);
    watched = store;
    watched.begin = watched_begin;
    watched.fence = watched_fence;
    watched.load = watched_load;
    watched.write = watched_write;
    watched.commit = watched_commit;
    tt_applying_begin(&applying, &watched, false);
}

static void end_all_connections(void)
{
    free(tt_postgres_text(server.url, "SELECT pg_terminate_backend(pid, 60000) FROM"
                                      " pg_stat_activity WHERE application_name = 'tasktrail'"));
}

static void crash_and_restart(void)
{
    tt_postgres_server_stop(&server, SIGQUIT);
    tt_postgres_server_start(&server, "postgres", NULL);
}

static void add_batch(void)
{
    static const char *const statuses[] = {"QUEUED", "RUNNING", "DONE"};
    for (int i = 0; i < 3; i++) {
        struct tt_event event = tt_test_event(statuses[i], 10 + i);
        tt_applying_add(&applying, &event, 3, 100 + i, 0);
    }
}

static void check_all_steps(void (*happens)(void))
{
    for (enum step step = 0; step < STEPS; step++) {
        uint64_t rows = 0;
        setup();
        watch();
        plan.before = step;
        plan.happens = happens;
        add_batch();
        enum tt_err err = tt_applying_try(&applying, &rows);
        if (step > BEGIN) /* begin alone may find a good connection again */
            ck_assert_msg(err != TT_OK, "step %d", step);
        ck_assert_msg(err == TT_OK || tt_err_class(err) == TT_CLASS_RETRY, "step %d: %s", step,
                      applying.fault.text);
        if (err != TT_OK)
            ck_assert_count(ROWS, 0);
        add_batch();
        ck_assert_uint_eq(tt_applying_run(&applying), err == TT_OK ? 0 : 3);
        ck_assert_count(ROWS, 3);
        ck_assert_count("SELECT events FROM task_status_current", 3);
        ck_assert_count("SELECT count(*) FROM task_status_interval", 3);
        teardown();
    }
}

TT_TEST(a_connection_that_ends_before_any_step_leaves_nothing_and_the_next_try_connects_again)
{
    check_all_steps(end_all_connections);
}
TT_END

TT_TEST(a_server_that_crashes_before_any_step_and_comes_back_is_used_again)
{
    int64_t fence = -1;
    tt_postgres_server_start(&server, "postgres", NULL); /* the test's own, to end it */
    check_all_steps(crash_and_restart);
    setup();
    tt_postgres_server_stop(&server, SIGINT);
    enum tt_err err = store.reserve_fences(store.context, 0, &fence, NULL);
    ck_assert_int_eq(tt_err_class(err), TT_CLASS_RETRY);
    err = store.begin(store.context, NULL);
    ck_assert_int_eq(tt_err_class(err), TT_CLASS_RETRY);
    store.rollback(store.context);
    tt_postgres_server_start(&server, "postgres", NULL);
    ck_assert_int_eq(store.reserve_fences(store.context, 0, &fence, NULL), TT_OK);
    ck_assert_int_eq(fence, TT_FENCE_STEP);
    teardown();
    tt_postgres_server_stop(&server, SIGINT);
}
TT_END

/* What the writer's own session says of a setting. */
static const char *setting(const char *name)
{
    static char text[64];
    const struct tt_pg_writer *writer = store.context;
    PGresult *result =
        PQexecParams(writer->pg.conn, "SELECT current_setting($1)", 1, NULL, &name, NULL, NULL, 0);
    ck_assert_int_eq(PQresultStatus(result), PGRES_TUPLES_OK);
    snprintf(text, sizeof text, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return text;
}

TT_TEST(a_commit_waits_for_the_disk_unless_told_otherwise_also_after_connecting_again)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    uint64_t rows = 0;
    ck_assert_str_eq(setting("synchronous_commit"), "on");
    ck_assert_str_eq(setting("idle_in_transaction_session_timeout"), "30s");
    ck_assert_str_eq(setting("statement_timeout"), "1min");
    ck_assert_int_eq(tt_pg_store_relax(&store, NULL), TT_OK);
    ck_assert_str_eq(setting("synchronous_commit"), "off");
    end_all_connections();
    tt_applying_add(&applying, &event, 3, 100, 0);
    ck_assert_int_ne(tt_applying_try(&applying, &rows), TT_OK);
    tt_apply_one(&applying, &event, 100);
    ck_assert_str_eq(setting("synchronous_commit"), "off");
    ck_assert_str_eq(setting("statement_timeout"), "1min");
    teardown();
}
TT_END

/* ---- Values and rows in the way */

TT_TEST(a_key_too_long_for_its_index_makes_one_entry_poison_and_the_rest_goes_on)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10), huge = event;
    static char text[9000];
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof text; i++) /* does not compress */
        text[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[tt_test_next(
                                                                                         &random) %
                                                                                     64];
    huge.task_id = (struct tt_str){text, sizeof text};
    for (int i = 0; i < 20; i++)
        tt_applying_add(&applying, i == 5 || i == 13 ? &huge : &event, 3, 100 + i, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 18);
    ck_assert_uint_eq(applying.poison_count, 2);
    ck_assert_uint_eq(applying.poison[0].entry, 5);
    ck_assert_uint_eq(applying.poison[1].entry, 13);
    ck_assert_ptr_nonnull(strstr(applying.poison[0].reason, "54000"));
    ck_assert_count(ROWS, 18);
    teardown();
}
TT_END

TT_TEST(a_stay_that_nobody_should_have_written_is_overwritten)
{
    setup();
    uint64_t rows = 0;
    struct tt_event first = tt_test_event("QUEUED", 10), second = tt_test_event("DONE", 20);
    tt_apply_one(&applying, &first, 100);
    free(tt_postgres_text(url, "INSERT INTO task_status_interval (tenant, task_id, position,"
                               " valid_from, status) VALUES ('default', 't', 2, now(), 'X')"));
    tt_applying_add(&applying, &second, 3, 101, 0);
    ck_assert_int_eq(tt_applying_try(&applying, &rows), TT_ERR_BUSY);
    tt_applying_add(&applying, &second, 3, 101, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    ck_assert_count("SELECT count(*) FROM task_status_interval WHERE status = 'DONE'", 1);
    ck_assert_count("SELECT count(*) FROM task_status_interval", 2);
    teardown();
}
TT_END

/* ---- Two writers */

enum { WRITERS = 3, BATCHES = 40, BATCH = 12, TASKS = 9 };

/* A child that writes the same tasks as the others, all in one partition, no lock held. */
static void write_many(int writer)
{
    static struct tt_applying mine;
    struct tt_store own = {0};
    char task[TASKS][8];
    uint64_t rows = 0;
    if (tt_pg_store_open(url, NULL, &own, NULL) != TT_OK)
        _exit(2);
    tt_applying_begin(&mine, &own, false);
    mine.locking = false;
    for (int i = 0; i < BATCHES; i++) {
        enum tt_err err = TT_ERR_BUSY;
        while (tt_err_class(err) == TT_CLASS_RETRY) {
            for (int k = 0; k < BATCH; k++) {
                int number = (k * (writer + 1) + i) % TASKS; /* each in an order of its own */
                struct tt_event event = tt_test_event(k % 2 ? "A" : "B", i * 100 + k);
                snprintf(task[number], sizeof task[number], "t%d", number);
                event.task_id = tt_str_from(task[number]);
                event.source = tt_str_from(writer == 0 ? "w0" : writer == 1 ? "w1" : "w2");
                event.correlation_id = TT_STR("c");
                event.dataset_id = tt_str_from(k % 3 ? "d1" : "d2");
                tt_applying_add(&mine, &event, 3, writer * 100000 + i * 100 + k, 0);
            }
            err = tt_applying_try(&mine, &rows);
        }
        if (err != TT_OK) {
            fprintf(stderr, "%s\n", mine.fault.text);
            _exit(3);
        }
    }
    tt_applying_done(&mine);
    tt_pg_store_done(&own);
    _exit(0);
}

TT_TEST(writers_of_the_same_tasks_take_turns_without_deadlock_and_lose_no_count)
{
    setup();
    fflush(stdout);
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            write_many(i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_count(ROWS, WRITERS * BATCHES * BATCH);
    ck_assert_count("SELECT sum(events)::bigint FROM task_status_current",
                    WRITERS * BATCHES * BATCH);
    ck_assert_count("SELECT count(DISTINCT apply_seq) FROM task_status_audit",
                    WRITERS * BATCHES * BATCH);
    ck_assert_count("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'", 0);
    teardown();
}
TT_END

/* ---- Plans */

static char *plan_of(enum tt_pg_sql which)
{
    const char *text = tt_pg_sql_text(which), *select = strstr(text, "SELECT");
    struct tt_buf sql;
    tt_buf_init(&sql, 0);
    /* As the writer plans: for any parameters. */
    tt_buf_add_text(&sql, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
                          "SET enable_hashjoin = off; SET enable_mergejoin = off;"
                          "SET enable_bitmapscan = off; SET enable_memoize = off;"
                          "SET enable_material = off; PREPARE p AS ");
    tt_buf_add_text(&sql, which >= TT_PG_SQL_SCAN_AUDIT ? select : text);
    tt_buf_add_text(&sql, "; EXPLAIN (COSTS off) EXECUTE p");
    size_t arguments = strstr(text, "$4")   ? 4
                       : strstr(text, "$3") ? 3
                       : strstr(text, "$2") ? 2
                       : strstr(text, "$1") ? 1
                                            : 0;
    for (size_t i = 0; i < arguments; i++)
        tt_buf_add_text(&sql, i == 0 ? " (NULL" : ", NULL");
    tt_buf_add_text(&sql, arguments > 0 ? ")" : "");
    char *plan_text = tt_postgres_text(url, sql.data);
    tt_buf_done(&sql);
    return plan_text;
}

TT_TEST(no_statement_reads_a_whole_table_but_the_scans_of_everything)
{
    setup();
    static const struct {
        enum tt_pg_sql which;
        const char *uses;
    } cases[] = {
        {TT_PG_SQL_NEWEST, "Index Only Scan Backward using task_status_audit_pkey"},
        {TT_PG_SQL_TAKEN, "Index Cond: ((epoch = ANY ($2)) AND (partition = k.k_partition) AND "
                          "(entry_ms = k.k_ms) AND (entry_seq = k.k_seq))"},
        {TT_PG_SQL_SAME, "Index Cond: ((task_id = (k.task_id)::text) AND (tenant ="
                         " (k.tenant)::text) AND (identity = k.identity))"},
        {TT_PG_SQL_CURRENT_GET, "Index Scan using task_status_current_pkey"},
        {TT_PG_SQL_ORIGINALS, "Index Cond: ((task_id = (k.task_id)::text) AND (tenant ="
                              " (k.tenant)::text) AND (event_time >= k.since))"},
        {TT_PG_SQL_STAY_BEFORE, "Index Scan Backward using task_status_interval_pkey"},
        {TT_PG_SQL_CURRENT_PUT, "Index Scan using task_status_current_pkey"},
        {TT_PG_SQL_STAYS_CLEAR, "(\"position\" > k.\"position\")"},
        {TT_PG_SQL_STAY_END, "(\"position\" = k.\"position\")"},
        {TT_PG_SQL_SCAN_AUDIT_TASK, "Index Scan using task_status_audit_task"},
        {TT_PG_SQL_SCAN_CURRENT_TASK, "Index Scan using task_status_current_pkey"},
        {TT_PG_SQL_SCAN_INTERVALS_TASK, "Index Scan using task_status_interval_pkey"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = plan_of(cases[i].which);
        ck_assert_msg(strstr(text, cases[i].uses) != NULL, "%s\n%s", tt_pg_sql_text(cases[i].which),
                      text);
        ck_assert_msg(strstr(text, "Seq Scan") == NULL, "%s", text);
        free(text);
    }
    teardown();
}
TT_END

/* ---- Reading */

static enum tt_err count_row(void *context, const struct tt_audit_row *row)
{
    int64_t *last = context;
    ck_assert_int_eq(row->place.entry_ms, *last + 1);
    *last = row->place.entry_ms;
    return TT_OK;
}

TT_TEST(more_rows_than_one_portion_come_in_order)
{
    enum { MANY = 4500 };
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_store_reader reader = {0};
    int64_t last = 0;
    for (int i = 1; i <= MANY; i++)
        tt_applying_add(&applying, &event, 3, i, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), MANY);
    ck_assert_int_eq(tt_pg_reader_open(url, NULL, &reader, NULL), TT_OK);
    ck_assert_int_eq(reader.audit(reader.context, TT_STR_NONE, TT_STR_NONE, count_row, &last, NULL),
                     TT_OK);
    ck_assert_int_eq(last, MANY);
    tt_pg_reader_done(&reader);
    teardown();
}
TT_END

int main(void)
{
    const TTest *list[] = {
        a_connection_that_ends_before_any_step_leaves_nothing_and_the_next_try_connects_again,
        a_commit_waits_for_the_disk_unless_told_otherwise_also_after_connecting_again,
        a_key_too_long_for_its_index_makes_one_entry_poison_and_the_rest_goes_on,
        a_stay_that_nobody_should_have_written_is_overwritten,
        writers_of_the_same_tasks_take_turns_without_deadlock_and_lose_no_count,
        no_statement_reads_a_whole_table_but_the_scans_of_everything,
        more_rows_than_one_portion_come_in_order,
        a_server_that_crashes_before_any_step_and_comes_back_is_used_again,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/writer", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
