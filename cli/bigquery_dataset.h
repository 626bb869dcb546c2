/* bigquery:PROJECT.DATASET, opened. */
#ifndef TT_CLI_BIGQUERY_DATASET_H
#define TT_CLI_BIGQUERY_DATASET_H

#include "adapters/bigquery/bq.h"
#include "cli/google_cloud.h"

struct tt_bigquery {
    struct tt_google_cloud cloud;
    struct tt_bq *bq;
    char project[128], dataset[128];
    char name[260]; /* project.dataset */
};

/* Whether the text begins with "bigquery:". */
bool tt_bigquery_is_named(const char *text);
/* Of "bigquery:PROJECT.DATASET": the two names. `option` stands in faults. Errors: INVALID. */
enum tt_err tt_bigquery_parse(struct tt_bigquery *bigquery, const char *option, const char *text,
                              struct tt_fault *fault) TT_MUST_CHECK;
/* Stays where it is until tt_bigquery_close, which is also due after a failure. */
enum tt_err tt_bigquery_open(struct tt_bigquery *bigquery, const struct tt_settings *settings,
                             const char *option, const char *text, const volatile int *stop,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_bigquery_close(struct tt_bigquery *bigquery);

#endif
