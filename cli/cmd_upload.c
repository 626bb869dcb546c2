/* Audit rows out of the store into a folder, ready for BigQuery: task_status_audit.ndjson and its
 * schema, each written whole or not at all. */
#include "cli/commands.h"

#include "adapters/system/file.h"
#include "cli/store_url.h"
#include "core/base/log.h"
#include "core/model/audit_row.h"
#include "core/model/upload_table.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct writing {
    struct tt_file_out *out;
    struct tt_buf line;
    uint64_t rows;
    struct tt_fault *fault;
};

static enum tt_err write_row(void *context, const struct tt_audit_row *row)
{
    struct writing *writing = context;
    tt_buf_clear(&writing->line);
    (void)row;
    tt_buf_add_char(&writing->line, '\n');
    if (writing->line.err != TT_OK)
        return tt_fault_set(writing->fault, writing->line.err, "out of memory");
    writing->rows++;
    return tt_file_out_write(writing->out, writing->line.data, writing->line.len, writing->fault);
}

static enum tt_err write_schema(const char *path, struct tt_fault *fault)
{
    struct tt_buf schema;
    struct tt_file_out *out = NULL;
    tt_buf_init(&schema, 0);
    tt_upload_table_write_schema(&schema, &tt_upload_tables[TT_UPLOAD_AUDIT]);
    enum tt_err err = schema.err == TT_OK ? tt_file_out_open(path, &out, fault)
                                          : tt_fault_set(fault, schema.err, "out of memory");
    if (err == TT_OK)
        err = tt_file_out_write(out, schema.data, schema.len, fault);
    if (err == TT_OK)
        err = tt_file_out_commit(out, fault);
    else
        tt_file_out_abort(out);
    tt_buf_done(&schema);
    return err;
}

static enum tt_err write_rows(const char *store, const char *path, uint64_t *ret_rows,
                              struct tt_fault *fault)
{
    struct tt_opened_store opened = {0};
    struct writing writing = {.fault = fault};
    tt_buf_init(&writing.line, 0);
    enum tt_err err = tt_store_url_open_reader(store, &opened, fault);
    const struct tt_store_reader *reader = &opened.reader;
    if (err == TT_OK)
        err = tt_file_out_open(path, &writing.out, fault);
    if (err == TT_OK)
        err = reader->audit(reader->context, TT_STR_NONE, TT_STR_NONE, write_row, &writing, fault);
    if (err == TT_OK)
        err = tt_file_out_commit(writing.out, fault);
    else
        tt_file_out_abort(writing.out);
    tt_store_url_close(&opened);
    tt_buf_done(&writing.line);
    *ret_rows = writing.rows;
    return err;
}

int tt_cmd_upload(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    const char *to = tt_setting_text(settings, TT_OPT_TO);
    char rows_path[1024], schema_path[1024];
    uint64_t rows = 0;
    if (to == NULL || strncmp(to, "file:", 5) != 0 || to[5] == '\0' || strlen(to) > 900 ||
        settings->argument_count > 0) {
        tt_fault_set(
            &fault, TT_ERR_INVALID,
            "upload: expected --to file:DIR and no arguments; see tasktrail upload --help");
        return tt_exit_with(&fault);
    }
    const char *dir = to + 5;
    snprintf(rows_path, sizeof rows_path, "%s/task_status_audit.ndjson", dir);
    snprintf(schema_path, sizeof schema_path, "%s/task_status_audit.schema.json", dir);
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        tt_fault_errno(&fault, tt_file_err(errno), errno, "%s", dir);
        return tt_exit_with(&fault);
    }
    enum tt_err err = write_rows(tt_setting_text(settings, TT_OPT_STORE), rows_path, &rows, &fault);
    if (err == TT_OK)
        err = write_schema(schema_path, &fault);
    if (err != TT_OK)
        return tt_exit_with(&fault);
    tt_log(TT_LOG_INFO, "written", "%llu audit rows in %s, schema in %s", (unsigned long long)rows,
           rows_path, schema_path);
    return TT_EXIT_CLEAN;
}
