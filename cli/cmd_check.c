#include "cli/commands.h"

#include "cli/feed.h"
#include "cli/judge_rules.h"
#include "cli/output.h"
#include <stdio.h>

/* "a.ndjson" or "a.ndjson and 3 more files". */
static void name_subject(const struct tt_settings *settings, char *text, size_t size)
{
    const char *first = settings->arguments[0];
    if (strcmp(first, "-") == 0)
        first = "stdin";
    if (settings->argument_count == 1)
        snprintf(text, size, "%s", first);
    else
        snprintf(text, size, "%s and %zu more", first, settings->argument_count - 1);
}

static int show(const struct tt_settings *settings, const struct tt_pass *pass,
                const struct tt_report *report, const char *unread)
{
    char subject[600];
    name_subject(settings, subject, sizeof subject);
    const struct tt_task_picture *picture = NULL;
    tt_feed_tell_format(settings, report->summary.events, report->summary.rejected);
    if (tt_setting_has(settings, TT_OPT_TASK)) {
        picture = tt_pass_picture(pass);
        if (picture == NULL) {
            struct tt_fault fault = {0};
            tt_fault_set(&fault, TT_ERR_NOT_FOUND, "no event of task %s of tenant %s in %s%s",
                         tt_setting_text(settings, TT_OPT_TASK),
                         tt_setting_text(settings, TT_OPT_TENANT), subject,
                         tt_output_which_tenant(tt_setting_text(settings, TT_OPT_TENANT)));
            return tt_exit_with(&fault);
        }
    }
    return tt_output_report(settings, report, picture, subject, unread);
}

int tt_cmd_check(const struct tt_settings *settings)
{
    struct tt_fault fault = {0}, broken = {0};
    if (settings->argument_count == 0) {
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "check: expected a file, or - for stdin; see tasktrail check --help");
        return tt_exit_with(&fault);
    }
    static const enum tt_option_id of_task[] = {TT_OPT_TENANT};
    if (!tt_setting_has(settings, TT_OPT_TASK) &&
        tt_settings_refuse(settings, of_task, 1, "goes with --task ID: it is that task's tenant",
                           &fault) != TT_OK)
        return tt_exit_with(&fault);
    struct tt_judge_rules rules;
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    enum tt_err err = tt_judge_rules_read(settings, &rules, &fault);
    struct tt_pass_options options = tt_feed_pass_options(settings, rules.lifecycles);
    options.tenants = rules.tenants.set;
    if (tt_setting_has(settings, TT_OPT_TASK)) {
        options.only_task = tt_str_from(tt_setting_text(settings, TT_OPT_TASK));
        options.only_tenant = tt_str_from(tt_setting_text(settings, TT_OPT_TENANT));
        options.want_picture = true;
    }
    if (err == TT_OK)
        err = tt_pass_create(&options, &pass, &fault);
    if (err == TT_OK)
        err = tt_feed_files(settings, pass, &broken, &fault);
    /* What could be read is reported even when --strict or a missing file makes the whole fail; and
     * nothing where memory, a temporary file or the rejects' own stopped the reading anywhere. */
    bool partial = broken.code != TT_OK || err == TT_ERR_REJECT;
    const char *unread = broken.code == TT_OK ? NULL : broken.text;
    struct tt_fault finish = {0};
    int status = TT_EXIT_TROUBLE;
    if ((err == TT_OK || partial) && tt_pass_finish(pass, &report, &finish) == TT_OK)
        status = show(settings, pass, report, unread);
    else if (err == TT_OK)
        status = tt_exit_with(&finish);
    if (err != TT_OK)
        status = tt_exit_with(&fault);
    tt_pass_destroy(pass);
    tt_judge_rules_done(&rules);
    return status;
}
