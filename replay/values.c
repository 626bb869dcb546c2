#include "replay/collector.h"

#include <string.h>

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

/* Puts the value of rank `place` where sorting would put it, smaller ones before it (Hoare,
 * "Algorithm 65: Find", 1961). The pivot stands anywhere but at the end: a fixed place, such as the
 * middle, takes quadratic time on values that rise and fall, as the lateness of one task may. */
static int64_t find(int64_t *values, size_t count, size_t place)
{
    size_t low = 0, high = count - 1;
    uint64_t chance = count;
    while (low < high) {
        chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t pivot = values[low + (chance >> 24) % (high - low)];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            int64_t moved = values[i];
            values[i++] = values[j];
            values[j--] = moved;
        }
        /* [low, j] holds nothing above the pivot, [j + 1, high] nothing below it. */
        if (place <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[place];
}

/* Nearest rank: the value at place ceil(share * n), counted from 1. */
static int64_t at_share(const struct tt_values *values, uint64_t total, uint64_t per_mille)
{
    uint64_t rank = (uint64_t)(((__uint128_t)total * per_mille + 999) / 1000);
    return rank <= values->zeros ? 0
                                 : find(values->values, values->count, rank - values->zeros - 1);
}

enum tt_err tt_values_append(struct tt_values *to, const struct tt_values *from)
{
    to->zeros += from->zeros;
    if (from->count == 0)
        return TT_OK;
    if (tt_mem_reserve((void **)&to->values, &to->capacity, to->count + from->count,
                       sizeof *to->values) != TT_OK)
        return TT_ERR_NO_MEMORY;
    memcpy(to->values + to->count, from->values, from->count * sizeof *to->values);
    to->count += from->count;
    return TT_OK;
}

struct tt_quantiles tt_values_quantiles(struct tt_values *values)
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
