#include "cli/commands.h"

#include "adapters/system/file.h"
#include "cli/bigquery_feed.h"
#include "cli/feed.h"
#include "cli/fleet_ask.h"
#include "cli/judge_rules.h"
#include "cli/output.h"
#include "cli/store_url.h"
#include "core/base/limits.h"
#include "replay/shard.h"
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
        tt_fault_set(&fault, TT_ERR_NOT_FOUND, "no event of task %s of tenant %s in %s%s", task_id,
                     tt_setting_text(settings, TT_OPT_TENANT), store,
                     tt_output_which_tenant(tt_setting_text(settings, TT_OPT_TENANT)));
        return tt_exit_with(&fault);
    }
    return tt_output_report(settings, report, picture, store, NULL);
}

/* What the shards' rules are compared by. */
static enum tt_err digest_rules(const struct tt_settings *settings, uint64_t *ret_digest,
                                struct tt_fault *fault)
{
    const char *lifecycle = tt_setting_text(settings, TT_OPT_LIFECYCLE),
               *tenants = tt_setting_text(settings, TT_OPT_TENANTS);
    struct tt_buf text;
    enum tt_err err = TT_OK;
    tt_buf_init(&text, 0);
    if (lifecycle != NULL)
        err = tt_file_read(lifecycle, &text, fault);
    tt_buf_add_char(&text, '\0');
    if (err == TT_OK && tenants != NULL)
        err = tt_tenants_file_text(tenants, &text, fault);
    if (err == TT_OK)
        *ret_digest = tt_str_hash(tt_buf_str(&text), 3);
    tt_buf_done(&text);
    return err;
}

/* "2/8" */
static enum tt_err choose_shard(const struct tt_settings *settings, struct tt_pass_options *options,
                                struct tt_fault *fault)
{
    const char *text = tt_setting_text(settings, TT_OPT_SHARD);
    unsigned shard = 0, shards = 0;
    int len = 0;
    if (text == NULL)
        return TT_OK;
    if (sscanf(text, "%3u/%3u%n", &shard, &shards, &len) != 2 || text[len] != '\0' || shard < 1 ||
        shard > shards || shards > TT_SHARDS_MAX)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--shard: \"%.40s\": expected I/N with I from 1 to N, and N at most %d",
                            text, TT_SHARDS_MAX);
    options->shard = shard - 1;
    options->shards = shards;
    return digest_rules(settings, &options->rules_digest, fault);
}

static enum tt_err write_part(const struct tt_settings *settings, struct tt_pass *pass,
                              struct tt_fault *fault)
{
    const char *path = tt_setting_text(settings, TT_OPT_PART);
    struct tt_file_out *out = NULL;
    struct tt_buf bytes;
    tt_buf_init(&bytes, 0);
    enum tt_err err =
        tt_pass_export(pass, tt_str_from(tt_setting_text(settings, TT_OPT_STORE)), &bytes, fault);
    if (err == TT_OK)
        err = tt_file_out_open(path, &out, fault);
    if (err == TT_OK)
        err = tt_file_out_write(out, bytes.data, bytes.len, fault);
    if (err == TT_OK)
        err = tt_file_out_commit(out, fault);
    else
        tt_file_out_abort(out);
    tt_buf_done(&bytes);
    return err;
}

/* report, and replay with task_id: the one reads the whole store, the other one task. */
static int run(const struct tt_settings *settings, const char *task_id)
{
    struct tt_fault fault = {0};
    struct tt_judge_rules rules;
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    struct tt_str tenant = TT_STR_NONE, task = tt_str_from(task_id);
    bool part = tt_setting_text(settings, TT_OPT_PART) != NULL;
    enum tt_err err = tt_judge_rules_read(settings, &rules, &fault);
    struct tt_pass_options options = tt_feed_pass_options(settings, rules.lifecycles);
    /* What was uploaded has the rows, not what the store made of them. */
    options.from_store = tt_setting_text(settings, TT_OPT_FROM) == NULL;
    options.tenants = rules.tenants.set;
    if (task_id != NULL) {
        tenant = tt_str_from(tt_setting_text(settings, TT_OPT_TENANT));
        options.only_tenant = tenant;
        options.only_task = task;
        options.want_picture = true;
        options.threads = 1;
    } else if (err == TT_OK) {
        err = choose_shard(settings, &options, &fault);
    }
    if (err == TT_OK)
        err = tt_pass_create(&options, &pass, &fault);
    if (err == TT_OK)
        err = feed(settings, tenant, task, pass, &fault);
    if (err == TT_OK)
        err = part ? write_part(settings, pass, &fault) : tt_pass_finish(pass, &report, &fault);
    int status = err != TT_OK ? tt_exit_with(&fault)
                 : part       ? TT_EXIT_CLEAN
                              : show(settings, pass, report, task_id);
    tt_pass_destroy(pass);
    tt_judge_rules_done(&rules);
    return status;
}

static enum tt_err import_file(struct tt_pass *pass, const char *path, struct tt_fault *fault)
{
    struct tt_buf bytes;
    tt_buf_init(&bytes, 0);
    enum tt_err err = tt_file_read(path, &bytes, fault);
    if (err == TT_OK) {
        err = tt_pass_import(pass, tt_buf_str(&bytes), fault);
        if (err != TT_OK)
            tt_fault_prefix(fault, "%s", path);
    }
    tt_buf_done(&bytes);
    return err;
}

static int merge(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    const struct tt_pass_options options = tt_feed_pass_options(settings, NULL);
    enum tt_err err = tt_pass_create(&options, &pass, &fault);
    for (size_t i = 0; i < settings->argument_count && err == TT_OK; i++)
        err = import_file(pass, settings->arguments[i], &fault);
    if (err == TT_OK)
        err = tt_pass_finish(pass, &report, &fault);
    int status = err == TT_OK
                     ? tt_output_report(settings, report, NULL, tt_pass_subject(pass).ptr, NULL)
                     : tt_exit_with(&fault);
    tt_pass_destroy(pass);
    return status;
}

static enum tt_err check_report(const struct tt_settings *settings, struct tt_fault *fault)
{
    bool fleet = tt_setting_on(settings, TT_OPT_FLEET),
         merges = tt_setting_on(settings, TT_OPT_MERGE);
    bool shard = tt_setting_text(settings, TT_OPT_SHARD) != NULL,
         part = tt_setting_text(settings, TT_OPT_PART) != NULL;
    if (!merges && settings->argument_count > 0)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "report: unexpected \"%.60s\"; report takes no arguments",
                            settings->arguments[0]);
    if (merges && settings->argument_count == 0)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "report --merge: expected the files that --part wrote");
    if (fleet + merges + shard > 1)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "report: --fleet, --merge and --shard do not go together");
    if (part && !shard)
        return tt_fault_set(fault, TT_ERR_INVALID, "report: --part goes with --shard");
    if (tt_setting_has(settings, TT_OPT_SHARDS) && !fleet)
        return tt_fault_set(fault, TT_ERR_INVALID, "report: --shards goes with --fleet");
    return TT_OK;
}

int tt_cmd_report(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    if (check_report(settings, &fault) != TT_OK)
        return tt_exit_with(&fault);
    if (tt_setting_on(settings, TT_OPT_FLEET))
        return tt_fleet_report(settings);
    return tt_setting_on(settings, TT_OPT_MERGE) ? merge(settings) : run(settings, NULL);
}

int tt_cmd_replay(const struct tt_settings *settings)
{
    if (settings->argument_count != 1) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_INVALID,
                     "replay: expected one task id; see tasktrail replay --help");
        return tt_exit_with(&fault);
    }
    if (tt_setting_on(settings, TT_OPT_REMOTE) && tt_setting_has(settings, TT_OPT_FROM)) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_INVALID, "replay: --from and --remote exclude each other");
        return tt_exit_with(&fault);
    }
    return tt_setting_on(settings, TT_OPT_REMOTE)
               ? tt_fleet_replay(settings, settings->arguments[0])
               : run(settings, settings->arguments[0]);
}
