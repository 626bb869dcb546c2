/* What the files of tt_bq share. */
#ifndef TT_ADAPTERS_BIGQUERY_BQ_PARTS_H
#define TT_ADAPTERS_BIGQUERY_BQ_PARTS_H

#include "adapters/bigquery/bq.h"
#include "adapters/bigquery/json_call.h"

struct tt_bq {
    struct tt_bq_options options;
    char location[64]; /* "": not asked yet */
    struct tt_json_call call;
    struct tt_buf url, body; /* of the request in hand */
};

/* The URL ENDPOINT/bigquery/v2/projects/... behind a printf format; "" on failure, which a request
 * refuses. */
const char *tt_bq_url(struct tt_bq *bq, const char *format, ...) TT_PRINTF(2, 3);
/* The request has bq->body as its JSON. */
enum tt_err tt_bq_call(struct tt_bq *bq, const char *method, const char *url,
                       struct tt_fault *fault) TT_MUST_CHECK;
/* A key and a text, with a comma in front where one is needed. */
void tt_bq_pair(struct tt_buf *json, const char *key, struct tt_str value);

enum { TT_BQ_CHANGE_TRIES = 4 }; /* where somebody else changes the same */

/* A table or view: its reference into a request, its resource into bq->call, a change of it (in
 * bq->body). Whoever changed it since we looked wins: status 412. */
void tt_bq_table_reference(const struct tt_bq *bq, struct tt_buf *json, const char *table);
enum tt_err tt_bq_table_get(struct tt_bq *bq, const char *table,
                            struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_bq_table_patch(struct tt_bq *bq, const char *table,
                              struct tt_fault *fault) TT_MUST_CHECK;

/* What a Job says. */
enum tt_err tt_bq_read_job(const struct tt_json *job, const struct tt_sink_batch *batch,
                           struct tt_sink_answer *ret_answer, struct tt_fault *fault);
/* Moves the body under the job in bq->body; TT_OK: the job that was made is in bq->call.json. */
enum tt_err tt_bq_multipart(struct tt_bq *bq, const char *project,
                            const struct tt_sink_batch *batch, struct tt_fault *fault);
/* The same in chunks. FENCED: the session was lost, nobody knows what came of it. */
enum tt_err tt_bq_resumable(struct tt_bq *bq, const char *project,
                            const struct tt_sink_batch *batch, struct tt_fault *fault);

#endif
