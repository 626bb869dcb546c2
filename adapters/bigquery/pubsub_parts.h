/* The pieces of the Pub/Sub sink: inside adapters/bigquery only. */
#ifndef TT_ADAPTERS_BIGQUERY_PUBSUB_PARTS_H
#define TT_ADAPTERS_BIGQUERY_PUBSUB_PARTS_H

#include "adapters/bigquery/json_call.h"
#include "adapters/bigquery/sent.h"
#include "adapters/bigquery/sink_pubsub.h"

enum { TT_PUBSUB_URL_BYTES = 1024 };

/* A row that waits in the window. */
struct tt_pubsub_message {
    uint64_t row;
    size_t at, len;         /* its JSON in the window's text */
    size_t key_at, key_len; /* ordering key, within that JSON */
};

struct tt_pubsub {
    struct tt_pubsub_options options;
    struct tt_json_call call;
    struct tt_sent sent;
    struct tt_buf window; /* messages as JSON */
    struct tt_buf request;
    struct tt_buf key;
    struct tt_pubsub_message *messages;
    size_t message_count;
    char url[TT_PUBSUB_URL_BYTES];
    /* of the call in hand */
    const struct tt_sink_batch *batch;
    struct tt_sink_answer *answer;
    struct tt_fault *fault;
};

/* What tables does. */
enum tt_err tt_pubsub_set_up(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                             bool create, struct tt_fault *fault) TT_MUST_CHECK;

#endif
