/* The schema, as a list of steps that only ever grows. A process looks which steps are missing;
 * when there are some it takes the write lock, looks again, runs them and writes the number down,
 * all in one transaction: of several that start at once one does the work and the others find it
 * done.
 *
 * Failure modes: a newer schema: refused, nobody writes what he does not know; the file of another
 * program: refused, nothing is added to it; a crash: all of a step or nothing of it. */
#include "adapters/sqlite/db.h"

#include "core/model/event.h"

/* Step n brings version n to n + 1. Never change one that was released: add another. */
static const char *const steps[] = {
    "CREATE TABLE task_status_audit ("
    "  epoch INTEGER NOT NULL, partition INTEGER NOT NULL,"
    "  entry_ms INTEGER NOT NULL, entry_seq INTEGER NOT NULL,"
    "  tenant TEXT NOT NULL, task_id TEXT NOT NULL, task_type TEXT,"
    "  status TEXT NOT NULL, stage TEXT, event_time INTEGER NOT NULL,"
    "  event_id TEXT, source TEXT, seq INTEGER, correlation_id TEXT, dataset_id TEXT,"
    "  message TEXT, error_code TEXT, error_code_is_int INTEGER NOT NULL, attributes TEXT,"
    "  received_at INTEGER, enqueued_at INTEGER NOT NULL,"
    "  read_started_at INTEGER NOT NULL, write_started_at INTEGER NOT NULL,"
    "  worker TEXT NOT NULL, fence INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    "  apply_seq INTEGER NOT NULL, duplicate INTEGER NOT NULL,"
    "  PRIMARY KEY (epoch, partition, entry_ms, entry_seq));"
    "CREATE INDEX task_status_audit_task"
    "  ON task_status_audit (tenant, task_id, event_time, apply_seq);"
    "CREATE INDEX task_status_audit_event"
    "  ON task_status_audit (tenant, task_id, event_id) WHERE event_id IS NOT NULL;"
    "CREATE UNIQUE INDEX task_status_audit_apply ON task_status_audit (apply_seq);"

    "CREATE TABLE task_status_current ("
    "  tenant TEXT NOT NULL, task_id TEXT NOT NULL, task_type TEXT,"
    "  status TEXT NOT NULL, stage TEXT, event_time INTEGER NOT NULL,"
    "  first_seen_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
    "  events INTEGER NOT NULL, fence INTEGER NOT NULL,"
    "  last_seq INTEGER, newest_event_time INTEGER NOT NULL,"
    "  correlation_id TEXT, dataset_id TEXT,"
    "  PRIMARY KEY (tenant, task_id)) WITHOUT ROWID;"

    "CREATE TABLE task_status_interval ("
    "  tenant TEXT NOT NULL, task_id TEXT NOT NULL, position INTEGER NOT NULL,"
    "  valid_from INTEGER NOT NULL, valid_to INTEGER, status TEXT NOT NULL, stage TEXT,"
    "  PRIMARY KEY (tenant, task_id, position)) WITHOUT ROWID;"

    "CREATE TABLE dataset_progress ("
    "  tenant TEXT NOT NULL, correlation_id TEXT NOT NULL, dataset_id TEXT NOT NULL,"
    "  records_expected INTEGER, records_finished INTEGER NOT NULL,"
    "  succeeded INTEGER NOT NULL, failed INTEGER NOT NULL,"
    "  first_failure TEXT, first_failure_at INTEGER, last_stage TEXT,"
    "  PRIMARY KEY (tenant, correlation_id, dataset_id)) WITHOUT ROWID;"

    "CREATE TABLE partition_fence (partition INTEGER PRIMARY KEY, fence INTEGER NOT NULL);",

    /* One index for all that is asked about a task, instead of two, and none for apply_seq: rows
     * stand in its order. The task's row knows its stays. */
    "ALTER TABLE task_status_audit ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;"
    "UPDATE task_status_audit"
    "  SET identity = tt_identity(event_id, event_time, status, stage, source, seq);"
    "DROP INDEX task_status_audit_task;"
    "DROP INDEX task_status_audit_event;"
    "DROP INDEX task_status_audit_apply;"
    "CREATE INDEX task_status_audit_task"
    "  ON task_status_audit (task_id, tenant, identity, event_time);"
    "ALTER TABLE task_status_current ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task_status_current ADD COLUMN stay_status TEXT;"
    "UPDATE task_status_current AS c SET (stays, stay_status) ="
    "  (SELECT i.position, i.status FROM task_status_interval AS i"
    "   WHERE i.tenant = c.tenant AND i.task_id = c.task_id ORDER BY i.position DESC LIMIT 1)"
    "  WHERE EXISTS (SELECT 1 FROM task_status_interval AS i"
    "                WHERE i.tenant = c.tenant AND i.task_id = c.task_id);",

    /* The outbox of uploads. */
    "CREATE TABLE upload_destination ("
    "  destination TEXT PRIMARY KEY, planned_to INTEGER NOT NULL, plans INTEGER NOT NULL,"
    "  holder TEXT, lease_until INTEGER, fence INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE upload_plan ("
    "  destination TEXT NOT NULL, number INTEGER NOT NULL,"
    "  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, written_at INTEGER NOT NULL,"
    "  rules TEXT NOT NULL, PRIMARY KEY (destination, number)) WITHOUT ROWID;"
    "CREATE TABLE upload_batch ("
    "  number INTEGER PRIMARY KEY, destination TEXT NOT NULL, plan INTEGER NOT NULL,"
    "  table_name TEXT NOT NULL, row_from INTEGER NOT NULL, row_count INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL, digest BLOB NOT NULL, generation INTEGER NOT NULL,"
    "  state TEXT NOT NULL, version INTEGER NOT NULL, handle TEXT, attempts INTEGER NOT NULL,"
    "  next_try INTEGER NOT NULL, blocked INTEGER NOT NULL, problem TEXT,"
    "  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL);"
    "CREATE INDEX upload_batch_open ON upload_batch (destination, number)"
    "  WHERE state IN ('planned', 'open', 'committing');"
    "CREATE TABLE upload_load ("
    "  destination TEXT NOT NULL, table_name TEXT NOT NULL, began_at INTEGER NOT NULL,"
    "  batch INTEGER NOT NULL, generation INTEGER NOT NULL);"
    "CREATE INDEX upload_load_began ON upload_load (destination, table_name, began_at);"
    "CREATE TABLE upload_hold ("
    "  destination TEXT NOT NULL, tenant TEXT NOT NULL, task_id TEXT NOT NULL,"
    "  plan INTEGER NOT NULL, held_rows INTEGER NOT NULL, wanted INTEGER NOT NULL,"
    "  released_in INTEGER, PRIMARY KEY (destination, tenant, task_id, plan)) WITHOUT ROWID;"
    "CREATE INDEX upload_hold_plan ON upload_hold (destination, plan);"
    "CREATE INDEX upload_hold_released ON upload_hold (destination, released_in);"
    "CREATE TABLE upload_quarantine ("
    "  destination TEXT NOT NULL, table_name TEXT NOT NULL, plan INTEGER NOT NULL,"
    "  row_number INTEGER NOT NULL, row_uid TEXT NOT NULL, reason TEXT NOT NULL,"
    "  message TEXT NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  PRIMARY KEY (destination, table_name, plan, row_number)) WITHOUT ROWID;",

    /* Rows that change stand where a number leads, so that changing one moves no key. */
    "ALTER TABLE task_status_current RENAME TO old_current;"
    "CREATE TABLE task_status_current ("
    "  tenant TEXT NOT NULL, task_id TEXT NOT NULL, task_type TEXT,"
    "  status TEXT NOT NULL, stage TEXT, event_time INTEGER NOT NULL,"
    "  first_seen_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
    "  events INTEGER NOT NULL, fence INTEGER NOT NULL,"
    "  last_seq INTEGER, newest_event_time INTEGER NOT NULL,"
    "  correlation_id TEXT, dataset_id TEXT, stays INTEGER NOT NULL, stay_status TEXT,"
    "  PRIMARY KEY (tenant, task_id));"
    "INSERT INTO task_status_current SELECT tenant, task_id, task_type, status, stage, event_time,"
    "  first_seen_at, updated_at, events, fence, last_seq, newest_event_time, correlation_id,"
    "  dataset_id, stays, stay_status FROM old_current ORDER BY tenant, task_id;"
    "DROP TABLE old_current;"
    "ALTER TABLE task_status_interval RENAME TO old_interval;"
    "CREATE TABLE task_status_interval ("
    "  tenant TEXT NOT NULL, task_id TEXT NOT NULL, position INTEGER NOT NULL,"
    "  valid_from INTEGER NOT NULL, valid_to INTEGER, status TEXT NOT NULL, stage TEXT,"
    "  PRIMARY KEY (tenant, task_id, position));"
    "INSERT INTO task_status_interval SELECT tenant, task_id, position, valid_from, valid_to,"
    "  status, stage FROM old_interval ORDER BY tenant, task_id, position;"
    "DROP TABLE old_interval;",

    /* How large uploaded rows are where they are paid for; held rows that are wanted. */
    "ALTER TABLE upload_batch ADD COLUMN line_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE upload_batch ADD COLUMN column_bytes INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX upload_hold_wanted ON upload_hold (destination)"
    "  WHERE wanted = 1 AND released_in IS NULL;",
};

enum { VERSION = sizeof steps / sizeof *steps };

/* One number; `sql` has exactly one row. */
static enum tt_err read_number(const struct tt_db *db, const char *sql, int *ret_number,
                               struct tt_fault *fault)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    enum tt_err err = tt_db_prepare(db, sql, &statement, fault);
    if (err == TT_OK)
        err = tt_db_step(db, statement, &row, fault);
    if (err == TT_OK && row)
        *ret_number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return err;
}

/* 0 where there is no schema of ours yet; *ret_tables counts tables of any kind. Other programs
 * have a table of versions, too, so that alone is none of ours. */
static enum tt_err read_version(const struct tt_db *db, int *ret_version, int *ret_tables,
                                struct tt_fault *fault)
{
    int marked = 0, version = 0;
    enum tt_err err = read_number(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'",
                                  ret_tables, fault);
    if (err == TT_OK)
        err = read_number(db,
                          "SELECT count(*) = 2 FROM sqlite_schema WHERE type = 'table'"
                          " AND name IN ('schema_version', 'task_status_audit')",
                          &marked, fault);
    if (err == TT_OK && marked > 0)
        err = read_number(db, "SELECT max(version) FROM schema_version", &version, fault);
    if (err == TT_OK && version > VERSION)
        err = tt_fault_set(
            fault, TT_ERR_UNSUPPORTED,
            "store %s: its schema has version %d, this program knows versions up to %d", db->path,
            version, VERSION);
    *ret_version = version;
    return err;
}

static enum tt_err write_version(const struct tt_db *db, int version, struct tt_fault *fault)
{
    sqlite3_stmt *statement = NULL;
    enum tt_err err =
        tt_db_prepare(db, "INSERT INTO schema_version (version) VALUES (?)", &statement, fault);
    if (err == TT_OK) {
        err = tt_db_bound(db, tt_db_bind_int(statement, 1, version), fault);
        if (err == TT_OK)
            err = tt_db_execute(db, statement, fault);
    }
    sqlite3_finalize(statement);
    return err;
}

static enum tt_err read_own_version(const struct tt_db *db, int *ret_version,
                                    struct tt_fault *fault)
{
    int tables = 0;
    enum tt_err err = read_version(db, ret_version, &tables, fault);
    if (err == TT_OK && *ret_version == 0 && tables > 0)
        err = tt_fault_set(
            fault, TT_ERR_INVALID,
            "store %s: holds other tables and is no tasktrail store: name a new file", db->path);
    return err;
}

enum tt_err tt_db_refuse_others(const struct tt_db *db, struct tt_fault *fault)
{
    int version = 0;
    return read_own_version(db, &version, fault);
}

static enum tt_err take_steps(const struct tt_db *db, struct tt_fault *fault)
{
    int version = 0;
    enum tt_err err = read_own_version(db, &version, fault);
    if (err == TT_OK && version == 0)
        err = tt_db_run(db, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY)", fault);
    for (; version < VERSION && err == TT_OK; version++) {
        err = tt_db_run(db, steps[version], fault);
        if (err == TT_OK)
            err = write_version(db, version + 1, fault);
    }
    return err;
}

/* tt_event_identity, for rows that were written before there was a column for it. */
static void identity(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct tt_str texts[6] = {{0}};
    for (int i = 0; i < count; i++) {
        if (sqlite3_value_type(values[i]) != SQLITE_TEXT)
            continue;
        const char *text = (const char *)sqlite3_value_text(values[i]);
        texts[i] = text == NULL ? TT_STR_NONE
                                : (struct tt_str){text, (size_t)sqlite3_value_bytes(values[i])};
    }
    const struct tt_event event = {
        .event_id = texts[0],
        .event_time_us = sqlite3_value_int64(values[1]),
        .status = texts[2],
        .stage = texts[3],
        .source = texts[4],
        .has_seq = sqlite3_value_type(values[5]) != SQLITE_NULL,
        .seq = sqlite3_value_int64(values[5]),
    };
    sqlite3_result_int64(context, tt_event_identity(&event));
}

enum tt_err tt_db_migrate(const struct tt_db *db, struct tt_fault *fault)
{
    int version = 0, tables = 0;
    enum tt_err err = read_version(db, &version, &tables, fault);
    if (err != TT_OK || version == VERSION)
        return err;
    if (sqlite3_create_function_v2(db->sqlite, "tt_identity", 6, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                   NULL, identity, NULL, NULL, NULL) != SQLITE_OK)
        return tt_db_failed(db, "opening", fault);
    err = tt_db_run(db, "BEGIN IMMEDIATE", fault);
    if (err != TT_OK)
        return err;
    err = take_steps(db, fault);
    if (err == TT_OK)
        err = tt_db_run(db, "COMMIT", fault);
    if (err != TT_OK && sqlite3_get_autocommit(db->sqlite) == 0)
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

enum tt_err tt_db_check_schema(const struct tt_db *db, struct tt_fault *fault)
{
    int version = 0, tables = 0;
    enum tt_err err = read_version(db, &version, &tables, fault);
    if (err != TT_OK || version == VERSION)
        return err;
    if (version > 0)
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "store %s: its schema has version %d, expected %d: start a worker on "
                            "it once to bring it up to date",
                            db->path, version, VERSION);
    return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: is no tasktrail store", db->path);
}
