#include "cli/commands.h"
#include "cli/outputs.h"
#include "core/base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int (*const commands[TT_COMMAND_COUNT])(const struct tt_settings *) = {
    [TT_COMMAND_CHECK] = tt_cmd_check,
    [TT_COMMAND_EMIT] = tt_cmd_emit,
    [TT_COMMAND_EXPLAIN] = tt_cmd_explain,
    [TT_COMMAND_WORKER] = tt_cmd_worker,
    [TT_COMMAND_REPLAY] = tt_cmd_replay,
    [TT_COMMAND_REPORT] = tt_cmd_report,
    [TT_COMMAND_UPLOAD] = tt_cmd_upload,
    [TT_COMMAND_DEMO] = tt_cmd_demo,
    [TT_COMMAND_LIFECYCLE] = tt_cmd_lifecycle,
    [TT_COMMAND_STATUS] = tt_cmd_status,
    [TT_COMMAND_DEAD] = tt_cmd_dead,
    [TT_COMMAND_COST] = tt_cmd_cost,
    [TT_COMMAND_SQL] = tt_cmd_sql,
    [TT_COMMAND_REPAIR] = tt_cmd_repair,
};

int tt_exit_with(const struct tt_fault *fault)
{
    tt_log_fault(TT_LOG_ERROR, tt_err_name(fault->code), fault);
    return fault->code == TT_ERR_INVALID || fault->code == TT_ERR_UNSUPPORTED ? TT_EXIT_USAGE
                                                                              : TT_EXIT_TROUBLE;
}

static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* A full or closed stdout must not look like success. Who reads `| head` has seen enough: no
 * trouble. */
static int finish(int status)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_left())
        return status;
    struct tt_fault fault = {0};
    if (errno != 0)
        tt_fault_errno(&fault, TT_ERR_IO, errno, "stdout");
    else
        tt_fault_set(&fault, TT_ERR_IO, "stdout: could not be written");
    return tt_exit_with(&fault);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit (ulimit -f) is an error like a full disk */
    struct tt_settings settings;
    struct tt_fault fault = {0};
    enum tt_err err = tt_settings_read(&settings, argc, argv, &fault);
    int status;
    if (err != TT_OK) {
        status = tt_exit_with(&fault);
        if (err != TT_ERR_NO_MEMORY) /* a --config that cannot be read is a wrong setting, too */
            status = TT_EXIT_USAGE;
    } else if (tt_setting_on(&settings, TT_OPT_VERSION)) {
        printf("tasktrail %s\n", TT_VERSION);
        status = finish(TT_EXIT_CLEAN);
    } else if (tt_setting_on(&settings, TT_OPT_HELP)) {
        tt_help_print(settings.command);
        status = finish(TT_EXIT_CLEAN);
    } else if (settings.command == TT_COMMAND_NONE) {
        tt_fault_set(&fault, TT_ERR_INVALID, "expected a command; see tasktrail --help");
        status = tt_exit_with(&fault);
    } else {
        enum tt_log_level level = (enum tt_log_level)tt_setting_u64(&settings, TT_OPT_LOG_LEVEL);
        if (tt_setting_on(&settings, TT_OPT_QUIET) && level > TT_LOG_WARNING)
            level = TT_LOG_WARNING;
        tt_log_configure(level, (enum tt_log_format)tt_setting_u64(&settings, TT_OPT_LOG_FORMAT));
        err = tt_outputs_spare_inputs(&settings, &fault);
        status =
            err == TT_OK ? finish(commands[settings.command](&settings)) : tt_exit_with(&fault);
    }
    tt_settings_done(&settings);
    return status;
}
