/* The SQL of the store, one text each; the writer's are prepared once per connection. Inside
 * adapters/postgres only. */
#ifndef TT_ADAPTERS_POSTGRES_STATEMENTS_H
#define TT_ADAPTERS_POSTGRES_STATEMENTS_H

enum tt_pg_sql {
    TT_PG_SQL_BEGIN,
    TT_PG_SQL_FENCE_PUT,
    TT_PG_SQL_FENCE_RESERVE,
    TT_PG_SQL_NEWEST,
    TT_PG_SQL_TAKEN,
    TT_PG_SQL_SAME,
    TT_PG_SQL_CURRENT_GET,
    TT_PG_SQL_ORIGINALS,
    TT_PG_SQL_STAY_BEFORE,
    TT_PG_SQL_AUDIT_ADD,
    TT_PG_SQL_CURRENT_ADD,
    TT_PG_SQL_CURRENT_PUT,
    TT_PG_SQL_STAYS_CLEAR,
    TT_PG_SQL_STAY_END,
    TT_PG_SQL_STAY_PUT,
    TT_PG_SQL_STAY_PUT_OVER,
    TT_PG_SQL_PROGRESS_ADD,
    TT_PG_SQL_COMMIT,
    TT_PG_SQL_WRITER_COUNT, /* the ones above belong to the writer */
    TT_PG_SQL_AUDIT_COPY = TT_PG_SQL_WRITER_COUNT,
    TT_PG_SQL_CURRENT_COPY,
    TT_PG_SQL_STAYS_COPY,
    TT_PG_SQL_SCAN_AUDIT,
    TT_PG_SQL_SCAN_AUDIT_TASK,
    TT_PG_SQL_SCAN_CURRENT,
    TT_PG_SQL_SCAN_CURRENT_TASK,
    TT_PG_SQL_SCAN_INTERVALS,
    TT_PG_SQL_SCAN_INTERVALS_TASK,
    TT_PG_SQL_COUNTS,
    TT_PG_SQL_SCAN_TASKS,
    TT_PG_SQL_HISTORIES,
    TT_PG_SQL_COUNT
};

const char *tt_pg_sql_text(enum tt_pg_sql which);
/* Its name as a prepared statement. */
const char *tt_pg_sql_name(enum tt_pg_sql which);

#endif
