/* What tasks are judged by: --lifecycle and --tenants. */
#ifndef TT_CLI_JUDGE_RULES_H
#define TT_CLI_JUDGE_RULES_H

#include "cli/options.h"
#include "cli/tenants_file.h"
#include "core/model/lifecycle.h"

struct tt_judge_rules {
    struct tt_lifecycle_set *file;       /* of --lifecycle; NULL: none */
    struct tt_lifecycle_set *lifecycles; /* of all tenants; NULL: none at all */
    struct tt_tenants_file tenants;
};

/* Errors, with the path: NOT_FOUND, DENIED, INVALID, IO, LIMIT, NO_MEMORY. Call
 * tt_judge_rules_done in any case. */
enum tt_err tt_judge_rules_read(const struct tt_settings *settings, struct tt_judge_rules *rules,
                                struct tt_fault *fault) TT_MUST_CHECK;
void tt_judge_rules_done(struct tt_judge_rules *rules);

#endif
