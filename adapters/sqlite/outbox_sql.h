/* The outbox's connection, and its statements (core/outbox/db.h). Inside adapters/sqlite only. */
#ifndef TT_ADAPTERS_SQLITE_OUTBOX_SQL_H
#define TT_ADAPTERS_SQLITE_OUTBOX_SQL_H

#include "adapters/sqlite/db.h"
#include "core/outbox/db.h"

struct tt_sqlite_outbox {
    struct tt_outbox_db face; /* whose context it is */
    struct tt_db db;
    struct tt_checkpoint *checkpoint;
    sqlite3_stmt *horizon, *statements[TT_OUTBOX_SQL_COUNT];
};

const char *tt_sqlite_outbox_sql(enum tt_outbox_sql which);

#endif
