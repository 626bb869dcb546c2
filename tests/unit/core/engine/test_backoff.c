/* Waiting between tries. */
#include "core/engine/backoff.h"

#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"

static uint64_t next_random(void *context)
{
    return tt_test_next(context);
}

TT_TEST(waits_grow_to_their_maximum_and_never_vanish)
{
    uint64_t seed = 12345;
    const struct tt_random random = {&seed, next_random};
    struct tt_backoff backoff = {.first_us = 1000, .max_us = 64000};
    for (int i = 0; i < 100; i++) {
        int64_t ceiling = i < 6 ? INT64_C(1000) << i : 64000;
        int64_t wait_us = tt_backoff_next_us(&backoff, &random);
        ck_assert_int_ge(wait_us, ceiling / 10);
        ck_assert_int_le(wait_us, ceiling);
    }
    tt_backoff_reset(&backoff);
    ck_assert_int_le(tt_backoff_next_us(&backoff, &random), 1000);
}
TT_END

TT_SUITE("core/engine/backoff", waits_grow_to_their_maximum_and_never_vanish)
