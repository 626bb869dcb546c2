/* A worker's jobs: questions that it answers when it has nothing else to do, one at a time, in a
 * thread beside its own. */
#ifndef TT_CLI_JOBS_H
#define TT_CLI_JOBS_H

#include "cli/options.h"
#include "core/engine/worker.h"

struct tt_jobs;

struct tt_jobs_options {
    const struct tt_settings *settings; /* --redis, --prefix, --store, --lease */
    const char *password;               /* of Redis; borrowed; NULL: none */
    const char *worker;                 /* borrowed */
    const struct tt_clock *clock;
    const struct tt_random *random;
    const volatile int *stop;
};

/* Errors: INVALID, UNSUPPORTED, NO_MEMORY. Returns owned. */
enum tt_err tt_jobs_create(const struct tt_jobs_options *options, struct tt_jobs **ret_jobs,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* What is in hand is given back. */
void tt_jobs_destroy(struct tt_jobs *jobs);

/* For the worker: it calls this now and then. */
struct tt_beside tt_jobs_beside(struct tt_jobs *jobs);

#endif
