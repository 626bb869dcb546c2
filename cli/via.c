#include "cli/via.h"

#include "adapters/bigquery/sink_insertall.h"
#include "adapters/bigquery/sink_pubsub.h"
#include "adapters/bigquery/sink_write.h"
#include <stdio.h>

static bool is_googles(const struct tt_google_cloud *cloud)
{
    return strncmp(cloud->endpoint, "https://", 8) == 0;
}

/* Rows of a trial must not end up at Google's by half. */
static enum tt_err open_cloud(struct tt_via *via, const struct tt_settings *settings,
                              const struct tt_google_service *service, const volatile int *stop,
                              const struct tt_bigquery *bigquery, struct tt_fault *fault)
{
    enum tt_err err = tt_google_cloud_open(&via->cloud, settings, service, stop, fault);
    if (err == TT_OK && is_googles(&via->cloud) != is_googles(&bigquery->cloud))
        err =
            tt_fault_set(fault, TT_ERR_INVALID,
                         "--via: BigQuery is %s and the other service %s: set %s too, or neither",
                         bigquery->cloud.endpoint, via->cloud.endpoint, service->emulator_variable);
    return err;
}

static enum tt_err open_write(struct tt_via *via, const struct tt_settings *settings,
                              const volatile int *stop, struct tt_bigquery *bigquery,
                              struct tt_fault *fault)
{
    static const struct tt_google_service service = {
        .endpoint = "https://bigquerystorage.googleapis.com",
        .emulator_variable = "BIGQUERY_STORAGE_EMULATOR_HOST",
        .scope = "https://www.googleapis.com/auth/bigquery",
    };
    enum tt_err err = open_cloud(via, settings, &service, stop, bigquery, fault);
    if (err != TT_OK)
        return err;
    const struct tt_write_options options = {
        .access = via->cloud.access,
        .endpoint = via->cloud.endpoint,
        .project = bigquery->project,
        .dataset = bigquery->dataset,
        .bq = bigquery->bq,
    };
    via->close = tt_write_close;
    return tt_write_open(&options, &via->sink, fault);
}

static enum tt_err open_insertall(struct tt_via *via, struct tt_bigquery *bigquery,
                                  struct tt_fault *fault)
{
    const struct tt_insertall_options options = {
        .access = bigquery->cloud.access,
        .endpoint = bigquery->cloud.endpoint,
        .project = bigquery->project,
        .dataset = bigquery->dataset,
        .bq = bigquery->bq,
    };
    via->close = tt_insertall_close;
    return tt_insertall_open(&options, &via->sink, fault);
}

static bool is_region(const char *text)
{
    return text[0] != '\0' && strlen(text) < 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static enum tt_err open_pubsub(struct tt_via *via, const struct tt_settings *settings,
                               const volatile int *stop, struct tt_bigquery *bigquery,
                               struct tt_fault *fault)
{
    const char *region = tt_setting_text(settings, TT_OPT_PUBSUB_REGION);
    char endpoint[128] = "https://pubsub.googleapis.com";
    if (region != NULL && !is_region(region))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--pubsub-region: expected a region such as "
                            "europe-west1");
    if (region != NULL)
        snprintf(endpoint, sizeof endpoint, "https://%s-pubsub.googleapis.com", region);
    const struct tt_google_service service = {
        .endpoint = endpoint,
        .emulator_variable = "PUBSUB_EMULATOR_HOST",
        .scope = "https://www.googleapis.com/auth/pubsub",
    };
    enum tt_err err = open_cloud(via, settings, &service, stop, bigquery, fault);
    if (err != TT_OK)
        return err;
    const struct tt_pubsub_options options = {
        .access = via->cloud.access,
        .endpoint = via->cloud.endpoint,
        .bq = bigquery->bq,
        .project = bigquery->project,
        .dataset_project = bigquery->project,
        .dataset = bigquery->dataset,
        .prefix = tt_setting_text(settings, TT_OPT_PUBSUB_PREFIX),
    };
    via->close = tt_pubsub_close;
    return tt_pubsub_open(&options, &via->sink, fault);
}

enum tt_err tt_via_open(struct tt_via *via, const struct tt_settings *settings,
                        const volatile int *stop, struct tt_bigquery *bigquery,
                        struct tt_fault *fault)
{
    switch ((enum tt_via_way)tt_setting_u64(settings, TT_OPT_VIA)) {
    case TT_VIA_WRITE: return open_write(via, settings, stop, bigquery, fault);
    case TT_VIA_INSERTALL: return open_insertall(via, bigquery, fault);
    case TT_VIA_PUBSUB: return open_pubsub(via, settings, stop, bigquery, fault);
    case TT_VIA_LOAD: break;
    }
    return tt_fault_set(fault, TT_ERR_INVALID, "--via: expected another way than load");
}

void tt_via_close(struct tt_via *via)
{
    if (via->close != NULL)
        via->close(&via->sink);
    tt_google_cloud_close(&via->cloud);
    *via = (struct tt_via){0};
}
