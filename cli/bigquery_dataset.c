#include "cli/bigquery_dataset.h"

#include <ctype.h>
#include <stdio.h>

static const char prefix[] = "bigquery:";

bool tt_bigquery_is_named(const char *text)
{
    return text != NULL && strncmp(text, prefix, sizeof prefix - 1) == 0;
}

/* The names become parts of URLs and of SQL: nothing but what such names may have. */
static bool is_name(const char *text, size_t len, size_t max, const char *more)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && strchr(more, text[i]) == NULL)
            return false;
    return len > 0 && len < max;
}

static bool take_name(char *to, size_t size, const char *text, size_t len, const char *more)
{
    if (!is_name(text, len, size, more))
        return false;
    memcpy(to, text, len);
    to[len] = '\0';
    return true;
}

enum tt_err tt_bigquery_parse(struct tt_bigquery *bigquery, const char *option, const char *text,
                              struct tt_fault *fault)
{
    const char *names = tt_bigquery_is_named(text) ? text + sizeof prefix - 1 : "";
    const char *dot = strrchr(names, '.'); /* a project of a domain has dots of its own */
    if (dot == NULL ||
        !take_name(bigquery->project, sizeof bigquery->project, names, (size_t)(dot - names),
                   "-.:") ||
        !take_name(bigquery->dataset, sizeof bigquery->dataset, dot + 1, strlen(dot + 1), "_"))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "%s: \"%.100s\": expected bigquery:PROJECT.DATASET", option, text);
    snprintf(bigquery->name, sizeof bigquery->name, "%s.%s", bigquery->project, bigquery->dataset);
    return TT_OK;
}

enum tt_err tt_bigquery_open(struct tt_bigquery *bigquery, const struct tt_settings *settings,
                             const char *option, const char *text, const volatile int *stop,
                             struct tt_fault *fault)
{
    *bigquery = (struct tt_bigquery){0};
    const char *location = tt_setting_text(settings, TT_OPT_LOCATION);
    const char *job_project = tt_setting_text(settings, TT_OPT_JOB_PROJECT);
    enum tt_err err = tt_bigquery_parse(bigquery, option, text, fault);
    if (err == TT_OK && job_project != NULL &&
        !is_name(job_project, strlen(job_project), 128, "-.:"))
        err = tt_fault_set(fault, TT_ERR_INVALID, "--job-project: \"%.100s\" is no project",
                           job_project);
    if (err == TT_OK && location != NULL && !is_name(location, strlen(location), 64, "-"))
        err =
            tt_fault_set(fault, TT_ERR_INVALID, "--location: \"%.100s\" is no location", location);
    if (err == TT_OK)
        err = tt_google_cloud_open(&bigquery->cloud, settings, &tt_google_bigquery, stop, fault);
    if (err != TT_OK)
        return err;
    const struct tt_bq_options options = {
        .access = bigquery->cloud.access,
        .clock = &bigquery->cloud.clock,
        .endpoint = bigquery->cloud.endpoint,
        .project = bigquery->project,
        .dataset = bigquery->dataset,
        .job_project = job_project,
        .location = location,
    };
    return tt_bq_open(&options, &bigquery->bq, fault);
}

void tt_bigquery_close(struct tt_bigquery *bigquery)
{
    tt_bq_close(bigquery->bq);
    tt_google_cloud_close(&bigquery->cloud);
    *bigquery = (struct tt_bigquery){0};
}
