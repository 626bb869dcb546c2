/* The checks as one query over task_status_audit, for histories that are where they are: in
 * BigQuery, larger than one machine. Each row of its result is one finding, by the rules of
 * docs/checks.md with --ties arrival; statuses and steps are judged where a lifecycle is given.
 *
 * Rows of repairs (tt_audit_is_event) are left out.
 *
 * Beyond them the query knows double_row: one row of the audit that is in the table twice, as an
 * upload of the at-least-once kind can leave it. Such copies take part in nothing else. */
#ifndef TT_REPORTS_SQL_CHECK_H
#define TT_REPORTS_SQL_CHECK_H

#include "core/model/lifecycle.h"

enum tt_sql_dialect {
    TT_SQL_BIGQUERY, /* GoogleSQL */
    TT_SQL_SQLITE,   /* 3.39 and up; over the store's own table, or one of the same columns */
};

/* BigQuery takes no longer query. */
enum { TT_SQL_BYTES_MAX = 1 << 20 };

/* Appends the query. `table` is a name, perhaps of three parts; `set` may be NULL. Errors: INVALID
 * (the table's name), LIMIT (longer than TT_SQL_BYTES_MAX: too large a lifecycle), NO_MEMORY. */
enum tt_err tt_sql_check_write(struct tt_buf *buf, enum tt_sql_dialect dialect, struct tt_str table,
                               const struct tt_lifecycle_set *set,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
