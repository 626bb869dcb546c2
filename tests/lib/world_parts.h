/* What the queue, the store and the rest of a worker's world share. Inside tests/lib/world*.c only.
 */
#ifndef TT_TESTS_LIB_WORLD_PARTS_H
#define TT_TESTS_LIB_WORLD_PARTS_H

#include "tests/lib/world.h"

/* Writes into the diary. */
void tt_world_note(struct tt_world *world, const char *what);
/* What is told to fail, fails once. */
enum tt_err tt_world_once(enum tt_err *fails, struct tt_fault *fault);

struct tt_queue tt_world_queue(struct tt_world *world);
struct tt_store tt_world_store(struct tt_world *world);

#endif
