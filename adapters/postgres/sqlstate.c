/* What PostgreSQL's codes mean to us (its manual, appendix A). */
#include "adapters/postgres/sqlstate.h"
#include <string.h>

/* The first that the code begins with. */
static const struct {
    const char *code;
    enum tt_err err;
} meanings[] = {
    {"08", TT_ERR_UNAVAILABLE},    /* connection exception */
    {"22", TT_ERR_REJECT},         /* data exception: some value does not fit */
    {"23505", TT_ERR_BUSY},        /* somebody else has written that very row: look again */
    {"23", TT_ERR_REJECT},         /* integrity constraint violation */
    {"25006", TT_ERR_UNAVAILABLE}, /* read-only: a standby, after a failover */
    {"25P03", TT_ERR_UNAVAILABLE}, /* we stood still in a transaction for too long */
    {"25P04", TT_ERR_UNAVAILABLE}, /* a transaction took longer than this server (17) allows */
    {"28", TT_ERR_DENIED},         /* wrong user or password */
    {"3D", TT_ERR_NOT_FOUND},      /* no such database */
    {"40", TT_ERR_BUSY},           /* serialization failure, deadlock */
    {"42501", TT_ERR_DENIED},      /* insufficient privilege */
    {"42", TT_ERR_CORRUPT},        /* our SQL does not fit: tables are missing or not ours */
    {"53100", TT_ERR_NO_SPACE},    /* disk full */
    {"53", TT_ERR_UNAVAILABLE},    /* memory, connections, other resources */
    {"54", TT_ERR_LIMIT},          /* program limit exceeded: a key too long for its index */
    {"55", TT_ERR_BUSY},           /* lock not available, object in use */
    {"57", TT_ERR_UNAVAILABLE},    /* shutdown, terminated, cancelled by a time-out */
    {"58P01", TT_ERR_CORRUPT},     /* a file of the database is missing */
    {"58", TT_ERR_UNAVAILABLE},    /* the server's disk or system failed */
    {"XX001", TT_ERR_CORRUPT},     {"XX002", TT_ERR_CORRUPT},
};

enum tt_err tt_pg_meaning(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strncmp(sqlstate, meanings[i].code, strlen(meanings[i].code)) == 0)
            return meanings[i].err;
    return TT_ERR_IO;
}
