#include "replay/collector.h"

#include <stdlib.h>

enum tt_err tt_values_add(struct tt_values *values, int64_t value)
{
    if (value == 0) {
        values->zeros++;
        return TT_OK;
    }
    enum tt_err err = tt_mem_reserve((void **)&values->values, &values->capacity, values->count + 1,
                                     sizeof *values->values);
    if (err == TT_OK)
        values->values[values->count++] = value;
    return err;
}

static int compare_values(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the value at place ceil(share * n), counted from 1. */
static int64_t at_share(const struct tt_values *values, uint64_t total, uint64_t per_mille)
{
    uint64_t rank = (uint64_t)(((__uint128_t)total * per_mille + 999) / 1000);
    return rank <= values->zeros ? 0 : values->values[rank - values->zeros - 1];
}

void tt_values_sort(struct tt_values *values)
{
    if (values->count > 1)
        qsort(values->values, values->count, sizeof *values->values, compare_values);
}

enum tt_err tt_values_merge(struct tt_values *to, const struct tt_values *from)
{
    to->zeros += from->zeros;
    if (from->count == 0)
        return TT_OK;
    if (tt_mem_reserve((void **)&to->values, &to->capacity, to->count + from->count,
                       sizeof *to->values) != TT_OK)
        return TT_ERR_NO_MEMORY;
    size_t at = to->count + from->count, a = to->count, b = from->count;
    to->count = at;
    while (b > 0) /* from the end, so that nothing is in the way */
        to->values[--at] =
            a > 0 && to->values[a - 1] > from->values[b - 1] ? to->values[--a] : from->values[--b];
    return TT_OK;
}

struct tt_quantiles tt_values_quantiles(const struct tt_values *values)
{
    struct tt_quantiles quantiles = {.count = values->count + values->zeros};
    if (quantiles.count == 0)
        return quantiles;
    quantiles.p50 = at_share(values, quantiles.count, 500);
    quantiles.p90 = at_share(values, quantiles.count, 900);
    quantiles.p99 = at_share(values, quantiles.count, 990);
    quantiles.p999 = at_share(values, quantiles.count, 999);
    quantiles.max = at_share(values, quantiles.count, 1000);
    return quantiles;
}
