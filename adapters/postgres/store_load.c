/* What a batch needs to know before the handlers decide: one round trip, two when entries come
 * again.
 *
 * Entries mostly come behind all rows of their partition, so the newest row of each partition
 * answers for them; only entries at or before it are looked up at their places. Texts in answers
 * stay in the results they came in, which are kept until the transaction ends. */
#include "adapters/postgres/writer.h"
#include "core/base/time.h"

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

static struct tt_pg_param number(struct tt_wire *wire, char bytes[static 8], int64_t value)
{
    tt_buf_clear(&wire->buf);
    wire->is_array = wire->typed = false;
    tt_wire_int8(wire, value);
    if (wire->buf.err == TT_OK)
        memcpy(bytes, wire->buf.data + 4, 8);
    return (struct tt_pg_param){bytes, 8};
}

/* ---- Asking */

static enum tt_err ask_newest(struct tt_pg_writer *w, const struct tt_store_batch *batch,
                              struct tt_fault *fault)
{
    char epoch[8];
    const struct tt_pg_param first = number(&w->wires[0], epoch, batch->epoch);
    tt_wire_list(&w->wires[0], TT_WIRE_INT8);
    for (size_t i = 0; i < batch->partition_count; i++)
        tt_wire_int8(&w->wires[0], batch->partitions[i].partition);
    const struct tt_pg_param params[] = {first, tt_wire_end(&w->wires[0])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_NEWEST, params, 2, fault) : err;
}

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

static enum tt_err ask_same(struct tt_pg_writer *w, const struct tt_store_batch *batch,
                            struct tt_fault *fault)
{
    tt_wire_list(&w->wires[0], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[1], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[2], TT_WIRE_INT4);
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct tt_store_entry *entry = &batch->entries[i];
        tt_wire_text(&w->wires[0], entry->event.tenant);
        tt_wire_text(&w->wires[1], entry->event.task_id);
        tt_wire_int4(&w->wires[2], (int32_t)entry->identity);
    }
    const struct tt_pg_param params[] = {tt_wire_end(&w->wires[0]), tt_wire_end(&w->wires[1]),
                                         tt_wire_end(&w->wires[2])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_SAME, params, 3, fault) : err;
}

/* ---- Answers */

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

/* Rows with the identity asked for; mostly none, and now and then one that is not the same. */
static void take_same(struct tt_store_batch *batch, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        struct tt_store_entry *entry = &batch->entries[tt_pg_int8(result, i, 0) - 1];
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

/* ---- Places */

static bool is_before(const struct tt_place *place, int64_t entry_ms, int64_t entry_seq)
{
    return place->entry_ms < entry_ms ||
           (place->entry_ms == entry_ms && place->entry_seq <= entry_seq);
}

/* Says of each partition its newest epoch, and of each entry whether it has to be looked up. */
static size_t take_newest(struct tt_store_batch *batch, const PGresult *result, bool *look_up)
{
    size_t count = 0;
    for (int i = 0; i < PQntuples(result); i++)
        batch->partitions[tt_pg_int8(result, i, 0) - 1].newest_epoch = tt_pg_int8(result, i, 1);
    for (size_t i = 0; i < batch->entry_count; i++) {
        look_up[i] = false;
        if (batch->partitions[batch->entries[i].partition].newest_epoch == 0)
            continue;
        for (int k = 0; k < PQntuples(result) && !look_up[i]; k++)
            look_up[i] = tt_pg_int8(result, k, 0) - 1 == (int64_t)batch->entries[i].partition &&
                         is_before(&batch->entries[i].place, tt_pg_int8(result, k, 2),
                                   tt_pg_int8(result, k, 3));
        count += look_up[i];
    }
    return count;
}

static enum tt_err ask_taken(struct tt_pg_writer *w, const struct tt_store_batch *batch,
                             const bool *look_up, struct tt_fault *fault)
{
    char epoch[8];
    const struct tt_pg_param first = number(&w->wires[0], epoch, batch->epoch);
    for (size_t i = 0; i < 3; i++)
        tt_wire_list(&w->wires[i], TT_WIRE_INT8);
    for (size_t i = 0; i < batch->entry_count; i++) {
        if (!look_up[i])
            continue;
        tt_wire_int8(&w->wires[0], batch->entries[i].place.partition);
        tt_wire_int8(&w->wires[1], batch->entries[i].place.entry_ms);
        tt_wire_int8(&w->wires[2], batch->entries[i].place.entry_seq);
    }
    const struct tt_pg_param params[] = {first, tt_wire_end(&w->wires[0]),
                                         tt_wire_end(&w->wires[1]), tt_wire_end(&w->wires[2])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_TAKEN, params, 4, fault) : err;
}

static struct tt_event stored_event(const PGresult *result, int row)
{
    const int at = 2;
    return (struct tt_event){
        .tenant = tt_pg_text(result, row, at),
        .task_id = tt_pg_text(result, row, at + 1),
        .task_type = tt_pg_text(result, row, at + 2),
        .status = tt_pg_text(result, row, at + 3),
        .stage = tt_pg_text(result, row, at + 4),
        .event_time_us = tt_pg_time(result, row, at + 5),
        .event_id = tt_pg_text(result, row, at + 6),
        .source = tt_pg_text(result, row, at + 7),
        .has_seq = !tt_pg_is_null(result, row, at + 8),
        .seq = tt_pg_is_null(result, row, at + 8) ? 0 : tt_pg_int8(result, row, at + 8),
        .correlation_id = tt_pg_text(result, row, at + 9),
        .dataset_id = tt_pg_text(result, row, at + 10),
        .message = tt_pg_text(result, row, at + 11),
        .error_code = tt_pg_text(result, row, at + 12),
        .error_code_is_int = tt_pg_int2(result, row, at + 13) != 0,
        .attributes = tt_pg_text(result, row, at + 14),
        .received_at_us = tt_pg_time(result, row, at + 15),
    };
}

/* The n-th asked for is the n-th entry that is to be looked up. */
static enum tt_err take_taken(struct tt_store_batch *batch, const PGresult *result,
                              const bool *look_up, struct tt_arena *arena, struct tt_fault *fault)
{
    int count = PQntuples(result);
    struct tt_store_taken *taken = tt_arena_alloc(arena, (size_t)(count + 1) * sizeof *taken);
    if (taken == NULL)
        return no_memory(fault);
    int64_t asked = 0;
    size_t entry = 0;
    for (int i = 0; i < count; i++) {
        for (; asked < tt_pg_int8(result, i, 0); entry++)
            asked += look_up[entry];
        taken[i] =
            (struct tt_store_taken){entry - 1, tt_pg_int8(result, i, 1), stored_event(result, i)};
    }
    batch->taken = taken;
    batch->taken_count = (size_t)count;
    return TT_OK;
}

static enum tt_err load_places(struct tt_pg_writer *w, struct tt_store_batch *batch,
                               const PGresult *newest, struct tt_arena *arena,
                               struct tt_fault *fault)
{
    PGresult *result = NULL;
    bool *look_up = tt_arena_alloc(arena, batch->entry_count + 1);
    if (look_up == NULL)
        return no_memory(fault);
    batch->taken_count = 0;
    if (take_newest(batch, newest, look_up) == 0)
        return TT_OK;
    enum tt_err err = ask_taken(w, batch, look_up, fault);
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, &result, "reading", fault);
    if (err != TT_OK)
        return err;
    tt_pg_keep(&w->pg, result);
    return take_taken(batch, result, look_up, arena, fault);
}

enum tt_err tt_pg_writer_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                              struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    PGresult *results[4] = {NULL}; /* a BEGIN without fences comes first */
    size_t first = w->sent;
    enum tt_err err = ask_newest(w, batch, fault);
    if (err == TT_OK)
        err = ask_current(w, batch, fault);
    if (err == TT_OK)
        err = ask_same(w, batch, fault);
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, results, "reading", fault);
    if (err != TT_OK)
        return err;
    for (size_t i = 0; i < first + 3; i++)
        tt_pg_keep(&w->pg, results[i]);
    take_same(batch, results[first + 2]);
    err = take_current(batch, results[first + 1], arena, fault);
    if (err == TT_OK)
        err = tt_pg_writer_check_fences(w, batch, fault);
    return err == TT_OK ? load_places(w, batch, results[first], arena, fault) : err;
}
