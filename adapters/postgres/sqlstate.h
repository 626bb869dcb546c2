/* What PostgreSQL's error codes mean to us. Inside adapters/postgres only. */
#ifndef TT_ADAPTERS_POSTGRES_SQLSTATE_H
#define TT_ADAPTERS_POSTGRES_SQLSTATE_H

#include "core/base/err.h"

/* A code of five characters; one that is not known is IO. */
enum tt_err tt_pg_meaning(const char *sqlstate);

#endif
