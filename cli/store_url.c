#include "cli/store_url.h"

#include "adapters/postgres/outbox.h"
#include "adapters/postgres/store.h"
#include "adapters/sqlite/outbox.h"
#include "adapters/sqlite/store.h"
#include "cli/secret.h"
#include <errno.h>
#include <unistd.h>

const char *tt_store_url_path(const char *url)
{
    return strncmp(url, "sqlite:", 7) == 0 && url[7] != '\0' ? url + 7 : NULL;
}

enum tt_err tt_store_url_kind(const char *url, enum tt_store_kind *ret_kind, struct tt_fault *fault)
{
    if (tt_store_url_path(url) != NULL)
        *ret_kind = TT_STORE_SQLITE;
    else if (strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0)
        *ret_kind = TT_STORE_POSTGRES;
    else /* the rest is not told: there may be a password in it */
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--store: \"%.*s...\": expected sqlite:PATH or "
                            "postgresql://[user@]host[:port]/database",
                            (int)strcspn(url, ":"), url);
    return TT_OK;
}

static enum tt_err open_kind(const char *url, const char *password, bool relaxed,
                             struct tt_opened_store *opened, struct tt_fault *fault)
{
    struct tt_store *store = &opened->store;
    enum tt_err err =
        opened->kind == TT_STORE_SQLITE
            ? tt_sqlite_store_open(tt_store_url_path(url), TT_SQLITE_BUSY_MS_DEFAULT, store, fault)
            : tt_pg_store_open(url, password, store, fault);
    if (err != TT_OK || !relaxed)
        return err;
    return opened->kind == TT_STORE_SQLITE ? tt_sqlite_store_relax(store, fault)
                                           : tt_pg_store_relax(store, fault);
}

enum tt_err tt_store_url_open(const char *url, bool relaxed, struct tt_opened_store *opened,
                              struct tt_fault *fault)
{
    struct tt_buf secret;
    const char *password = NULL;
    enum tt_store_kind kind = TT_STORE_NONE;
    enum tt_err err = tt_store_url_kind(url, &kind, fault);
    if (err != TT_OK)
        return err;
    err = tt_secret_read("TASKTRAIL_STORE_PASSWORD", &secret, &password, fault);
    opened->kind = kind;
    if (err == TT_OK)
        err = open_kind(url, password, relaxed, opened, fault);
    if (err != TT_OK)
        tt_store_url_close(opened);
    tt_buf_done(&secret);
    return err;
}

enum tt_err tt_store_url_open_reader(const char *url, struct tt_opened_store *opened,
                                     struct tt_fault *fault)
{
    struct tt_buf secret;
    const char *password = NULL;
    enum tt_store_kind kind = TT_STORE_NONE;
    enum tt_err err = tt_store_url_kind(url, &kind, fault);
    if (err != TT_OK)
        return err;
    err = tt_secret_read("TASKTRAIL_STORE_PASSWORD", &secret, &password, fault);
    if (err == TT_OK)
        err = kind == TT_STORE_SQLITE
                  ? tt_sqlite_reader_open(tt_store_url_path(url), TT_SQLITE_BUSY_MS_DEFAULT,
                                          &opened->reader, fault)
                  : tt_pg_reader_open(url, password, &opened->reader, fault);
    if (err == TT_OK)
        opened->kind = kind;
    tt_buf_done(&secret);
    return err;
}

void tt_store_url_close(struct tt_opened_store *opened)
{
    if (opened->kind == TT_STORE_SQLITE) {
        tt_sqlite_reader_done(&opened->reader);
        tt_sqlite_store_done(&opened->store);
    } else if (opened->kind == TT_STORE_POSTGRES) {
        tt_pg_reader_done(&opened->reader);
        tt_pg_store_done(&opened->store);
    }
    *opened = (struct tt_opened_store){0};
}

/* Nothing is uploaded out of a file that is not there. */
static enum tt_err open_file_outbox(const char *path, struct tt_outbox *ret_outbox,
                                    struct tt_fault *fault)
{
    if (access(path, F_OK) != 0)
        return tt_fault_errno(fault, errno == EACCES ? TT_ERR_DENIED : TT_ERR_NOT_FOUND, errno,
                              "store %s", path);
    return tt_sqlite_outbox_open(path, TT_SQLITE_BUSY_MS_DEFAULT, ret_outbox, fault);
}

enum tt_err tt_store_url_open_outbox(const char *url, struct tt_opened_outbox *opened,
                                     struct tt_fault *fault)
{
    struct tt_buf secret;
    const char *password = NULL;
    enum tt_store_kind kind = TT_STORE_NONE;
    enum tt_err err = tt_store_url_kind(url, &kind, fault);
    if (err != TT_OK)
        return err;
    err = tt_secret_read("TASKTRAIL_STORE_PASSWORD", &secret, &password, fault);
    if (err == TT_OK)
        err = kind == TT_STORE_SQLITE
                  ? open_file_outbox(tt_store_url_path(url), &opened->outbox, fault)
                  : tt_pg_outbox_open(url, password, &opened->outbox, fault);
    if (err == TT_OK)
        opened->kind = kind;
    tt_buf_done(&secret);
    return err;
}

void tt_store_url_close_outbox(struct tt_opened_outbox *opened)
{
    if (opened->kind == TT_STORE_SQLITE)
        tt_sqlite_outbox_done(&opened->outbox);
    else if (opened->kind == TT_STORE_POSTGRES)
        tt_pg_outbox_done(&opened->outbox);
    *opened = (struct tt_opened_outbox){0};
}

struct feeding {
    struct tt_feeder *feeder;
    const volatile int *stop;
    struct tt_fault *fault;
};

static enum tt_err stopped(const struct feeding *feeding)
{
    return feeding->stop != NULL && *feeding->stop != 0
               ? tt_fault_set(feeding->fault, TT_ERR_STOPPED, "asked to stop")
               : TT_OK;
}

static enum tt_err feed_row(void *context, const struct tt_audit_row *row)
{
    struct feeding *feeding = context;
    if (stopped(feeding) != TT_OK)
        return TT_ERR_STOPPED;
    if (!tt_audit_is_event(row))
        return TT_OK;
    return tt_feeder_add_applied(feeding->feeder, &row->event, row->apply_seq,
                                 row->write_started_at_us, feeding->fault);
}

static enum tt_err feed_current(void *context, const struct tt_current_row *row)
{
    struct feeding *feeding = context;
    if (stopped(feeding) != TT_OK)
        return TT_ERR_STOPPED;
    return tt_feeder_add_state(feeding->feeder, row->tenant, row->task_id, row->status,
                               row->event_time_us, feeding->fault);
}

static enum tt_err feed_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                 const struct tt_interval_row *row)
{
    struct feeding *feeding = context;
    if (stopped(feeding) != TT_OK)
        return TT_ERR_STOPPED;
    const struct tt_interval interval = {row->valid_from_us, row->valid_to_us, row->status,
                                         row->stage};
    return tt_feeder_add_interval(feeding->feeder, tenant, task_id, &interval, feeding->fault);
}

enum tt_err tt_store_feed(const char *url, struct tt_str tenant, struct tt_str task_id,
                          struct tt_pass *pass, struct tt_fault *fault)
{
    return tt_store_feed_until(url, tenant, task_id, pass, NULL, fault);
}

enum tt_err tt_store_feed_until(const char *url, struct tt_str tenant, struct tt_str task_id,
                                struct tt_pass *pass, const volatile int *stop,
                                struct tt_fault *fault)
{
    struct tt_opened_store opened = {0};
    struct feeding feeding = {.fault = fault, .stop = stop};
    enum tt_err err = tt_pass_feeder(pass, &feeding.feeder, fault);
    if (err == TT_OK)
        err = tt_store_url_open_reader(url, &opened, fault);
    if (err != TT_OK)
        return err;
    const struct tt_store_reader *reader = &opened.reader;
    err = reader->audit(reader->context, tenant, task_id, feed_row, &feeding, fault);
    if (err == TT_OK)
        err = reader->current(reader->context, tenant, task_id, feed_current, &feeding, fault);
    if (err == TT_OK)
        err = reader->intervals(reader->context, tenant, task_id, feed_interval, &feeding, fault);
    tt_store_url_close(&opened);
    return err;
}
