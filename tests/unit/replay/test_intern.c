#include "replay/origin.h"
#include "replay/record.h"

#include "tests/lib/suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 600, ROOM = 48 };

/* Names of 0 to 24 bytes that differ in one byte, at either end or between; behind them stands what
 * must not be looked at. */
static struct tt_str make_name(char room[ROOM], int number)
{
    size_t len = (size_t)number % 25;
    memset(room, 'x', ROOM);
    for (size_t i = 0; i < len; i++)
        room[i] = 'a';
    if (len > 0)
        room[(size_t)number / 25 % len] = (char)('b' + number / 25 % 20);
    return (struct tt_str){room, len};
}

TT_TEST(roomy_texts_get_the_numbers_and_hashes_of_others)
{
    static struct tt_intern_cache quick, slow;
    static struct tt_origin_cache quick_origins, slow_origins;
    struct tt_intern names;
    struct tt_origins origins;
    tt_intern_init(&names);
    tt_origins_init(&origins);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < NAMES; i++) {
            char room[ROOM], *exact;
            uint32_t a, b;
            struct tt_str roomy = make_name(room, i);
            exact = malloc(roomy.len + 1); /* a sanitizer sees who reads on */
            ck_assert_ptr_nonnull(exact);
            memcpy(exact, roomy.ptr, roomy.len);
            struct tt_str alone = {exact, roomy.len};
            ck_assert_int_eq(tt_intern_roomy(&names, &quick, roomy, &a), TT_OK);
            ck_assert_int_eq(tt_intern_number(&names, &slow, alone, &b), TT_OK);
            ck_assert_uint_eq(a, b);
            ck_assert(tt_str_equal(tt_intern_text(&names, a), alone));
            ck_assert_int_eq(tt_origin_roomy(&origins, &quick_origins, roomy, TT_STR_NONE, &a),
                             TT_OK);
            ck_assert_int_eq(tt_origin_number(&origins, &slow_origins, alone, TT_STR_NONE, &b),
                             TT_OK);
            ck_assert_uint_eq(a, b);
            ck_assert(tt_rec_hash_roomy(roomy, roomy, true) == tt_rec_hash(alone, alone));
            free(exact);
        }
    tt_origin_cache_done(&quick_origins);
    tt_origin_cache_done(&slow_origins);
    tt_origins_done(&origins);
    tt_intern_done(&names);
}
TT_END

TT_SUITE("replay/intern", roomy_texts_get_the_numbers_and_hashes_of_others)
