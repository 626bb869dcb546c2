/* The store port and its reader on SQLite. Several processes may work on one file. Threads: one per
 * store. */
#ifndef TT_ADAPTERS_SQLITE_STORE_H
#define TT_ADAPTERS_SQLITE_STORE_H

#include "core/port/store.h"

enum { TT_SQLITE_BUSY_MS_DEFAULT = 5000 };

/* Opens the file for writing, creates it and brings its schema up to date. Errors, with the path:
 * NOT_FOUND (its folder), DENIED, READ_ONLY, CORRUPT, UNSUPPORTED (a newer schema), BUSY, NO_SPACE,
 * IO, NO_MEMORY. The store owns its context until tt_sqlite_store_done. */
enum tt_err tt_sqlite_store_open(const char *path, int busy_ms, struct tt_store *ret_store,
                                 struct tt_fault *fault) TT_MUST_CHECK;
void tt_sqlite_store_done(struct tt_store *store);
/* From now on a commit does not wait for the disk: a power failure may undo the last ones, but
 * never leaves half of one. */
enum tt_err tt_sqlite_store_relax(struct tt_store *store, struct tt_fault *fault) TT_MUST_CHECK;

/* Opens the file for reading; a missing one is NOT_FOUND, never created. */
enum tt_err tt_sqlite_reader_open(const char *path, int busy_ms, struct tt_store_reader *ret_reader,
                                  struct tt_fault *fault) TT_MUST_CHECK;
void tt_sqlite_reader_done(struct tt_store_reader *reader);

#endif
