/* However the entries are cut into batches, the tables come to hold the same: over every store. The
 * seed is printed; TASKTRAIL_SEED sets it. */
#include "core/base/buf.h"
#include "tests/lib/applying.h"
#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdio.h>
#include <stdlib.h>

enum { HISTORIES = 30, ENTRIES_MAX = 45, TASKS = 4, PARTITIONS = 3 };

static struct tt_test_store test;
static struct tt_chance chance;

struct entry {
    struct tt_event event;
    unsigned partition;
    int64_t id_ms;
};

struct history {
    struct entry entries[ENTRIES_MAX];
    size_t count;
};

static const char *const tasks[TASKS] = {"a", "b", "c", "d"};
static const char *const statuses[] = {"QUEUED", "RUNNING", "FAILED", "SUCCEEDED"};
static const char *const ids[] = {"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"};

static bool percent(unsigned share)
{
    return tt_chance_of(&chance, share);
}

static struct tt_event an_event(unsigned task)
{
    int64_t time_us = 10 + (int64_t)tt_chance_below(&chance, 25);
    struct tt_event event = tt_test_event(statuses[tt_chance_below(&chance, 4)], time_us);
    event.task_id = tt_str_from(tasks[task]);
    event.has_seq = percent(40);
    event.seq = event.has_seq ? (int64_t)tt_chance_below(&chance, 4) : 0;
    if (percent(50))
        event.event_id = tt_str_from(ids[tt_chance_below(&chance, 9)]);
    if (percent(40))
        event.stage = tt_str_from(percent(50) ? "s1" : "s2");
    if (percent(60)) {
        event.correlation_id = TT_STR("request");
        event.dataset_id = tt_str_from(percent(80) ? "set" : "other");
    }
    if (percent(10))
        event.attributes =
            tt_str_from(percent(50) ? "{\"record_count\":7}" : "{\"record_count\":8}");
    if (percent(20))
        event.message = tt_str_from(percent(50) ? "disk full" : "no route");
    return event;
}

/* Mostly new entries, ids growing; sometimes one that came before, sometimes its id with other
 * content, sometimes an id that was passed over. */
static void make_history(struct history *history)
{
    int64_t newest[PARTITIONS] = {100, 100, 100};
    history->count = 1 + tt_chance_below(&chance, ENTRIES_MAX);
    for (size_t i = 0; i < history->count; i++) {
        struct entry *entry = &history->entries[i];
        unsigned task = tt_chance_below(&chance, TASKS), partition = task % PARTITIONS;
        if (i > 0 && percent(8)) {
            *entry = history->entries[tt_chance_below(&chance, (unsigned)i)];
            continue;
        }
        *entry = (struct entry){.event = an_event(task), .partition = partition};
        if (percent(4))
            entry->id_ms = newest[partition] - (int64_t)tt_chance_below(&chance, 5);
        else
            entry->id_ms = newest[partition] += 1 + (int64_t)tt_chance_below(&chance, 3);
    }
}

/* All tables of one tenant, as text; partitions as they are in the history. */
static char *dump(const char *tenant)
{
    static const char *const queries[] = {
        "SELECT row_number() OVER (ORDER BY apply_seq) AS n, epoch, partition % 3, entry_ms,"
        " task_id, status, stage, US(event_time), event_id, seq, duplicate"
        " FROM task_status_audit WHERE tenant = '?' ORDER BY n",
        "SELECT task_id, status, stage, US(event_time), last_seq, US(newest_event_time), events,"
        " stays, stay_status, correlation_id, dataset_id, US(first_seen_at)"
        " FROM task_status_current WHERE tenant = '?' ORDER BY task_id",
        "SELECT task_id, position, US(valid_from), US(valid_to), status, stage"
        " FROM task_status_interval WHERE tenant = '?' ORDER BY task_id, position",
        "SELECT correlation_id, dataset_id, records_expected, records_finished, succeeded, failed,"
        " first_failure, US(first_failure_at), last_stage"
        " FROM dataset_progress WHERE tenant = '?' ORDER BY correlation_id, dataset_id",
    };
    struct tt_buf all, sql;
    tt_buf_init(&all, 0);
    tt_buf_init(&sql, 0);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const char *mark = strchr(queries[i], '?');
        tt_buf_clear(&sql);
        tt_buf_add(&sql, queries[i], (size_t)(mark - queries[i]));
        tt_buf_add_text(&sql, tenant);
        tt_buf_add_text(&sql, mark + 1);
        char *rows = tt_test_store_text(&test, sql.data);
        tt_buf_add_text(&all, rows);
        tt_buf_add_text(&all, "\n--\n");
        free(rows);
    }
    tt_buf_done(&sql);
    return all.data;
}

/* Applies the history under a tenant and partitions of its own, in batches of up to batch_max. */
static char *apply(const struct history *history, unsigned run, unsigned batch_max, bool by_arrival)
{
    static struct tt_applying applying;
    char tenant[32];
    unsigned first = run * PARTITIONS, left = 0;
    snprintf(tenant, sizeof tenant, "run-%06u", run);
    tt_applying_begin(&applying, &test.store, by_arrival);
    applying.locking = false;
    for (size_t i = 0; i < history->count; i++) {
        struct entry entry = history->entries[i];
        entry.event.tenant = tt_str_from(tenant);
        tt_applying_add(&applying, &entry.event, first + entry.partition, entry.id_ms, 0);
        if (left == 0)
            left = 1 + tt_chance_below(&chance, batch_max);
        if (--left == 0)
            tt_applying_run(&applying);
    }
    if (left > 0)
        tt_applying_run(&applying);
    tt_applying_done(&applying);
    return dump(tenant);
}

static void check_histories(int kind, bool by_arrival)
{
    struct history history;
    chance.state = tt_chance_seed("batches");
    tt_test_store_make(&test, kind);
    for (unsigned i = 0; i < HISTORIES; i++) {
        make_history(&history);
        char *one_by_one = apply(&history, 2 * i, 1, by_arrival);
        char *in_batches =
            apply(&history, 2 * i + 1, 1 + tt_chance_below(&chance, ENTRIES_MAX), by_arrival);
        ck_assert_msg(strcmp(one_by_one, in_batches) == 0,
                      "history %u: one by one\n%s\nin batches\n%s", i, one_by_one, in_batches);
        free(one_by_one);
        free(in_batches);
    }
    tt_test_store_done(&test);
}

TT_TEST(batches_of_any_size_give_the_tables_of_single_entries)
{
    check_histories(_i, false);
}
TT_END

TT_TEST(so_they_do_where_the_state_follows_arrival)
{
    check_histories(_i, true);
}
TT_END

TT_STORE_SUITE("property/batches", batches_of_any_size_give_the_tables_of_single_entries,
               so_they_do_where_the_state_follows_arrival)
