/* The outbox port on SQLite, in the store's own file. Several processes may work on one file.
 * Threads: one per outbox. */
#ifndef TT_ADAPTERS_SQLITE_OUTBOX_H
#define TT_ADAPTERS_SQLITE_OUTBOX_H

#include "core/port/outbox.h"

/* Opens the store's file, brings its schema up to date. Errors: as tt_sqlite_store_open. Owns its
 * context until tt_sqlite_outbox_done. */
enum tt_err tt_sqlite_outbox_open(const char *path, int busy_ms, struct tt_outbox *ret_outbox,
                                  struct tt_fault *fault) TT_MUST_CHECK;
void tt_sqlite_outbox_done(struct tt_outbox *outbox);

#endif
