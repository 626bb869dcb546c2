/* The store port and its reader on PostgreSQL. Any number of processes may work on one database.
 * Threads: one per store. */
#ifndef TT_ADAPTERS_POSTGRES_STORE_H
#define TT_ADAPTERS_POSTGRES_STORE_H

#include "core/port/store.h"

/* url: postgresql://[user@]host[:port]/database[?...], as libpq reads it; several hosts and a
 * service are allowed, a password is not. password: NULL, or one that goes before those that libpq
 * finds itself (PGPASSWORD, ~/.pgpass, the service's). Both are copied.
 *
 * Connects and brings the schema up to date; a server that is away is no error here, begin and
 * reserve_fences tell of it and connect when it is back. Errors, with host and database: INVALID
 * (the URL, or somebody else's table), DENIED, NOT_FOUND (the database), READ_ONLY (a standby),
 * UNSUPPORTED (a newer schema), NO_MEMORY. The store owns its context until tt_pg_store_done. */
enum tt_err tt_pg_store_open(const char *url, const char *password, struct tt_store *ret_store,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_pg_store_done(struct tt_store *store);
/* From now on a commit does not wait for the disk: a crash of the server may undo the last ones,
 * but never leaves half of one. */
enum tt_err tt_pg_store_relax(struct tt_store *store, struct tt_fault *fault) TT_MUST_CHECK;

/* Reads one moment, whatever is written meanwhile. Rows come in portions: memory does not grow with
 * the tables. Errors: as above; UNAVAILABLE, CORRUPT (no tasktrail store). */
enum tt_err tt_pg_reader_open(const char *url, const char *password,
                              struct tt_store_reader *ret_reader,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_pg_reader_done(struct tt_store_reader *reader);

#endif
