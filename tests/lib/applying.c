#include "tests/lib/applying.h"

#include "core/base/limits.h"
#include <check.h>
#include <stdlib.h>

static int64_t wall_us(void *context)
{
    return ((struct tt_applying *)context)->now_us;
}

static void observe(void *context, enum tt_observation what, int64_t number, const char *text)
{
    struct tt_applying *applying = context;
    (void)text;
    if (what == TT_OBSERVED_ENTRY_ID_REUSED)
        applying->reused = (uint64_t)number;
}

void tt_applying_begin(struct tt_applying *applying, const struct tt_store *store,
                       bool apply_by_arrival)
{
    *applying = (struct tt_applying){.now_us = 5000000, .locking = true};
    applying->clock = (struct tt_clock){.context = applying, .wall_us = wall_us};
    applying->observer = (struct tt_observer){applying, observe};
    for (size_t i = 0; i < sizeof applying->fences / sizeof *applying->fences; i++)
        applying->fences[i] = 1;
    const struct tt_applier_options options = {
        .store = store,
        .clock = &applying->clock,
        .observer = &applying->observer,
        .worker = TT_STR("w"),
        .apply_by_arrival = apply_by_arrival,
        .json_depth_max = TT_JSON_DEPTH_MAX,
    };
    ck_assert_int_eq(tt_applier_create(&options, &applying->applier, &applying->fault), TT_OK);
    tt_applier_set_epoch(applying->applier, 1);
}

static void forget(struct tt_applying *applying)
{
    for (size_t i = 0; i < applying->count; i++)
        free((void *)(uintptr_t)applying->entries[i].payload.ptr);
    applying->count = 0;
}

void tt_applying_done(struct tt_applying *applying)
{
    forget(applying);
    tt_mem_free(applying->entries);
    tt_applier_destroy(applying->applier);
}

void tt_applying_add(struct tt_applying *applying, const struct tt_event *event, unsigned partition,
                     int64_t id_ms, int64_t id_seq)
{
    struct tt_buf payload;
    ck_assert_int_eq(tt_mem_reserve((void **)&applying->entries, &applying->capacity,
                                    applying->count + 1, sizeof *applying->entries),
                     TT_OK);
    tt_buf_init(&payload, 0);
    tt_event_write_json(&payload, event);
    applying->entries[applying->count++] = (struct tt_queue_entry){.partition = partition,
                                                                   .id_ms = id_ms,
                                                                   .id_seq = id_seq,
                                                                   .deliveries = 1,
                                                                   .payload = tt_buf_str(&payload)};
}

enum tt_err tt_applying_try(struct tt_applying *applying, uint64_t *ret_rows)
{
    const struct tt_queue_batch batch = {.entries = applying->entries, .count = applying->count};
    applying->reused = 0;
    applying->poison_count = 0;
    tt_fault_clear(&applying->fault);
    for (size_t i = 0; i < applying->count; i++)
        applying->entries[i].fence =
            applying->locking ? applying->fences[applying->entries[i].partition] : 0;
    enum tt_err err =
        tt_applier_apply(applying->applier, &batch, applying->now_us, &applying->poison,
                         &applying->poison_count, ret_rows, &applying->fault);
    forget(applying);
    return err;
}

uint64_t tt_applying_run(struct tt_applying *applying)
{
    uint64_t rows = 0;
    enum tt_err err = tt_applying_try(applying, &rows);
    ck_assert_msg(err == TT_OK, "%s: %s", tt_err_name(err), applying->fault.text);
    return rows;
}

uint64_t tt_apply_one(struct tt_applying *applying, const struct tt_event *event, int64_t id_ms)
{
    tt_applying_add(applying, event, 3, id_ms, 0);
    return tt_applying_run(applying);
}
