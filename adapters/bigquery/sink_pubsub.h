/* The sink of Pub/Sub: rows as messages, which a BigQuery subscription writes into a table of raw
 * bytes; a view over it, which whoever opens the sink makes, decodes them and takes copies out. At
 * least once.
 *
 * For the table T: topic PREFIX-T, subscription PREFIX-T-bigquery, raw table T_messages. All
 * messages of a request share one ordering key, the task, and a request follows only once the one
 * before it was taken: a task's messages keep their order. `tables` with create makes all of it.
 *
 * One at a time; closed by its own function. Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_SINK_PUBSUB_H
#define TT_ADAPTERS_BIGQUERY_SINK_PUBSUB_H

#include "adapters/bigquery/bq.h"
#include "core/port/sink.h"

struct tt_pubsub_options { /* texts are borrowed until it is closed */
    struct tt_access access;
    /* https://us-east1-pubsub.googleapis.com: order holds within one region alone. */
    const char *endpoint;
    struct tt_bq *bq; /* NULL (an emulator of Pub/Sub alone): topics are made, and nothing else */
    const char *project;
    const char *dataset_project, *dataset;
    const char *prefix;            /* NULL: "tasktrail" */
    size_t request_bytes_max;      /* 0: 9 MB */
    unsigned request_messages_max; /* 0: 1000 */
    size_t window_rows_max;        /* rows that are grouped at once; 0: 20000 */
};

enum tt_err tt_pubsub_open(const struct tt_pubsub_options *options, struct tt_sink *ret_sink,
                           struct tt_fault *fault) TT_MUST_CHECK;
void tt_pubsub_close(struct tt_sink *sink); /* a zeroed one is fine */

#endif
