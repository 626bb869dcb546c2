#include "adapters/system/spool.h"

#include "core/base/buf.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <sys/stat.h>

/* Lines that compress hardly and lines that compress well, of many lengths. */
static void add_lines(struct tt_buf *lines, size_t count)
{
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < count; i++) {
        size_t len = i % 97 == 0 ? 70000 : i % 300;
        for (size_t j = 0; j < len; j++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            tt_buf_add_char(lines, i % 3 == 0 ? 'x' : (char)(33 + state % 200));
        }
        tt_buf_add_char(lines, '\n');
    }
}

static enum tt_err gather(void *context, uint64_t row, struct tt_str line)
{
    struct tt_buf *found = context;
    (void)row;
    tt_buf_add_str(found, line);
    tt_buf_add_char(found, '\n');
    return found->err;
}

/* Written in pieces of that size; read back line by line. */
static void expect_the_same(const struct tt_buf *lines, size_t rows, size_t piece)
{
    struct tt_spool spool;
    struct tt_spool_file *file = NULL;
    struct tt_body body;
    struct tt_fault fault = {0};
    struct tt_buf found;
    struct stat info;
    uint64_t bytes = 0;
    const char *dir = tt_tmpdir();
    char path[1024];
    tt_buf_init(&found, 0);
    ck_assert_int_eq(tt_spool_open(dir, &spool, &fault), TT_OK);
    ck_assert_int_eq(spool.begin(spool.context, &file, &fault), TT_OK);
    for (size_t at = 0; at < lines->len; at += piece) {
        size_t left = lines->len - at;
        ck_assert_int_eq(spool.write(file, lines->data + at, left < piece ? left : piece, &fault),
                         TT_OK);
    }
    uint64_t so_far = spool.bytes(file);
    ck_assert_int_eq(spool.end(file, "lines", &bytes, &fault), TT_OK);
    ck_assert_uint_le(so_far, bytes);
    snprintf(path, sizeof path, "%s/lines.ndjson.gz", dir);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(bytes, (uint64_t)info.st_size);

    ck_assert_int_eq(spool.open(spool.context, "lines", rows, &body, &fault), TT_OK);
    ck_assert_uint_eq(body.bytes, bytes);
    ck_assert_int_eq(body.lines(body.context, 0, gather, &found, &fault), TT_OK);
    ck_assert_uint_eq(found.len, lines->len);
    ck_assert(lines->len == 0 || memcmp(found.data, lines->data, lines->len) == 0);
    spool.close(spool.context);
    tt_spool_close(&spool);
    tt_buf_done(&found);
}

TT_TEST(lines_come_back_whatever_the_pieces_they_were_written_in)
{
    static const size_t counts[] = {0, 1, 2, 3000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct tt_buf lines;
        tt_buf_init(&lines, 0);
        add_lines(&lines, counts[i]);
        ck_assert_int_eq(lines.err, TT_OK);
        expect_the_same(&lines, counts[i], 997);
        expect_the_same(&lines, counts[i], 256 * 1024);
        expect_the_same(&lines, counts[i], lines.len + 1);
        tt_buf_done(&lines);
    }
}
TT_END

TT_SUITE("adapters/system/spool", lines_come_back_whatever_the_pieces_they_were_written_in)
