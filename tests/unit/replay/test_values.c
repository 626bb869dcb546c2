#include "replay/collector.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The nearest rank, by its definition. */
static int64_t by_sorting(const int64_t *sorted, size_t count, double share)
{
    for (size_t rank = 1; rank <= count; rank++)
        if ((double)rank >= share * (double)count - 1e-9)
            return sorted[rank - 1];
    return sorted[count - 1];
}

TT_TEST(quantiles_are_those_of_the_sorted_values)
{
    uint64_t seed = tt_chance_seed("values");
    for (int round = 0; round < 400; round++) {
        size_t count = 1 + tt_test_next(&seed) % 300;
        uint64_t range = 1 + tt_test_next(&seed) % (round % 3 ? 1000000 : 5);
        int64_t sorted[300];
        struct tt_values parts[2] = {0}, all = {0};
        for (size_t i = 0; i < count; i++) {
            sorted[i] = (int64_t)(tt_test_next(&seed) % range);
            ck_assert_int_eq(tt_values_add(&parts[i % 2], sorted[i]), TT_OK);
        }
        ck_assert_int_eq(tt_values_append(&all, &parts[0]), TT_OK);
        ck_assert_int_eq(tt_values_append(&all, &parts[1]), TT_OK);
        qsort(sorted, count, sizeof *sorted, compare);
        struct tt_quantiles q = tt_values_quantiles(&all);
        ck_assert_uint_eq(q.count, count);
        ck_assert_int_eq(q.p50, by_sorting(sorted, count, .5));
        ck_assert_int_eq(q.p90, by_sorting(sorted, count, .9));
        ck_assert_int_eq(q.p99, by_sorting(sorted, count, .99));
        ck_assert_int_eq(q.p999, by_sorting(sorted, count, .999));
        ck_assert_int_eq(q.max, sorted[count - 1]);
        tt_mem_free(parts[0].values);
        tt_mem_free(parts[1].values);
        tt_mem_free(all.values);
    }
}
TT_END

/* As many as would take minutes if each of them cost as much as all. */
TT_TEST(values_that_rise_and_fall_do_not_take_quadratic_time)
{
    enum { HALF = 1 << 20 };
    struct tt_values all = {0};
    for (int64_t i = 1; i <= HALF; i++)
        ck_assert_int_eq(tt_values_add(&all, 2 * i), TT_OK);
    for (int64_t i = HALF; i >= 1; i--)
        ck_assert_int_eq(tt_values_add(&all, 2 * i + 1), TT_OK);
    struct tt_quantiles q = tt_values_quantiles(&all);
    ck_assert_int_eq(q.p50, HALF + 1);
    ck_assert_int_eq(q.max, 2 * HALF + 1);
    tt_mem_free(all.values);
}
TT_END

TT_TEST(nothing_has_no_quantiles)
{
    struct tt_values none = {0};
    ck_assert_uint_eq(tt_values_quantiles(&none).count, 0);
}
TT_END

TT_SUITE("replay/values", quantiles_are_those_of_the_sorted_values,
         values_that_rise_and_fall_do_not_take_quadratic_time, nothing_has_no_quantiles)
