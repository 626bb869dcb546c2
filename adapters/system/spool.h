/* The spool port on a folder. Several processes may use one folder. Threads: one per spool. */
#ifndef TT_ADAPTERS_SYSTEM_SPOOL_H
#define TT_ADAPTERS_SYSTEM_SPOOL_H

#include "core/port/spool.h"

/* Makes the folder where it is missing. Errors: NOT_FOUND, DENIED, INVALID (no folder), READ_ONLY,
 * NO_MEMORY. Owns its context until tt_spool_close. */
enum tt_err tt_spool_open(const char *dir, struct tt_spool *ret_spool,
                          struct tt_fault *fault) TT_MUST_CHECK;
void tt_spool_close(struct tt_spool *spool);

#endif
