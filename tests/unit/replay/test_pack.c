#include "replay/pack.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <stdlib.h>

static void expect_round(struct tt_str text)
{
    char packed[256] = {0}, back[256];
    ck_assert_msg(tt_pack(text, packed), "%.*s", TT_STR_ARGS(text));
    tt_unpack(packed, text.len, back);
    ck_assert_int_eq(memcmp(back, text.ptr, text.len), 0);
    for (size_t i = tt_packed_bytes(text.len); i < sizeof packed - 8 && text.len % 8 == 0; i++)
        ck_assert_int_eq(packed[i + 8], 0); /* nothing beyond the room that is promised */
}

TT_TEST(uuids_ulids_and_numbers_come_back)
{
    expect_round(TT_STR("01KJMMA2G09648FHCP4Q2D4T7Y"));
    expect_round(TT_STR("f47ac10b-58cc-4372-a567-0e02b2c3d479"));
    expect_round(TT_STR("20250624T143942-38"));
    expect_round(TT_STR("7"));
    expect_round(TT_STR(""));
}
TT_END

TT_TEST(every_byte_is_packed_or_refused_at_every_place)
{
    for (size_t len = 1; len <= 17; len++)
        for (size_t place = 0; place < len; place++)
            for (int byte = 0; byte < 256; byte++) {
                char text[17], packed[64];
                memset(text, 'A', sizeof text);
                text[place] = (char)byte;
                struct tt_str view = {text, len};
                bool allowed = byte >= '-' && byte <= 'l';
                ck_assert_msg(tt_pack(view, packed) == allowed, "byte %d at %zu of %zu", byte,
                              place, len);
                if (allowed)
                    expect_round(view);
            }
}
TT_END

TT_TEST(equal_bytes_mean_equal_texts_of_a_length)
{
    uint64_t seed = tt_chance_seed("pack");
    for (int round = 0; round < 20000; round++) {
        char a[24], b[24], packed_a[40] = {0}, packed_b[40] = {0};
        size_t len = 1 + tt_test_next(&seed) % sizeof a;
        for (size_t i = 0; i < len; i++)
            a[i] = b[i] = (char)('-' + tt_test_next(&seed) % 64);
        if (round % 2)
            b[tt_test_next(&seed) % len] = (char)('-' + tt_test_next(&seed) % 64);
        ck_assert(tt_pack((struct tt_str){a, len}, packed_a));
        ck_assert(tt_pack((struct tt_str){b, len}, packed_b));
        ck_assert_int_eq(memcmp(packed_a, packed_b, tt_packed_bytes(len)) == 0,
                         memcmp(a, b, len) == 0);
    }
}
TT_END

TT_TEST(packing_at_once_gives_the_same_bytes)
{
    if (!tt_pack_may_at_once())
        return;
    for (size_t len = 0; len <= 32; len++)
        for (size_t place = 0; place < 32; place++)
            for (int byte = 0; byte < 256; byte++) {
                char text[32], one[64] = {0}, other[64] = {0};
                for (size_t i = 0; i < sizeof text; i++)
                    text[i] = (char)('-' + (i * 11 + len) % 64);
                text[place] = (char)byte; /* behind the text it says nothing */
                struct tt_str view = {text, len};
                bool packed = tt_pack(view, one);
                ck_assert_msg(tt_pack_at_once(view, other) == packed, "byte %d at %zu of %zu", byte,
                              place, len);
                if (packed)
                    ck_assert_int_eq(memcmp(one, other, tt_packed_bytes(len)), 0);
            }
}
TT_END

TT_SUITE("replay/pack", uuids_ulids_and_numbers_come_back,
         every_byte_is_packed_or_refused_at_every_place, equal_bytes_mean_equal_texts_of_a_length,
         packing_at_once_gives_the_same_bytes)
