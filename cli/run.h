/* Running other programs, and this one again: for demo. Threads: one. */
#ifndef TT_CLI_RUN_H
#define TT_CLI_RUN_H

#include "core/base/err.h"
#include <sys/types.h>

/* Starts words[0] (looked for in PATH; NULL-terminated list). quiet: its output goes to `log`. The
 * child dies with us. Errors: NOT_FOUND, IO. */
enum tt_err tt_run_start(const char *const *words, const char *log, pid_t *ret_pid,
                         struct tt_fault *fault) TT_MUST_CHECK;
/* Waits; gives the exit status, or 128 + signal. */
int tt_run_wait(pid_t pid);
/* The path of this program. */
enum tt_err tt_run_self(char *path, size_t size, struct tt_fault *fault) TT_MUST_CHECK;
/* Removes a folder and the files and folders in it; does not follow links. */
void tt_run_remove(const char *dir);

#endif
