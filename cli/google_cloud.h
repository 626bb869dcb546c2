/* The way to Google's services, or to what stands in for them: an HTTP client, and credentials
 * where they are wanted. */
#ifndef TT_CLI_GOOGLE_CLOUD_H
#define TT_CLI_GOOGLE_CLOUD_H

#include "adapters/bigquery/access.h"
#include "cli/options.h"
#include "core/port/clock.h"
#include "core/port/crypto.h"

struct tt_google;

struct tt_google_cloud {
    struct tt_http http;
    struct tt_crypto crypto;
    struct tt_clock clock;
    struct tt_google *google; /* NULL: nothing is authorised */
    struct tt_access access;
    char endpoint[256]; /* without a slash at the end */
    char well_known[512];
};

struct tt_google_service {
    const char *endpoint;          /* https://bigquery.googleapis.com */
    const char *emulator_variable; /* BIGQUERY_EMULATOR_HOST */
    const char *scope;
    bool endpoint_option; /* --endpoint is this service's */
};
extern const struct tt_google_service tt_google_bigquery;

/* Where: --endpoint, else the emulator that the environment names, else Google. To a place without
 * TLS no credentials are sent, and it must be this machine unless --insecure-endpoint. The
 * structure stays where it is until tt_google_cloud_close, which is also due after a failure.
 * Errors: INVALID, and those of opening. */
enum tt_err tt_google_cloud_open(struct tt_google_cloud *cloud, const struct tt_settings *settings,
                                 const struct tt_google_service *service, const volatile int *stop,
                                 struct tt_fault *fault) TT_MUST_CHECK;
void tt_google_cloud_close(struct tt_google_cloud *cloud);

#endif
