#include "cli/store_url.h"

#include "adapters/sqlite/store.h"

enum tt_err tt_store_url_path(const char *url, const char **ret_path, struct tt_fault *fault)
{
    if (strncmp(url, "sqlite:", 7) == 0 && url[7] != '\0') {
        *ret_path = url + 7;
        return TT_OK;
    }
    if (strncmp(url, "postgresql:", 11) == 0 || strncmp(url, "postgres:", 9) == 0)
        return tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                            "--store: PostgreSQL is not in this build; expected sqlite:PATH");
    return tt_fault_set(fault, TT_ERR_INVALID, "--store: \"%.60s\": expected sqlite:PATH", url);
}

struct feeding {
    struct tt_feeder *feeder;
    struct tt_fault *fault;
};

static enum tt_err feed_row(void *context, const struct tt_audit_row *row)
{
    struct feeding *feeding = context;
    return tt_feeder_add_applied(feeding->feeder, &row->event, row->apply_seq,
                                 row->write_started_at_us, feeding->fault);
}

static enum tt_err feed_current(void *context, const struct tt_current_row *row)
{
    struct feeding *feeding = context;
    return tt_feeder_add_state(feeding->feeder, row->tenant, row->task_id, row->status,
                               row->event_time_us, feeding->fault);
}

static enum tt_err feed_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                 const struct tt_interval_row *row)
{
    struct feeding *feeding = context;
    const struct tt_interval interval = {row->valid_from_us, row->valid_to_us, row->status,
                                         row->stage};
    return tt_feeder_add_interval(feeding->feeder, tenant, task_id, &interval, feeding->fault);
}

enum tt_err tt_store_feed(const char *url, struct tt_str tenant, struct tt_str task_id,
                          struct tt_pass *pass, struct tt_fault *fault)
{
    const char *path;
    struct tt_store_reader reader = {0};
    struct feeding feeding = {.fault = fault};
    enum tt_err err = tt_store_url_path(url, &path, fault);
    if (err == TT_OK)
        err = tt_pass_feeder(pass, &feeding.feeder, fault);
    if (err == TT_OK)
        err = tt_sqlite_reader_open(path, TT_SQLITE_BUSY_MS_DEFAULT, &reader, fault);
    if (err != TT_OK)
        return err;
    err = reader.audit(reader.context, tenant, task_id, feed_row, &feeding, fault);
    if (err == TT_OK)
        err = reader.current(reader.context, tenant, task_id, feed_current, &feeding, fault);
    if (err == TT_OK)
        err = reader.intervals(reader.context, tenant, task_id, feed_interval, &feeding, fault);
    tt_sqlite_reader_done(&reader);
    return err;
}
