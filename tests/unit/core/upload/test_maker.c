/* Rows of plans, made from a real store: what is in them, that they can be made again, what is left
 * out and what is held. */
#include "adapters/openssl/crypto.h"
#include "adapters/sqlite/outbox.h"
#include "adapters/system/spool.h"
#include "core/base/json.h"
#include "core/upload/maker.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESTINATION TT_STR("test")

static const char lifecycle_text[] =
    "{\"initial\": [\"A\"], \"terminal\": [\"D\"],"
    " \"transitions\": {\"A\": [\"B\"], \"B\": [\"C\"], \"C\": [\"D\"]}}";

static struct {
    char path[200], spool_dir[220];
    struct tt_store store;
    struct tt_store_reader reader;
    struct tt_outbox outbox;
    struct tt_outbox_turn turn;
    struct tt_spool spool;
    struct tt_crypto crypto;
    struct tt_lifecycle_set *lifecycles;
    struct tt_tenants *tenants;
    struct tt_upload_rows rows;
    int64_t plans, planned_to;
    int64_t next_ms;
    char lines[TT_UPLOAD_TABLES][20000]; /* of the newest plan */
    struct tt_upload_batch batches[TT_UPLOAD_TABLES];
} t;

static enum tt_err open_reader(void *context, const struct tt_store_reader **ret_reader,
                               struct tt_fault *fault)
{
    (void)context;
    *ret_reader = &t.reader;
    return tt_sqlite_reader_open(t.path, 60000, &t.reader, fault);
}

static void close_reader(void *context)
{
    (void)context;
    tt_sqlite_reader_done(&t.reader);
}

static void make_maker(bool hold, const char *tenants, uint64_t bytes_max)
{
    struct tt_fault fault = {0};
    tt_maker_destroy(&t.rows);
    tt_tenants_destroy(t.tenants);
    t.tenants = NULL;
    if (tenants != NULL)
        ck_assert_int_eq(tt_tenants_parse(tt_str_from(tenants), &t.tenants, NULL), TT_OK);
    const struct tt_maker_options options = {
        .readers = {.open = open_reader, .close = close_reader},
        .crypto = &t.crypto,
        .spool = &t.spool,
        .outbox = &t.outbox,
        .destination = DESTINATION,
        .lifecycles = t.lifecycles,
        .tenants = t.tenants,
        .lifecycle_text = tt_str_from(lifecycle_text),
        .tenants_text = tt_str_from(tenants == NULL ? "" : tenants),
        .max_future_us = 60000000,
        .hold = hold,
        .batch_bytes_max = bytes_max,
    };
    ck_assert_msg(tt_maker_create(&options, &t.rows, &fault) == TT_OK, "%s", fault.text);
}

static void set_up(bool hold)
{
    static int number;
    struct tt_fault fault = {0};
    char name[40];
    memset(&t, 0, sizeof t);
    snprintf(name, sizeof name, "store-%d.db", ++number);
    snprintf(t.path, sizeof t.path, "%s", tt_tmpfile(name));
    snprintf(t.spool_dir, sizeof t.spool_dir, "%s.spool", t.path);
    t.store = tt_test_store_open(t.path);
    t.crypto = tt_openssl_crypto();
    ck_assert_int_eq(tt_sqlite_outbox_open(t.path, 60000, &t.outbox, &fault), TT_OK);
    ck_assert_int_eq(tt_spool_open(t.spool_dir, &t.spool, &fault), TT_OK);
    ck_assert_int_eq(tt_lifecycle_set_parse(tt_str_from(lifecycle_text), &t.lifecycles, NULL),
                     TT_OK);
    t.turn.destination = DESTINATION;
    ck_assert_int_eq(
        t.outbox.lease(t.outbox.context, DESTINATION, TT_STR("me"), 1, 1000, &t.turn.fence, NULL),
        TT_OK);
    make_maker(hold, NULL, 0);
}

static void tear_down(void)
{
    tt_maker_destroy(&t.rows);
    tt_tenants_destroy(t.tenants);
    tt_lifecycle_set_destroy(t.lifecycles);
    tt_spool_close(&t.spool);
    tt_sqlite_outbox_done(&t.outbox);
    tt_sqlite_store_done(&t.store);
}

/* An event arrives and is written. */
static void arrives(const char *task, const char *status, int64_t time_us, const char *type)
{
    struct tt_event event = tt_test_event(status, time_us);
    event.task_id = tt_str_from(task);
    event.task_type = tt_str_from(type);
    const struct tt_audit_row row = tt_test_row(&event, ++t.next_ms, 0);
    tt_test_write_row(&t.store, &row);
}

static enum tt_err take_line(void *context, uint64_t row, struct tt_str line)
{
    char *to = context;
    size_t len = strlen(to);
    (void)row;
    snprintf(to + len, sizeof t.lines[0] - len, "%.*s\n", TT_STR_ARGS(line));
    return TT_OK;
}

static void read_lines(const struct tt_upload_batch *batch, char *to)
{
    const struct tt_body *body = NULL;
    struct tt_fault fault = {0};
    to[0] = '\0';
    if (batch->made.rows == 0)
        return;
    ck_assert_msg(t.rows.open(t.rows.context, batch, &body, &fault) == TT_OK, "%s", fault.text);
    ck_assert_uint_eq(body->rows, batch->made.rows);
    ck_assert_int_eq(body->lines(body->context, 0, take_line, to, &fault), TT_OK);
    t.rows.close(t.rows.context);
}

static enum tt_err make_plan(int64_t last, struct tt_fault *fault)
{
    struct tt_upload_plan plan = {.number = t.plans + 1,
                                  .first = t.planned_to + 1,
                                  .last = last,
                                  .written_at_us = 1000000 * (t.plans + 1)};
    struct tt_upload_made made;
    snprintf(plan.rules, sizeof plan.rules, "%s", t.rows.rules);
    enum tt_err err = t.rows.make(t.rows.context, &plan, &made, fault);
    if (err != TT_OK)
        return err;
    const struct tt_outbox_plan to_outbox = {.plan = plan,
                                             .held = made.held,
                                             .held_count = made.held_count,
                                             .released = made.released,
                                             .released_count = made.released_count};
    ck_assert_int_eq(t.outbox.plan(t.outbox.context, &t.turn, &to_outbox, NULL), TT_OK);
    t.plans++;
    t.planned_to = last;
    for (int i = 0; i < TT_UPLOAD_TABLES; i++) {
        t.batches[i] = (struct tt_upload_batch){.plan = plan, .table = i, .made = made.tables[i]};
        read_lines(&t.batches[i], t.lines[i]);
    }
    return TT_OK;
}

/* Everything that was written by now. */
static void plan_all(void)
{
    struct tt_fault fault = {0};
    int64_t last = 0;
    ck_assert_int_eq(t.outbox.horizon(t.outbox.context, &last, NULL), TT_OK);
    ck_assert_msg(make_plan(last, &fault) == TT_OK, "%s", fault.text);
}

static int lines_with(enum tt_upload_table_id table, const char *text)
{
    int count = 0;
    for (char *line = t.lines[table]; *line != '\0'; line = strchr(line, '\n') + 1) {
        char *end = strchr(line, '\n'), *found = strstr(line, text);
        count += found != NULL && found <= end;
    }
    return count;
}
#define AUDIT(text)   lines_with(TT_UPLOAD_AUDIT, text)
#define FINDING(text) lines_with(TT_UPLOAD_DISCREPANCY, text)

/* The columns of one line against its table. */
static void check_line(const struct tt_upload_table *table, struct tt_str line)
{
    struct tt_json *row = NULL;
    size_t known = 0;
    ck_assert_int_eq(tt_json_parse(line, 64, &row, NULL), TT_OK);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct tt_upload_column *column = &table->columns[i];
        const struct tt_json *value = tt_json_get(row, column->name);
        int64_t number, time;
        ck_assert_msg(value != NULL || !column->required, "%s is missing in %.*s", column->name,
                      TT_STR_ARGS(line));
        if (value == NULL)
            continue;
        known++;
        bool is_text = tt_json_type(value) == TT_JSON_TEXT;
        struct tt_str text = is_text ? tt_json_text(value) : TT_STR("");
        bool fits = column->type == TT_COLUMN_STRING  ? is_text
                    : column->type == TT_COLUMN_INT64 ? is_text && tt_str_to_int(text, &number)
                    : column->type == TT_COLUMN_BOOL  ? tt_json_type(value) == TT_JSON_BOOL
                    : column->type == TT_COLUMN_TIMESTAMP
                        ? text.len == 27 && tt_time_parse(text, &time)
                        : tt_json_type(value) == TT_JSON_OBJECT;
        ck_assert_msg(fits, "%s in %.*s", column->name, TT_STR_ARGS(line));
    }
    ck_assert_msg(known == tt_json_count(row), "unknown columns in %.*s", TT_STR_ARGS(line));
    tt_json_free(row);
}

TT_TEST(every_line_has_the_columns_of_its_table_in_the_form_of_their_type)
{
    set_up(false);
    struct tt_event event = tt_test_event("B", 1);
    event.task_type = event.stage = event.event_id = event.source = event.correlation_id =
        event.dataset_id = event.message = event.error_code = TT_STR("x\"\\\n\xc3\xa9");
    event.attributes = TT_STR("{\"a\":[1,{\"b\":null}]}");
    event.has_seq = true;
    event.seq = INT64_MAX;
    event.received_at_us = 5;
    const struct tt_audit_row row = tt_test_row(&event, ++t.next_ms, 0);
    tt_test_write_row(&t.store, &row);
    arrives("plain", "A", -1, NULL);
    plan_all();
    for (int i = 0; i < TT_UPLOAD_TABLES; i++) {
        ck_assert_str_ne(t.lines[i], "");
        for (char *line = t.lines[i]; *line != '\0'; line = strchr(line, '\n') + 1)
            check_line(&tt_upload_tables[i],
                       (struct tt_str){line, (size_t)(strchr(line, '\n') - line)});
    }
    ck_assert_int_eq(AUDIT("\"seq\":\"9223372036854775807\""), 1);
    ck_assert_int_eq(AUDIT("\"event_time\":\"1969-12-31T23:59:59.999999Z\""), 1);
    ck_assert_int_eq(AUDIT("\"written_at\":\"1970-01-01T00:00:01.000000Z\""), 2);
    tear_down();
}
TT_END

TT_TEST(a_late_event_after_the_upload_brings_new_discrepancies_and_withdraws_old_ones)
{
    set_up(false);
    arrives("t", "A", 1, "J");
    arrives("t", "C", 3, "J");
    arrives("other", "A", 1, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\"verdict\":\"violation\""), 2);
    ck_assert_int_eq(AUDIT("\"transition_legal\":false,\"previous_status\":\"A\""), 1);
    ck_assert_int_eq(FINDING("\"skipped_status\""), 1);
    ck_assert_int_eq(FINDING("\"withdrawn\":false"), 1);
    ck_assert_int_eq(FINDING("\n"), 1);
    arrives("t", "B", 2, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"verdict\":\"reordered\",\"arrival_rank\":\"3\",\"time_rank\":\"2\","
                           "\"late\":true,\"lateness_us\":\"1\",\"transition_legal\":true,"
                           "\"previous_status\":\"A\""),
                     1);
    ck_assert_int_eq(FINDING("\"withdrawn\":true,\"task_type\":\"J\",\"tenant\":\"default\","
                             "\"task_id\":\"t\",\"kind\":\"skipped_status\""),
                     1);
    ck_assert_int_eq(FINDING("\"kind\":\"late_arrival\""), 1);
    ck_assert_int_eq(FINDING("\"kind\":\"lost_update\""), 1);
    arrives("t", "D", 4, "J");
    plan_all();
    ck_assert_int_eq(FINDING("\"late_arrival\""), 0);
    ck_assert_int_eq(FINDING("\"withdrawn\":true"), 1);
    ck_assert_int_eq(FINDING("\"lost_update\""), 1);
    tear_down();
}
TT_END

static void forget_files(void)
{
    for (int i = 0; i < TT_UPLOAD_TABLES; i++)
        t.rows.drop(t.rows.context, &t.batches[i].made);
}

TT_TEST(rows_are_made_again_as_they_were_whatever_was_written_since)
{
    char before[20000];
    set_up(false);
    arrives("t", "A", 1, "J");
    arrives("u", "A", 1, "J");
    arrives("t", "C", 3, "J");
    plan_all();
    arrives("u", "B", 2, "J");
    plan_all();
    const struct tt_upload_batch first = t.batches[TT_UPLOAD_AUDIT],
                                 found = t.batches[TT_UPLOAD_DISCREPANCY];
    ck_assert_uint_eq(found.made.rows, 0);
    memcpy(before, t.lines[TT_UPLOAD_AUDIT], sizeof before);
    arrives("u", "B", 2, "J");
    arrives("t", "B", 2, "J");
    forget_files();
    read_lines(&first, t.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(t.lines[TT_UPLOAD_AUDIT], before);
    tear_down();
}
TT_END

TT_TEST(a_damaged_file_is_noticed_and_made_again)
{
    char before[20000], path[400], name[100] = "";
    set_up(false);
    arrives("t", "A", 1, "J");
    plan_all();
    memcpy(before, t.lines[TT_UPLOAD_AUDIT], sizeof before);
    make_maker(false, NULL, 0); /* another process */
    for (int i = 0; i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", t.batches[TT_UPLOAD_AUDIT].made.digest[i]);
    snprintf(path, sizeof path, "%s/%s.ndjson.gz", t.spool_dir, name);
    ck_assert_int_eq(access(path, R_OK), 0);
    tt_write_file(path, "half of it", 10);
    read_lines(&t.batches[TT_UPLOAD_AUDIT], t.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(t.lines[TT_UPLOAD_AUDIT], before);
    tear_down();
}
TT_END

TT_TEST(rows_that_would_be_others_now_are_never_given_out_under_the_old_name)
{
    const struct tt_body *body = NULL;
    struct tt_fault fault = {0};
    set_up(false);
    arrives("t", "A", 1, "J");
    plan_all();
    forget_files();
    make_maker(false, "{\"tenants\": {\"*\": {}}}", 0);
    const struct tt_upload_batch *batch = &t.batches[TT_UPLOAD_AUDIT];
    ck_assert_int_eq(t.rows.open(t.rows.context, batch, &body, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "others than then"));
    make_maker(false, NULL, 0);
    tt_test_sql(t.path, "UPDATE task_status_audit SET message = 'changed by hand'");
    fault = (struct tt_fault){0};
    ck_assert_int_eq(t.rows.open(t.rows.context, batch, &body, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "not what was planned; nothing is sent"));
    tear_down();
}
TT_END

TT_TEST(pieces_of_a_batch_are_its_lines)
{
    char whole[20000], pieces[20000] = "", piece[20000];
    set_up(false);
    for (int i = 0; i < 9; i++)
        arrives(i % 2 ? "t" : "u", "A", i, "J");
    plan_all();
    memcpy(whole, t.lines[TT_UPLOAD_AUDIT], sizeof whole);
    for (uint64_t from = 0; from < 9; from += 3) {
        struct tt_upload_batch child = t.batches[TT_UPLOAD_AUDIT];
        ck_assert_int_eq(
            t.rows.cut(t.rows.context, &t.batches[TT_UPLOAD_AUDIT], from, 3, &child.made, NULL),
            TT_OK);
        ck_assert_uint_eq(child.made.row_from, from);
        ck_assert_uint_eq(child.made.rows, 3);
        t.rows.drop(t.rows.context, &child.made); /* and made again from the store */
        read_lines(&child, piece);
        snprintf(pieces + strlen(pieces), sizeof pieces - strlen(pieces), "%s", piece);
    }
    ck_assert_str_eq(pieces, whole);
    tear_down();
}
TT_END

TT_TEST(types_that_a_tenant_excludes_never_appear)
{
    set_up(false);
    make_maker(false, "{\"tenants\": {\"*\": {\"exclude\": [\"SECRET\"]}}}", 0);
    arrives("t", "A", 1, "SECRET");
    arrives("t", "Z", 1, "SECRET");
    arrives("u", "A", 1, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"u\""), 1);
    ck_assert_int_eq(FINDING("SECRET"), 0);
    tear_down();
}
TT_END

TT_TEST(rows_of_a_task_with_errors_wait_until_it_has_none_any_more)
{
    char before[20000];
    set_up(true);
    arrives("t", "A", 1, "J");
    arrives("t", "Z", 2, "J");
    arrives("fine", "A", 1, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"fine\""), 1);
    ck_assert_int_eq(FINDING("\"unknown_status\""), 1);
    ck_assert_sql(t.path, "SELECT task_id, held_rows, plan FROM upload_hold", "t|2|1");
    arrives("t", "B", 3, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_sql(t.path,
                  "SELECT count(*), sum(held_rows) FROM upload_hold"
                  " WHERE released_in IS NULL",
                  "2|3");
    /* Somebody sets the row right, as the only way to be rid of an unknown status. */
    tt_test_sql(t.path, "UPDATE task_status_audit SET status = 'A' WHERE status = 'Z'");
    tt_test_sql(t.path, "DELETE FROM task_status_audit WHERE apply_seq = 1");
    arrives("t", "C", 4, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 3);
    ck_assert_int_eq(AUDIT("\"task_id\":\"t\""), 3);
    ck_assert_sql(t.path, "SELECT count(*) FROM upload_hold WHERE released_in IS NULL", "0");
    memcpy(before, t.lines[TT_UPLOAD_AUDIT], sizeof before);
    forget_files();
    read_lines(&t.batches[TT_UPLOAD_AUDIT], t.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(t.lines[TT_UPLOAD_AUDIT], before);
    tear_down();
}
TT_END

TT_TEST(held_rows_that_somebody_wants_travel_as_they_are_and_only_once)
{
    uint64_t rows = 0;
    char before[20000];
    set_up(true);
    arrives("t", "Z", 1, "J");
    arrives("u", "Z", 1, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_int_eq(t.outbox.want(t.outbox.context, DESTINATION, TT_STR("t"), &rows, NULL), TT_OK);
    plan_all(); /* nothing new: an empty range */
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"t\""), 1);
    ck_assert_int_eq(FINDING("\n"), 0);
    memcpy(before, t.lines[TT_UPLOAD_AUDIT], sizeof before);
    forget_files();
    read_lines(&t.batches[TT_UPLOAD_AUDIT], t.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(t.lines[TT_UPLOAD_AUDIT], before);
    arrives("t", "B", 2, "J");
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 0);
    ck_assert_sql(t.path,
                  "SELECT task_id, plan FROM upload_hold WHERE released_in IS NULL"
                  " ORDER BY task_id",
                  "t|3\nu|1");
    tear_down();
}
TT_END

TT_TEST(a_range_with_more_bytes_than_allowed_is_refused_and_leaves_nothing)
{
    struct tt_fault fault = {0};
    set_up(false);
    make_maker(false, NULL, 2000);
    char id[40];
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "task-%llx", (unsigned long long)tt_str_hash(TT_STR("x"), i));
        arrives(id, "A", i, "J");
    }
    ck_assert_int_eq(make_plan(2000, &fault), TT_ERR_LIMIT);
    fault = (struct tt_fault){0};
    ck_assert_int_eq(make_plan(10, &fault), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 10);
    tear_down();
}
TT_END

TT_TEST(repairs_are_no_events_and_are_left_out)
{
    set_up(false);
    arrives("t", "A", 1, "J");
    struct tt_event event = tt_test_event("C", 5);
    struct tt_audit_row row = tt_test_row(&event, 9, 0);
    row.place.epoch = 0;
    tt_test_write_row(&t.store, &row);
    plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(FINDING("\n"), 0);
    tear_down();
}
TT_END

TT_SUITE("core/upload/maker", every_line_has_the_columns_of_its_table_in_the_form_of_their_type,
         a_late_event_after_the_upload_brings_new_discrepancies_and_withdraws_old_ones,
         rows_are_made_again_as_they_were_whatever_was_written_since,
         a_damaged_file_is_noticed_and_made_again,
         rows_that_would_be_others_now_are_never_given_out_under_the_old_name,
         pieces_of_a_batch_are_its_lines, types_that_a_tenant_excludes_never_appear,
         rows_of_a_task_with_errors_wait_until_it_has_none_any_more,
         held_rows_that_somebody_wants_travel_as_they_are_and_only_once,
         a_range_with_more_bytes_than_allowed_is_refused_and_leaves_nothing,
         repairs_are_no_events_and_are_left_out)
