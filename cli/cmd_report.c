#include "cli/commands.h"

#include "cli/bigquery_feed.h"
#include "cli/feed.h"
#include "cli/lifecycle_file.h"
#include "cli/output.h"
#include "cli/store_url.h"
#include "cli/tenants_file.h"
#include <stdio.h>

/* The store, or where else the rows are (--from). */
static const char *place_of(const struct tt_settings *settings)
{
    const char *from = tt_setting_text(settings, TT_OPT_FROM);
    return from != NULL ? from : tt_setting_text(settings, TT_OPT_STORE);
}

static enum tt_err feed(const struct tt_settings *settings, struct tt_str tenant,
                        struct tt_str task, struct tt_pass *pass, struct tt_fault *fault)
{
    const char *from = tt_setting_text(settings, TT_OPT_FROM);
    return from != NULL
               ? tt_bigquery_feed(settings, from, tenant, task, pass, fault)
               : tt_store_feed(tt_setting_text(settings, TT_OPT_STORE), tenant, task, pass, fault);
}

static int show(const struct tt_settings *settings, const struct tt_pass *pass,
                const struct tt_report *report, const char *task_id)
{
    const char *store = place_of(settings);
    const struct tt_task_picture *picture = NULL;
    if (task_id != NULL && (picture = tt_pass_picture(pass)) == NULL) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_NOT_FOUND, "no event of task %s of tenant %s in %s", task_id,
                     tt_setting_text(settings, TT_OPT_TENANT), store);
        return tt_exit_with(&fault);
    }
    return tt_output_report(settings, report, picture, store);
}

/* report, and replay with task_id: the one reads the whole store, the other one task. */
static int run(const struct tt_settings *settings, const char *task_id)
{
    struct tt_fault fault = {0};
    struct tt_lifecycle_set *lifecycles = NULL;
    struct tt_tenants_file tenants = {0};
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    struct tt_str tenant = TT_STR_NONE, task = tt_str_from(task_id);
    enum tt_err err =
        tt_lifecycle_file_read(tt_setting_text(settings, TT_OPT_LIFECYCLE), &lifecycles, &fault);
    if (err == TT_OK)
        err = tt_tenants_file_read(&tenants, tt_setting_text(settings, TT_OPT_TENANTS), &fault);
    struct tt_pass_options options = tt_feed_pass_options(settings, lifecycles);
    /* What was uploaded has the rows, not what the store made of them. */
    options.from_store = tt_setting_text(settings, TT_OPT_FROM) == NULL;
    options.tenants = tenants.set;
    if (task_id != NULL) {
        tenant = tt_str_from(tt_setting_text(settings, TT_OPT_TENANT));
        options.only_tenant = tenant;
        options.only_task = task;
        options.want_picture = true;
        options.threads = 1;
    }
    if (err == TT_OK)
        err = tt_pass_create(&options, &pass, &fault);
    if (err == TT_OK)
        err = feed(settings, tenant, task, pass, &fault);
    if (err == TT_OK)
        err = tt_pass_finish(pass, &report, &fault);
    int status = err == TT_OK ? show(settings, pass, report, task_id) : tt_exit_with(&fault);
    tt_pass_destroy(pass);
    tt_lifecycle_set_destroy(lifecycles);
    tt_tenants_file_done(&tenants);
    return status;
}

int tt_cmd_report(const struct tt_settings *settings)
{
    if (settings->argument_count > 0) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "report: unexpected \"%.60s\"; report takes no arguments",
                     settings->arguments[0]);
        return tt_exit_with(&fault);
    }
    return run(settings, NULL);
}

int tt_cmd_replay(const struct tt_settings *settings)
{
    if (settings->argument_count != 1) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "replay: expected one task id; see tasktrail replay --help");
        return tt_exit_with(&fault);
    }
    return run(settings, settings->arguments[0]);
}
