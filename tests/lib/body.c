#include "tests/lib/body.h"

#include <check.h>
#include <zlib.h>

static enum tt_err read_body(void *context, uint64_t offset, void *to, size_t size,
                             size_t *ret_size, struct tt_fault *fault)
{
    const struct tt_test_body *body = context;
    (void)fault;
    ck_assert_uint_le(offset, body->gzip.len);
    size_t left = body->gzip.len - (size_t)offset;
    *ret_size = left < size ? left : size;
    if (*ret_size > 0)
        memcpy(to, body->gzip.data + offset, *ret_size);
    return TT_OK;
}

static enum tt_err read_lines(void *context, uint64_t first,
                              enum tt_err (*line)(void *line_context, uint64_t row,
                                                  struct tt_str json),
                              void *line_context, struct tt_fault *fault)
{
    const struct tt_test_body *body = context;
    (void)fault;
    const char *at = body->lines.data;
    for (uint64_t row = 0; at != NULL && *at != '\0'; row++) {
        size_t len = strcspn(at, "\n");
        enum tt_err err = row < first ? TT_OK : line(line_context, row, (struct tt_str){at, len});
        if (err != TT_OK)
            return err;
        at += len + (at[len] == '\n');
    }
    return TT_OK;
}

void tt_test_body_init(struct tt_test_body *body)
{
    *body = (struct tt_test_body){0};
    tt_buf_init(&body->lines, 0);
    tt_buf_init(&body->gzip, 0);
}

void tt_test_body_seal(struct tt_test_body *body)
{
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&stream, body->lines.len);
    tt_buf_clear(&body->gzip);
    char *to = tt_buf_reserve(&body->gzip, bound);
    ck_assert_ptr_nonnull(to);
    stream.next_in = (unsigned char *)body->lines.data;
    stream.avail_in = (unsigned)body->lines.len;
    stream.next_out = (unsigned char *)to;
    stream.avail_out = (unsigned)bound;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    body->gzip.len = stream.total_out;
    deflateEnd(&stream);
    uint64_t rows = 0;
    for (size_t i = 0; i < body->lines.len; i++)
        rows += body->lines.data[i] == '\n';
    body->port = (struct tt_body){body, body->gzip.len, rows, read_body, read_lines};
}

void tt_test_body_done(struct tt_test_body *body)
{
    tt_buf_done(&body->lines);
    tt_buf_done(&body->gzip);
}
