#include "core/base/buf.h"

#include "tests/lib/suite.h"

#include <stdlib.h>
#include <string.h>

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

TT_TEST(room_that_nothing_came_to_stand_in_leaves_a_text_that_ends)
{
    struct tt_buf buf;
    char *used = malloc(200);
    memset(used, 'x', 200);
    free(used); /* likely to be handed out next */
    tt_buf_init(&buf, 0);
    ck_assert_ptr_nonnull(tt_buf_reserve(&buf, 150));
    ck_assert_int_eq(buf.data[0], '\0');
    tt_buf_done(&buf);
}
TT_END

TT_SUITE("core/base/buf", a_buffer_never_holds_more_than_its_maximum,
         room_that_nothing_came_to_stand_in_leaves_a_text_that_ends)
