/* Views: made where they are missing, replaced where their query is another one. */
#include "adapters/bigquery/bq_parts.h"

static void write_view(const struct tt_bq *bq, struct tt_buf *json, const char *name,
                       const char *description, struct tt_str query)
{
    tt_buf_clear(json);
    tt_buf_add_char(json, '{');
    tt_bq_table_reference(bq, json, name);
    tt_bq_pair(json, "description", tt_str_from(description));
    tt_json_add_key(json, "view");
    tt_buf_add_char(json, '{');
    tt_bq_pair(json, "query", query);
    tt_json_add_key(json, "useLegacySql");
    tt_buf_add_text(json, "false}}");
}

static enum tt_err settle_view(struct tt_bq *bq, const char *name, const char *description,
                               struct tt_str query, bool *ret_again, struct tt_fault *fault)
{
    enum tt_err err = tt_bq_table_get(bq, name, fault);
    *ret_again = false;
    if (err == TT_ERR_NOT_FOUND) {
        tt_fault_clear(fault);
        write_view(bq, &bq->body, name, description, query);
        err = tt_bq_call(
            bq, "POST",
            tt_bq_url(bq, "%s/datasets/%s/tables", bq->options.project, bq->options.dataset),
            fault);
        *ret_again = err != TT_OK && bq->call.status == 409;
        return *ret_again ? TT_OK : err;
    }
    if (err != TT_OK)
        return err;
    const struct tt_json *view = tt_json_member(bq->call.json, "view", TT_JSON_OBJECT);
    if (view == NULL)
        return tt_fault_set(fault, TT_ERR_INVALID, "it is there, and is no view");
    if (tt_str_equal(tt_json_member_text(view, "query"), query))
        return TT_OK;
    write_view(bq, &bq->body, name, description, query);
    err = tt_bq_table_patch(bq, name, fault);
    *ret_again = err != TT_OK && bq->call.status == 412;
    return *ret_again ? TT_OK : err;
}

enum tt_err tt_bq_view(struct tt_bq *bq, const char *name, const char *description,
                       struct tt_str query, struct tt_fault *fault)
{
    enum tt_err err = tt_bq_dataset(bq, false, fault);
    bool again = true;
    for (int tries = 0; tries < TT_BQ_CHANGE_TRIES && again && err == TT_OK; tries++) {
        struct tt_fault why = {0};
        err = settle_view(bq, name, description, query, &again, &why);
        if (err != TT_OK)
            tt_fault_set(fault, err, "view %s.%s.%s: %s", bq->options.project, bq->options.dataset,
                         name, why.text);
    }
    if (err == TT_OK && again)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "view %s: it is being changed", name);
    return err;
}
