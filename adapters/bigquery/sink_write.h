/* The sink of the Storage Write API: exactly once, by pending streams.
 *
 * begin makes a stream, whose name is the handle; send appends the rows at their offsets, so that
 * what was sent twice is there once, and finalizes the stream; commit shows all of it at once, as
 * often as it is asked. The handle also has the first row's uid and time, by which the table itself
 * can be asked once the stream is forgotten.
 *
 * One at a time; closed by its own function. Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_SINK_WRITE_H
#define TT_ADAPTERS_BIGQUERY_SINK_WRITE_H

#include "adapters/bigquery/bq.h"
#include "core/port/sink.h"

struct tt_write_options { /* texts are borrowed until it is closed */
    struct tt_access access;
    const char *endpoint; /* https://bigquerystorage.googleapis.com */
    const char *project, *dataset;
    /* Makes tables, and asks them; NULL: they are there, and a forgotten stream stays a riddle. */
    struct tt_bq *bq;
    size_t request_bytes_max; /* 0: 9 MB */
};

enum tt_err tt_write_open(const struct tt_write_options *options, struct tt_sink *ret_sink,
                          struct tt_fault *fault) TT_MUST_CHECK;
void tt_write_close(struct tt_sink *sink); /* a zeroed one is fine */

#endif
