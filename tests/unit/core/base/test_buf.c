#include "core/base/buf.h"

#include "tests/lib/suite.h"

TT_TEST(a_buffer_never_holds_more_than_its_maximum)
{
    for (size_t max = 1; max < 300; max++)
        for (size_t first = 0; first <= max; first += 7) {
            static const char bytes[600];
            struct tt_buf buf;
            tt_buf_init(&buf, max);
            tt_buf_add(&buf, bytes, first);
            tt_buf_add(&buf, bytes, max - first);
            ck_assert_int_eq(buf.err, TT_OK);
            tt_buf_clear(&buf);
            tt_buf_add(&buf, bytes, first);
            tt_buf_add(&buf, bytes, max - first + 1);
            ck_assert_int_eq(buf.err, TT_ERR_LIMIT);
            ck_assert_uint_eq(buf.len, first);
            tt_buf_done(&buf);
        }
}
TT_END

TT_SUITE("core/base/buf", a_buffer_never_holds_more_than_its_maximum)
