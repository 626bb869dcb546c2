/* Inside core/outbox only. */
#ifndef TT_OUTBOX_PARTS_H
#define TT_OUTBOX_PARTS_H

#include "core/outbox/outbox.h"

/* FENCED: another uploader was quicker. */
enum tt_err tt_outbox_fenced(const struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                             struct tt_fault *fault);
struct tt_str tt_outbox_table(enum tt_upload_table_id table);

static inline enum tt_err tt_outbox_run(struct tt_outbox_db *db, enum tt_outbox_sql which,
                                        struct tt_outbox_values values, struct tt_fault *fault)
{
    return db->run(db->context, which, values, NULL, fault);
}

/* A change that takes place only in one's turn, and of what was expected: else FENCED. */
enum tt_err tt_outbox_run_in_turn(struct tt_outbox_db *db, enum tt_outbox_sql which,
                                  struct tt_outbox_values values, const struct tt_outbox_turn *turn,
                                  struct tt_fault *fault);

/* The functions of the port, by file: look.c and change.c. */
void tt_outbox_fill_look(struct tt_outbox *outbox);
void tt_outbox_fill_change(struct tt_outbox *outbox);

#endif
