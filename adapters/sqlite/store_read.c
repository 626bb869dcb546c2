/* Reading back: scans with a callback per row, one statement per scan. Nothing is ever written, not
 * even a file that is missing. */
#include "adapters/sqlite/columns.h"
#include "adapters/sqlite/db.h"
#include "adapters/sqlite/store.h"

struct reader {
    struct tt_db db;
};

static enum tt_err open_scan(struct reader *r, const char *all, const char *one,
                             struct tt_str tenant, struct tt_str task_id,
                             sqlite3_stmt **ret_statement, struct tt_fault *fault)
{
    enum tt_err err = tt_db_prepare(&r->db, task_id.ptr == NULL ? all : one, ret_statement, fault);
    if (err == TT_OK && task_id.ptr != NULL) {
        tt_db_bind_text(*ret_statement, 1, tenant);
        tt_db_bind_text(*ret_statement, 2, task_id);
    }
    return err;
}

static void read_audit_row(sqlite3_stmt *s, struct tt_audit_row *row)
{
    *row = (struct tt_audit_row){
        .place = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
                  sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)},
        .event =
            {
                .tenant = tt_db_text(s, 4),
                .task_id = tt_db_text(s, 5),
                .task_type = tt_db_text(s, 6),
                .status = tt_db_text(s, 7),
                .stage = tt_db_text(s, 8),
                .event_time_us = tt_db_time(s, 9),
                .event_id = tt_db_text(s, 10),
                .source = tt_db_text(s, 11),
                .has_seq = sqlite3_column_type(s, 12) != SQLITE_NULL,
                .seq = sqlite3_column_int64(s, 12),
                .correlation_id = tt_db_text(s, 13),
                .dataset_id = tt_db_text(s, 14),
                .message = tt_db_text(s, 15),
                .error_code = tt_db_text(s, 16),
                .error_code_is_int = sqlite3_column_int(s, 17) != 0,
                .attributes = tt_db_text(s, 18),
                .received_at_us = tt_db_time(s, 19),
            },
        .enqueued_at_us = tt_db_time(s, 20),
        .read_started_at_us = tt_db_time(s, 21),
        .write_started_at_us = tt_db_time(s, 22),
        .worker = tt_db_text(s, 23),
        .fence = sqlite3_column_int64(s, 24),
        .attempt = sqlite3_column_int64(s, 25),
        .apply_seq = sqlite3_column_int64(s, 26),
        .duplicate = sqlite3_column_int(s, 27) != 0,
    };
}

static enum tt_err scan_audit(void *context, struct tt_str tenant, struct tt_str task_id,
                              enum tt_err (*row)(void *, const struct tt_audit_row *),
                              void *row_context, struct tt_fault *fault)
{
    struct reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err = open_scan(r,
                                "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit"
                                " ORDER BY epoch, entry_ms, entry_seq, partition",
                                "SELECT " TT_AUDIT_COLUMNS
                                " FROM task_status_audit WHERE tenant = ?1 AND task_id = ?2"
                                " ORDER BY epoch, entry_ms, entry_seq, partition",
                                tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_audit_row audit;
        read_audit_row(s, &audit);
        err = row(row_context, &audit);
    }
    sqlite3_finalize(s);
    return err;
}

static enum tt_err scan_current(void *context, struct tt_str tenant, struct tt_str task_id,
                                enum tt_err (*row)(void *, const struct tt_current_row *),
                                void *row_context, struct tt_fault *fault)
{
#define COLUMNS                                                                                    \
    "tenant, task_id, task_type, status, stage, event_time, last_seq, first_seen_at, updated_at, " \
    "events, fence"
    struct reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err =
        open_scan(r, "SELECT " COLUMNS " FROM task_status_current ORDER BY tenant, task_id",
                  "SELECT " COLUMNS " FROM task_status_current WHERE tenant = ?1 AND task_id = ?2",
                  tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_current_row current = {
            .tenant = tt_db_text(s, 0),
            .task_id = tt_db_text(s, 1),
            .task_type = tt_db_text(s, 2),
            .status = tt_db_text(s, 3),
            .stage = tt_db_text(s, 4),
            .event_time_us = tt_db_time(s, 5),
            .has_seq = sqlite3_column_type(s, 6) != SQLITE_NULL,
            .seq = sqlite3_column_int64(s, 6),
            .first_seen_at_us = tt_db_time(s, 7),
            .updated_at_us = tt_db_time(s, 8),
            .events = sqlite3_column_int64(s, 9),
            .fence = sqlite3_column_int64(s, 10),
        };
        err = row(row_context, &current);
    }
    sqlite3_finalize(s);
    return err;
#undef COLUMNS
}

static enum tt_err scan_intervals(void *context, struct tt_str tenant, struct tt_str task_id,
                                  enum tt_err (*row)(void *, struct tt_str, struct tt_str,
                                                     const struct tt_interval_row *),
                                  void *row_context, struct tt_fault *fault)
{
#define COLUMNS "tenant, task_id, position, valid_from, valid_to, status, stage"
    struct reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err = open_scan(
        r, "SELECT " COLUMNS " FROM task_status_interval ORDER BY tenant, task_id, position",
        "SELECT " COLUMNS
        " FROM task_status_interval WHERE tenant = ?1 AND task_id = ?2 ORDER BY position",
        tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_interval_row interval = {
            .position = sqlite3_column_int64(s, 2),
            .valid_from_us = tt_db_time(s, 3),
            .valid_to_us = tt_db_time(s, 4),
            .status = tt_db_text(s, 5),
            .stage = tt_db_text(s, 6),
        };
        err = row(row_context, tt_db_text(s, 0), tt_db_text(s, 1), &interval);
    }
    sqlite3_finalize(s);
    return err;
#undef COLUMNS
}

static enum tt_err counts(void *context, uint64_t *ret_audit_rows, uint64_t *ret_tasks,
                          struct tt_fault *fault)
{
    struct reader *r = context;
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum tt_err err = tt_db_prepare(&r->db,
                                    "SELECT (SELECT count(*) FROM task_status_audit),"
                                    " (SELECT count(*) FROM task_status_current)",
                                    &s, fault);
    if (err == TT_OK)
        err = tt_db_step(&r->db, s, &row, fault);
    if (err == TT_OK && row) {
        *ret_audit_rows = (uint64_t)sqlite3_column_int64(s, 0);
        *ret_tasks = (uint64_t)sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return err;
}

enum tt_err tt_sqlite_reader_open(const char *path, int busy_ms, struct tt_store_reader *ret_reader,
                                  struct tt_fault *fault)
{
    struct reader *r = tt_mem_zalloc(sizeof *r);
    if (r == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = tt_db_open(&r->db, path, false, busy_ms, fault);
    if (err == TT_OK) {
        err = tt_db_check_schema(&r->db, fault);
        if (err == TT_OK) /* one snapshot for all scans of this reader */
            err = tt_db_run(&r->db, "BEGIN", fault);
        if (err != TT_OK)
            tt_db_close(&r->db);
    }
    if (err != TT_OK) {
        tt_mem_free(r);
        return err;
    }
    *ret_reader = (struct tt_store_reader){.context = r,
                                           .audit = scan_audit,
                                           .current = scan_current,
                                           .intervals = scan_intervals,
                                           .counts = counts};
    return TT_OK;
}

void tt_sqlite_reader_done(struct tt_store_reader *reader)
{
    struct reader *r = reader->context;
    if (r != NULL) {
        tt_db_close(&r->db);
        tt_mem_free(r);
    }
    *reader = (struct tt_store_reader){0};
}
