/* upload --via: the way rows take to a data set of BigQuery, other than load jobs. */
#ifndef TT_CLI_VIA_H
#define TT_CLI_VIA_H

#include "cli/bigquery_dataset.h"

enum tt_via_way { TT_VIA_LOAD, TT_VIA_WRITE, TT_VIA_INSERTALL, TT_VIA_PUBSUB }; /* as --via's */

struct tt_via {
    struct tt_google_cloud cloud; /* of the Storage Write API, or of Pub/Sub */
    struct tt_sink sink;
    void (*close)(struct tt_sink *sink);
};

/* Any way but load. The data set is open, and outlives it. Where BigQuery is stood in for, so must
 * the other service be: INVALID. Stays where it is until tt_via_close, which is also due after a
 * failure; zero-initialise. */
enum tt_err tt_via_open(struct tt_via *via, const struct tt_settings *settings,
                        const volatile int *stop, struct tt_bigquery *bigquery,
                        struct tt_fault *fault) TT_MUST_CHECK;
void tt_via_close(struct tt_via *via);

#endif
