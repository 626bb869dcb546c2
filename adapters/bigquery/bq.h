/* One data set of BigQuery over its REST interface: tables and views in it, load jobs into it,
 * queries over it. Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_BQ_H
#define TT_ADAPTERS_BIGQUERY_BQ_H

#include "adapters/bigquery/access.h"
#include "core/port/clock.h"
#include "core/port/sink.h"

struct tt_bq_options { /* texts are borrowed until it is closed */
    struct tt_access access;
    const struct tt_clock *clock; /* queries are repeated after a while */
    const char *endpoint;         /* https://bigquery.googleapis.com */
    const char *project, *dataset;
    const char *job_project;      /* whose quota jobs use; NULL: project */
    const char *location;         /* the data set's, and of one to be made; NULL: whatever it has */
    uint64_t multipart_bytes_max; /* larger bodies go in chunks; 0: 10 MiB */
    uint64_t chunk_bytes;         /* a multiple of 256 KiB; 0: 8 MiB */
};

struct tt_bq;

enum tt_err tt_bq_open(const struct tt_bq_options *options, struct tt_bq **ret_bq,
                       struct tt_fault *fault) TT_MUST_CHECK;
void tt_bq_close(struct tt_bq *bq); /* NULL is fine */

/* Where the data set is ("EU"): asked once. Errors: NOT_FOUND, INVALID (not where options say),
 * those of the way there. */
enum tt_err tt_bq_location(struct tt_bq *bq, const char **ret_location,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* The data set is there; made where `create` is set and it is not. */
enum tt_err tt_bq_dataset(struct tt_bq *bq, bool create, struct tt_fault *fault) TT_MUST_CHECK;

/* Every table is there and takes our rows; with `create` it is made, and columns are added.
 * NOT_FOUND: no such table; INVALID: another column than ours, which is named. */
enum tt_err tt_bq_tables(struct tt_bq *bq, const struct tt_upload_table *const *tables,
                         size_t count, bool create, struct tt_fault *fault) TT_MUST_CHECK;
/* The view has this query (standard SQL); made, or replaced where it has another. */
enum tt_err tt_bq_view(struct tt_bq *bq, const char *name, const char *description,
                       struct tt_str query, struct tt_fault *fault) TT_MUST_CHECK;

/* Load jobs as a sink: exactly once, as a job's id is taken once. */
struct tt_sink tt_bq_load_sink(struct tt_bq *bq);

/* A query's named parameter. */
struct tt_bq_parameter {
    const char *name, *type; /* STRING, INT64, TIMESTAMP */
    struct tt_str value;     /* as text */
};

struct tt_bq_query {
    const char *sql; /* the names of tables in it come from options alone */
    const struct tt_bq_parameter *parameters;
    size_t parameter_count;
    uint64_t bytes_billed_max; /* more is an error; 0: no limit */
    uint64_t page_rows;        /* 0: 5000 */
    /* Each row; a cell that is NULL is absent. TIMESTAMP: microseconds. Borrowed. */
    enum tt_err (*row)(void *row_context, const struct tt_str *cells, size_t count);
    void *row_context;
    uint64_t ret_rows, ret_bytes; /* given back: rows, and bytes looked at */
};

/* Errors of class RETRY are tried again, with pauses, a few times. */
enum tt_err tt_bq_query(struct tt_bq *bq, struct tt_bq_query *query,
                        struct tt_fault *fault) TT_MUST_CHECK;

#endif
