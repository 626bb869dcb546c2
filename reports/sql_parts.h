/* The pieces of the query: inside reports/sql_*.c only. */
#ifndef TT_REPORTS_SQL_PARTS_H
#define TT_REPORTS_SQL_PARTS_H

#include "reports/sql_check.h"

struct tt_sql_writing {
    struct tt_buf *buf;
    enum tt_sql_dialect dialect;
    struct tt_str table;
    const struct tt_lifecycle_set *set; /* may be NULL */
};

static inline void tt_sql_add(const struct tt_sql_writing *writing, const char *text)
{
    tt_buf_add_text(writing->buf, text);
}

void tt_sql_add_literal(const struct tt_sql_writing *writing, struct tt_str text);
void tt_sql_add_table(const struct tt_sql_writing *writing);
/* Tables within the query, with a comma behind. */
void tt_sql_add_kinds(const struct tt_sql_writing *writing);
void tt_sql_add_statuses(const struct tt_sql_writing *writing);
void tt_sql_add_steps(const struct tt_sql_writing *writing);
/* An expression of first_type, named lifecycle. */
void tt_sql_add_choice(const struct tt_sql_writing *writing);

#endif
