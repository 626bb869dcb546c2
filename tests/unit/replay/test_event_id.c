#include "replay/event_id.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <limits.h>

enum { ROOM = 256 };
#define ULID    "01ARYZ6S41TSV4RRFFQ69G5FAV"
#define ULID_US INT64_C(1469918176385000)

/* An id as a record has it. */
struct written {
    char bytes[ROOM];
    struct tt_id id;
};

static void write_id(struct written *written, struct tt_str text, int64_t event_time_us)
{
    char roomy[ROOM];
    uint64_t code = UINT64_MAX;
    memset(roomy, '~', sizeof roomy);
    memcpy(roomy, text.ptr, text.len);
    struct tt_str view = {roomy, text.len};
    char *end = tt_id_put(written->bytes, view, event_time_us, true, &code);
    ck_assert_uint_eq((size_t)(end - written->bytes), tt_id_bytes((uint32_t)code));
    written->id = (struct tt_id){end, event_time_us, (uint32_t)code};
}

static void expect_text(const struct tt_id *id, struct tt_str text)
{
    char back[ROOM];
    ck_assert_uint_eq(tt_id_chars(id->code), text.len);
    tt_id_text(id, back);
    ck_assert_mem_eq(back, text.ptr, text.len);
}

static void expect_code(const char *text, int64_t event_time_us, uint32_t code)
{
    struct written written;
    write_id(&written, tt_str_from(text), event_time_us);
    ck_assert_msg(written.id.code == code, "%s: %u, not %u", text, written.id.code, code);
    expect_text(&written.id, tt_str_from(text));
}

TT_TEST(each_form_of_id_takes_as_few_bytes_as_it_allows_and_comes_back)
{
    expect_code(ULID, ULID_US, TT_ID_ULID_AT);
    expect_code(ULID, ULID_US + 1000, TT_ID_ULID_NEAR);
    expect_code(ULID, 0, TT_ID_ULID);
    expect_code("f47ac10b-58cc-4372-a567-0e02b2c3d479", 0, TT_ID_UUID);
    expect_code("F47AC10B-58CC-4372-A567-0E02B2C3D479", 0, 36 * 2 + 1);
    expect_code("8ZZZZZZZZZZZZZZZZZZZZZZZZZ", 0, 26 * 2 + 1);
    expect_code("20250624T143942-38", 0, 18 * 2 + 1);
    expect_code("order 17/a", 0, 10 * 2);
    expect_code("7", 0, 2);
    expect_code("77", 0, 4);
    expect_code("777", 0, 6);
    expect_code("7777", 0, 9);
}
TT_END

TT_TEST(a_ulid_is_near_as_far_as_sixteen_bits_of_milliseconds_go)
{
    expect_code(ULID, ULID_US + 999, TT_ID_ULID_AT);
    expect_code(ULID, ULID_US - 1, TT_ID_ULID_NEAR);
    expect_code(ULID, ULID_US - INT16_MAX * INT64_C(1000), TT_ID_ULID_NEAR);
    expect_code(ULID, ULID_US - INT16_MAX * INT64_C(1000) - 1, TT_ID_ULID);
    expect_code(ULID, ULID_US - INT16_MIN * INT64_C(1000) + 999, TT_ID_ULID_NEAR);
    expect_code(ULID, ULID_US - INT16_MIN * INT64_C(1000) + 1000, TT_ID_ULID);
    expect_code(ULID, INT64_MIN, TT_ID_ULID);
    expect_code(ULID, INT64_MAX, TT_ID_ULID);
    expect_code("00000000000000000000000000", -1, TT_ID_ULID_NEAR);
    expect_code("00000000000000000000000000", -1000, TT_ID_ULID_NEAR);
    expect_code("00000000000000000000000000", 999, TT_ID_ULID_AT);
    expect_code("00000000000000000000000000", -32767001, TT_ID_ULID);
}
TT_END

static void expect_alike(const struct written *a, const struct written *b, bool same)
{
    ck_assert_int_eq(tt_id_same(&a->id, &b->id), same);
    ck_assert_int_eq(tt_id_same(&b->id, &a->id), same);
    if (!same)
        return;
    ck_assert_uint_eq(tt_id_mark(&a->id), tt_id_mark(&b->id));
    ck_assert_uint_eq(tt_id_hash(&a->id), tt_id_hash(&b->id));
}

TT_TEST(the_same_id_at_different_times_is_the_same_id)
{
    static const int64_t times[] = {
        INT64_MIN, -1, 0, ULID_US - 1, ULID_US, ULID_US + 5000000, ULID_US + 50000000, INT64_MAX};
    enum { TIMES = sizeof times / sizeof *times };
    for (size_t i = 0; i < TIMES; i++)
        for (size_t k = 0; k < TIMES; k++) {
            struct written a, b;
            write_id(&a, TT_STR(ULID), times[i]);
            write_id(&b, TT_STR(ULID), times[k]);
            expect_alike(&a, &b, true);
            write_id(&b, TT_STR("01ARYZ6S42TSV4RRFFQ69G5FAV"), times[k]); /* another time */
            expect_alike(&a, &b, false);
            write_id(&b, TT_STR("01ARYZ6S41TSV4RRFFQ69G5FAW"), times[k]); /* drawn otherwise */
            expect_alike(&a, &b, false);
        }
}
TT_END

/* An id of any form, often one that was drawn before with a character changed. */
static struct tt_str draw(uint64_t *seed, char *text)
{
    static const char *const begun[] = {ULID,
                                        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
                                        "17",
                                        "",
                                        "an id of small letters",
                                        "00000000000000000000000000"};
    static const char changes[] = "07ABIZaf-~";
    uint64_t chance = tt_test_next(seed);
    size_t len = strlen(begun[chance % 6]);
    memcpy(text, begun[chance % 6], len);
    if (len == 0) {
        len = 1 + (chance >> 8) % 40;
        memset(text, "0A~"[(chance >> 16) % 3], len);
    }
    if ((chance >> 20 & 1) != 0)
        text[(chance >> 24) % len] = changes[(chance >> 32) % (sizeof changes - 1)];
    return (struct tt_str){text, len};
}

TT_TEST(ids_are_the_same_where_their_texts_are)
{
    uint64_t seed = tt_chance_seed("event ids");
    size_t same = 0;
    for (int round = 0; round < 100000; round++) {
        char one[ROOM] = {0}, other[ROOM] = {0};
        struct tt_str first = draw(&seed, one), second = draw(&seed, other);
        struct written a, b;
        write_id(&a, first, (int64_t)tt_test_next(&seed) >> tt_test_next(&seed) % 64);
        write_id(&b, second, ULID_US + (int64_t)(tt_test_next(&seed) % 60000000) - 30000000);
        expect_text(&a.id, first);
        expect_text(&b.id, second);
        expect_alike(&a, &b, tt_str_equal(first, second));
        same += tt_str_equal(first, second);
    }
    ck_assert_uint_gt(same, 1000);
}
TT_END

TT_SUITE("replay/event_id", each_form_of_id_takes_as_few_bytes_as_it_allows_and_comes_back,
         a_ulid_is_near_as_far_as_sixteen_bits_of_milliseconds_go,
         the_same_id_at_different_times_is_the_same_id, ids_are_the_same_where_their_texts_are)
