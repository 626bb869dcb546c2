/* Inside of an uploader's world: upload_world.c has its outbox, rows and time, upload_world_sink.c
 * the sink. */
#ifndef TT_TESTS_LIB_UPLOAD_WORLD_PARTS_H
#define TT_TESTS_LIB_UPLOAD_WORLD_PARTS_H

#include "tests/lib/upload_world.h"

/* Whether a port's call may have its effect; *ret_err: what it says in the end. */
bool tt_upload_world_may(struct tt_upload_world *world, enum tt_err *ret_err,
                         struct tt_fault *fault);
/* Every so many rows of the store have a row of the table. */
int64_t tt_upload_world_step(enum tt_upload_table_id table);
/* The number of the store's row that stands at a place of a plan's rows. */
int64_t tt_upload_world_number(int64_t first, enum tt_upload_table_id table, uint64_t place);
struct tt_sink tt_upload_world_sink(struct tt_upload_world *world);

#endif
