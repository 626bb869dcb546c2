/* The query is a chain of steps, each over the one before it, so that the table is read once and
 * every window is over one task: copies of rows and of events are set apart, not taken out. Nothing
 * is sorted as a whole. The kinds are spread at the end: one row for each that holds. */
#include "reports/sql_parts.h"

static void add_rows(const struct tt_sql_writing *writing)
{
    tt_sql_add(writing,
               "row_copies AS (\n"
               "  SELECT tenant, task_id, task_type, status, stage, event_time, event_id, source,"
               " seq,\n"
               "    epoch, entry_ms, entry_seq, `partition`,\n"
               "    ROW_NUMBER() OVER (PARTITION BY epoch, `partition`, entry_ms, entry_seq\n"
               "                       ORDER BY apply_seq) AS copy\n"
               "  FROM ");
    tt_sql_add_table(writing);
    /* Repairs have rows of their own in a store's table, and in any copy of it. What is uploaded
     * has none, and epoch is read in any case: leaving them out costs nothing there. */
    tt_sql_add(
        writing,
        "\n  WHERE epoch > 0),\n"
        "arrived AS (\n"
        "  SELECT *, ROW_NUMBER() OVER (PARTITION BY tenant, task_id, CASE WHEN copy = 1 THEN 1 "
        "ELSE 0 END\n"
        "    ORDER BY epoch, entry_ms, entry_seq, `partition`) AS arrival\n"
        "  FROM row_copies),\n"
        "same AS (\n"
        "  SELECT *,\n"
        "    ROW_NUMBER() OVER one AS telling,\n"
        "    FIRST_VALUE(status) OVER one AS one_status,\n"
        "    FIRST_VALUE(event_time) OVER one AS one_time,\n"
        "    FIRST_VALUE(stage) OVER one AS one_stage\n"
        "  FROM arrived\n"
        "  WINDOW one AS (PARTITION BY tenant, task_id, CASE WHEN copy = 1 THEN 1 ELSE 0 END, "
        "event_id,\n"
        "    CASE WHEN event_id IS NULL THEN status END, CASE WHEN event_id IS NULL THEN "
        "event_time END,\n"
        "    CASE WHEN event_id IS NULL THEN stage END, CASE WHEN event_id IS NULL THEN source "
        "END,\n"
        "    CASE WHEN event_id IS NULL THEN seq END ORDER BY arrival)),\n"
        "parts AS (\n"
        "  SELECT *, CASE WHEN copy > 1 THEN 'double' WHEN telling > 1 THEN 'duplicate' "
        "ELSE 'original' END AS part\n"
        "  FROM same),\n");
}

static void add_orders(const struct tt_sql_writing *writing)
{
    tt_sql_add(
        writing,
        "tied AS (\n"
        "  SELECT *,\n"
        "    MAX(event_time) OVER (PARTITION BY tenant, task_id, part ORDER BY arrival\n"
        "      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_before,\n"
        "    COUNT(*) OVER tie AS tie_events, COUNT(seq) OVER tie AS tie_seqs,\n"
        "    MIN(status) OVER tie AS tie_low, MAX(status) OVER tie AS tie_high,\n"
        "    MIN(arrival) OVER tie AS tie_first,\n"
        "    FIRST_VALUE(task_type) OVER (PARTITION BY tenant, task_id, part ORDER BY arrival) "
        "AS first_type,\n"
        "    FIRST_VALUE(status) OVER (PARTITION BY tenant, task_id, part ORDER BY arrival DESC) "
        "AS arrived_last\n"
        "  FROM parts\n"
        "  WINDOW tie AS (PARTITION BY tenant, task_id, part, event_time)),\n"
        "lined AS (\n"
        "  SELECT *, LAG(status) OVER line AS previous_status, ROW_NUMBER() OVER line AS place,\n"
        "    COUNT(*) OVER (PARTITION BY tenant, task_id, part) AS places");
    if (writing->set != NULL) {
        tt_sql_add(writing, ",\n");
        tt_sql_add_choice(writing);
    }
    tt_sql_add(
        writing,
        "\n  FROM tied\n"
        "  WINDOW line AS (PARTITION BY tenant, task_id, part\n"
        "    ORDER BY event_time, CASE WHEN tie_seqs = tie_events THEN seq END, arrival)),\n");
}

static void add_judged(const struct tt_sql_writing *writing)
{
    if (writing->set == NULL) {
        tt_sql_add(writing, "judged AS (SELECT * FROM lined)\n");
        return;
    }
    tt_sql_add(
        writing,
        "judged AS (\n"
        "  SELECT l.*, s.is_initial, CASE\n"
        "      WHEN s.name IS NULL THEN CASE WHEN l.lifecycle IS NOT NULL THEN 'unknown' END\n"
        "      WHEN l.place = 1 OR p.name IS NULL THEN 'start'\n"
        "      WHEN t.verdict IS NOT NULL THEN t.verdict\n"
        "      WHEN l.status = l.previous_status THEN 'repeated'\n"
        "      WHEN p.is_terminal = 1 THEN 'after_terminal'\n"
        "      ELSE 'illegal' END AS step\n"
        "  FROM lined AS l\n"
        "  LEFT JOIN statuses AS s ON s.lifecycle = l.lifecycle AND s.name = l.status\n"
        "  LEFT JOIN statuses AS p ON p.lifecycle = l.lifecycle AND p.name = l.previous_status\n"
        "  LEFT JOIN steps AS t ON t.lifecycle = l.lifecycle AND t.was = l.previous_status\n"
        "    AND t.becomes = l.status)\n");
}

static void add_findings(const struct tt_sql_writing *writing)
{
    tt_sql_add(writing, "SELECT kind, tenant, task_id, arrival, epoch, `partition`, entry_ms, "
                        "entry_seq, event_id,\n"
                        "  event_time, status, previous_status,\n"
                        "  CASE WHEN kind = 'late_arrival' THEN ");
    tt_sql_add(writing, writing->dialect == TT_SQL_BIGQUERY
                            ? "TIMESTAMP_DIFF(latest_before, event_time, MICROSECOND)"
                            : "latest_before - event_time");
    tt_sql_add(
        writing,
        " END AS lateness_us\n"
        "FROM judged CROSS JOIN kinds\n"
        "WHERE CASE kind\n"
        "  WHEN 'double_row' THEN part = 'double'\n"
        "  WHEN 'duplicate' THEN part = 'duplicate' AND status = one_status AND "
        "event_time = one_time\n"
        "    AND stage IS NOT DISTINCT FROM one_stage\n"
        "  WHEN 'conflicting_duplicate' THEN part = 'duplicate' AND NOT (status = one_status AND\n"
        "    event_time = one_time AND stage IS NOT DISTINCT FROM one_stage)\n"
        "  WHEN 'late_arrival' THEN part = 'original' AND event_time < latest_before\n"
        "  WHEN 'lost_update' THEN part = 'original' AND place = places AND status <> "
        "arrived_last\n"
        "  WHEN 'ambiguous_order' THEN part = 'original' AND tie_events > 1 AND tie_seqs < "
        "tie_events\n"
        "    AND tie_low <> tie_high AND arrival = tie_first\n");
    if (writing->set != NULL)
        tt_sql_add(
            writing,
            "  WHEN 'unknown_status' THEN part = 'original' AND step = 'unknown'\n"
            "  WHEN 'missing_initial' THEN part = 'original' AND place = 1 AND step = 'start' AND "
            "is_initial = 0\n"
            "  WHEN 'after_terminal' THEN part = 'original' AND step = 'after_terminal'\n"
            "  WHEN 'repeated_status' THEN part = 'original' AND step = 'repeated'\n"
            "  WHEN 'skipped_status' THEN part = 'original' AND step = 'skipped'\n"
            "  WHEN 'illegal_transition' THEN part = 'original' AND step = 'illegal'\n");
    tt_sql_add(writing, "  END;\n");
}

static bool is_table_name(struct tt_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == '`' || c == '\\')
            return false;
    }
    return name.len > 0 && name.len <= 1024 && tt_str_is_utf8(name);
}

enum tt_err tt_sql_check_write(struct tt_buf *buf, enum tt_sql_dialect dialect, struct tt_str table,
                               const struct tt_lifecycle_set *set, struct tt_fault *fault)
{
    const struct tt_sql_writing writing = {buf, dialect, table, set};
    size_t before = buf->len;
    if (!is_table_name(table))
        return tt_fault_set(fault, TT_ERR_INVALID, "sql: \"%.*s\" is no name of a table",
                            TT_STR_ARGS(table));
    tt_sql_add(&writing, "WITH\n");
    tt_sql_add_kinds(&writing);
    if (set != NULL) {
        tt_sql_add_statuses(&writing);
        tt_sql_add_steps(&writing);
    }
    add_rows(&writing);
    add_orders(&writing);
    add_judged(&writing);
    add_findings(&writing);
    if (buf->err == TT_ERR_NO_MEMORY)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (buf->err != TT_OK || buf->len - before > TT_SQL_BYTES_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT,
                            "sql: the lifecycles make a query of more than 1 MB, which BigQuery "
                            "does not take; judge fewer at once");
    return TT_OK;
}
