/* upload --to: the sink a text names, opened. */
#ifndef TT_CLI_SINK_CHOICE_H
#define TT_CLI_SINK_CHOICE_H

#include "cli/bigquery_dataset.h"
#include "cli/via.h"
#include "core/port/sink.h"

struct tt_chosen_sink {
    struct tt_sink sink;
    char destination[4200]; /* names the outbox's line of plans: the same for the same place */
    void (*done)(struct tt_sink *sink);
    /* Makes the views once the tables are there; NULL: the sink has none. */
    enum tt_err (*make_views)(struct tt_chosen_sink *chosen, struct tt_fault *fault);
    struct tt_bigquery bigquery; /* where the rows go there; bq is NULL where not */
    enum tt_via_way way;         /* how */
    struct tt_via via;           /* of it, where not by load jobs */
};

/* Errors: INVALID (no such sink), and those of opening it. Zero-initialise; stays where it is until
 * tt_sink_close, which is also due after a failure. */
enum tt_err tt_sink_choose(const struct tt_settings *settings, const volatile int *stop,
                           struct tt_chosen_sink *chosen, struct tt_fault *fault) TT_MUST_CHECK;
void tt_sink_close(struct tt_chosen_sink *chosen);

#endif
