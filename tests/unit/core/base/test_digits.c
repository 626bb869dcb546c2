#include "core/base/digits.h"

#include "tests/lib/suite.h"
#include <inttypes.h>
#include <stdio.h>

static void expect_both(uint64_t value)
{
    char expected[32], found[TT_DIGITS_MAX + 1];
    snprintf(expected, sizeof expected, "%" PRIu64, value);
    *tt_digits_put_uint(found, value) = '\0';
    ck_assert_str_eq(found, expected);
    snprintf(expected, sizeof expected, "%" PRId64, (int64_t)value);
    *tt_digits_put_int(found, (int64_t)value) = '\0';
    ck_assert_str_eq(found, expected);
}

TT_TEST(numbers_are_written_as_printf_does_at_each_length)
{
    for (uint64_t value = 0; value < 20000; value++)
        expect_both(value);
    for (uint64_t power = 1; power != 0; power = power > UINT64_MAX / 10 ? 0 : power * 10)
        for (uint64_t near = 0; near < 3; near++) {
            expect_both(power - near);
            expect_both(power + near);
            expect_both(0 - power + near);
        }
    expect_both(UINT64_MAX);
    expect_both((uint64_t)INT64_MAX);
    expect_both((uint64_t)INT64_MIN);
}
TT_END

TT_SUITE("core/base/digits", numbers_are_written_as_printf_does_at_each_length)
