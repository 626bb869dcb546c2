/* When the write-ahead log goes back into the file: late, as a page that many commits change is
 * then written back once. After large commits the writer does it. Behind small ones somebody waits
 * for each, and tens of megabytes of pages would come in between: there a thread writes back, on a
 * connection of its own. The writer is left with what came meanwhile, and the log begins anew.
 *
 * Failure modes: no thread, or one that is slow: the writer writes back itself when the log is
 * long. Somebody reads an old state for long, or another process writes back: the log grows on, and
 * it is tried again when it has grown by as much again. The disk is full: the commit stands, and
 * its pages stay in the log. Others begin the log anew at the wrong moment, where SQLite itself is
 * not safe: a reader is kept beside each writing back. Threads: all calls from the writer's. */
#ifndef TT_ADAPTERS_SQLITE_CHECKPOINT_H
#define TT_ADAPTERS_SQLITE_CHECKPOINT_H

#include "adapters/sqlite/db.h"

struct tt_checkpoint;

/* From now on, after each commit of this connection. `db` has to stay where it is until
 * tt_checkpoint_stop, which comes before it is closed. Errors: those of tt_db_open. */
enum tt_err tt_checkpoint_start(const struct tt_db *db, struct tt_checkpoint **ret_checkpoint,
                                struct tt_fault *fault) TT_MUST_CHECK;
void tt_checkpoint_stop(struct tt_checkpoint *checkpoint); /* NULL: nothing */

#endif
