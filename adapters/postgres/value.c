/* Values out of binary results: integers in network order, times in microseconds since 2000. */
#include "adapters/postgres/conn.h"
#include "adapters/postgres/wire.h"
#include "core/base/assert.h"
#include "core/base/time.h"
#include <endian.h>
#include <string.h>

int64_t tt_pg_int8(const PGresult *result, int row, int column)
{
    uint64_t raw;
    tt_assert(PQgetlength(result, row, column) == sizeof raw);
    memcpy(&raw, PQgetvalue(result, row, column), sizeof raw);
    return (int64_t)be64toh(raw);
}

int64_t tt_pg_int2(const PGresult *result, int row, int column)
{
    uint16_t raw;
    tt_assert(PQgetlength(result, row, column) == sizeof raw);
    memcpy(&raw, PQgetvalue(result, row, column), sizeof raw);
    return (int16_t)be16toh(raw);
}

int64_t tt_pg_time(const PGresult *result, int row, int column)
{
    return tt_pg_is_null(result, row, column) ? TT_TIME_NONE
                                              : tt_pg_int8(result, row, column) + TT_WIRE_2000_US;
}

struct tt_str tt_pg_text(const PGresult *result, int row, int column)
{
    if (tt_pg_is_null(result, row, column))
        return TT_STR_NONE;
    return (struct tt_str){PQgetvalue(result, row, column),
                           (size_t)PQgetlength(result, row, column)};
}

bool tt_pg_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) != 0;
}
