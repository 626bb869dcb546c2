/* Names and types are a contract with people and other programs. */
#include "adapters/sqlite/statements.h"
#include "core/base/buf.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdlib.h>
#include <string.h>

static const char *new_store(void)
{
    const char *path = tt_tmpfile("schema.db");
    struct tt_store store = tt_test_store_open(path);
    tt_sqlite_store_done(&store);
    return path;
}

struct table {
    const char *name, *key;
    const char *columns[32]; /* "name TYPE", of the contract; a table may have more */
};

static const struct table contract[] = {
    {"task_status_audit",
     "epoch,partition,entry_ms,entry_seq",
     {"epoch INTEGER",
      "partition INTEGER",
      "entry_ms INTEGER",
      "entry_seq INTEGER",
      "tenant TEXT",
      "task_id TEXT",
      "task_type TEXT",
      "status TEXT",
      "stage TEXT",
      "event_time INTEGER",
      "event_id TEXT",
      "source TEXT",
      "seq INTEGER",
      "correlation_id TEXT",
      "dataset_id TEXT",
      "message TEXT",
      "error_code TEXT",
      "attributes TEXT",
      "received_at INTEGER",
      "enqueued_at INTEGER",
      "read_started_at INTEGER",
      "write_started_at INTEGER",
      "worker TEXT",
      "fence INTEGER",
      "attempt INTEGER",
      "apply_seq INTEGER",
      "duplicate INTEGER"}},
    {"task_status_current",
     "tenant,task_id",
     {"tenant TEXT", "task_id TEXT", "task_type TEXT", "status TEXT", "stage TEXT",
      "event_time INTEGER", "first_seen_at INTEGER", "updated_at INTEGER", "events INTEGER",
      "fence INTEGER"}},
    {"task_status_interval",
     "tenant,task_id,position",
     {"tenant TEXT", "task_id TEXT", "position INTEGER", "valid_from INTEGER", "valid_to INTEGER",
      "status TEXT", "stage TEXT"}},
    {"dataset_progress",
     "tenant,correlation_id,dataset_id",
     {"tenant TEXT", "correlation_id TEXT", "dataset_id TEXT", "records_expected INTEGER",
      "records_finished INTEGER", "succeeded INTEGER", "failed INTEGER", "first_failure TEXT",
      "first_failure_at INTEGER", "last_stage TEXT"}},
    {"partition_fence", "partition", {"partition INTEGER", "fence INTEGER"}},
    {"schema_version", "version", {"version INTEGER"}},
};

TT_TEST(tables_columns_and_keys_are_those_of_the_contract)
{
    const char *path = new_store();
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        const struct table *table = &contract[i];
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        for (size_t k = 0; k < 32 && table->columns[k] != NULL; k++) {
            tt_buf_clear(&sql);
            tt_buf_addf(&sql,
                        /* tidy: sql-format: names of our own tables, in a test */
                        "SELECT count(*) FROM pragma_table_info('%s')"
                        " WHERE name || ' ' || type = '%s'",
                        table->name, table->columns[k]);
            char *found = tt_test_sql_text(path, sql.data);
            ck_assert_msg(strcmp(found, "1") == 0, "%s has no %s", table->name, table->columns[k]);
            free(found);
        }
        tt_buf_clear(&sql);
        tt_buf_addf(&sql,
                    /* tidy: sql-format: names of our own tables, in a test */
                    "SELECT group_concat(name) FROM"
                    " (SELECT name FROM pragma_table_info('%s') WHERE pk > 0 ORDER BY pk)",
                    table->name);
        ck_assert_sql(path, sql.data, table->key);
        tt_buf_done(&sql);
    }
}
TT_END

static char *plan_of(const char *path, enum tt_sql which)
{
    struct tt_buf sql;
    tt_buf_init(&sql, 0);
    tt_buf_addf(&sql, "EXPLAIN QUERY PLAN %s", tt_sql_text(which));
    char *plan = tt_test_sql_text(path, sql.data);
    tt_buf_done(&sql);
    return plan;
}

TT_TEST(no_statement_reads_a_whole_table_but_the_scans_of_everything)
{
    const char *path = new_store();
    for (enum tt_sql which = 0; which < TT_SQL_COUNT; which++) {
        char *plan = plan_of(path, which);
        bool reads_all = which == TT_SQL_SCAN_AUDIT || which == TT_SQL_SCAN_CURRENT ||
                         which == TT_SQL_SCAN_INTERVALS || which == TT_SQL_COUNTS;
        if (which == TT_SQL_AUDIT_LAST || which == TT_SQL_ROW_SPAN)
            reads_all = true; /* one row at an end; SQLite calls it a scan */
        bool scans = strstr(plan, "SCAN task_status") != NULL ||
                     strstr(plan, "SCAN dataset") != NULL || strstr(plan, "SCAN part") != NULL;
        ck_assert_msg(scans == reads_all, "%s\n%s", tt_sql_text(which), plan);
        free(plan);
    }
}
TT_END

TT_TEST(the_searches_of_a_task_use_its_indexes_to_the_last_column)
{
    const char *path = new_store();
    static const struct {
        enum tt_sql which;
        const char *uses;
        bool sorts;
    } cases[] = {
        {TT_SQL_SAME_ID, "task_status_audit_task (task_id=? AND tenant=? AND identity=?)", false},
        {TT_SQL_SAME_CONTENT,
         "task_status_audit_task (task_id=? AND tenant=? AND identity=? AND event_time=?)", false},
        {TT_SQL_ORIGINALS, "task_status_audit_task (task_id=? AND tenant=?)", true},
        {TT_SQL_STAY_BEFORE, "(tenant=? AND task_id=?)", false},
        {TT_SQL_STAYS_CLEAR, "(tenant=? AND task_id=? AND position>?)", false},
        {TT_SQL_STAY_END, "(tenant=? AND task_id=? AND position=?)", false},
        {TT_SQL_CURRENT_PUT, "(tenant=? AND task_id=?)", false},
        {TT_SQL_CURRENT_PUT_AT, "(rowid=?)", false},
        {TT_SQL_SCAN_AUDIT_TASK, "(task_id=? AND tenant=?)", true},
        {TT_SQL_SCAN_INTERVALS_TASK, "(tenant=? AND task_id=?)", false},
        {TT_SQL_SCAN_INTERVALS, "SCAN", false},
        {TT_SQL_ENTRY_NEWEST, "(epoch=? AND partition=?)", false},
        {TT_SQL_TAKEN, "(epoch=? AND partition=? AND entry_ms=? AND entry_seq=?)", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *plan = plan_of(path, cases[i].which);
        ck_assert_msg(strstr(plan, cases[i].uses) != NULL, "%s", plan);
        ck_assert_msg((strstr(plan, "TEMP B-TREE") != NULL) == cases[i].sorts, "%s", plan);
        free(plan);
    }
}
TT_END

TT_SUITE("adapters/sqlite/schema", tables_columns_and_keys_are_those_of_the_contract,
         no_statement_reads_a_whole_table_but_the_scans_of_everything,
         the_searches_of_a_task_use_its_indexes_to_the_last_column)
