/* The statements of the outbox (core/outbox/db.h). Inside adapters/postgres only. */
#ifndef TT_ADAPTERS_POSTGRES_OUTBOX_SQL_H
#define TT_ADAPTERS_POSTGRES_OUTBOX_SQL_H

#include "core/outbox/db.h"

const char *tt_pg_outbox_sql(enum tt_outbox_sql which);

#endif
