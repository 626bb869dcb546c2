/* The sink of tabledata.insertAll: for emulators, and where a proxy knows HTTP/1.1 alone. Rows show
 * at once, and can be there twice after a lost answer: at least once.
 *
 * One at a time; closed by its own function. Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_SINK_INSERTALL_H
#define TT_ADAPTERS_BIGQUERY_SINK_INSERTALL_H

#include "adapters/bigquery/bq.h"
#include "core/port/sink.h"

struct tt_insertall_options { /* texts are borrowed until it is closed */
    struct tt_access access;
    const char *endpoint; /* https://bigquery.googleapis.com */
    const char *project, *dataset;
    struct tt_bq *bq;          /* makes tables; NULL: they are there */
    size_t request_bytes_max;  /* 0: 9 MB */
    unsigned request_rows_max; /* 0: 500 */
};

enum tt_err tt_insertall_open(const struct tt_insertall_options *options, struct tt_sink *ret_sink,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_insertall_close(struct tt_sink *sink); /* a zeroed one is fine */

#endif
