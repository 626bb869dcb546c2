/* What a batch needs to know before the handlers decide: one round trip; a second one for what the
 * first says has to be looked up.
 *
 * A task without a row has no events that another could be the same as. In a large batch, then,
 * only the other tasks' events are looked up; in a small one it is quicker to ask about all of them
 * at once. Texts in answers stay in the results they came in, which are kept until the transaction
 * ends. */
#include "adapters/postgres/writer.h"
#include "core/base/time.h"

enum { ASK_AT_ONCE_MAX = 128 }; /* entries */

/* What is looked up of single entries. */
struct looking {
    bool at_once; /* without waiting for the rows of the tasks */
    size_t *same; /* the entries whose like is looked for */
    size_t same_count;
    bool *at_place; /* of each entry, whether its place is */
    size_t place_count;
};

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* ---- Tasks */

static enum tt_err ask_current(struct tt_pg_writer *w, const struct tt_store_batch *batch,
                               struct tt_fault *fault)
{
    tt_wire_list(&w->wires[0], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[1], TT_WIRE_TEXT);
    for (size_t i = 0; i < batch->task_count; i++) {
        tt_wire_text(&w->wires[0], batch->tasks[i].tenant);
        tt_wire_text(&w->wires[1], batch->tasks[i].task_id);
    }
    const struct tt_pg_param params[] = {tt_wire_end(&w->wires[0]), tt_wire_end(&w->wires[1])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_CURRENT_GET, params, 2, fault) : err;
}

static enum tt_err take_current(struct tt_store_batch *batch, const PGresult *result,
                                struct tt_arena *arena, struct tt_fault *fault)
{
    int count = PQntuples(result);
    struct tt_current_row *rows = tt_arena_alloc(arena, (size_t)(count + 1) * sizeof *rows);
    if (rows == NULL)
        return no_memory(fault);
    for (size_t i = 0; i < batch->task_count; i++)
        batch->tasks[i].current = NULL;
    for (int i = 0; i < count; i++) {
        struct tt_store_task *task = &batch->tasks[tt_pg_int8(result, i, 0) - 1];
        rows[i] = (struct tt_current_row){
            .tenant = task->tenant,
            .task_id = task->task_id,
            .task_type = tt_pg_text(result, i, 1),
            .status = tt_pg_text(result, i, 2),
            .stage = tt_pg_text(result, i, 3),
            .event_time_us = tt_pg_time(result, i, 4),
            .first_seen_at_us = tt_pg_time(result, i, 5),
            .updated_at_us = tt_pg_time(result, i, 6),
            .events = tt_pg_int8(result, i, 7),
            .fence = tt_pg_int8(result, i, 8),
            .has_seq = !tt_pg_is_null(result, i, 9),
            .seq = tt_pg_is_null(result, i, 9) ? 0 : tt_pg_int8(result, i, 9),
            .newest_event_time_us = tt_pg_time(result, i, 10),
            .correlation_id = tt_pg_text(result, i, 11),
            .dataset_id = tt_pg_text(result, i, 12),
            .stays = tt_pg_int8(result, i, 13),
            .stay_status = tt_pg_text(result, i, 14),
        };
        task->current = &rows[i];
    }
    return TT_OK;
}

/* ---- Events that are the same */

static enum tt_err ask_same(struct tt_pg_writer *w, const struct tt_store_batch *batch,
                            struct looking *looking, struct tt_fault *fault)
{
    tt_wire_list(&w->wires[0], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[1], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[2], TT_WIRE_INT4);
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct tt_store_entry *entry = &batch->entries[i];
        if (!looking->at_once && batch->tasks[entry->task].current == NULL)
            continue;
        looking->same[looking->same_count++] = i;
        tt_wire_text(&w->wires[0], entry->event.tenant);
        tt_wire_text(&w->wires[1], entry->event.task_id);
        tt_wire_int4(&w->wires[2], (int32_t)entry->identity);
    }
    const struct tt_pg_param params[] = {tt_wire_end(&w->wires[0]), tt_wire_end(&w->wires[1]),
                                         tt_wire_end(&w->wires[2])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK && looking->same_count > 0
               ? tt_pg_writer_send(w, TT_PG_SQL_SAME, params, 3, fault)
               : err;
}

/* Rows with the identity asked for; mostly none, and now and then one that is not the same. */
static void take_same(struct tt_store_batch *batch, const PGresult *result,
                      const struct looking *looking)
{
    for (int i = 0; i < PQntuples(result); i++) {
        size_t place = looking->same[tt_pg_int8(result, i, 0) - 1];
        struct tt_store_entry *entry = &batch->entries[place];
        const struct tt_event stored = {
            .event_id = tt_pg_text(result, i, 1),
            .event_time_us = tt_pg_time(result, i, 2),
            .status = tt_pg_text(result, i, 3),
            .stage = tt_pg_text(result, i, 4),
            .source = tt_pg_text(result, i, 5),
            .has_seq = !tt_pg_is_null(result, i, 6),
            .seq = tt_pg_is_null(result, i, 6) ? 0 : tt_pg_int8(result, i, 6),
        };
        entry->stored_same = entry->stored_same || tt_event_is_same(&stored, &entry->event);
    }
}

/* ---- Round trips */

static enum tt_err load_tasks(struct tt_pg_writer *w, struct tt_store_batch *batch,
                              struct looking *looking, struct tt_arena *arena,
                              struct tt_fault *fault)
{
    PGresult *results[5] = {NULL}; /* BEGIN and the fences come first */
    size_t first = w->sent;
    enum tt_err err = tt_pg_ask_newest(w, batch, fault);
    if (err == TT_OK)
        err = ask_current(w, batch, fault);
    if (err == TT_OK && looking->at_once)
        err = ask_same(w, batch, looking, fault);
    size_t sent = w->sent;
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, results, "reading", fault);
    if (err != TT_OK)
        return err;
    for (size_t i = 0; i < first; i++)
        PQclear(results[i]);
    for (size_t i = first; i < sent; i++)
        tt_pg_keep(&w->pg, results[i]);
    if (looking->same_count > 0)
        take_same(batch, results[first + 2], looking);
    looking->place_count = tt_pg_take_newest(batch, results[first], looking->at_place);
    return take_current(batch, results[first + 1], arena, fault);
}

static enum tt_err look_up(struct tt_pg_writer *w, struct tt_store_batch *batch,
                           struct looking *looking, struct tt_arena *arena, struct tt_fault *fault)
{
    PGresult *results[2] = {NULL};
    enum tt_err err = TT_OK;
    if (looking->place_count > 0)
        err = tt_pg_ask_taken(w, batch, looking->at_place, fault);
    if (err == TT_OK && !looking->at_once)
        err = ask_same(w, batch, looking, fault);
    size_t sent = w->sent;
    if (err == TT_OK && sent > 0)
        err = tt_pg_writer_sync(w, results, "reading", fault);
    if (err != TT_OK)
        return err;
    for (size_t i = 0; i < sent; i++)
        tt_pg_keep(&w->pg, results[i]);
    if (!looking->at_once && looking->same_count > 0)
        take_same(batch, results[sent - 1], looking);
    return looking->place_count > 0
               ? tt_pg_take_taken(batch, results[0], looking->at_place, arena, fault)
               : TT_OK;
}

enum tt_err tt_pg_writer_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                              struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    size_t count = batch->entry_count;
    struct looking looking = {
        .at_once = count <= ASK_AT_ONCE_MAX,
        .same = tt_arena_alloc(arena, (count + 1) * sizeof *looking.same),
        .at_place = tt_arena_alloc(arena, count + 1),
    };
    batch->taken_count = 0;
    if (looking.same == NULL || looking.at_place == NULL)
        return no_memory(fault);
    enum tt_err err = load_tasks(w, batch, &looking, arena, fault);
    if (err == TT_OK)
        err = tt_pg_writer_check_fences(w, batch, fault);
    return err == TT_OK ? look_up(w, batch, &looking, arena, fault) : err;
}
