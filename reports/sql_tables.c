/* What the query brings along: literals, and tables of kinds, statuses and steps. */
#include "reports/sql_parts.h"

/* A literal: GoogleSQL escapes by backslash, SQLite doubles quotes and knows no escapes. */
void tt_sql_add_literal(const struct tt_sql_writing *writing, struct tt_str text)
{
    static const char digits[] = "0123456789abcdef";
    bool doubles = writing->dialect == TT_SQL_SQLITE;
    tt_buf_add_char(writing->buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\'' || (c == '\\' && !doubles))
            tt_buf_add_char(writing->buf, doubles ? '\'' : '\\');
        if (c < 0x20 && !doubles) {
            const char escape[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
            tt_buf_add(writing->buf, escape, sizeof escape);
        } else {
            tt_buf_add_char(writing->buf, (char)c);
        }
    }
    tt_buf_add_char(writing->buf, '\'');
}

void tt_sql_add_table(const struct tt_sql_writing *writing)
{
    tt_buf_add_char(writing->buf, '`');
    tt_buf_add_str(writing->buf, writing->table);
    tt_buf_add_char(writing->buf, '`');
}

/* ---- tables within the query ---- */

struct inline_table {
    const struct tt_sql_writing *writing;
    bool any;
};

/* columns: "lifecycle, was, becomes", and the same as SQLite names them in VALUES. */
static struct inline_table open_inline(const struct tt_sql_writing *writing, const char *name,
                                       const char *google, const char *columns)
{
    tt_sql_add(writing, name);
    if (writing->dialect == TT_SQL_BIGQUERY) {
        tt_sql_add(writing, " AS (\n  SELECT * FROM UNNEST(ARRAY<STRUCT<");
        tt_sql_add(writing, google);
        tt_sql_add(writing, ">>[\n");
    } else {
        tt_sql_add(writing, "(");
        tt_sql_add(writing, columns);
        tt_sql_add(writing, ") AS (\n  VALUES\n");
    }
    return (struct inline_table){writing, false};
}

static void open_row(struct inline_table *table)
{
    tt_sql_add(table->writing, table->any ? ",\n    (" : "    (");
    table->any = true;
}

static void close_inline(struct inline_table *table, size_t columns)
{
    const struct tt_sql_writing *writing = table->writing;
    if (writing->dialect == TT_SQL_BIGQUERY) {
        tt_sql_add(writing, "])),\n");
        return;
    }
    if (!table->any) { /* VALUES wants a row; lifecycle 0 is nobody's */
        tt_sql_add(writing, "    (0");
        for (size_t i = 1; i < columns; i++)
            tt_sql_add(writing, ", NULL");
        tt_sql_add(writing, ")");
    }
    tt_sql_add(writing, "),\n");
}

void tt_sql_add_statuses(const struct tt_sql_writing *writing)
{
    struct inline_table table = open_inline(
        writing, "statuses", "lifecycle INT64, name STRING, is_initial INT64, is_terminal INT64",
        "lifecycle, name, is_initial, is_terminal");
    for (size_t i = 0; i < tt_lifecycle_count(writing->set); i++) {
        const struct tt_lifecycle *lifecycle = tt_lifecycle_at(writing->set, i);
        for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
            open_row(&table);
            tt_buf_add_uint(writing->buf, i + 1);
            tt_sql_add(writing, ", ");
            tt_sql_add_literal(writing, tt_lifecycle_status_name(lifecycle, s));
            tt_sql_add(writing, tt_lifecycle_is_initial(lifecycle, s) ? ", 1" : ", 0");
            tt_sql_add(writing, tt_lifecycle_is_terminal(lifecycle, s) ? ", 1)" : ", 0)");
        }
    }
    close_inline(&table, 4);
}

/* The steps that are listed, and those that leave out statuses on a listed way. All others between
 * known statuses follow from the statuses alone. */
void tt_sql_add_steps(const struct tt_sql_writing *writing)
{
    struct inline_table table =
        open_inline(writing, "steps", "lifecycle INT64, was STRING, becomes STRING, verdict STRING",
                    "lifecycle, was, becomes, verdict");
    for (size_t i = 0; i < tt_lifecycle_count(writing->set); i++) {
        const struct tt_lifecycle *lifecycle = tt_lifecycle_at(writing->set, i);
        int count = tt_lifecycle_status_count(lifecycle);
        for (int from = 0; from < count && writing->buf->err == TT_OK; from++)
            for (int to = 0; to < count; to++) {
                enum tt_step step = tt_lifecycle_judge(lifecycle, from, to);
                if (step != TT_STEP_ALLOWED && step != TT_STEP_SKIPPED)
                    continue;
                open_row(&table);
                tt_buf_add_uint(writing->buf, i + 1);
                tt_sql_add(writing, ", ");
                tt_sql_add_literal(writing, tt_lifecycle_status_name(lifecycle, from));
                tt_sql_add(writing, ", ");
                tt_sql_add_literal(writing, tt_lifecycle_status_name(lifecycle, to));
                tt_sql_add(writing, step == TT_STEP_ALLOWED ? ", 'allowed')" : ", 'skipped')");
            }
    }
    close_inline(&table, 4);
}

/* The lifecycle of a task, by the type of its first event. */
void tt_sql_add_choice(const struct tt_sql_writing *writing)
{
    size_t any = 0;
    bool named = false;
    tt_sql_add(writing, "  CASE");
    for (size_t i = 0; i < tt_lifecycle_count(writing->set); i++) {
        const struct tt_lifecycle *lifecycle = tt_lifecycle_at(writing->set, i);
        for (size_t t = 0; t < tt_lifecycle_type_count(lifecycle); t++) {
            struct tt_str type = tt_lifecycle_type(lifecycle, t);
            if (tt_str_equal(type, TT_STR("*"))) {
                any = any == 0 ? i + 1 : any;
                continue;
            }
            tt_sql_add(writing, "\n    WHEN first_type = ");
            tt_sql_add_literal(writing, type);
            tt_sql_add(writing, " THEN ");
            tt_buf_add_uint(writing->buf, i + 1);
            named = true;
        }
    }
    if (!named)
        tt_sql_add(writing, " WHEN FALSE THEN 0");
    tt_sql_add(writing, "\n    ELSE ");
    if (any > 0)
        tt_buf_add_uint(writing->buf, any);
    else
        tt_sql_add(writing, "NULL");
    tt_sql_add(writing, " END AS lifecycle");
}

void tt_sql_add_kinds(const struct tt_sql_writing *writing)
{
    static const char *const kinds[] = {
        "double_row",     "duplicate",       "conflicting_duplicate", "late_arrival",
        "lost_update",    "ambiguous_order", "unknown_status",        "missing_initial",
        "after_terminal", "repeated_status", "skipped_status",        "illegal_transition"};
    enum { ALWAYS = 6, ALL = sizeof kinds / sizeof *kinds };
    bool google = writing->dialect == TT_SQL_BIGQUERY;
    tt_sql_add(writing, google ? "kinds AS (\n  SELECT kind FROM UNNEST([\n    "
                               : "kinds(kind) AS (\n  VALUES\n    ");
    for (int i = 0; i < (writing->set == NULL ? ALWAYS : ALL); i++) {
        tt_sql_add(writing, i == 0 ? "" : ",\n    ");
        tt_sql_add(writing, google ? "" : "(");
        tt_sql_add_literal(writing, tt_str_from(kinds[i]));
        tt_sql_add(writing, google ? "" : ")");
    }
    tt_sql_add(writing, google ? "]) AS kind),\n" : "),\n");
}
