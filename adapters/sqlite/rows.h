/* Rows out of statements that select the columns of columns.h in their order, and back into them.
 * Text borrows until the statement's next step. Binding gives joined codes (tt_db_bound). Inside
 * adapters/sqlite only. */
#ifndef TT_ADAPTERS_SQLITE_ROWS_H
#define TT_ADAPTERS_SQLITE_ROWS_H

#include "adapters/sqlite/db.h"
#include "core/model/audit_row.h"

void tt_row_audit(sqlite3_stmt *statement, struct tt_audit_row *row);
void tt_row_current(sqlite3_stmt *statement, struct tt_current_row *row);
/* Tenant and task are columns 0 and 1. */
void tt_row_interval(sqlite3_stmt *statement, struct tt_interval_row *row);

int tt_row_bind_audit(sqlite3_stmt *statement, const struct tt_audit_row *row, int64_t apply_seq);
int tt_row_bind_current(sqlite3_stmt *statement, const struct tt_current_row *row);
int tt_row_bind_interval(sqlite3_stmt *statement, struct tt_str tenant, struct tt_str task_id,
                         const struct tt_interval_row *row);
int tt_row_bind_progress(sqlite3_stmt *statement, const struct tt_progress_row *row);

int tt_row_bind_place(sqlite3_stmt *statement, const struct tt_place *place);
int tt_row_bind_task(sqlite3_stmt *statement, struct tt_str tenant, struct tt_str task_id);
int tt_row_bind_seq(sqlite3_stmt *statement, int place, bool has_seq, int64_t seq);

#endif
