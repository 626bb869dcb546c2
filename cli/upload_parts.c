#include "cli/upload_parts.h"

#include "adapters/openssl/crypto.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "adapters/system/spool.h"
#include "core/base/limits.h"
#include "core/upload/maker.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum tt_err open_reader(void *context, const struct tt_store_reader **ret_reader,
                               struct tt_fault *fault)
{
    struct tt_upload_parts *parts = context;
    enum tt_err err = tt_store_url_open_reader(parts->store_url, &parts->reader, fault);
    if (err == TT_OK)
        *ret_reader = &parts->reader.reader;
    return err;
}

static void close_reader(void *context)
{
    struct tt_upload_parts *parts = context;
    tt_store_url_close(&parts->reader);
}

/* Where rows wait when nobody says: beside a file, else where temporary files are. */
static enum tt_err open_spool(struct tt_upload_parts *parts, const struct tt_settings *settings,
                              struct tt_fault *fault)
{
    char dir[1000];
    const char *named = tt_setting_text(settings, TT_OPT_SPOOL), *temporary = getenv("TMPDIR");
    int len;
    if (named != NULL)
        len = snprintf(dir, sizeof dir, "%s", named);
    else if (tt_store_url_path(parts->store_url) != NULL)
        len = snprintf(dir, sizeof dir, "%s.spool", tt_store_url_path(parts->store_url));
    else
        len = snprintf(dir, sizeof dir, "%s/tasktrail-spool-%ld",
                       temporary == NULL ? "/tmp" : temporary, (long)getuid());
    if (len < 0 || (size_t)len >= sizeof dir)
        return tt_fault_set(fault, TT_ERR_INVALID, "--spool: too long a name for a folder");
    return tt_spool_open(dir, &parts->spool, fault);
}

static enum tt_err read_text(const char *path, size_t max, struct tt_buf *buf,
                             struct tt_fault *fault)
{
    tt_buf_init(buf, max);
    return path == NULL ? TT_OK : tt_file_read(path, buf, fault);
}

static enum tt_err read_rules(struct tt_upload_parts *parts, const struct tt_settings *settings,
                              struct tt_fault *fault)
{
    const char *lifecycle = tt_setting_text(settings, TT_OPT_LIFECYCLE);
    const char *tenants = tt_setting_text(settings, TT_OPT_TENANTS);
    tt_buf_init(&parts->tenants_text, TT_LIFECYCLE_FILE_BYTES_MAX + TT_TENANTS_FILE_BYTES_MAX);
    enum tt_err err = tt_judge_rules_read(settings, &parts->rules, fault);
    if (err == TT_OK)
        err = read_text(lifecycle, TT_LIFECYCLE_FILE_BYTES_MAX, &parts->lifecycle_text, fault);
    return err == TT_OK && tenants != NULL
               ? tt_tenants_file_text(tenants, &parts->tenants_text, fault)
               : err;
}

static enum tt_err make_rows(struct tt_upload_parts *parts, const struct tt_settings *settings,
                             struct tt_fault *fault)
{
    const struct tt_maker_options options = {
        .readers = {.context = parts, .open = open_reader, .close = close_reader},
        .crypto = &parts->crypto,
        .spool = &parts->spool,
        .outbox = &parts->outbox.outbox,
        .destination = tt_str_from(parts->chosen.destination),
        .store = tt_str_from(parts->store_url),
        .lifecycles = parts->rules.lifecycles,
        .tenants = parts->rules.tenants.set,
        .lifecycle_text = tt_buf_str(&parts->lifecycle_text),
        .tenants_text = tt_buf_str(&parts->tenants_text),
        .ties_by_arrival = tt_setting_u64(settings, TT_OPT_TIES) == 1,
        .max_future_us = tt_setting_us(settings, TT_OPT_MAX_FUTURE),
        .hold = tt_setting_u64(settings, TT_OPT_ON_DISCREPANCY) == 1,
    };
    return tt_maker_create(&options, &parts->rows, fault);
}

/* Tables can be made before anything is there to fill them. */
static bool needs_store(const struct tt_settings *settings)
{
    return !tt_setting_on(settings, TT_OPT_INIT) || tt_setting_on(settings, TT_OPT_DRY_RUN) ||
           tt_setting_on(settings, TT_OPT_REPLAN) ||
           tt_setting_text(settings, TT_OPT_RELEASE) != NULL;
}

enum tt_err tt_upload_parts_open(struct tt_upload_parts *parts, const struct tt_settings *settings,
                                 const volatile int *stop, struct tt_fault *fault)
{
    char host[64] = "uploader";
    gethostname(host, sizeof host - 1);
    snprintf(parts->holder, sizeof parts->holder, "%s-%ld", host, (long)getpid());
    parts->clock = tt_system_clock(stop);
    parts->random = tt_system_random();
    parts->crypto = tt_openssl_crypto();
    parts->store_url = tt_setting_text(settings, TT_OPT_STORE);
    enum tt_err err = read_rules(parts, settings, fault);
    if (err == TT_OK)
        err = tt_sink_choose(settings, stop, &parts->chosen, fault);
    if (err != TT_OK || !needs_store(settings))
        return err;
    err = tt_store_url_open_outbox(parts->store_url, &parts->outbox, fault);
    if (err == TT_OK)
        err = open_spool(parts, settings, fault);
    return err == TT_OK ? make_rows(parts, settings, fault) : err;
}

void tt_upload_parts_close(struct tt_upload_parts *parts)
{
    tt_maker_destroy(&parts->rows);
    tt_spool_close(&parts->spool);
    tt_store_url_close_outbox(&parts->outbox);
    tt_sink_close(&parts->chosen);
    tt_judge_rules_done(&parts->rules);
    tt_buf_done(&parts->lifecycle_text);
    tt_buf_done(&parts->tenants_text);
}
