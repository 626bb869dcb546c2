#include "replay/ulid.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"

static struct tt_str view(const char *text)
{
    return (struct tt_str){text, TT_ULID_CHARS};
}

TT_TEST(the_time_comes_first_and_then_what_is_drawn)
{
    struct tt_ulid ulid;
    ck_assert(tt_ulid_read(view("01ARYZ6S41TSV4RRFFQ69G5FAV"), &ulid));
    ck_assert_uint_eq(ulid.ms, 1469918176385);
    ck_assert(tt_ulid_read(view("7ZZZZZZZZZ0000000Z0000000Y"), &ulid));
    ck_assert_uint_eq(ulid.ms, (UINT64_C(1) << 48) - 1);
    ck_assert_uint_eq(ulid.high, 31);
    ck_assert_uint_eq(ulid.low, 30);
}
TT_END

TT_TEST(a_number_beyond_128_bits_is_no_ulid)
{
    struct tt_ulid ulid = {.ms = 5};
    ck_assert(!tt_ulid_read(view("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), &ulid));
    ck_assert(!tt_ulid_read_portable(view("80000000000000000000000000"), &ulid));
    ck_assert_uint_eq(ulid.ms, 5);
}
TT_END

TT_TEST(a_text_of_another_length_is_no_ulid)
{
    struct tt_ulid ulid;
    struct tt_str text = TT_STR("01ARYZ6S41TSV4RRFFQ69G5FAV0");
    for (size_t len = 0; len <= text.len; len++)
        ck_assert_int_eq(tt_ulid_read((struct tt_str){text.ptr, len}, &ulid), len == TT_ULID_CHARS);
}
TT_END

TT_TEST(every_byte_at_every_place_is_read_alike_and_comes_back_or_is_refused)
{
    static const char allowed[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (size_t place = 0; place < TT_ULID_CHARS; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[TT_ULID_CHARS + 1] = "01ARYZ6S41TSV4RRFFQ69G5FAV", back[TT_ULID_CHARS];
            struct tt_ulid one = {0}, other = {0};
            text[place] = (char)byte;
            bool expected = byte != 0 && strchr(allowed, byte) != NULL &&
                            (place > 0 || (byte >= '0' && byte <= '7'));
            ck_assert_msg(tt_ulid_read(view(text), &one) == expected, "%d at %zu", byte, place);
            ck_assert_msg(tt_ulid_read_portable(view(text), &other) == expected, "%d at %zu", byte,
                          place);
            ck_assert_msg(one.ms == other.ms && one.high == other.high && one.low == other.low,
                          "%d at %zu", byte, place);
            if (!expected)
                continue;
            tt_ulid_write(&one, back);
            ck_assert_mem_eq(back, text, TT_ULID_CHARS);
        }
}
TT_END

TT_TEST(numbers_and_texts_are_one_to_one)
{
    uint64_t seed = tt_chance_seed("ulid");
    for (int round = 0; round < 20000; round++) {
        struct tt_ulid ulid = {.ms = tt_test_next(&seed) >> 16,
                               .high = tt_test_next(&seed) >> 24,
                               .low = tt_test_next(&seed) >> 24},
                       back = {0};
        char text[TT_ULID_CHARS];
        tt_ulid_write(&ulid, text);
        ck_assert(tt_ulid_read(view(text), &back));
        ck_assert_uint_eq(back.ms, ulid.ms);
        ck_assert_uint_eq(back.high, ulid.high);
        ck_assert_uint_eq(back.low, ulid.low);
    }
}
TT_END

TT_SUITE("replay/ulid", the_time_comes_first_and_then_what_is_drawn,
         a_number_beyond_128_bits_is_no_ulid, a_text_of_another_length_is_no_ulid,
         every_byte_at_every_place_is_read_alike_and_comes_back_or_is_refused,
         numbers_and_texts_are_one_to_one)
