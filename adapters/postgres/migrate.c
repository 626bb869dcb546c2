/* The schema, as a list of steps that only ever grows. Who comes looks which steps are missing;
 * when there are some he takes an advisory lock, looks again, runs them and writes the number down,
 * all in one transaction: of several that start at once one does the work and the others find it
 * done.
 *
 * Failure modes: a newer schema: refused, nobody writes what he does not know; another program's
 * table of the same name: refused, nothing is added; a crash: all of it or nothing. */
#include "adapters/postgres/schema.h"

#include "core/base/assert.h"
#include <stdio.h>

/* Step n brings version n to n + 1. Never change one that was released: add another. Text is
 * compared bytewise. Pages of rows that change leave room for their next versions, so that no index
 * has to be touched; not more than 10 %, or the server would tidy a page up at every look. */
static const char *const steps[] = {
    "CREATE SEQUENCE task_status_audit_apply_seq;"
    "CREATE TABLE task_status_audit ("
    "  epoch BIGINT NOT NULL, partition BIGINT NOT NULL,"
    "  entry_ms BIGINT NOT NULL, entry_seq BIGINT NOT NULL,"
    "  tenant TEXT COLLATE \"C\" NOT NULL, task_id TEXT COLLATE \"C\" NOT NULL,"
    "  task_type TEXT COLLATE \"C\", status TEXT COLLATE \"C\" NOT NULL, stage TEXT COLLATE \"C\","
    "  event_time TIMESTAMPTZ NOT NULL, event_id TEXT COLLATE \"C\","
    "  source TEXT COLLATE \"C\", seq BIGINT,"
    "  correlation_id TEXT COLLATE \"C\", dataset_id TEXT COLLATE \"C\","
    "  message TEXT COLLATE \"C\", error_code TEXT COLLATE \"C\","
    "  error_code_is_int SMALLINT NOT NULL, attributes TEXT COLLATE \"C\","
    "  received_at TIMESTAMPTZ, enqueued_at TIMESTAMPTZ NOT NULL,"
    "  read_started_at TIMESTAMPTZ NOT NULL, write_started_at TIMESTAMPTZ NOT NULL,"
    "  worker TEXT COLLATE \"C\" NOT NULL, fence BIGINT NOT NULL, attempt BIGINT NOT NULL,"
    "  duplicate SMALLINT NOT NULL, identity INTEGER NOT NULL,"
    "  apply_seq BIGINT NOT NULL DEFAULT nextval('task_status_audit_apply_seq'),"
    "  PRIMARY KEY (epoch, partition, entry_ms, entry_seq));"
    "ALTER SEQUENCE task_status_audit_apply_seq OWNED BY task_status_audit.apply_seq;"
    "CREATE INDEX task_status_audit_task"
    "  ON task_status_audit (task_id, tenant, identity, event_time);"

    "CREATE TABLE task_status_current ("
    "  tenant TEXT COLLATE \"C\" NOT NULL, task_id TEXT COLLATE \"C\" NOT NULL,"
    "  task_type TEXT COLLATE \"C\", status TEXT COLLATE \"C\" NOT NULL, stage TEXT COLLATE \"C\","
    "  event_time TIMESTAMPTZ NOT NULL,"
    "  first_seen_at TIMESTAMPTZ NOT NULL, updated_at TIMESTAMPTZ NOT NULL,"
    "  events BIGINT NOT NULL, fence BIGINT NOT NULL,"
    "  last_seq BIGINT, newest_event_time TIMESTAMPTZ NOT NULL,"
    "  correlation_id TEXT COLLATE \"C\", dataset_id TEXT COLLATE \"C\","
    "  stays BIGINT NOT NULL, stay_status TEXT COLLATE \"C\","
    "  PRIMARY KEY (tenant, task_id)) WITH (fillfactor = 90);"

    "CREATE TABLE task_status_interval ("
    "  tenant TEXT COLLATE \"C\" NOT NULL, task_id TEXT COLLATE \"C\" NOT NULL,"
    "  position BIGINT NOT NULL, valid_from TIMESTAMPTZ NOT NULL, valid_to TIMESTAMPTZ,"
    "  status TEXT COLLATE \"C\" NOT NULL, stage TEXT COLLATE \"C\","
    "  PRIMARY KEY (tenant, task_id, position)) WITH (fillfactor = 90);"

    "CREATE TABLE dataset_progress ("
    "  tenant TEXT COLLATE \"C\" NOT NULL, correlation_id TEXT COLLATE \"C\" NOT NULL,"
    "  dataset_id TEXT COLLATE \"C\" NOT NULL,"
    "  records_expected BIGINT, records_finished BIGINT NOT NULL,"
    "  succeeded BIGINT NOT NULL, failed BIGINT NOT NULL,"
    "  first_failure TEXT COLLATE \"C\", last_stage TEXT COLLATE \"C\","
    "  first_failure_at TIMESTAMPTZ,"
    "  PRIMARY KEY (tenant, correlation_id, dataset_id)) WITH (fillfactor = 90);"

    "CREATE TABLE partition_fence (partition BIGINT PRIMARY KEY, fence BIGINT NOT NULL)"
    "  WITH (fillfactor = 30);",

    /* The outbox of uploads. Rows are found by their write sequence through an index of page
     * ranges, which costs writers next to nothing. */
    "CREATE INDEX task_status_audit_apply ON task_status_audit"
    "  USING brin (apply_seq) WITH (pages_per_range = 32, autosummarize = on);"
    "CREATE TABLE upload_destination ("
    "  destination TEXT COLLATE \"C\" PRIMARY KEY, planned_to BIGINT NOT NULL,"
    "  plans BIGINT NOT NULL, holder TEXT COLLATE \"C\", lease_until TIMESTAMPTZ,"
    "  fence BIGINT NOT NULL);"
    "CREATE TABLE upload_plan ("
    "  destination TEXT COLLATE \"C\" NOT NULL, number BIGINT NOT NULL,"
    "  first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL, written_at TIMESTAMPTZ NOT NULL,"
    "  rules TEXT COLLATE \"C\" NOT NULL, PRIMARY KEY (destination, number));"
    "CREATE TABLE upload_batch ("
    "  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    "  destination TEXT COLLATE \"C\" NOT NULL, plan BIGINT NOT NULL,"
    "  table_name TEXT COLLATE \"C\" NOT NULL, row_from BIGINT NOT NULL,"
    "  row_count BIGINT NOT NULL, bytes BIGINT NOT NULL, digest BYTEA NOT NULL,"
    "  generation BIGINT NOT NULL, state TEXT COLLATE \"C\" NOT NULL, version BIGINT NOT NULL,"
    "  handle TEXT COLLATE \"C\", attempts BIGINT NOT NULL, next_try TIMESTAMPTZ NOT NULL,"
    "  blocked BIGINT NOT NULL, problem TEXT COLLATE \"C\","
    "  created_at TIMESTAMPTZ NOT NULL, changed_at TIMESTAMPTZ NOT NULL);"
    "CREATE INDEX upload_batch_open ON upload_batch (destination, number)"
    "  WHERE state IN ('planned', 'open', 'committing');"
    "CREATE TABLE upload_load ("
    "  destination TEXT COLLATE \"C\" NOT NULL, table_name TEXT COLLATE \"C\" NOT NULL,"
    "  began_at TIMESTAMPTZ NOT NULL, batch BIGINT NOT NULL, generation BIGINT NOT NULL);"
    "CREATE INDEX upload_load_began ON upload_load (destination, table_name, began_at);"
    "CREATE TABLE upload_hold ("
    "  destination TEXT COLLATE \"C\" NOT NULL, tenant TEXT COLLATE \"C\" NOT NULL,"
    "  task_id TEXT COLLATE \"C\" NOT NULL, plan BIGINT NOT NULL, held_rows BIGINT NOT NULL,"
    "  wanted BIGINT NOT NULL, released_in BIGINT,"
    "  PRIMARY KEY (destination, tenant, task_id, plan));"
    "CREATE INDEX upload_hold_plan ON upload_hold (destination, plan);"
    "CREATE INDEX upload_hold_released ON upload_hold (destination, released_in);"
    "CREATE TABLE upload_quarantine ("
    "  destination TEXT COLLATE \"C\" NOT NULL, table_name TEXT COLLATE \"C\" NOT NULL,"
    "  plan BIGINT NOT NULL, row_number BIGINT NOT NULL, row_uid TEXT COLLATE \"C\" NOT NULL,"
    "  reason TEXT COLLATE \"C\" NOT NULL, message TEXT COLLATE \"C\" NOT NULL,"
    "  at TIMESTAMPTZ NOT NULL,"
    "  PRIMARY KEY (destination, table_name, plan, row_number));",

    /* How large uploaded rows are where they are paid for; held rows that are wanted. */
    "ALTER TABLE upload_batch ADD COLUMN line_bytes BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE upload_batch ADD COLUMN column_bytes BIGINT NOT NULL DEFAULT 0;"
    "CREATE INDEX upload_hold_wanted ON upload_hold (destination)"
    "  WHERE wanted = 1 AND released_in IS NULL;",

    /* Rows as workers send them. The tables' own types have the columns that others add, too. */
    "CREATE TYPE task_status_audit_written AS ("
    "  epoch BIGINT, partition BIGINT, entry_ms BIGINT, entry_seq BIGINT,"
    "  tenant TEXT COLLATE \"C\", task_id TEXT COLLATE \"C\", task_type TEXT COLLATE \"C\","
    "  status TEXT COLLATE \"C\", stage TEXT COLLATE \"C\", event_time TIMESTAMPTZ,"
    "  event_id TEXT COLLATE \"C\", source TEXT COLLATE \"C\", seq BIGINT,"
    "  correlation_id TEXT COLLATE \"C\", dataset_id TEXT COLLATE \"C\","
    "  message TEXT COLLATE \"C\", error_code TEXT COLLATE \"C\", error_code_is_int SMALLINT,"
    "  attributes TEXT COLLATE \"C\", received_at TIMESTAMPTZ, enqueued_at TIMESTAMPTZ,"
    "  read_started_at TIMESTAMPTZ, write_started_at TIMESTAMPTZ, worker TEXT COLLATE \"C\","
    "  fence BIGINT, attempt BIGINT, duplicate SMALLINT, identity INTEGER);"
    "CREATE TYPE task_status_current_written AS ("
    "  tenant TEXT COLLATE \"C\", task_id TEXT COLLATE \"C\", task_type TEXT COLLATE \"C\","
    "  status TEXT COLLATE \"C\", stage TEXT COLLATE \"C\", event_time TIMESTAMPTZ,"
    "  first_seen_at TIMESTAMPTZ, updated_at TIMESTAMPTZ, events BIGINT, fence BIGINT,"
    "  last_seq BIGINT, newest_event_time TIMESTAMPTZ, correlation_id TEXT COLLATE \"C\","
    "  dataset_id TEXT COLLATE \"C\", stays BIGINT, stay_status TEXT COLLATE \"C\");"
    "CREATE TYPE task_status_interval_written AS ("
    "  tenant TEXT COLLATE \"C\", task_id TEXT COLLATE \"C\", position BIGINT,"
    "  valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ, status TEXT COLLATE \"C\","
    "  stage TEXT COLLATE \"C\");"
    "CREATE TYPE dataset_progress_written AS ("
    "  tenant TEXT COLLATE \"C\", correlation_id TEXT COLLATE \"C\","
    "  dataset_id TEXT COLLATE \"C\", records_expected BIGINT, records_finished BIGINT,"
    "  succeeded BIGINT, failed BIGINT, first_failure TEXT COLLATE \"C\","
    "  last_stage TEXT COLLATE \"C\", first_failure_at TIMESTAMPTZ);",
};

enum { VERSION = sizeof steps / sizeof *steps };

static enum tt_err ask_number(struct tt_pg *pg, const char *sql, int64_t *ret_number,
                              struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_query(pg, sql, false, NULL, 0, &result, fault);
    if (err != TT_OK)
        return err;
    *ret_number =
        PQntuples(result) == 0 || tt_pg_is_null(result, 0, 0) ? 0 : tt_pg_int8(result, 0, 0);
    PQclear(result);
    return TT_OK;
}

/* The columns of tables and views where a new table would be made. Not those of
 * information_schema: it hides what the role has no rights to, which then would not be there. */
#define COLUMNS_THERE                                                                              \
    "SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"              \
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()"         \
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND "

static enum tt_err look_for_schema(struct tt_pg *pg, struct tt_fault *fault)
{
    int64_t count = 0;
    enum tt_err err = ask_number(pg, "SELECT count(current_schema())", &count, fault);
    if (err != TT_OK || count > 0)
        return err;
    return tt_fault_set(fault, TT_ERR_NOT_FOUND,
                        "store %s: no schema of its search_path is there, or may be used by this "
                        "role: make it first (CREATE SCHEMA)",
                        pg->where);
}

/* 0 where there is no schema of ours yet. */
static enum tt_err read_version(struct tt_pg *pg, int64_t *ret_version, struct tt_fault *fault)
{
    int64_t columns = 0, ours = 0, version = 0;
    enum tt_err err = look_for_schema(pg, fault);
    if (err == TT_OK)
        err = ask_number(pg, COLUMNS_THERE "c.relname = 'schema_version'", &columns, fault);
    if (err == TT_OK && columns > 0)
        err =
            ask_number(pg,
                       COLUMNS_THERE "((c.relname = 'task_status_audit' AND a.attname = 'entry_ms')"
                                     " OR (c.relname = 'schema_version' AND a.attname = 'version'"
                                     " AND a.atttypid = 'int4'::regtype))",
                       &ours, fault);
    if (err == TT_OK && columns > 0 && (columns != 1 || ours != 2))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "store %s: has a table schema_version of another program: name another "
                            "database, or a schema of its own with ?options=-csearch_path%%3D...",
                            pg->where);
    if (err == TT_OK && columns > 0)
        err = ask_number(pg, "SELECT max(version)::bigint FROM schema_version", &version, fault);
    if (err == TT_OK && version > VERSION)
        err = tt_fault_set(
            fault, TT_ERR_UNSUPPORTED,
            "store %s: its schema has version %lld, this program knows versions up to %d",
            pg->where, (long long)version, VERSION);
    *ret_version = version;
    return err;
}

static enum tt_err write_version(struct tt_pg *pg, int64_t version, struct tt_fault *fault)
{
    struct tt_wire wire;
    PGresult *result = NULL;
    tt_wire_init(&wire);
    tt_wire_list(&wire, TT_WIRE_INT4);
    tt_wire_int4(&wire, (int32_t)version);
    const struct tt_pg_param versions = tt_wire_end(&wire);
    enum tt_err err = wire.buf.err != TT_OK ? tt_fault_set(fault, wire.buf.err, "out of memory")
                                            : tt_pg_query(pg,
                                                          "INSERT INTO schema_version (version)"
                                                          " SELECT * FROM unnest($1::int4[])",
                                                          false, &versions, 1, &result, fault);
    PQclear(result);
    tt_wire_done(&wire);
    return err;
}

static enum tt_err take_steps(struct tt_pg *pg, int64_t up_to, struct tt_fault *fault)
{
    int64_t version = 0;
    enum tt_err err = read_version(pg, &version, fault);
    if (err == TT_OK && version == 0)
        err = tt_pg_run(pg, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY)", fault);
    for (; version < up_to && err == TT_OK; version++) {
        err = tt_pg_run(pg, steps[version], fault);
        if (err == TT_OK)
            err = write_version(pg, version + 1, fault);
    }
    return err;
}

int64_t tt_pg_schema_version(void)
{
    return VERSION;
}

enum tt_err tt_pg_migrate(struct tt_pg *pg, struct tt_fault *fault)
{
    return tt_pg_migrate_to(pg, VERSION, fault);
}

enum tt_err tt_pg_migrate_to(struct tt_pg *pg, int64_t up_to, struct tt_fault *fault)
{
    int64_t version = 0;
    tt_assert(up_to >= 1 && up_to <= VERSION);
    enum tt_err err = read_version(pg, &version, fault);
    if (err != TT_OK || version >= up_to)
        return err;
    err = tt_pg_run(pg, "BEGIN", fault);
    if (err == TT_OK)
        err = tt_pg_run(pg, "SELECT pg_advisory_xact_lock(7737402194512836)", fault);
    if (err == TT_OK)
        err = take_steps(pg, up_to, fault);
    if (err == TT_OK)
        err = tt_pg_run(pg, "COMMIT", fault);
    if (err != TT_OK)
        PQclear(PQexec(pg->conn, "ROLLBACK"));
    return err;
}

enum tt_err tt_pg_check_schema(struct tt_pg *pg, struct tt_fault *fault)
{
    int64_t version = 0;
    enum tt_err err = read_version(pg, &version, fault);
    if (err != TT_OK || version == VERSION)
        return err;
    if (version > 0)
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "store %s: its schema has version %lld, expected %d: start a worker on "
                            "it once to bring it up to date",
                            pg->where, (long long)version, VERSION);
    return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: is no tasktrail store", pg->where);
}
