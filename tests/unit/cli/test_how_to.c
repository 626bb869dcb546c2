/* The command line's files are not a library: these are taken as they are. */
#include "cli/how_to.c"        /* NOLINT(bugprone-suspicious-include) */
#include "cli/options_table.c" /* NOLINT(bugprone-suspicious-include) */

#include "core/base/mem.h"
#include "tests/lib/suite.h"

/* Of --fleet and --merge, which are not given here. */
bool tt_setting_on(const struct tt_settings *settings, enum tt_option_id id)
{
    (void)settings;
    (void)id;
    return false;
}

static enum tt_err make(struct tt_how_to *how_to, struct tt_fault *fault)
{
    static const char *const files[] = {"a file", "another"};
    static struct tt_settings settings;
    settings =
        (struct tt_settings){.command = TT_COMMAND_CHECK, .arguments = files, .argument_count = 2};
    settings.values[TT_OPT_LIFECYCLE] =
        (struct tt_value){.text = "jobs.json", .from = "--lifecycle"};
    return tt_how_to_make(how_to, &settings, fault);
}

TT_TEST(commands_to_copy_are_whole_or_an_error_where_memory_runs_out)
{
    struct tt_how_to how_to;
    enum tt_err err = TT_ERR_NO_MEMORY;
    long nth = 0;
    for (; err != TT_OK; nth++) {
        struct tt_fault fault = {0};
        tt_mem_fail_after(nth, false);
        err = make(&how_to, &fault);
        tt_mem_fail_after(-1, false);
        if (err == TT_OK) {
            ck_assert_str_eq(
                how_to.list.data,
                "tasktrail check --lifecycle jobs.json --format ndjson 'a file' another");
            ck_assert_str_eq(how_to.show.data, "tasktrail check --lifecycle jobs.json");
            ck_assert_str_eq(how_to.show_rest.data, " 'a file' another");
        } else {
            ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
            ck_assert_int_eq(fault.code, TT_ERR_NO_MEMORY);
        }
        tt_how_to_done(&how_to);
    }
    ck_assert_int_gt(nth, 3);
}
TT_END

TT_SUITE("cli/how_to", commands_to_copy_are_whole_or_an_error_where_memory_runs_out)
