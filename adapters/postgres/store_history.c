/* The ends of timelines that late events need: of all tasks at once, in one round trip. */
#include "adapters/postgres/writer.h"
#include "core/base/time.h"

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err ask(struct tt_pg_writer *w, const struct tt_store_history *histories,
                       size_t count, struct tt_fault *fault)
{
    tt_wire_list(&w->wires[0], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[1], TT_WIRE_TEXT);
    tt_wire_list(&w->wires[2], TT_WIRE_TIME);
    for (size_t i = 0; i < count; i++) {
        tt_wire_text(&w->wires[0], histories[i].tenant);
        tt_wire_text(&w->wires[1], histories[i].task_id);
        tt_wire_time(&w->wires[2], histories[i].since_us);
    }
    const struct tt_pg_param params[] = {tt_wire_end(&w->wires[0]), tt_wire_end(&w->wires[1]),
                                         tt_wire_end(&w->wires[2])};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    if (err == TT_OK)
        err = tt_pg_writer_send(w, TT_PG_SQL_ORIGINALS, params, 3, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_STAY_BEFORE, params, 3, fault) : err;
}

/* Rows come history by history. */
static enum tt_err take_originals(struct tt_store_history *histories, size_t count,
                                  const PGresult *result, struct tt_arena *arena,
                                  struct tt_fault *fault)
{
    int rows = PQntuples(result);
    struct tt_original *originals = tt_arena_alloc(arena, (size_t)(rows + 1) * sizeof *originals);
    if (originals == NULL)
        return no_memory(fault);
    int row = 0;
    for (size_t i = 0; i < count; i++) {
        histories[i].originals = originals + row;
        histories[i].count = 0;
        for (; row < rows && tt_pg_int8(result, row, 0) == (int64_t)i + 1; row++) {
            originals[row] = (struct tt_original){
                .status = tt_pg_text(result, row, 1),
                .stage = tt_pg_text(result, row, 2),
                .event_time_us = tt_pg_time(result, row, 3),
                .has_seq = !tt_pg_is_null(result, row, 4),
                .seq = tt_pg_is_null(result, row, 4) ? 0 : tt_pg_int8(result, row, 4),
                .arrival = tt_pg_int8(result, row, 5),
            };
            histories[i].count++;
        }
    }
    return TT_OK;
}

static void take_before(struct tt_store_history *histories, size_t count, const PGresult *result)
{
    for (size_t i = 0; i < count; i++)
        histories[i].has_before = false;
    for (int i = 0; i < PQntuples(result); i++) {
        struct tt_store_history *history = &histories[tt_pg_int8(result, i, 0) - 1];
        history->has_before = true;
        history->before = (struct tt_interval_row){
            .position = tt_pg_int8(result, i, 1),
            .valid_from_us = tt_pg_time(result, i, 2),
            .valid_to_us = TT_TIME_NONE,
            .status = tt_pg_text(result, i, 3),
            .stage = tt_pg_text(result, i, 4),
        };
    }
}

enum tt_err tt_pg_writer_histories(void *context, struct tt_store_history *histories, size_t count,
                                   struct tt_arena *arena, struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    PGresult *results[3] = {NULL};
    size_t first = w->sent;
    enum tt_err err = ask(w, histories, count, fault);
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, results, "reading", fault);
    if (err != TT_OK)
        return err;
    for (size_t i = 0; i < first + 2; i++)
        tt_pg_keep(&w->pg, results[i]);
    take_before(histories, count, results[first + 1]);
    return take_originals(histories, count, results[first], arena, fault);
}
