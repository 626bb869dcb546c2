#include "tests/lib/made_rows.h"

#include "adapters/openssl/crypto.h"
#include "adapters/sqlite/outbox.h"
#include "adapters/system/spool.h"
#include "core/upload/maker.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <string.h>

struct tt_made_rows tt_made;

static const char lifecycle_text[] =
    "{\"initial\": [\"A\"], \"terminal\": [\"D\"],"
    " \"transitions\": {\"A\": [\"B\"], \"B\": [\"C\"], \"C\": [\"D\"]}}";

static enum tt_err open_reader(void *context, const struct tt_store_reader **ret_reader,
                               struct tt_fault *fault)
{
    (void)context;
    *ret_reader = &tt_made.reader;
    return tt_sqlite_reader_open(tt_made.path, 60000, &tt_made.reader, fault);
}

static void close_reader(void *context)
{
    (void)context;
    tt_sqlite_reader_done(&tt_made.reader);
}

void tt_made_maker(bool hold, const char *tenants, uint64_t bytes_max)
{
    struct tt_fault fault = {0};
    tt_maker_destroy(&tt_made.rows);
    tt_tenants_destroy(tt_made.tenants);
    tt_made.tenants = NULL;
    if (tenants != NULL)
        ck_assert_int_eq(tt_tenants_parse(tt_str_from(tenants), &tt_made.tenants, NULL), TT_OK);
    const struct tt_maker_options options = {
        .readers = {.open = open_reader, .close = close_reader},
        .crypto = &tt_made.crypto,
        .spool = &tt_made.spool,
        .outbox = &tt_made.outbox,
        .destination = TT_MADE_DESTINATION,
        .lifecycles = tt_made.lifecycles,
        .tenants = tt_made.tenants,
        .lifecycle_text = tt_str_from(lifecycle_text),
        .tenants_text = tt_str_from(tenants == NULL ? "" : tenants),
        .max_future_us = 60000000,
        .hold = hold,
        .batch_bytes_max = bytes_max,
    };
    ck_assert_msg(tt_maker_create(&options, &tt_made.rows, &fault) == TT_OK, "%s", fault.text);
}

void tt_made_set_up(bool hold)
{
    static int number;
    struct tt_fault fault = {0};
    char name[40];
    memset(&tt_made, 0, sizeof tt_made);
    snprintf(name, sizeof name, "store-%d.db", ++number);
    snprintf(tt_made.path, sizeof tt_made.path, "%s", tt_tmpfile(name));
    snprintf(tt_made.spool_dir, sizeof tt_made.spool_dir, "%s.spool", tt_made.path);
    tt_made.store = tt_test_store_open(tt_made.path);
    tt_made.crypto = tt_openssl_crypto();
    ck_assert_int_eq(tt_sqlite_outbox_open(tt_made.path, 60000, &tt_made.outbox, &fault), TT_OK);
    ck_assert_int_eq(tt_spool_open(tt_made.spool_dir, &tt_made.spool, &fault), TT_OK);
    ck_assert_int_eq(tt_lifecycle_set_parse(tt_str_from(lifecycle_text), &tt_made.lifecycles, NULL),
                     TT_OK);
    tt_made.turn.destination = TT_MADE_DESTINATION;
    ck_assert_int_eq(tt_made.outbox.lease(tt_made.outbox.context, TT_MADE_DESTINATION, TT_STR("me"),
                                          1, 1000, &tt_made.turn.fence, NULL),
                     TT_OK);
    tt_made_maker(hold, NULL, 0);
}

void tt_made_tear_down(void)
{
    tt_maker_destroy(&tt_made.rows);
    tt_tenants_destroy(tt_made.tenants);
    tt_lifecycle_set_destroy(tt_made.lifecycles);
    tt_spool_close(&tt_made.spool);
    tt_sqlite_outbox_done(&tt_made.outbox);
    tt_sqlite_store_done(&tt_made.store);
}

/* An event arrives and is written. */
void tt_made_arrives(const char *task, const char *status, int64_t time_us, const char *type)
{
    struct tt_event event = tt_test_event(status, time_us);
    event.task_id = tt_str_from(task);
    event.task_type = tt_str_from(type);
    const struct tt_audit_row row = tt_test_row(&event, ++tt_made.next_ms, 0);
    tt_test_write_row(&tt_made.store, &row);
}

static enum tt_err take_line(void *context, uint64_t row, struct tt_str line)
{
    char *to = context;
    size_t len = strlen(to);
    (void)row;
    snprintf(to + len, sizeof tt_made.lines[0] - len, "%.*s\n", TT_STR_ARGS(line));
    return TT_OK;
}

void tt_made_read(const struct tt_upload_batch *batch, char *to)
{
    const struct tt_body *body = NULL;
    struct tt_fault fault = {0};
    to[0] = '\0';
    if (batch->made.rows == 0)
        return;
    ck_assert_msg(tt_made.rows.open(tt_made.rows.context, batch, &body, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert_uint_eq(body->rows, batch->made.rows);
    ck_assert_int_eq(body->lines(body->context, 0, take_line, to, &fault), TT_OK);
    tt_made.rows.close(tt_made.rows.context);
}

enum tt_err tt_made_plan(int64_t last, uint64_t held_max, struct tt_fault *fault)
{
    struct tt_upload_plan plan = {.number = tt_made.plans + 1,
                                  .first = tt_made.planned_to + 1,
                                  .last = last,
                                  .written_at_us = 1000000 * (tt_made.plans + 1)};
    struct tt_upload_made made;
    snprintf(plan.rules, sizeof plan.rules, "%s", tt_made.rows.rules);
    enum tt_err err = tt_made.rows.make(tt_made.rows.context, &plan, held_max, &made, fault);
    if (err != TT_OK)
        return err;
    const struct tt_outbox_plan to_outbox = {.plan = plan,
                                             .held = made.held,
                                             .held_count = made.held_count,
                                             .released = made.released,
                                             .released_count = made.released_count,
                                             .wanted = made.wanted,
                                             .wanted_count = made.wanted_count};
    ck_assert_int_eq(tt_made.outbox.plan(tt_made.outbox.context, &tt_made.turn, &to_outbox, NULL),
                     TT_OK);
    tt_made.plans++;
    tt_made.planned_to = last;
    for (int i = 0; i < TT_UPLOAD_TABLES; i++) {
        tt_made.batches[i] =
            (struct tt_upload_batch){.plan = plan, .table = i, .made = made.tables[i]};
        tt_made_read(&tt_made.batches[i], tt_made.lines[i]);
    }
    return TT_OK;
}

/* Everything that was written by now. */
void tt_made_plan_all(void)
{
    struct tt_fault fault = {0};
    int64_t last = 0;
    ck_assert_int_eq(tt_made.outbox.horizon(tt_made.outbox.context, &last, NULL), TT_OK);
    ck_assert_msg(tt_made_plan(last, UINT64_MAX, &fault) == TT_OK, "%s", fault.text);
}

int tt_made_lines(enum tt_upload_table_id table, const char *text)
{
    int count = 0;
    for (char *line = tt_made.lines[table]; *line != '\0'; line = strchr(line, '\n') + 1) {
        char *end = strchr(line, '\n'), *found = strstr(line, text);
        count += found != NULL && found <= end;
    }
    return count;
}

void tt_made_forget(void)
{
    for (int i = 0; i < TT_UPLOAD_TABLES; i++)
        tt_made.rows.drop(tt_made.rows.context, &tt_made.batches[i].made);
}
