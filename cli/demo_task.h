/* The task that is worth showing. */
#ifndef TT_CLI_DEMO_TASK_H
#define TT_CLI_DEMO_TASK_H

#include "core/base/err.h"
#include <stddef.h>

/* The first task of the worst discrepancy in a report written as NDJSON, or, where none is worse
 * than a note, the task of the SQLite store with the most events; empty when there is none. Ids of
 * `size` bytes and more are passed over. Errors: those of the store. */
enum tt_err tt_demo_task(const char *report_path, const char *store_path, char *task, size_t size,
                         struct tt_fault *fault) TT_MUST_CHECK;

#endif
