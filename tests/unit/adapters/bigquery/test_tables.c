/* Tables and views of a data set, made, changed and refused, against the stand-in. */
#include "tests/unit/adapters/bigquery/load_scene.h"

#include <stdio.h>
#include <stdlib.h>

static enum tt_err check_tables(bool create)
{
    tt_fault_clear(&fault);
    return sink.tables(sink.context, tables, 1, create, &fault);
}

#define ck_assert_ok(call)                                                                         \
    do {                                                                                           \
        enum tt_err tt_err_ = call;                                                                \
        ck_assert_msg(tt_err_ == TT_OK, "%s: %s: %s", #call, tt_err_name(tt_err_), fault.text);    \
    } while (0)
#define ck_assert_told(words)                                                                      \
    ck_assert_msg(strstr(fault.text, words) != NULL, "\"%s\" is not in: %s", words, fault.text)

TT_TEST(tables_are_made_when_asked_to_and_only_then)
{
    begin_bq();
    ck_assert_int_eq(check_tables(false), TT_ERR_NOT_FOUND);
    ck_assert_told("data set p.d");
    ck_assert_told("--init");
    ck_assert_ok(check_tables(true));
    ck_assert_ok(check_tables(true));
    ck_assert_ok(check_tables(false));
    ck_assert_uint_eq(tt_standin_count(&standin, "tables/p.d.t/columns"), 5);
    const char *location = NULL;
    ck_assert_ok(tt_bq_location(bq, &location, &fault));
    ck_assert_str_eq(location, "EU");
    tt_bq_close(bq);
    options.location = "US";
    open_bq();
    ck_assert_int_eq(check_tables(true), TT_ERR_INVALID);
    ck_assert_told("its location is EU, expected US");
    end_bq();
}
TT_END

TT_TEST(columns_are_added_and_others_are_left)
{
    begin_bq();
    ck_assert_ok(check_tables(true));
    table.column_count = 6;
    ck_assert_int_eq(check_tables(false), TT_ERR_INVALID);
    ck_assert_told("1 columns are missing");
    /* Somebody changes the table between our look and our change. */
    tt_standin_set(&standin, "faults",
                   "{\"script\":[{\"operation\":\"tables.patch\",\"kind\":\"twice\"}]}");
    ck_assert_ok(check_tables(true));
    ck_assert_uint_eq(tt_standin_count(&standin, "tables/p.d.t/columns"), 6);
    ck_assert_int_eq(tt_standin_number(&standin, "counters/changes_without_if_match"), -1);
    table.column_count = 5;
    ck_assert_ok(check_tables(true)); /* an older program: the column stays empty */
    ck_assert_uint_eq(tt_standin_count(&standin, "tables/p.d.t/columns"), 6);
    end_bq();
}
TT_END

TT_TEST(an_incompatible_table_is_refused_by_its_column)
{
    static const struct tt_upload_column others[] = {
        {"row_uid", TT_COLUMN_STRING, true, ""},
        {"written_at", TT_COLUMN_TIMESTAMP, true, ""},
        {"number", TT_COLUMN_STRING, false, ""},
    };
    static const struct tt_upload_column strict[] = {
        {"row_uid", TT_COLUMN_STRING, true, ""},
        {"written_at", TT_COLUMN_TIMESTAMP, true, ""},
        {"number", TT_COLUMN_INT64, true, ""},
    };
    static const struct tt_upload_column foreign[] = {
        {"row_uid", TT_COLUMN_STRING, true, ""},
        {"written_at", TT_COLUMN_TIMESTAMP, true, ""},
        {"theirs", TT_COLUMN_STRING, true, ""},
    };
    static const struct tt_upload_column poor[] = {
        {"written_at", TT_COLUMN_TIMESTAMP, true, ""},
    };
    static const struct {
        const struct tt_upload_column *columns;
        size_t count;
        const char *cluster, *says;
    } cases[] = {
        {others, 3, "row_uid",
         "table p.d.t: column number is STRING NULLABLE, expected INTEGER NULLABLE"},
        {strict, 3, "row_uid", "column number is INTEGER REQUIRED, expected INTEGER NULLABLE"},
        {foreign, 3, "row_uid", "column theirs is REQUIRED, expected no such column"},
        {poor, 1, "written_at", "column row_uid is missing, expected STRING REQUIRED"},
    };
    begin_bq();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tt_standin_set(&standin, "reset", "{}");
        struct tt_upload_table other = table;
        const struct tt_upload_table *list[] = {&other};
        other.columns = cases[i].columns;
        other.column_count = cases[i].count;
        other.cluster_by[0] = cases[i].cluster;
        tt_bq_close(bq);
        open_bq();
        ck_assert_ok(sink.tables(sink.context, list, 1, true, &fault));
        ck_assert_int_eq(check_tables(true), TT_ERR_INVALID);
        ck_assert_told(cases[i].says);
    }
    end_bq();
}
TT_END

TT_TEST(views_are_made_and_replaced)
{
    begin_bq();
    ck_assert_ok(check_tables(true));
    for (int i = 0; i < 2; i++)
        ck_assert_ok(tt_bq_view(bq, "v", "a view", TT_STR("SELECT 1"), &fault));
    ck_assert_ok(tt_bq_view(bq, "v", "a view", TT_STR("SELECT 2"), &fault));
    ck_assert_ptr_nonnull(strstr(tt_standin_get(&standin, "state").ptr, "\"view\":\"SELECT 2\""));
    tt_fault_clear(&fault);
    ck_assert_int_eq(tt_bq_view(bq, "t", "a view", TT_STR("SELECT 2"), &fault), TT_ERR_INVALID);
    ck_assert_told("is no view");
    end_bq();
}
TT_END

TT_SUITE("adapters/bigquery/tables", tables_are_made_when_asked_to_and_only_then,
         columns_are_added_and_others_are_left, an_incompatible_table_is_refused_by_its_column,
         views_are_made_and_replaced)
