/* An outbox of either kind, a lease of it, and plans of made-up rows. One at a time: tt_planned. */
#ifndef TT_TESTS_LIB_PLANNED_H
#define TT_TESTS_LIB_PLANNED_H

#include "tests/lib/stores.h"

#define TT_PLANNED_DESTINATION TT_STR("file:/out")

struct tt_planned {
    struct tt_test_store test;
    struct tt_outbox outbox;
    struct tt_outbox_turn turn;
    struct tt_upload_batch open_list[10]; /* as tt_planned_open found them */
    size_t open_count;
};
extern struct tt_planned tt_planned;

/* A store of the kind, and its lease for "me", fence 1, from time 1000 on. */
void tt_planned_set_up(int kind);
void tt_planned_tear_down(void);
/* A lease of 1 ms; gives the fence. */
int64_t tt_planned_lease(struct tt_outbox *from, const char *holder, int64_t now_us);
struct tt_upload_batch tt_planned_rows(enum tt_upload_table_id table, uint64_t from, uint64_t rows);
/* A plan of five audit and two discrepancy rows. */
enum tt_err tt_planned_plan(int64_t number, int64_t first, int64_t last);
/* Notes a batch in open_list; the list begins anew with tt_planned_open, which gives its length. */
enum tt_err tt_planned_take(void *context, const struct tt_upload_batch *batch);
size_t tt_planned_open(void);
struct tt_outbox_view tt_planned_look(void);
struct tt_outbox_totals tt_planned_totals(void);

#endif
