#include "tests/lib/upload_runs.h"

#include "adapters/sqlite/outbox.h"
#include "adapters/sqlite/outbox_sql.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>

struct tt_outbox tt_upload_outbox;

enum { RESTARTS_MAX = 20 };

void tt_upload_outbox_open(void)
{
    struct tt_fault fault = {0};
    ck_assert_msg(tt_sqlite_outbox_open(tt_tmpfile("tt_upload_outbox.db"), 60000, &tt_upload_outbox,
                                        &fault) == TT_OK,
                  "%s", fault.text);
    const struct tt_sqlite_outbox *inner = tt_upload_outbox.context;
    ck_assert_int_eq(tt_db_run(&inner->db, "PRAGMA synchronous = OFF", NULL), TT_OK);
}

struct tt_upload_world tt_upload_world_new(void)
{
    static int number;
    struct tt_upload_world world = {.outbox = &tt_upload_outbox,
                                    .rows_in_store = TT_UPLOAD_WORLD_ROWS,
                                    .batch_rows = 5,
                                    .now_us = 1000000000};
    snprintf(world.destination, sizeof world.destination, "run-%d", ++number);
    return world;
}

static bool is_bad(const struct tt_upload_world *w, enum tt_upload_table_id table, int64_t row)
{
    return table == TT_UPLOAD_AUDIT &&
           (row == w->bad_rows[0] || row == w->bad_rows[1] || row == w->bad_rows[2]);
}

void tt_upload_assert_once(const struct tt_upload_world *w)
{
    ck_assert_msg(w->broken[0] == '\0', "trouble %d at call %d: %s", w->trouble, w->trouble_at,
                  w->broken);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        for (int64_t row = 1; row <= w->rows_in_store; row++) {
            int wanted = !is_bad(w, t, row) && (t == TT_UPLOAD_AUDIT || row % 3 == 0);
            int seen = tt_upload_world_seen(w, t, row);
            ck_assert_msg(seen == wanted,
                          "trouble %d at call %d: row %d of table %d is there %d"
                          " times, not %d",
                          w->trouble, w->trouble_at, (int)row, t, seen, wanted);
        }
}

/* Runs to the end, begun anew after each death. */
void tt_upload_run_to_end(struct tt_upload_world *w)
{
    struct tt_uploader_counts counts;
    for (int i = 0; i < RESTARTS_MAX; i++) {
        struct tt_fault fault = {0};
        char holder[20];
        snprintf(holder, sizeof holder, "process-%d", i);
        enum tt_err err = tt_upload_world_run(w, holder, &counts, &fault);
        if (err == TT_OK)
            return;
        ck_assert_msg(err == TT_ERR_IO || tt_err_class(err) == TT_CLASS_RETRY,
                      "trouble %d at call %d: %s", w->trouble, w->trouble_at, fault.text);
    }
    ck_abort_msg("trouble %d at call %d: it never ends", w->trouble, w->trouble_at);
}
