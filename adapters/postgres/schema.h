/* The tables, and bringing them up to date. Inside adapters/postgres only. */
#ifndef TT_ADAPTERS_POSTGRES_SCHEMA_H
#define TT_ADAPTERS_POSTGRES_SCHEMA_H

#include "adapters/postgres/wire.h"

/* Brings the schema up to date, safe with several processes at once. Errors: UNSUPPORTED (a newer
 * schema), INVALID (somebody else's table), those of the server. */
enum tt_err tt_pg_migrate(struct tt_pg *pg, struct tt_fault *fault) TT_MUST_CHECK;
/* As far as a version from 1 on, at most the newest; as a program of then did. For tests of what is
 * done about older schemas. */
enum tt_err tt_pg_migrate_to(struct tt_pg *pg, int64_t version,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* The newest. */
int64_t tt_pg_schema_version(void);
/* For readers: the schema is there and the one we know. Errors: CORRUPT, UNSUPPORTED. */
enum tt_err tt_pg_check_schema(struct tt_pg *pg, struct tt_fault *fault) TT_MUST_CHECK;

#endif
