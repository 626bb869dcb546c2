/* Answering one part of a question from a store. Threads: any, one for each call. */
#ifndef TT_CLI_JOB_RUN_H
#define TT_CLI_JOB_RUN_H

#include "cli/job_body.h"

struct tt_job_place {
    const char *store; /* --store */
    uint64_t memory_bytes;
    const char *temp_dir;
    const volatile int *stop; /* not 0: give up with STOPPED; NULL: never */
};

/* Appends the answer. Errors: those of the store, the pass and the body. */
enum tt_err tt_job_run(const struct tt_job_place *place, struct tt_str body, unsigned part,
                       struct tt_buf *answer, struct tt_fault *fault) TT_MUST_CHECK;

/* The pass that a question asks for, its files read: for who asks and who answers. */
struct tt_job_rules {
    struct tt_lifecycle_set *file, *lifecycles; /* the one sent, and those of all tenants */
    struct tt_tenants *tenants;
};
enum tt_err tt_job_rules_read(const struct tt_job_body *body, struct tt_job_rules *ret_rules,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_job_rules_done(struct tt_job_rules *rules);

#endif
