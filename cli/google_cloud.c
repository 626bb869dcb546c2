#include "cli/google_cloud.h"

#include "adapters/google/credentials.h"
#include "adapters/http/http.h"
#include "adapters/openssl/crypto.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "core/base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const struct tt_google_service tt_google_bigquery = {
    .endpoint = "https://bigquery.googleapis.com",
    .emulator_variable = "BIGQUERY_EMULATOR_HOST",
    .scope = "https://www.googleapis.com/auth/bigquery",
    .endpoint_option = true,
};

/* ---- Where */

static bool is_loopback(const char *url)
{
    static const char *const near[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        size_t len = strlen(near[i]);
        if (strncasecmp(url, near[i], len) == 0 && strchr(":/", url[len]) != NULL)
            return true;
    }
    return false;
}

static enum tt_err find_endpoint(struct tt_google_cloud *cloud, const struct tt_settings *settings,
                                 const struct tt_google_service *service, struct tt_fault *fault)
{
    const char *option =
        service->endpoint_option ? tt_setting_text(settings, TT_OPT_ENDPOINT) : NULL;
    const char *emulator = getenv(service->emulator_variable), *scheme = "";
    const char *from = option != NULL ? "--endpoint" : service->emulator_variable;
    const char *url = option;
    if (url == NULL && emulator != NULL && emulator[0] != '\0') {
        url = emulator;
        scheme = strstr(emulator, "://") == NULL ? "http://" : "";
    }
    if (url == NULL)
        url = service->endpoint;
    int len = snprintf(cloud->endpoint, sizeof cloud->endpoint, "%s%s", scheme, url);
    if (len < 0 || (size_t)len >= sizeof cloud->endpoint)
        return tt_fault_set(fault, TT_ERR_INVALID, "%s: too long", from);
    while (len > 0 && cloud->endpoint[len - 1] == '/')
        cloud->endpoint[--len] = '\0';
    /* NAME:PASSWORD@HOST: a secret that messages and the outbox would keep, and not the host that
     * the text begins with. */
    if (strchr(cloud->endpoint, '@') != NULL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "%s: has an @: expected http://HOST:PORT or https://HOST", from);
    bool tls = strncmp(cloud->endpoint, "https://", 8) == 0;
    if (!tls && strncmp(cloud->endpoint, "http://", 7) != 0)
        return tt_fault_set(fault, TT_ERR_INVALID, "%s: expected http://HOST:PORT or https://HOST",
                            from);
    if (!tls && !is_loopback(cloud->endpoint) && !tt_setting_on(settings, TT_OPT_INSECURE_ENDPOINT))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "%s: %s is neither https nor this machine: rows would travel in the "
                            "clear; --insecure-endpoint allows it",
                            from, cloud->endpoint);
    cloud->access.direct = is_loopback(cloud->endpoint);
    return TT_OK;
}

/* ---- Who */

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static void find_well_known(struct tt_google_cloud *cloud)
{
    const char *config = env("CLOUDSDK_CONFIG"), *home = env("HOME");
    if (config != NULL || home != NULL)
        snprintf(cloud->well_known, sizeof cloud->well_known,
                 "%s%s/application_default_credentials.json", config != NULL ? config : home,
                 config != NULL ? "" : "/.config/gcloud");
}

static void warn_of_readers(const char *path)
{
    struct stat found;
    if (path != NULL && stat(path, &found) == 0 && (found.st_mode & (S_IRGRP | S_IROTH)) != 0)
        tt_log(TT_LOG_WARNING, "key_file_readable", "%s: others can read it: chmod 600 it", path);
}

static enum tt_err find_credentials(struct tt_google_cloud *cloud,
                                    const struct tt_google_service *service, struct tt_fault *fault)
{
    find_well_known(cloud);
    const struct tt_google_settings settings = {
        .http = &cloud->http,
        .crypto = &cloud->crypto,
        .clock = &cloud->clock,
        .read_file = tt_file_read,
        .scope = service->scope,
        .file = env("GOOGLE_APPLICATION_CREDENTIALS"),
        .well_known_file = cloud->well_known[0] == '\0' ? NULL : cloud->well_known,
        .metadata_host = env("GCE_METADATA_HOST"),
        .quota_project = env("GOOGLE_CLOUD_QUOTA_PROJECT"),
        .aws_access_key_id = env("AWS_ACCESS_KEY_ID"),
        .aws_secret_access_key = env("AWS_SECRET_ACCESS_KEY"),
        .aws_session_token = env("AWS_SESSION_TOKEN"),
        .aws_region = env("AWS_REGION") != NULL ? env("AWS_REGION") : env("AWS_DEFAULT_REGION"),
    };
    warn_of_readers(settings.file != NULL ? settings.file : settings.well_known_file);
    enum tt_err err = tt_google_open(&settings, &cloud->google, fault);
    if (err != TT_OK)
        return err;
    cloud->access.context = cloud->google;
    cloud->access.authorize = tt_google_authorize;
    cloud->access.user_project = tt_google_quota_project(cloud->google);
    tt_log(TT_LOG_DEBUG, "credentials", "%s", tt_google_who(cloud->google));
    return TT_OK;
}

enum tt_err tt_google_cloud_open(struct tt_google_cloud *cloud, const struct tt_settings *settings,
                                 const struct tt_google_service *service, const volatile int *stop,
                                 struct tt_fault *fault)
{
    *cloud = (struct tt_google_cloud){0};
    const struct tt_http_settings http = {.ca_file = tt_setting_text(settings, TT_OPT_CA_FILE),
                                          .stop = stop};
    enum tt_err err = find_endpoint(cloud, settings, service, fault);
    if (err == TT_OK)
        err = tt_http_open(&http, &cloud->http, fault);
    cloud->crypto = tt_openssl_crypto();
    cloud->clock = tt_system_clock(stop);
    cloud->access.http = &cloud->http;
    if (err == TT_OK && strncmp(cloud->endpoint, "https://", 8) == 0)
        err = find_credentials(cloud, service, fault);
    return err;
}

void tt_google_cloud_close(struct tt_google_cloud *cloud)
{
    tt_google_close(cloud->google);
    tt_http_close(&cloud->http);
    *cloud = (struct tt_google_cloud){0};
}
