/* upload --verify: what BigQuery has, batch by batch, beside the same rows made again from the
 * store. */
#ifndef TT_CLI_UPLOAD_VERIFY_H
#define TT_CLI_UPLOAD_VERIFY_H

#include "cli/bigquery_dataset.h"
#include "core/port/outbox.h"
#include "core/port/upload_rows.h"

struct tt_verify {
    struct tt_bigquery *bigquery;
    const struct tt_outbox *outbox;
    const struct tt_upload_rows *rows;
    const struct tt_crypto *crypto;
    struct tt_str destination;
};

/* Tells on stdout, for each day and for each batch that differs. *ret_differ: batches that do.
 * Errors: those of asking; CORRUPT: rows of a batch cannot be made again (told, the rest is
 * compared). */
enum tt_err tt_upload_verify(const struct tt_verify *verify, uint64_t *ret_differ,
                             struct tt_fault *fault) TT_MUST_CHECK;

#endif
