/* Whether a committed batch is in the table, asked of the table itself: for when the service has
 * forgotten the stream. A commit shows all rows or none, so one row tells. */
#include "adapters/bigquery/write_parts.h"

static enum tt_err read_count(void *context, const struct tt_str *cells, size_t count)
{
    int64_t *rows = context;
    return count == 1 && tt_str_to_int(cells[0], rows) ? TT_OK : TT_ERR_UNAVAILABLE;
}

/* Names cannot be parameters: they come from the settings, and are quoted. */
static void write_sql(struct tt_buf *sql, const struct tt_write *write,
                      const struct tt_upload_table *table, bool with_time)
{
    tt_buf_clear(sql);
    tt_buf_add_text(sql, "/* tasktrail:has_row */ SELECT COUNT(*) FROM `");
    tt_buf_add_text(sql, write->options.project);
    tt_buf_add_char(sql, '.');
    tt_buf_add_text(sql, write->options.dataset);
    tt_buf_add_char(sql, '.');
    tt_buf_add_text(sql, table->name);
    tt_buf_add_text(sql, "` WHERE ");
    tt_buf_add_text(sql, table->row_uid);
    tt_buf_add_text(sql, " = @uid");
    if (with_time) {
        tt_buf_add_text(sql, " AND ");
        tt_buf_add_text(sql, table->partition_by);
        tt_buf_add_text(sql, " = @written_at");
    }
}

enum tt_err tt_write_ask_table(struct tt_write *write, const struct tt_upload_table *table,
                               const struct tt_write_handle *handle, bool *ret_there,
                               struct tt_fault *fault)
{
    bool with_time = handle->written_at.ptr != NULL && table->partition_by != NULL;
    const struct tt_bq_parameter parameters[] = {{"uid", "STRING", handle->uid},
                                                 {"written_at", "TIMESTAMP", handle->written_at}};
    int64_t rows = -1;
    if (handle->uid.ptr == NULL || write->options.bq == NULL)
        return tt_fault_set(fault, TT_ERR_NOT_FOUND,
                            "the stream %.*s is forgotten, and its handle names no row: look into "
                            "%s whether the batch is there",
                            TT_STR_ARGS(handle->stream), table->name);
    write_sql(&write->scratch, write, table, with_time);
    if (write->scratch.err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_bq_query query = {
        .sql = write->scratch.data,
        .parameters = parameters,
        .parameter_count = with_time ? 2 : 1,
        .row = read_count,
        .row_context = &rows,
    };
    enum tt_err err = tt_bq_query(write->options.bq, &query, fault);
    if (err == TT_OK && rows < 0)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "the query for the batch gave no number");
    if (err == TT_OK)
        *ret_there = rows > 0;
    return err;
}
