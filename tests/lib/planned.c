#include "tests/lib/planned.h"

#include <stdio.h>

struct tt_planned tt_planned;

int64_t tt_planned_lease(struct tt_outbox *from, const char *holder, int64_t now_us)
{
    int64_t fence = -1;
    struct tt_fault fault = {0};
    enum tt_err err = from->lease(from->context, TT_PLANNED_DESTINATION, tt_str_from(holder),
                                  now_us, now_us + 1000, &fence, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return fence;
}

void tt_planned_set_up(int kind)
{
    tt_test_store_make(&tt_planned.test, kind);
    tt_test_outbox_open(&tt_planned.test, &tt_planned.outbox);
    tt_planned.turn = (struct tt_outbox_turn){TT_PLANNED_DESTINATION,
                                              tt_planned_lease(&tt_planned.outbox, "me", 1000)};
    ck_assert_int_eq(tt_planned.turn.fence, 1);
}

void tt_planned_tear_down(void)
{
    tt_test_outbox_close(&tt_planned.test, &tt_planned.outbox);
    tt_test_store_done(&tt_planned.test);
}

struct tt_upload_batch tt_planned_rows(enum tt_upload_table_id table, uint64_t from, uint64_t rows)
{
    struct tt_upload_batch b = {.table = table,
                                .made = {from, rows, rows * 10, {7, 8, 9}, rows * 100, rows * 50}};
    return b;
}

enum tt_err tt_planned_plan(int64_t number, int64_t first, int64_t last)
{
    const struct tt_upload_batch batches[] = {tt_planned_rows(TT_UPLOAD_AUDIT, 0, 5),
                                              tt_planned_rows(TT_UPLOAD_DISCREPANCY, 0, 2)};
    const struct tt_outbox_plan plan = {
        .plan = {.number = number, .first = first, .last = last, .written_at_us = 5, .rules = "r"},
        .batches = batches,
        .batch_count = 2,
        .now_us = 77,
    };
    return tt_planned.outbox.plan(tt_planned.outbox.context, &tt_planned.turn, &plan, NULL);
}

enum tt_err tt_planned_take(void *context, const struct tt_upload_batch *batch)
{
    (void)context;
    ck_assert_uint_lt(tt_planned.open_count, 10);
    tt_planned.open_list[tt_planned.open_count++] = *batch;
    return TT_OK;
}

size_t tt_planned_open(void)
{
    struct tt_fault fault = {0};
    tt_planned.open_count = 0;
    enum tt_err err = tt_planned.outbox.open(tt_planned.outbox.context, TT_PLANNED_DESTINATION,
                                             tt_planned_take, NULL, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return tt_planned.open_count;
}

struct tt_outbox_view tt_planned_look(void)
{
    struct tt_outbox_view view;
    struct tt_fault fault = {0};
    enum tt_err err =
        tt_planned.outbox.look(tt_planned.outbox.context, TT_PLANNED_DESTINATION, &view, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return view;
}

struct tt_outbox_totals tt_planned_totals(void)
{
    struct tt_outbox_totals all;
    struct tt_fault fault = {0};
    enum tt_err err =
        tt_planned.outbox.totals(tt_planned.outbox.context, TT_PLANNED_DESTINATION, &all, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    return all;
}
