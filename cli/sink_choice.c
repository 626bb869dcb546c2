#include "cli/sink_choice.h"

#include "adapters/system/file.h"
#include "adapters/system/file_sink.h"
#include "cli/destination.h"
#include "core/upload/views.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dry run makes no folder: one that is not there yet gets the name it would have. */
static enum tt_err name_missing(const char *dir, struct tt_chosen_sink *chosen,
                                struct tt_fault *fault)
{
    char above[PATH_MAX], whole[PATH_MAX];
    size_t end = strlen(dir), start;
    while (end > 1 && dir[end - 1] == '/')
        end--;
    for (start = end; start > 0 && dir[start - 1] != '/';)
        start--;
    snprintf(above, sizeof above, "%.*s", start == 0 ? 1 : (int)start, start == 0 ? "." : dir);
    if (realpath(above, whole) == NULL)
        return tt_fault_errno(fault, tt_file_err(errno), errno, "%s", dir);
    snprintf(chosen->destination, sizeof chosen->destination, "file:%s/%.*s",
             whole[1] == '\0' ? "" : whole, (int)(end - start), dir + start);
    return TT_OK;
}

static enum tt_err choose_file(const struct tt_settings *settings, const char *dir,
                               struct tt_chosen_sink *chosen, struct tt_fault *fault)
{
    enum tt_file_sink_form form = (enum tt_file_sink_form)tt_setting_u64(settings, TT_OPT_FILES);
    if (tt_setting_on(settings, TT_OPT_DRY_RUN) && access(dir, F_OK) != 0 && errno == ENOENT)
        return name_missing(dir, chosen, fault);
    enum tt_err err = tt_file_sink_open(dir, form, &chosen->sink, fault);
    if (err != TT_OK)
        return err;
    chosen->done = tt_file_sink_done;
    /* The folder, however it was named. */
    char whole[PATH_MAX];
    snprintf(chosen->destination, sizeof chosen->destination, "file:%s",
             realpath(dir, whole) == NULL ? dir : whole);
    return TT_OK;
}

static enum tt_err make_list(struct tt_chosen_sink *chosen, const struct tt_upload_view *views,
                             size_t count, struct tt_fault *fault)
{
    struct tt_buf query;
    enum tt_err err = TT_OK;
    tt_buf_init(&query, 0);
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        tt_buf_clear(&query);
        tt_upload_view_write(&query, &views[i], tt_str_from(chosen->bigquery.name));
        err = query.err == TT_OK ? tt_bq_view(chosen->bigquery.bq, views[i].name,
                                              views[i].description, tt_buf_str(&query), fault)
                                 : tt_fault_set(fault, query.err, "out of memory");
    }
    tt_buf_done(&query);
    return err;
}

static enum tt_err make_views(struct tt_chosen_sink *chosen, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    if (chosen->way == TT_VIA_PUBSUB)
        err = make_list(chosen, tt_upload_message_views, tt_upload_message_view_count, fault);
    return err == TT_OK ? make_list(chosen, tt_upload_views, tt_upload_view_count, fault) : err;
}

static enum tt_err choose_bigquery(const struct tt_settings *settings, const char *to,
                                   const volatile int *stop, struct tt_chosen_sink *chosen,
                                   struct tt_fault *fault)
{
    struct tt_bigquery *bigquery = &chosen->bigquery;
    enum tt_err err = tt_bigquery_open(bigquery, settings, "--to", to, stop, fault);
    if (err != TT_OK)
        return err;
    enum tt_via_way way = (enum tt_via_way)tt_setting_u64(settings, TT_OPT_VIA);
    if (way != TT_VIA_LOAD)
        err = tt_via_open(&chosen->via, settings, stop, bigquery, fault);
    if (err != TT_OK)
        return err;
    chosen->sink = way == TT_VIA_LOAD ? tt_bq_load_sink(bigquery->bq) : chosen->via.sink;
    chosen->make_views = make_views;
    chosen->way = way;
    tt_destination_write(chosen->destination, sizeof chosen->destination, bigquery->name,
                         bigquery->cloud.endpoint, way == TT_VIA_PUBSUB);
    return TT_OK;
}

enum tt_err tt_sink_choose(const struct tt_settings *settings, const volatile int *stop,
                           struct tt_chosen_sink *chosen, struct tt_fault *fault)
{
    static const enum tt_option_id of_files[] = {TT_OPT_FILES},
                                   of_bigquery[] = {TT_OPT_PUBSUB_REGION, TT_OPT_PUBSUB_PREFIX,
                                                    TT_OPT_LOCATION,      TT_OPT_JOB_PROJECT,
                                                    TT_OPT_ENDPOINT,      TT_OPT_INSECURE_ENDPOINT,
                                                    TT_OPT_CA_FILE};
    const char *to = tt_setting_text(settings, TT_OPT_TO);
    if (to != NULL && strncmp(to, "file:", 5) == 0 && to[5] != '\0') {
        if (tt_setting_u64(settings, TT_OPT_VIA) != TT_VIA_LOAD)
            return tt_fault_set(fault, TT_ERR_INVALID,
                                "%s: %s is a way to BigQuery: leave it out, or give --to "
                                "bigquery:PROJECT.DATASET",
                                settings->values[TT_OPT_VIA].from,
                                tt_setting_text(settings, TT_OPT_VIA));
        enum tt_err err = tt_settings_refuse(settings, of_bigquery, 7,
                                             "goes with --to bigquery:PROJECT.DATASET", fault);
        return err == TT_OK ? choose_file(settings, to + 5, chosen, fault) : err;
    }
    if (tt_bigquery_is_named(to)) {
        enum tt_err err =
            tt_settings_refuse(settings, of_files, 1, "goes with --to file:DIR", fault);
        return err == TT_OK ? choose_bigquery(settings, to, stop, chosen, fault) : err;
    }
    if (to != NULL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--to: \"%.60s\" is not bigquery:PROJECT.DATASET or file:DIR", to);
    return tt_fault_set(fault, TT_ERR_INVALID,
                        "upload: expected --to bigquery:PROJECT.DATASET or --to file:DIR; see "
                        "tasktrail upload --help");
}

void tt_sink_close(struct tt_chosen_sink *chosen)
{
    if (chosen->done != NULL)
        chosen->done(&chosen->sink);
    tt_via_close(&chosen->via);
    tt_bigquery_close(&chosen->bigquery);
    *chosen = (struct tt_chosen_sink){0};
}
