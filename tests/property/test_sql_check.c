/* The query of `sql check` against `check --ties arrival`, on random histories: run by SQLite over
 * a table of the same events, it finds the same discrepancies, event by event. Some rows are there
 * twice, and some tasks were repaired, which changes nothing else. */
#include "core/model/decoder.h"
#include "tests/lib/history.h"
#include "tests/lib/program.h"
#include "tests/lib/suite.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 4, TASKS = 200 };

static const char table_sql[] =
    "CREATE TABLE audit (epoch INTEGER, partition INTEGER, entry_ms INTEGER, entry_seq INTEGER,"
    " tenant TEXT, task_id TEXT, task_type TEXT, status TEXT, stage TEXT, event_time INTEGER,"
    " event_id TEXT, source TEXT, seq INTEGER, apply_seq INTEGER)";

struct filling {
    sqlite3_stmt *insert;
    struct tt_chance *chance;
    int64_t arrival, apply_seq, doubles, repairs;
};

static void bind_text(sqlite3_stmt *statement, int at, struct tt_str text)
{
    if (text.ptr == NULL)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_text(statement, at, text.ptr, (int)text.len, SQLITE_TRANSIENT);
}

/* A row as `repair` leaves it, with the state that this event gives (core/engine/repair.c). */
static void add_repair(struct filling *filling)
{
    sqlite3_stmt *s = filling->insert;
    filling->repairs++;
    sqlite3_bind_null(s, 9);
    bind_text(s, 10, TT_STR("repair"));
    sqlite3_bind_null(s, 11);
    sqlite3_bind_int64(s, 12, ++filling->apply_seq);
    sqlite3_bind_int64(s, 13, 0);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
}

/* The n-th event to arrive is the n-th entry; its partition must not count. */
static enum tt_err fill(void *context, const struct tt_event *event)
{
    struct filling *filling = context;
    sqlite3_stmt *s = filling->insert;
    bool twice = tt_chance_of(filling->chance, 5);
    filling->arrival++;
    filling->doubles += twice;
    sqlite3_bind_int64(s, 1, filling->arrival % 7);
    sqlite3_bind_int64(s, 2, filling->arrival);
    bind_text(s, 3, event->tenant);
    bind_text(s, 4, event->task_id);
    bind_text(s, 5, event->task_type);
    bind_text(s, 6, event->status);
    bind_text(s, 7, event->stage);
    sqlite3_bind_int64(s, 8, event->event_time_us);
    bind_text(s, 9, event->event_id);
    bind_text(s, 10, event->source);
    if (event->has_seq)
        sqlite3_bind_int64(s, 11, event->seq);
    else
        sqlite3_bind_null(s, 11);
    sqlite3_bind_int64(s, 13, 1);
    for (int i = 0; i < 1 + twice; i++) {
        sqlite3_bind_int64(s, 12, ++filling->apply_seq);
        ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
        sqlite3_reset(s);
    }
    if (tt_chance_of(filling->chance, 10))
        add_repair(filling);
    return TT_OK;
}

static sqlite3 *make_table(const char *events, struct tt_chance *chance, int64_t *ret_doubles)
{
    sqlite3 *db = NULL;
    struct filling filling = {.chance = chance};
    const struct tt_decoder_options options = {.json_depth_max = 64};
    const struct tt_decoder_sink sink = {&filling, fill, NULL};
    struct tt_decoder *decoder = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, table_sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db,
                           "INSERT INTO audit VALUES"
                           " (?13, ?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                           -1, &filling.insert, NULL),
        SQLITE_OK);
    ck_assert_int_eq(tt_decoder_create("native", &options, &decoder, &fault), TT_OK);
    for (const char *at = events; *at != '\0';) {
        const char *end = strchr(at, '\n');
        ck_assert_int_eq(
            tt_decoder_line(decoder, (struct tt_str){at, (size_t)(end - at)}, &sink, &fault),
            TT_OK);
        at = end + 1;
    }
    tt_decoder_destroy(decoder);
    sqlite3_finalize(filling.insert);
    ck_assert_int_gt(filling.repairs, 0);
    *ret_doubles = filling.doubles;
    return db;
}

struct lines {
    char **list;
    size_t count, room;
};

static void keep(struct lines *lines, const char *kind, const char *tenant, const char *task,
                 int64_t arrival, const char *status, const char *previous, int64_t lateness_us)
{
    char *line = NULL;
    ck_assert_int_gt(asprintf(&line, "%s %s/%s %lld %s after %s, %lld us late", kind, tenant, task,
                              (long long)arrival, status, previous == NULL ? "-" : previous,
                              (long long)lateness_us),
                     0);
    if (lines->count == lines->room)
        lines->list = realloc(lines->list, (lines->room = lines->room * 2 + 64) * sizeof(char *));
    lines->list[lines->count++] = line;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->list[i]);
    free(lines->list);
}

/* The kinds whose records tell the status before. */
static bool is_step(const char *kind)
{
    return strcmp(kind, "after_terminal") == 0 || strcmp(kind, "illegal_transition") == 0 ||
           strcmp(kind, "skipped_status") == 0;
}

/* What the query finds; double rows are counted alone. */
static int64_t ask_sqlite(sqlite3 *db, const char *query, struct lines *lines)
{
    sqlite3_stmt *statement = NULL;
    int64_t doubles = 0;
    int code = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    ck_assert_msg(code == SQLITE_OK, "%s\n%s", sqlite3_errmsg(db), query);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *kind = (const char *)sqlite3_column_text(statement, 0);
        if (strcmp(kind, "double_row") == 0) {
            doubles++;
            continue;
        }
        keep(lines, kind, (const char *)sqlite3_column_text(statement, 1),
             (const char *)sqlite3_column_text(statement, 2), sqlite3_column_int64(statement, 6),
             (const char *)sqlite3_column_text(statement, 10),
             is_step(kind) ? (const char *)sqlite3_column_text(statement, 11) : NULL,
             sqlite3_column_int64(statement, 12));
    }
    ck_assert_int_eq(code, SQLITE_DONE);
    sqlite3_finalize(statement);
    return doubles;
}

static bool query_knows(const char *kind)
{
    static const char *const others[] = {"apply_disorder", "clock_suspect",     "future_timestamp",
                                         "sequence_gap",   "sequence_disorder", "stuck"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(kind, others[i]) == 0)
            return false;
    return true;
}

static void ask_replayer(const char *records, struct lines *lines)
{
    for (const char *at = records; *at != '\0'; at = strchr(at, '\n') + 1) {
        json_t *record = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        const char *kind = json_string_value(json_object_get(record, "kind"));
        if (query_knows(kind))
            keep(lines, kind, json_string_value(json_object_get(record, "tenant")),
                 json_string_value(json_object_get(record, "task_id")),
                 json_integer_value(json_object_get(record, "arrival")),
                 json_string_value(json_object_get(record, "status")),
                 is_step(kind) ? json_string_value(json_object_get(record, "previous_status"))
                               : NULL,
                 json_integer_value(json_object_get(record, "lateness_us")));
        json_decref(record);
    }
}

static void compare_lines(struct lines *ours, struct lines *theirs)
{
    qsort(ours->list, ours->count, sizeof(char *), compare);
    qsort(theirs->list, theirs->count, sizeof(char *), compare);
    for (size_t i = 0; i < ours->count && i < theirs->count; i++)
        ck_assert_str_eq(ours->list[i], theirs->list[i]);
    ck_assert_uint_eq(ours->count, theirs->count);
    ck_assert_uint_gt(ours->count, 100);
}

static void run_round(struct tt_chance *chance, bool lifecycle)
{
    struct tt_history history = {0};
    struct lines ours = {0}, theirs = {0};
    struct tt_program_result sql, check;
    char folder[TT_FOLDER_MAX];
    size_t bytes = 0;
    int64_t doubles = 0;
    json_free_t release; /* the library's memory may be ours */
    json_get_alloc_funcs(NULL, &release);
    tt_folder_make(folder);
    tt_history_make(chance, &(struct tt_history_options){.tasks = TASKS, .duplicates = true},
                    &history);
    char *events = tt_history_text(&history, TT_HISTORY_PLAIN, chance, &bytes);
    char *lifecycles = tt_history_lifecycles(chance);
    tt_file_write(folder, "events", events, bytes);
    tt_file_write(folder, "lifecycles", lifecycles, strlen(lifecycles));
    const char *const sql_words[] = {
        TT_PROGRAM,   "sql",     "check", "--dialect",
        "sqlite",     "--table", "audit", lifecycle ? "--lifecycle" : NULL,
        "lifecycles", NULL};
    const char *const check_words[] = {TT_PROGRAM,
                                       "check",
                                       "--format",
                                       "ndjson",
                                       "--fail-on",
                                       "never",
                                       "--ties",
                                       "arrival",
                                       "-q",
                                       "events",
                                       lifecycle ? "--lifecycle" : NULL,
                                       "lifecycles",
                                       NULL};
    tt_program_run(folder, sql_words, &sql);
    tt_program_run(folder, check_words, &check);
    ck_assert_msg(sql.status == 0, "%s", sql.err);
    ck_assert_msg(check.status == 0, "%s", check.err);
    sqlite3 *db = make_table(events, chance, &doubles);
    ck_assert_int_eq(ask_sqlite(db, sql.out, &ours), doubles);
    ask_replayer(check.out, &theirs);
    compare_lines(&ours, &theirs);
    sqlite3_close(db);
    forget(&ours);
    forget(&theirs);
    tt_program_result_free(&sql);
    tt_program_result_free(&check);
    free(events);
    release(lifecycles);
    tt_history_free(&history);
    tt_folder_remove(folder);
}

TT_TEST(the_query_finds_what_the_replayer_finds)
{
    struct tt_chance chance = {tt_chance_seed("sql_check")};
    for (int round = 0; round < ROUNDS; round++)
        run_round(&chance, round % 4 != 3);
}
TT_END

TT_SUITE("property/sql_check", the_query_finds_what_the_replayer_finds)
