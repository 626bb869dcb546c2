#include "cli/bigquery_feed.h"

#include "cli/bigquery_dataset.h"
#include "core/upload/read_back.h"

struct feeding {
    struct tt_feeder *feeder;
    struct tt_fault *fault;
};

static enum tt_err feed_row(void *context, const struct tt_str *cells, size_t count)
{
    struct feeding *feeding = context;
    struct tt_event event;
    int64_t apply_seq, applied_at_us;
    enum tt_err err =
        tt_read_back_event(cells, count, &event, &apply_seq, &applied_at_us, feeding->fault);
    if (err != TT_OK)
        return err;
    return tt_feeder_add_applied(feeding->feeder, &event, apply_seq, applied_at_us, feeding->fault);
}

static enum tt_err ask(struct tt_bigquery *bigquery, struct tt_str tenant, struct tt_str task_id,
                       struct feeding *feeding)
{
    const struct tt_bq_parameter parameters[] = {{"tenant", "STRING", tenant},
                                                 {"task_id", "STRING", task_id}};
    struct tt_buf sql;
    tt_buf_init(&sql, 0);
    tt_read_back_history(&sql, tt_str_from(bigquery->name));
    enum tt_err err =
        sql.err == TT_OK ? TT_OK : tt_fault_set(feeding->fault, sql.err, "out of memory");
    struct tt_bq_query query = {.sql = sql.data,
                                .parameters = parameters,
                                .parameter_count = 2,
                                .row = feed_row,
                                .row_context = feeding};
    if (err == TT_OK)
        err = tt_bq_query(bigquery->bq, &query, feeding->fault);
    tt_buf_done(&sql);
    return err;
}

enum tt_err tt_bigquery_feed(const struct tt_settings *settings, const char *from,
                             struct tt_str tenant, struct tt_str task_id, struct tt_pass *pass,
                             struct tt_fault *fault)
{
    struct tt_bigquery bigquery = {0};
    struct feeding feeding = {.fault = fault};
    enum tt_err err = tt_pass_feeder(pass, &feeding.feeder, fault);
    if (err == TT_OK)
        err = tt_bigquery_open(&bigquery, settings, "--from", from, NULL, fault);
    if (err == TT_OK)
        err = ask(&bigquery, tenant, task_id, &feeding);
    tt_bigquery_close(&bigquery);
    return err;
}
