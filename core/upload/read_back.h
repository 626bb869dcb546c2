/* What is in the tables, asked back: the texts of two queries (GoogleSQL), and what the first one
 * gives, worked out from the rows themselves.
 *
 * Verification is by batch: rows of one plan have one written_at. Of each, BigQuery counts rows and
 * different rows, and makes a digest of its columns that does not depend on the order; the same is
 * made here, from the lines that were sent. It covers every column as text, JSON columns by their
 * content (json_parts.h): the service is free in how it writes JSON.
 *
 * Digest of a row: for each column "-" where it is absent, else "+" and the text (timestamps:
 * microseconds), each with the byte 0x1f behind it; the first 60 bits of its SHA-256. Digest of
 * rows: those, by exclusive or. */
#ifndef TT_UPLOAD_READ_BACK_H
#define TT_UPLOAD_READ_BACK_H

#include "core/base/buf.h"
#include "core/model/event.h"
#include "core/model/upload_table.h"
#include "core/port/crypto.h"

/* Columns written_at (microseconds), rows, different rows, digest, of the rows between the
 * parameters @from and @to (TIMESTAMP). `dataset` is "project.dataset". */
void tt_read_back_verify(struct tt_buf *sql, const struct tt_upload_table *table,
                         struct tt_str dataset);
enum { TT_READ_BACK_VERIFY_COLUMNS = 4 };

/* The digest of one line. Errors: CORRUPT (no row of the table), NO_MEMORY. `scratch` is emptied.
 */
enum tt_err tt_read_back_digest(const struct tt_upload_table *table, struct tt_str line,
                                const struct tt_crypto *crypto, struct tt_buf *scratch,
                                uint64_t *ret_digest, struct tt_fault *fault) TT_MUST_CHECK;

/* The events of one task, in the order they were applied: parameters @tenant, @task_id. */
void tt_read_back_history(struct tt_buf *sql, struct tt_str dataset);
/* A row of it. The event borrows from the cells. Errors: CORRUPT. */
enum tt_err tt_read_back_event(const struct tt_str *cells, size_t count, struct tt_event *ret_event,
                               int64_t *ret_apply_seq, int64_t *ret_applied_at_us,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
