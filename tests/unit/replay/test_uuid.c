#include "replay/uuid.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"

#define ONE "f47ac10b-58cc-4372-a567-0e02b2c3d479"

TT_TEST(digits_become_bytes_in_their_order)
{
    static const unsigned char expected[TT_UUID_BYTES] = {0xf4, 0x7a, 0xc1, 0x0b, 0x58, 0xcc,
                                                          0x43, 0x72, 0xa5, 0x67, 0x0e, 0x02,
                                                          0xb2, 0xc3, 0xd4, 0x79};
    char bytes[TT_UUID_BYTES];
    ck_assert(tt_uuid_read(TT_STR(ONE), bytes));
    ck_assert_mem_eq(bytes, expected, sizeof expected);
}
TT_END

TT_TEST(a_text_of_another_length_is_no_uuid)
{
    char bytes[TT_UUID_BYTES];
    for (size_t len = 0; len <= sizeof ONE; len++)
        ck_assert_int_eq(tt_uuid_read((struct tt_str){ONE "0", len}, bytes), len == TT_UUID_CHARS);
}
TT_END

TT_TEST(every_byte_at_every_place_is_read_alike_and_comes_back_or_is_refused)
{
    for (size_t place = 0; place < TT_UUID_CHARS; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[] = ONE, one[TT_UUID_BYTES], other[TT_UUID_BYTES], back[TT_UUID_CHARS];
            bool is_dash = text[place] == '-';
            text[place] = (char)byte;
            bool expected =
                is_dash ? byte == '-' : byte != 0 && strchr("0123456789abcdef", byte) != NULL;
            struct tt_str view = {text, TT_UUID_CHARS};
            ck_assert_msg(tt_uuid_read(view, one) == expected, "%d at %zu", byte, place);
            ck_assert_msg(tt_uuid_read_portable(view, other) == expected, "%d at %zu", byte, place);
            if (!expected)
                continue;
            ck_assert_mem_eq(one, other, TT_UUID_BYTES);
            tt_uuid_write(one, back);
            ck_assert_mem_eq(back, text, TT_UUID_CHARS);
        }
}
TT_END

TT_TEST(numbers_and_texts_are_one_to_one)
{
    uint64_t seed = tt_chance_seed("uuid");
    for (int round = 0; round < 20000; round++) {
        uint64_t halves[2] = {tt_test_next(&seed), tt_test_next(&seed)};
        char bytes[TT_UUID_BYTES], back[TT_UUID_BYTES], text[TT_UUID_CHARS];
        memcpy(bytes, halves, sizeof bytes);
        tt_uuid_write(bytes, text);
        ck_assert(tt_uuid_read((struct tt_str){text, TT_UUID_CHARS}, back));
        ck_assert_mem_eq(back, bytes, sizeof bytes);
    }
}
TT_END

TT_SUITE("replay/uuid", digits_become_bytes_in_their_order, a_text_of_another_length_is_no_uuid,
         every_byte_at_every_place_is_read_alike_and_comes_back_or_is_refused,
         numbers_and_texts_are_one_to_one)
