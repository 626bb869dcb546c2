/* sql check: the checks as a query, on stdout. */
#include "cli/commands.h"

#include "cli/lifecycle_file.h"
#include "reports/sql_check.h"
#include <stdio.h>

int tt_cmd_sql(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_lifecycle_set *set = NULL;
    struct tt_buf text;
    enum tt_err err = TT_OK;
    const char *table = tt_setting_text(settings, TT_OPT_TABLE);
    tt_buf_init(&text, TT_SQL_BYTES_MAX);
    if (settings->argument_count != 1 || strcmp(settings->arguments[0], "check") != 0)
        err = tt_fault_set(&fault, TT_ERR_INVALID, "sql: expected: tasktrail sql check [options]");
    if (err == TT_OK)
        err = tt_lifecycle_file_read(tt_setting_text(settings, TT_OPT_LIFECYCLE), &set, &fault);
    if (err == TT_OK)
        err = tt_sql_check_write(
            &text, (enum tt_sql_dialect)tt_setting_u64(settings, TT_OPT_DIALECT),
            tt_str_from(table == NULL ? "task_status_audit" : table), set, &fault);
    if (err == TT_OK)
        fwrite(text.data, 1, text.len, stdout);
    tt_lifecycle_set_destroy(set);
    tt_buf_done(&text);
    return err == TT_OK ? TT_EXIT_CLEAN : tt_exit_with(&fault);
}
