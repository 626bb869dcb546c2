/* Topic, raw table, subscription; each may be there already. The raw table takes any bytes, so that
 * a change of columns never blocks the way in: a view over it alone knows them. */
#include "adapters/bigquery/bq_parts.h"
#include "adapters/bigquery/pubsub_parts.h"

#include <stdio.h>

/* A call where "there already" is fine. */
static enum tt_err make(struct tt_pubsub *pubsub, const char *method, const char *url,
                        const struct tt_buf *body, struct tt_fault *fault)
{
    struct tt_fault own = {0};
    if (body->err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err =
        tt_json_call(&pubsub->options.access, method, url, tt_buf_str(body), &pubsub->call, &own);
    if (err == TT_OK || pubsub->call.status == 409)
        return TT_OK;
    return tt_fault_set(fault, err, "%s", own.text);
}

static enum tt_err make_topic(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                              struct tt_fault *fault)
{
    const struct tt_pubsub_options *options = &pubsub->options;
    tt_buf_clear(&pubsub->request);
    tt_buf_add_text(&pubsub->request, "{}");
    snprintf(pubsub->url, sizeof pubsub->url, "%s/v1/projects/%s/topics/%s-%s", options->endpoint,
             options->project, options->prefix, table->name);
    return make(pubsub, "PUT", pubsub->url, &pubsub->request, fault);
}

static enum tt_err make_raw_table(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                                  struct tt_fault *fault)
{
    const struct tt_pubsub_options *options = &pubsub->options;
    struct tt_buf *body = &pubsub->request;
    enum tt_err err = tt_bq_dataset(options->bq, true, fault);
    if (err != TT_OK)
        return err;
    tt_buf_clear(body);
    tt_buf_addf(body,
                "{\"tableReference\":{\"projectId\":\"%s\",\"datasetId\":\"%s\","
                "\"tableId\":\"%s_messages\"},\"schema\":{\"fields\":["
                "{\"name\":\"subscription_name\",\"type\":\"STRING\"},"
                "{\"name\":\"message_id\",\"type\":\"STRING\"},"
                "{\"name\":\"publish_time\",\"type\":\"TIMESTAMP\"},"
                "{\"name\":\"data\",\"type\":\"BYTES\"},"
                "{\"name\":\"attributes\",\"type\":\"STRING\"}]},"
                "\"timePartitioning\":{\"type\":\"DAY\",\"field\":\"publish_time\"}}",
                options->dataset_project, options->dataset, table->name);
    return make(
        pubsub, "POST",
        tt_bq_url(options->bq, "%s/datasets/%s/tables", options->dataset_project, options->dataset),
        body, fault);
}

static void name_subscription(struct tt_pubsub *pubsub, const struct tt_upload_table *table)
{
    snprintf(pubsub->url, sizeof pubsub->url, "%s/v1/projects/%s/subscriptions/%s-%s-bigquery",
             pubsub->options.endpoint, pubsub->options.project, pubsub->options.prefix,
             table->name);
}

static enum tt_err make_subscription(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                                     struct tt_fault *fault)
{
    const struct tt_pubsub_options *options = &pubsub->options;
    struct tt_buf *body = &pubsub->request;
    tt_buf_clear(body);
    tt_buf_addf(body,
                "{\"topic\":\"projects/%s/topics/%s-%s\",\"ackDeadlineSeconds\":60,"
                "\"bigqueryConfig\":{\"table\":\"%s.%s.%s_messages\",\"writeMetadata\":true}}",
                options->project, options->prefix, table->name, options->dataset_project,
                options->dataset, table->name);
    name_subscription(pubsub, table);
    return make(pubsub, "PUT", pubsub->url, body, fault);
}

/* A subscription that does not deliver loses nothing for some days, and then everything. */
static enum tt_err check_subscription(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                                      struct tt_fault *fault)
{
    static const struct {
        const char *state;
        enum tt_err err;
        const char *advice;
    } states[] = {
        {"ACTIVE", TT_OK, ""},
        {"PERMISSION_DENIED", TT_ERR_DENIED,
         "give Pub/Sub's service agent the role BigQuery Data Editor on the data set"},
        {"NOT_FOUND", TT_ERR_NOT_FOUND, "its table is gone; upload --init makes it"},
        {"SCHEMA_MISMATCH", TT_ERR_INVALID, "its table has other columns than Pub/Sub writes"},
    };
    name_subscription(pubsub, table);
    enum tt_err err = tt_json_call(&pubsub->options.access, "GET", pubsub->url, TT_STR_NONE,
                                   &pubsub->call, fault);
    if (err == TT_ERR_NOT_FOUND)
        tt_fault_prefix(fault, "no such subscription; upload --init makes it");
    if (err != TT_OK)
        return err;
    struct tt_str said = tt_json_member_text(
        tt_json_member(pubsub->call.json, "bigqueryConfig", TT_JSON_OBJECT), "state");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (tt_str_equal(said, tt_str_from(states[i].state)))
            return states[i].err == TT_OK
                       ? TT_OK
                       : tt_fault_set(fault, states[i].err, "the subscription is %s: %s",
                                      states[i].state, states[i].advice);
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "the subscription is not active yet: \"%.*s\"",
                        TT_STR_ARGS(said));
}

enum tt_err tt_pubsub_set_up(struct tt_pubsub *pubsub, const struct tt_upload_table *table,
                             bool create, struct tt_fault *fault)
{
    bool delivers = pubsub->options.bq != NULL;
    enum tt_err err = create ? make_topic(pubsub, table, fault) : TT_OK;
    if (err == TT_OK && create && delivers)
        err = make_raw_table(pubsub, table, fault);
    if (err == TT_OK && create && delivers)
        err = make_subscription(pubsub, table, fault);
    if (err == TT_OK && delivers)
        err = check_subscription(pubsub, table, fault);
    return err;
}
