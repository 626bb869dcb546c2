/* Secrets come from the environment or a file it names, never from a flag, and are never told. */
#ifndef TT_CLI_SECRET_H
#define TT_CLI_SECRET_H

#include "core/base/buf.h"

/* A password: the environment variable of this name, or the first line of the file that the one of
 * the same name and _FILE behind it names; NULL when neither is set. The text borrows from `buf` or
 * the environment. Errors: those of reading the file. */
enum tt_err tt_secret_read(const char *name, struct tt_buf *buf, const char **ret_password,
                           struct tt_fault *fault) TT_MUST_CHECK;

#endif
