/* The outbox port on PostgreSQL, in the store's own database. Any number of processes may work on
 * one. Threads: one per outbox. */
#ifndef TT_ADAPTERS_POSTGRES_OUTBOX_H
#define TT_ADAPTERS_POSTGRES_OUTBOX_H

#include "core/port/outbox.h"

/* url, password: as tt_pg_store_open. Connects and brings the schema up to date; a server that is
 * away is no error here, each call connects again. Errors: as tt_pg_store_open. Owns its context
 * until tt_pg_outbox_done. */
enum tt_err tt_pg_outbox_open(const char *url, const char *password, struct tt_outbox *ret_outbox,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_pg_outbox_done(struct tt_outbox *outbox);

#endif
