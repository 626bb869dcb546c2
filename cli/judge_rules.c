#include "cli/judge_rules.h"

#include "cli/lifecycle_file.h"

enum tt_err tt_judge_rules_read(const struct tt_settings *settings, struct tt_judge_rules *rules,
                                struct tt_fault *fault)
{
    *rules = (struct tt_judge_rules){0};
    enum tt_err err =
        tt_lifecycle_file_read(tt_setting_text(settings, TT_OPT_LIFECYCLE), &rules->file, fault);
    if (err == TT_OK)
        err =
            tt_tenants_file_read(&rules->tenants, tt_setting_text(settings, TT_OPT_TENANTS), fault);
    return err == TT_OK
               ? tt_tenants_lifecycles(rules->tenants.set, rules->file, &rules->lifecycles, fault)
               : err;
}

void tt_judge_rules_done(struct tt_judge_rules *rules)
{
    tt_lifecycle_set_destroy(rules->lifecycles); /* borrows from the other two */
    tt_lifecycle_set_destroy(rules->file);
    tt_tenants_file_done(&rules->tenants);
    rules->file = rules->lifecycles = NULL;
}
