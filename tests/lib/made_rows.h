/* A store in an SQLite file, its outbox, and a maker of the rows that are uploaded: what is written
 * there is planned, made and read back. One at a time: tt_made. */
#ifndef TT_TESTS_LIB_MADE_ROWS_H
#define TT_TESTS_LIB_MADE_ROWS_H

#include "core/model/lifecycle.h"
#include "core/model/tenants.h"
#include "core/port/crypto.h"
#include "core/port/outbox.h"
#include "core/port/spool.h"
#include "core/port/store.h"
#include "core/port/upload_rows.h"

#define TT_MADE_DESTINATION TT_STR("test")

struct tt_made_rows {
    char path[200], spool_dir[220];
    struct tt_store store;
    struct tt_store_reader reader;
    struct tt_outbox outbox;
    struct tt_outbox_turn turn;
    struct tt_spool spool;
    struct tt_crypto crypto;
    struct tt_lifecycle_set *lifecycles;
    struct tt_tenants *tenants;
    struct tt_upload_rows rows;
    int64_t plans, planned_to;
    int64_t next_ms;
    char lines[TT_UPLOAD_TABLES][20000]; /* of the newest plan */
    struct tt_upload_batch batches[TT_UPLOAD_TABLES];
};
extern struct tt_made_rows tt_made;

/* hold: rows of tasks with errors wait. */
void tt_made_set_up(bool hold);
void tt_made_tear_down(void);
/* Another maker in place of the one before; tenants NULL: none; bytes_max 0: as the program. */
void tt_made_maker(bool hold, const char *tenants, uint64_t bytes_max);
/* An event arrives and is written. */
void tt_made_arrives(const char *task, const char *status, int64_t time_us, const char *type);
/* Plans what follows the newest plan, up to last, stores it, and reads its lines back. */
enum tt_err tt_made_plan(int64_t last, uint64_t held_max, struct tt_fault *fault);
/* Everything that was written by now. */
void tt_made_plan_all(void);
/* The batch's lines, appended to none: `to` has room for as many as tt_made.lines. */
void tt_made_read(const struct tt_upload_batch *batch, char *to);
/* The files of the newest plan are gone. */
void tt_made_forget(void);
/* How many lines of the newest plan have the text. */
int tt_made_lines(enum tt_upload_table_id table, const char *text);
#define AUDIT(text)   tt_made_lines(TT_UPLOAD_AUDIT, text)
#define FINDING(text) tt_made_lines(TT_UPLOAD_DISCREPANCY, text)

#endif
