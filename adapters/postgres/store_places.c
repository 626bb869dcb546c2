/* Whether entries have their rows already. They mostly come behind all rows of their partition, so
 * the newest row of each partition answers for them; only entries at or before it are looked up at
 * their places. */
#include "adapters/postgres/writer.h"

static struct tt_pg_param number(struct tt_wire *wire, char bytes[static 8], int64_t value)
{
    tt_buf_clear(&wire->buf);
    wire->is_array = wire->typed = false;
    tt_wire_int8(wire, value);
    if (wire->buf.err == TT_OK)
        memcpy(bytes, wire->buf.data + 4, 8);
    return (struct tt_pg_param){bytes, 8};
}

enum tt_err tt_pg_ask_newest(struct tt_pg_writer *w, const struct tt_store_batch *batch,
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

static bool is_before(const struct tt_place *place, int64_t entry_ms, int64_t entry_seq)
{
    return place->entry_ms < entry_ms ||
           (place->entry_ms == entry_ms && place->entry_seq <= entry_seq);
}

size_t tt_pg_take_newest(struct tt_store_batch *batch, const PGresult *result, bool *look_up)
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

enum tt_err tt_pg_ask_taken(struct tt_pg_writer *w, const struct tt_store_batch *batch,
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
enum tt_err tt_pg_take_taken(struct tt_store_batch *batch, const PGresult *result,
                             const bool *look_up, struct tt_arena *arena, struct tt_fault *fault)
{
    int count = PQntuples(result);
    struct tt_store_taken *taken = tt_arena_alloc(arena, (size_t)(count + 1) * sizeof *taken);
    if (taken == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
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
