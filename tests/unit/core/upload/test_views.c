/* The views, run by SQLite over tables of the same columns. They are written so that little of
 * GoogleSQL is in them that SQLite has not: that is put in its words here, the logic is the same.
 */
#include "core/base/time.h"
#include "core/model/upload_table.h"
#include "core/upload/views.h"
#include "tests/lib/suite.h"
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;

static void run(const char *sql)
{
    char *problem = NULL;
    int result = sqlite3_exec(db, sql, NULL, NULL, &problem);
    ck_assert_msg(result == SQLITE_OK, "%s\n%s", problem, sql);
}

static int64_t time_of(sqlite3_value *value)
{
    int64_t us = 0;
    const char *text = (const char *)sqlite3_value_text(value);
    ck_assert_msg(tt_time_parse(tt_str_from(text), &us), "%s", text);
    return us;
}

static void timestamp_diff(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    int64_t us = time_of(values[0]) - time_of(values[1]);
    bool seconds = strcmp((const char *)sqlite3_value_text(values[2]), "SECS") == 0;
    sqlite3_result_int64(context, seconds ? us / 1000000 : us);
}

static void now(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_text(context, "2026-03-10T00:00:00.000000Z", -1, SQLITE_STATIC);
}

static void concat(sqlite3_context *context, int count, sqlite3_value **values)
{
    char text[200] = "";
    for (int i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
                 (const char *)sqlite3_value_text(values[i]));
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* Replaces each `from` in the text; `to` is not longer. */
static void replace(char *text, const char *from, const char *to)
{
    for (char *at; (at = strstr(text, from)) != NULL;) {
        memcpy(at, to, strlen(to));
        memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    }
}

static void make_tables(void)
{
    for (int t = 0; t < TT_UPLOAD_TABLES; t++) {
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        tt_buf_add_text(&sql, "CREATE TABLE `p.d.");
        tt_buf_add_text(&sql, tt_upload_tables[t].name);
        for (size_t i = 0; i < tt_upload_tables[t].column_count; i++) {
            tt_buf_add_text(&sql, i == 0 ? "` (" : ", ");
            tt_buf_add_text(&sql, tt_upload_tables[t].columns[i].name);
        }
        tt_buf_add_text(&sql, ")");
        run(sql.data);
        tt_buf_done(&sql);
    }
}

static void set_up(void)
{
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    sqlite3_create_function(db, "TIMESTAMP_DIFF", 3, SQLITE_UTF8, NULL, timestamp_diff, NULL, NULL);
    sqlite3_create_function(db, "tt_now", 0, SQLITE_UTF8, NULL, now, NULL, NULL);
    sqlite3_create_function(db, "CONCAT", -1, SQLITE_UTF8, NULL, concat, NULL, NULL);
    make_tables();
    for (size_t i = 0; i < tt_upload_view_count; i++) {
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        tt_buf_add_text(&sql, "CREATE VIEW `p.d.");
        tt_buf_add_text(&sql, tt_upload_views[i].name);
        tt_buf_add_text(&sql, "` AS\n");
        tt_upload_view_write(&sql, &tt_upload_views[i], TT_STR("p.d"));
        replace(sql.data, "* EXCEPT (copy)", "*");
        replace(sql.data, ", MICROSECOND)", ",'MICROSEC')");
        replace(sql.data, "CURRENT_TIMESTAMP()", "tt_now()");
        replace(sql.data, "_time, SECOND)", "_time,'SECS')");
        run(sql.data);
        tt_buf_done(&sql);
    }
}

static char *rows(const char *sql)
{
    static char text[4000];
    sqlite3_stmt *s = NULL;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s\n%s",
                  sqlite3_errmsg(db), sql);
    text[0] = '\0';
    while (sqlite3_step(s) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            const char *value = (const char *)sqlite3_column_text(s, i);
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                     value == NULL ? "-" : value, i + 1 < sqlite3_column_count(s) ? "|" : "\n");
        }
    sqlite3_finalize(s);
    return text;
}

/* One row; `types` has a letter for each value: s text, i number. */
static void insert(const char *sql, const char *types, ...)
{
    sqlite3_stmt *s = NULL;
    va_list values;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    va_start(values, types);
    for (int i = 0; types[i] != '\0'; i++)
        if (types[i] == 's')
            sqlite3_bind_text(s, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
        else
            sqlite3_bind_int(s, i + 1, va_arg(values, int));
    va_end(values);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
}

/* An event of a task on March the first at so many seconds. */
static void add(const char *task, const char *status, int second, int apply_seq, int judged_to,
                const char *verdict)
{
    char uid[40], time[40];
    snprintf(uid, sizeof uid, "%s-%d", task, apply_seq);
    snprintf(time, sizeof time, "2026-03-01T00:00:%02d.000000Z", second);
    insert("INSERT INTO `p.d.task_status_audit` (row_uid, task_id, status, event_time, apply_seq,"
           " judged_to, verdict, written_at, tenant, time_rank, duplicate) VALUES"
           " (?, ?, ?, ?, ?, ?, ?, '2026-03-01T12:00:00.000000Z', 'x', 1, 0)",
           "ssssiis", uid, task, status, time, apply_seq, judged_to, verdict);
}

#define A "FROM `p.d."

TT_TEST(the_current_status_is_the_last_in_time_and_the_verdict_the_newest)
{
    set_up();
    add("t", "A", 1, 1, 2, "violation");
    add("t", "C", 9, 2, 2, "violation");
    add("t", "B", 5, 3, 3, "reordered"); /* late */
    add("u", "A", 1, 4, 4, "clean");
    ck_assert_str_eq(rows("SELECT task_id, status, events, verdict, judged_to " A
                          "task_status_current` ORDER BY task_id"),
                     "t|C|3|reordered|3\nu|A|1|clean|4\n");
    ck_assert_str_eq(rows("SELECT status, position, previous_status, next_status " A
                          "task_status_history` WHERE task_id = 't' ORDER BY position"),
                     "A|1|-|B\nB|2|A|C\nC|3|B|-\n");
    ck_assert_str_eq(rows("SELECT status, duration_us " A
                          "task_status_time_in_status` WHERE task_id = 't' ORDER BY position"),
                     "A|4000000\nB|4000000\nC|-\n");
}
TT_END

TT_TEST(rows_that_are_there_twice_count_once)
{
    set_up();
    add("t", "A", 1, 1, 2, "clean");
    add("t", "B", 2, 2, 2, "clean");
    add("t", "B", 2, 2, 2, "clean");
    ck_assert_str_eq(rows("SELECT count(*) " A "task_status_deduplicated`"), "2\n");
    ck_assert_str_eq(rows("SELECT status, events " A "task_status_current`"), "B|2\n");
    run("UPDATE `p.d.task_status_audit` SET duplicate = 1 WHERE status = 'B'");
    ck_assert_str_eq(rows("SELECT status, events " A "task_status_current`"), "A|1\n");
}
TT_END

static void find(const char *uid, const char *kind, int judged_to, int withdrawn)
{
    insert("INSERT INTO `p.d.task_status_discrepancy` (row_uid, finding_uid, kind, judged_to,"
           " withdrawn, written_at, tenant, task_id, task_type, severity, event_time) VALUES"
           " (?, ?, ?, ?, ?, '2026-03-01T12:00:00.000000Z', 'x', 't', 'J', 'error',"
           " '2026-03-01T00:00:00.000000Z')",
           "sssii", uid, uid, kind, judged_to, withdrawn);
}

TT_TEST(a_discrepancy_holds_until_it_is_withdrawn_and_again_when_it_is_found_again)
{
    set_up();
    find("1", "skipped_status", 10, 0);
    find("2", "lost_update", 10, 0);
    find("3", "lost_update", 10, 0);
    find("1", "skipped_status", 20, 1);
    find("2", "lost_update", 20, 1);
    find("2", "lost_update", 30, 0);
    ck_assert_str_eq(rows("SELECT finding_uid, judged_to " A
                          "task_status_discrepancy_current` ORDER BY finding_uid"),
                     "2|30\n3|10\n");
    ck_assert_str_eq(rows("SELECT day, task_type, kind, severity, discrepancies, tasks " A
                          "task_status_discrepancies_per_day`"),
                     "2026-03-01|J|lost_update|error|2|1\n");
}
TT_END

TT_TEST(stuck_is_a_task_in_a_status_that_others_leave)
{
    set_up();
    add("done", "A", 1, 1, 9, "clean");
    add("done", "B", 2, 2, 9, "clean");
    add("stuck", "A", 3, 3, 9, "clean");
    ck_assert_str_eq(rows("SELECT task_id, status, age_s " A "task_status_stuck`"),
                     "stuck|A|777597\n");
    run("UPDATE `p.d.task_status_audit` SET event_time = '2026-03-09T12:00:00.000000Z'"
        " WHERE task_id = 'stuck'");
    ck_assert_str_eq(rows("SELECT task_id " A "task_status_stuck`"), "");
}
TT_END

/* One line for each column, by its type, in the table's order. */
TT_TEST(views_of_messages_have_every_column_of_their_tables)
{
    static const char *const forms[] = {
        [TT_COLUMN_STRING] = "\n  JSON_VALUE(message, '$.%s') AS `%s`,\n",
        [TT_COLUMN_INT64] = "\n  SAFE_CAST(JSON_VALUE(message, '$.%s') AS INT64) AS `%s`,\n",
        [TT_COLUMN_TIMESTAMP] =
            "\n  SAFE_CAST(JSON_VALUE(message, '$.%s') AS TIMESTAMP) AS `%s`,\n",
        [TT_COLUMN_BOOL] = "\n  SAFE_CAST(JSON_VALUE(message, '$.%s') AS BOOL) AS `%s`,\n",
        [TT_COLUMN_JSON] = "\n  JSON_QUERY(message, '$.%s') AS `%s`,\n",
    };
    ck_assert_uint_eq(tt_upload_message_view_count, TT_UPLOAD_TABLES);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++) {
        const struct tt_upload_view *view = &tt_upload_message_views[t];
        const struct tt_upload_table *table = &tt_upload_tables[t];
        const char *at = strstr(view->sql, "SELECT\n");
        ck_assert_str_eq(view->name, table->name);
        ck_assert_ptr_nonnull(at);
        at += strlen("SELECT");
        for (size_t i = 0; i < table->column_count; i++) {
            struct tt_buf line;
            tt_buf_init(&line, 0);
            tt_buf_add_text(&line, forms[table->columns[i].type]);
            for (const char *name; (name = strstr(line.data, "%s")) != NULL;) {
                char rest[200];
                snprintf(rest, sizeof rest, "%s%s", table->columns[i].name, name + 2);
                line.len = (size_t)(name - line.data);
                tt_buf_add_text(&line, rest);
            }
            ck_assert_msg(strncmp(at, line.data, line.len) == 0, "%s: %.100s", line.data, at);
            at += line.len - 1;
            tt_buf_done(&line);
        }
        ck_assert(strncmp(at, "\n  publish_time\n", 16) == 0);
    }
}
TT_END

TT_SUITE("core/upload/views", the_current_status_is_the_last_in_time_and_the_verdict_the_newest,
         rows_that_are_there_twice_count_once,
         a_discrepancy_holds_until_it_is_withdrawn_and_again_when_it_is_found_again,
         stuck_is_a_task_in_a_status_that_others_leave,
         views_of_messages_have_every_column_of_their_tables)
