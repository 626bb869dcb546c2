/* The outbox (core/port/outbox.h) over a database that knows its statements: what each call does,
 * in which order, and what it means that a statement changed nothing. Threads: as the database. */
#ifndef TT_OUTBOX_OUTBOX_H
#define TT_OUTBOX_OUTBOX_H

#include "core/outbox/db.h"
#include "core/port/outbox.h"

/* Borrows the database, which is the context of what it gives. */
struct tt_outbox tt_outbox_over(struct tt_outbox_db *db);

#endif
