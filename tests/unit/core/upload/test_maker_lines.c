/* What is in the rows of a plan: columns, judgements, what is left out. */
#include "core/base/json.h"
#include "core/upload/maker_parts.h"
#include "tests/lib/made_rows.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    tt_made_set_up(false);
    struct tt_event event = tt_test_event("B", 1);
    event.task_type = event.stage = event.event_id = event.source = event.correlation_id =
        event.dataset_id = event.message = event.error_code = TT_STR("x\"\\\n\xc3\xa9");
    event.attributes = TT_STR("{\"a\":[1,{\"b\":null}]}");
    event.has_seq = true;
    event.seq = INT64_MAX;
    event.received_at_us = 5;
    const struct tt_audit_row row = tt_test_row(&event, ++tt_made.next_ms, 0);
    tt_test_write_row(&tt_made.store, &row);
    tt_made_arrives("plain", "A", -1, NULL);
    tt_made_plan_all();
    for (int i = 0; i < TT_UPLOAD_TABLES; i++) {
        ck_assert_str_ne(tt_made.lines[i], "");
        for (char *line = tt_made.lines[i]; *line != '\0'; line = strchr(line, '\n') + 1)
            check_line(&tt_upload_tables[i],
                       (struct tt_str){line, (size_t)(strchr(line, '\n') - line)});
    }
    ck_assert_int_eq(AUDIT("\"seq\":\"9223372036854775807\""), 1);
    ck_assert_int_eq(AUDIT("\"event_time\":\"1969-12-31T23:59:59.999999Z\""), 1);
    ck_assert_int_eq(AUDIT("\"written_at\":\"1970-01-01T00:00:01.000000Z\""), 2);
    tt_made_tear_down();
}
TT_END

TT_TEST(a_late_event_after_the_upload_brings_new_discrepancies_and_withdraws_old_ones)
{
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_arrives("t", "C", 3, "J");
    tt_made_arrives("other", "A", 1, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\"verdict\":\"violation\""), 2);
    ck_assert_int_eq(AUDIT("\"transition_legal\":false,\"previous_status\":\"A\""), 1);
    ck_assert_int_eq(FINDING("\"skipped_status\""), 1);
    ck_assert_int_eq(FINDING("\"withdrawn\":false"), 1);
    ck_assert_int_eq(FINDING("\n"), 1);
    tt_made_arrives("t", "B", 2, "J");
    tt_made_plan_all();
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
    tt_made_arrives("t", "D", 4, "J");
    tt_made_plan_all();
    ck_assert_int_eq(FINDING("\"late_arrival\""), 0);
    ck_assert_int_eq(FINDING("\"withdrawn\":true"), 1);
    ck_assert_int_eq(FINDING("\"lost_update\""), 1);
    tt_made_tear_down();
}
TT_END

TT_TEST(types_that_a_tenant_excludes_never_appear)
{
    tt_made_set_up(false);
    tt_made_maker(false, "{\"tenants\": {\"*\": {\"exclude\": [\"SECRET\"]}}}", 0);
    tt_made_arrives("t", "A", 1, "SECRET");
    tt_made_arrives("t", "Z", 1, "SECRET");
    tt_made_arrives("u", "A", 1, "J");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(AUDIT("\"task_id\":\"u\""), 1);
    ck_assert_int_eq(FINDING("SECRET"), 0);
    tt_made_tear_down();
}
TT_END

TT_TEST(repairs_are_no_events_and_are_left_out)
{
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    struct tt_event event = tt_test_event("C", 5);
    struct tt_audit_row row = tt_test_row(&event, 9, 0);
    row.place.epoch = 0;
    tt_test_write_row(&tt_made.store, &row);
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 1);
    ck_assert_int_eq(FINDING("\n"), 0);
    tt_made_tear_down();
}
TT_END

TT_TEST(what_rows_cost_follows_from_their_columns)
{
    static const char *const cases[] = {"{}", "{\"row_uid\":\"ab\"}",
                                        "{\"fence\":\"7\",\"written_at\":\"x\"}",
                                        "{\"late\":true,\"attributes\":{\"a\":1}}", "no row"};
    static const uint64_t bytes[] = {0, 4, 16, 10, 0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(
            tt_column_bytes(&tt_upload_tables[TT_UPLOAD_AUDIT], tt_str_from(cases[i])), bytes[i]);
    tt_made_set_up(false);
    tt_made_arrives("t", "Z", 1, "J");
    tt_made_plan_all();
    for (int i = 0; i < TT_UPLOAD_TABLES; i++) {
        const struct tt_upload_rows_made *made = &tt_made.batches[i].made;
        size_t len = strlen(tt_made.lines[i]);
        ck_assert_uint_eq(made->rows, 1);
        ck_assert_uint_eq(made->line_bytes, len);
        ck_assert_uint_eq(
            made->column_bytes,
            tt_column_bytes(&tt_upload_tables[i], (struct tt_str){tt_made.lines[i], len - 1}));
        ck_assert_uint_gt(made->column_bytes, 100);
    }
    tt_made_tear_down();
}
TT_END

TT_SUITE("core/upload/maker_lines",
         every_line_has_the_columns_of_its_table_in_the_form_of_their_type,
         a_late_event_after_the_upload_brings_new_discrepancies_and_withdraws_old_ones,
         types_that_a_tenant_excludes_never_appear, repairs_are_no_events_and_are_left_out,
         what_rows_cost_follows_from_their_columns)
