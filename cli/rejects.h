/* Rejected lines: counted, told, kept. The first few are told on stderr with place and reason; all
 * go to the
 * --rejects file as NDJSON: {"file": ..., "line": ..., "reason": ..., "text": ...} (text is cut to
 * 64 KiB, bytes that are no UTF-8 are replaced).
 *
 * Threads: one at a time.
 */
#ifndef TT_CLI_REJECTS_H
#define TT_CLI_REJECTS_H

#include "adapters/system/file.h"

enum { TT_REJECTS_TOLD_MAX = 5, TT_REJECT_TEXT_BYTES_MAX = 64 * 1024 };

struct tt_rejects {
    struct tt_file_out *out; /* NULL: not kept */
    struct tt_buf line;      /* work space */
    uint64_t count;
};

/* path NULL: rejects are told and counted alone. */
enum tt_err tt_rejects_open(struct tt_rejects *rejects, const char *path,
                            struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_rejects_add(struct tt_rejects *rejects, const char *file, uint64_t line,
                           const char *reason, struct tt_str text,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* Says how many there were beyond those told; completes the file. */
enum tt_err tt_rejects_close(struct tt_rejects *rejects, struct tt_fault *fault) TT_MUST_CHECK;
/* Gives up: the file is removed. */
void tt_rejects_abort(struct tt_rejects *rejects);

#endif
