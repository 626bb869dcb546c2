/* The SQL of the store, one text each; prepared once per connection. Inside adapters/sqlite only.
 */
#ifndef TT_ADAPTERS_SQLITE_STATEMENTS_H
#define TT_ADAPTERS_SQLITE_STATEMENTS_H

enum tt_sql {
    TT_SQL_FENCE_PUT,
    TT_SQL_FENCE_GET,
    TT_SQL_FENCE_NEWEST,
    TT_SQL_EPOCH_NEWEST,
    TT_SQL_ENTRY_NEWEST,
    TT_SQL_TAKEN,
    TT_SQL_SAME_ID,
    TT_SQL_SAME_CONTENT,
    TT_SQL_CURRENT_GET,
    TT_SQL_ORIGINALS,
    TT_SQL_STAY_BEFORE,
    TT_SQL_AUDIT_LAST,
    TT_SQL_AUDIT_PUT,
    TT_SQL_CURRENT_ADD,
    TT_SQL_CURRENT_PUT,
    TT_SQL_STAY_END,
    TT_SQL_STAYS_CLEAR,
    TT_SQL_STAY_PUT,
    TT_SQL_PROGRESS_ADD,
    TT_SQL_WRITER_COUNT, /* the ones above belong to the writer */
    TT_SQL_SCAN_AUDIT = TT_SQL_WRITER_COUNT,
    TT_SQL_SCAN_AUDIT_TASK,
    TT_SQL_SCAN_CURRENT,
    TT_SQL_SCAN_CURRENT_TASK,
    TT_SQL_SCAN_INTERVALS,
    TT_SQL_SCAN_INTERVALS_TASK,
    TT_SQL_COUNTS,
    TT_SQL_COUNT
};

const char *tt_sql_text(enum tt_sql which);

#endif
