/* The folder of a spool: whose it is, and what is left in it. Threads: any. */
#ifndef TT_ADAPTERS_SYSTEM_SPOOL_DIR_H
#define TT_ADAPTERS_SYSTEM_SPOOL_DIR_H

#include "core/base/err.h"
#include <stdint.h>

/* Makes it where it is not there. Errors: INVALID (no folder), DENIED (also: somebody else's), and
 * those of making one. */
enum tt_err tt_spool_dir_make(const char *dir, struct tt_fault *fault) TT_MUST_CHECK;

/* Files to be removed. */
struct tt_spool_sweep {
    const char *prefix, *end; /* of their names */
    int64_t age_s;            /* and they are older */
    bool (*wanted)(void *context,
                   const char *name); /* but for these, without the end; NULL: none */
    void *wanted_context;
};
void tt_spool_dir_sweep(const char *dir, const struct tt_spool_sweep *sweep);

#endif
