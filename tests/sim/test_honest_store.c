/* The model of the store is honest: random batches with duplicates, late events, reused places, old
 * fences and calls that fail are applied over the model and over each real store. The answers are
 * the same, and so are the tables. The seed is printed; TASKTRAIL_SEED sets it. */
#include "tests/lib/applying.h"
#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include "tests/sim/store_client.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 120, BATCH_MAX = 15, TASKS = 6, PARTITIONS = 3, REMEMBERED = 400 };

static struct tt_test_store test;
static struct tt_model_tables tables;
static struct tt_chance chance;

/* ---- A store that fails at one call, before or after it */

struct failing {
    struct tt_store inner;
    int calls, fails_at;
    bool after;
};

static enum tt_err passes(struct failing *f, bool after)
{
    return f->calls == f->fails_at && f->after == after ? TT_ERR_BUSY : TT_OK;
}

#define CALL(f, call)                                                                              \
    do {                                                                                           \
        (f)->calls++;                                                                              \
        enum tt_err err = passes(f, false);                                                        \
        if (err == TT_OK)                                                                          \
            err = (call);                                                                          \
        return err == TT_OK ? passes(f, true) : err;                                               \
    } while (0)

static enum tt_err f_begin(void *c, struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.begin(f->inner.context, fault));
}

static enum tt_err f_commit(void *c, struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.commit(f->inner.context, fault));
}

static void f_rollback(void *c)
{
    struct failing *f = c;
    f->inner.rollback(f->inner.context);
}

static enum tt_err f_fence(void *c, const struct tt_store_partition *partitions, size_t count,
                           struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.fence(f->inner.context, partitions, count, fault));
}

static enum tt_err f_load(void *c, struct tt_store_batch *batch, struct tt_arena *arena,
                          struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.load(f->inner.context, batch, arena, fault));
}

static enum tt_err f_histories(void *c, struct tt_store_history *histories, size_t count,
                               struct tt_arena *arena, struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.histories(f->inner.context, histories, count, arena, fault));
}

static enum tt_err f_write(void *c, const struct tt_store_changes *changes, struct tt_fault *fault)
{
    struct failing *f = c;
    CALL(f, f->inner.write(f->inner.context, changes, fault));
}

static struct tt_store failing_port(struct failing *f, const struct tt_store *inner)
{
    *f = (struct failing){.inner = *inner};
    return (struct tt_store){.context = f,
                             .begin = f_begin,
                             .commit = f_commit,
                             .rollback = f_rollback,
                             .fence = f_fence,
                             .load = f_load,
                             .histories = f_histories,
                             .write = f_write};
}

/* ---- The model's tables as text, as SQL gives those of the store */

static void add_text(struct tt_buf *buf, struct tt_str text)
{
    if (text.ptr == NULL)
        tt_buf_add_text(buf, "NULL");
    else
        tt_buf_add_str(buf, text);
}

static void add_cell(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add_char(buf, '|');
    add_text(buf, text);
}

static void add_int(struct tt_buf *buf, int64_t value)
{
    tt_buf_addf(buf, "|%lld", (long long)value);
}

static void add_maybe(struct tt_buf *buf, bool there, int64_t value)
{
    if (there)
        add_int(buf, value);
    else
        tt_buf_add_text(buf, "|NULL");
}

static void end_row(struct tt_buf *buf)
{
    tt_buf_add_char(buf, '\n');
}

static void add_audit(struct tt_buf *buf)
{
    for (size_t i = 0; i < tables.audit_count; i++) {
        const struct tt_audit_row *row = &tables.audit[i];
        tt_buf_addf(buf, "%zu", i + 1);
        add_int(buf, row->place.epoch);
        add_int(buf, row->place.partition);
        add_int(buf, row->place.entry_ms);
        add_int(buf, row->place.entry_seq);
        add_cell(buf, row->event.task_id);
        add_cell(buf, row->event.status);
        add_cell(buf, row->event.stage);
        add_int(buf, row->event.event_time_us);
        add_cell(buf, row->event.event_id);
        add_maybe(buf, row->event.has_seq, row->event.seq);
        add_cell(buf, row->event.message);
        add_cell(buf, row->event.attributes);
        add_int(buf, row->fence);
        add_int(buf, row->attempt);
        end_row(buf);
    }
}

static int by_task(const void *a, const void *b)
{
    const struct tt_model_task *x = a, *y = b;
    return tt_str_compare(x->row.task_id, y->row.task_id);
}

static void add_tasks(struct tt_buf *buf)
{
    qsort(tables.tasks, tables.task_count, sizeof *tables.tasks, by_task);
    for (size_t i = 0; i < tables.task_count; i++) {
        const struct tt_current_row *row = &tables.tasks[i].row;
        add_text(buf, row->task_id);
        add_cell(buf, row->status);
        add_cell(buf, row->stage);
        add_int(buf, row->event_time_us);
        add_maybe(buf, row->has_seq, row->seq);
        add_int(buf, row->newest_event_time_us);
        add_int(buf, row->events);
        add_int(buf, row->fence);
        add_int(buf, row->stays);
        add_cell(buf, row->stay_status);
        add_cell(buf, row->correlation_id);
        add_cell(buf, row->dataset_id);
        end_row(buf);
    }
}

static void add_stays(struct tt_buf *buf)
{
    for (size_t i = 0; i < tables.task_count; i++)
        for (size_t k = 0; k < tables.tasks[i].stay_count; k++) {
            const struct tt_interval_row *stay = &tables.tasks[i].stays[k];
            add_text(buf, tables.tasks[i].row.task_id);
            add_int(buf, stay->position);
            add_int(buf, stay->valid_from_us);
            add_maybe(buf, stay->valid_to_us != TT_TIME_NONE, stay->valid_to_us);
            add_cell(buf, stay->status);
            add_cell(buf, stay->stage);
            end_row(buf);
        }
}

static int by_set(const void *a, const void *b)
{
    const struct tt_progress_row *x = a, *y = b;
    return tt_str_compare(x->dataset_id, y->dataset_id);
}

static void add_sets(struct tt_buf *buf)
{
    qsort(tables.progress, tables.progress_count, sizeof *tables.progress, by_set);
    for (size_t i = 0; i < tables.progress_count; i++) {
        const struct tt_progress_row *row = &tables.progress[i];
        add_text(buf, row->dataset_id);
        add_maybe(buf, row->records_expected >= 0, row->records_expected);
        add_int(buf, row->finished);
        add_int(buf, row->succeeded);
        add_int(buf, row->failed);
        add_cell(buf, row->first_failure);
        add_maybe(buf, row->first_failure_at_us != TT_TIME_NONE, row->first_failure_at_us);
        add_cell(buf, row->last_stage);
        end_row(buf);
    }
}

static const struct {
    void (*add)(struct tt_buf *buf);
    const char *sql;
} views[] = {
    {add_audit, "SELECT row_number() OVER (ORDER BY apply_seq) AS n, epoch, partition, entry_ms,"
                " entry_seq, task_id, status, stage, US(event_time), event_id, seq, message,"
                " attributes, fence, attempt FROM task_status_audit ORDER BY n"},
    {add_tasks, "SELECT task_id, status, stage, US(event_time), last_seq, US(newest_event_time),"
                " events, fence, stays, stay_status, correlation_id, dataset_id"
                " FROM task_status_current ORDER BY task_id"},
    {add_stays, "SELECT task_id, position, US(valid_from), US(valid_to), status, stage"
                " FROM task_status_interval ORDER BY task_id, position"},
    {add_sets, "SELECT dataset_id, records_expected, records_finished, succeeded, failed,"
               " first_failure, US(first_failure_at), last_stage FROM dataset_progress"
               " ORDER BY dataset_id"},
};

static void compare_tables(unsigned batch)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char *real = tt_test_store_text(&test, views[i].sql);
        tt_buf_clear(&buf);
        views[i].add(&buf);
        while (buf.len > 0 && buf.data[buf.len - 1] == '\n')
            buf.data[--buf.len] = '\0';
        size_t len = strlen(real);
        while (len > 0 && real[len - 1] == '\n')
            real[--len] = '\0';
        ck_assert_msg(strcmp(real, buf.data == NULL ? "" : buf.data) == 0,
                      "batch %u: the store\n%s\nthe model\n%s", batch, real, buf.data);
        free(real);
    }
    tt_buf_done(&buf);
}

/* ---- Batches */

static struct {
    struct tt_event event;
    unsigned partition;
    int64_t id_ms;
} remembered[REMEMBERED];
static size_t remembered_count;
static int64_t newest_ms[PARTITIONS], fences[PARTITIONS];

static struct tt_event an_event(unsigned task)
{
    static const char *const names[TASKS] = {"a", "b", "c", "d", "e", "f"};
    static const char *const statuses[] = {"QUEUED", "RUNNING", "FAILED", "SUCCEEDED"};
    static const char *const ids[] = {"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"};
    struct tt_event event = tt_test_event(statuses[tt_chance_below(&chance, 4)],
                                          10 + (int64_t)tt_chance_below(&chance, 40));
    event.task_id = tt_str_from(names[task]);
    event.has_seq = tt_chance_of(&chance, 40);
    event.seq = event.has_seq ? (int64_t)tt_chance_below(&chance, 4) : 0;
    if (tt_chance_of(&chance, 20))
        event.event_id = tt_str_from(ids[tt_chance_below(&chance, 9)]);
    if (tt_chance_of(&chance, 40))
        event.stage = tt_str_from(tt_chance_of(&chance, 50) ? "s1" : "s2");
    if (tt_chance_of(&chance, 50)) {
        event.correlation_id = TT_STR("request");
        event.dataset_id = tt_str_from(tt_chance_of(&chance, 80) ? "set" : "rest");
    }
    if (tt_chance_of(&chance, 10))
        event.attributes = TT_STR("{\"record_count\":7}");
    if (tt_chance_of(&chance, 20))
        event.message = tt_str_from(tt_chance_of(&chance, 50) ? "disk full" : "");
    return event;
}

/* Adds the same entry to both. */
static void add_entry(struct tt_applying *real, struct tt_applying *is)
{
    unsigned task = tt_chance_below(&chance, TASKS), partition = task % PARTITIONS;
    struct tt_event event = an_event(task);
    int64_t id_ms = newest_ms[partition];
    if (remembered_count > 0 && tt_chance_of(&chance, 15)) { /* it comes again */
        size_t i = tt_chance_below(&chance, (unsigned)remembered_count);
        event = remembered[i].event;
        partition = remembered[i].partition;
        id_ms = remembered[i].id_ms;
    } else if (tt_chance_of(&chance, 4)) { /* its place, with another in it */
        id_ms -= (int64_t)tt_chance_below(&chance, 5);
    } else {
        id_ms = newest_ms[partition] += 1 + (int64_t)tt_chance_below(&chance, 3);
        remembered[remembered_count].event = event;
        remembered[remembered_count].partition = partition;
        remembered[remembered_count].id_ms = id_ms;
        remembered_count += remembered_count + 1 < REMEMBERED;
    }
    tt_applying_add(real, &event, partition, id_ms, 0);
    tt_applying_add(is, &event, partition, id_ms, 0);
}

static void run_batch(struct tt_applying *real, struct tt_applying *is, struct failing *real_store,
                      struct failing *is_store, unsigned number)
{
    uint64_t rows[2] = {0, 0};
    size_t count = 1 + tt_chance_below(&chance, BATCH_MAX);
    int fails_at = tt_chance_of(&chance, 25) ? 1 + (int)tt_chance_below(&chance, 7) : -1;
    /* A commit that fails after it has happened is told of in time: nothing is rolled back. */
    bool after = tt_chance_of(&chance, 50);
    for (size_t i = 0; i < count; i++)
        add_entry(real, is);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        fences[i] += (int64_t)tt_chance_below(&chance, tt_chance_of(&chance, 5) ? 2000 : 2);
        int64_t late = tt_chance_of(&chance, 10) ? (int64_t)tt_chance_below(&chance, 3) : 0;
        real->fences[i] = is->fences[i] = fences[i] > late ? fences[i] - late : 1;
    }
    real_store->calls = is_store->calls = 0;
    real_store->fails_at = is_store->fails_at = fails_at;
    real_store->after = is_store->after = after;
    enum tt_err err = tt_applying_try(real, &rows[0]), modelled = tt_applying_try(is, &rows[1]);
    ck_assert_msg(err == modelled && (err != TT_OK || rows[0] == rows[1]),
                  "batch %u: %s (%s), %llu rows; the model %s (%s), %llu", number, tt_err_name(err),
                  real->fault.text, (unsigned long long)rows[0], tt_err_name(modelled),
                  is->fault.text, (unsigned long long)rows[1]);
    ck_assert_uint_eq(real->reused, is->reused);
}

static enum tt_err pass(void *context, enum tt_sim_call call, struct tt_fault *fault)
{
    (void)context, (void)call, (void)fault;
    return TT_OK;
}

TT_TEST(the_model_holds_what_the_store_does)
{
    static struct tt_applying real, is;
    static const struct tt_link link = {.there = pass, .back = pass};
    struct tt_model_store client = {.tables = &tables, .link = &link, .one_writer = true};
    struct failing real_failing, is_failing;
    struct tt_fault fault = {0};
    chance.state = tt_chance_seed("honest store");
    for (unsigned round = 0; round < TT_SIM_STORES; round++) {
        tt_test_store_make(&test, _i);
        tt_model_tables_init(&tables);
        const struct tt_store port = tt_model_store_port(&client);
        const struct tt_store real_port = failing_port(&real_failing, &test.store);
        const struct tt_store is_port = failing_port(&is_failing, &port);
        bool by_arrival = tt_chance_of(&chance, 50);
        tt_applying_begin(&real, &real_port, by_arrival);
        tt_applying_begin(&is, &is_port, by_arrival);
        remembered_count = 0;
        for (unsigned i = 0; i < PARTITIONS; i++)
            newest_ms[i] = 100, fences[i] = 1;
        for (unsigned i = 0; i < BATCHES; i++) {
            int64_t reserved[2];
            int64_t up_to =
                tt_chance_of(&chance, 30) ? 0 : (int64_t)tt_chance_below(&chance, 100000);
            run_batch(&real, &is, &real_failing, &is_failing, i);
            ck_assert_int_eq(
                test.store.reserve_fences(test.store.context, up_to, &reserved[0], &fault), TT_OK);
            ck_assert_int_eq(port.reserve_fences(port.context, up_to, &reserved[1], &fault), TT_OK);
            ck_assert_int_eq(reserved[0], reserved[1]);
            if (i % 20 == 19)
                compare_tables(i);
        }
        tt_applying_done(&real);
        tt_applying_done(&is);
        tt_model_tables_done(&tables);
        tt_test_store_done(&test);
    }
}
TT_END

TT_STORE_SUITE("sim/honest_store", the_model_holds_what_the_store_does)
