/* What the demo reads: the machine's package logs, and files that come with the program. Threads:
 * one. */
#ifndef TT_CLI_DEMO_FILES_H
#define TT_CLI_DEMO_FILES_H

#include "core/base/err.h"
#include <stddef.h>

enum { TT_DEMO_LOGS_MAX = 32 };

/* Zeroed at first; paths are owned until tt_demo_logs_done. */
struct tt_demo_logs {
    char *paths[TT_DEMO_LOGS_MAX];
    size_t count;
};

/* Adds a path; one beyond TT_DEMO_LOGS_MAX is left out. Errors: NO_MEMORY. */
enum tt_err tt_demo_logs_add(struct tt_demo_logs *logs, const char *path,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* Adds /var/log/dpkg.log* that can be read, oldest first; none is no error. Errors: NO_MEMORY. */
enum tt_err tt_demo_logs_find(struct tt_demo_logs *logs, struct tt_fault *fault) TT_MUST_CHECK;
void tt_demo_logs_done(struct tt_demo_logs *logs);

/* The path of a file that comes with the program, by its name in fixtures/. `self` is the
 * program's path. Errors: NOT_FOUND, which says where it was looked for. */
enum tt_err tt_demo_file(const char *self, const char *name, char *path, size_t size,
                         struct tt_fault *fault) TT_MUST_CHECK;

#endif
