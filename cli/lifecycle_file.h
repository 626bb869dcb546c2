/* The --lifecycle file. */
#ifndef TT_CLI_LIFECYCLE_FILE_H
#define TT_CLI_LIFECYCLE_FILE_H

#include "core/model/lifecycle.h"

/* path NULL gives NULL. Errors, with the path: NOT_FOUND, DENIED, INVALID, IO, NO_MEMORY. Returns
 * owned. */
enum tt_err tt_lifecycle_file_read(const char *path, struct tt_lifecycle_set **ret_set,
                                   struct tt_fault *fault) TT_MUST_CHECK;

#endif
