/* Whole files: read one into memory, write one whole or not at all. Threads: any. */
#ifndef TT_ADAPTERS_SYSTEM_FILE_H
#define TT_ADAPTERS_SYSTEM_FILE_H

#include "core/base/buf.h"

/* Appends the file's bytes to buf, up to the buffer's maximum. Errors, with the path in the text:
 * NOT_FOUND, DENIED, LIMIT (larger than the maximum), IO, NO_MEMORY. */
enum tt_err tt_file_read(const char *path, struct tt_buf *buf,
                         struct tt_fault *fault) TT_MUST_CHECK;

/* A file being written. Its bytes go to a temporary file beside it that takes the name at commit,
 * so that readers see the old content or the whole new one. path NULL or "-" is stdout, written
 * through. */
struct tt_file_out;
enum tt_err tt_file_out_open(const char *path, struct tt_file_out **ret_out,
                             struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_file_out_write(struct tt_file_out *out, const char *bytes, size_t len,
                              struct tt_fault *fault) TT_MUST_CHECK;
/* Flushes, syncs, renames. Frees `out` in any case. */
enum tt_err tt_file_out_commit(struct tt_file_out *out, struct tt_fault *fault) TT_MUST_CHECK;
/* Removes the temporary file; NULL is fine. */
void tt_file_out_abort(struct tt_file_out *out);

/* Names made in the folder of `path` outlive the machine. */
enum tt_err tt_file_sync_folder(const char *path, struct tt_fault *fault) TT_MUST_CHECK;

/* The error code that fits an errno of opening or writing. */
enum tt_err tt_file_err(int os_errno);

#endif
