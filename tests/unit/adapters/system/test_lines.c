#include "adapters/system/chunks.h"
#include "adapters/system/lines.h"
#include "core/base/buf.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <stdio.h>
#include <stdlib.h>

/* All lines of a file, each as "number:text|" ("!" behind an overlong one). */
static char *lines_of(const char *path, size_t max)
{
    struct tt_lines *lines = NULL;
    struct tt_line line;
    struct tt_fault fault = {0};
    struct tt_buf all;
    bool more = true;
    tt_buf_init(&all, 0);
    ck_assert_int_eq(tt_lines_open(path, max, &lines, &fault), TT_OK);
    while (tt_lines_next(lines, &line, &more, &fault) == TT_OK && more)
        tt_buf_addf(&all, "%llu:%.*s%s|", (unsigned long long)line.number, TT_STR_ARGS(line.text),
                    line.overlong ? "!" : "");
    if (fault.code != TT_OK)
        tt_buf_addf(&all, "%s", tt_err_name(fault.code));
    tt_lines_close(lines);
    return all.data == NULL ? strdup("") : all.data;
}

/* The same through chunks; line numbers do not cross chunks, so texts alone. */
static char *chunks_of(const char *path, size_t max)
{
    struct tt_chunk_file file;
    struct tt_chunk_buf buf = {0};
    struct tt_fault fault = {0};
    struct tt_buf all;
    tt_buf_init(&all, 0);
    ck_assert_int_eq(tt_chunk_file_open(&file, path, &fault), TT_OK);
    for (uint32_t i = 0; i < file.chunks; i++) {
        struct tt_chunk chunk;
        if (i == 1)
            tt_chunk_file_close(&file); /* from here on each opens it for itself */
        ck_assert_int_eq(tt_chunk_read(&file, i, max, &buf, &chunk, &fault), TT_OK);
        tt_buf_add_str(&all, chunk.text);
        if (chunk.last_is_overlong)
            tt_buf_add_text(&all, "!\n");
    }
    tt_chunk_buf_done(&buf);
    tt_chunk_file_close(&file);
    return all.data == NULL ? strdup("") : all.data;
}

static void expect(const char *bytes, size_t len, const char *expected)
{
    const char *path = tt_tmpfile("lines");
    tt_write_file(path, bytes, len);
    char *found = lines_of(path, 8);
    ck_assert_str_eq(found, expected);
    free(found);
}

TT_TEST(lines_end_with_lf_crlf_or_the_file)
{
    expect("", 0, "");
    expect("a", 1, "1:a|");
    expect("a\n", 2, "1:a|");
    expect("a\r\nb\r\n\nc", 8, "1:a|2:b|3:|4:c|");
    expect("\xef\xbb\xbf"
           "a\n",
           5, "1:a|");
    expect("\n\n", 2, "1:|2:|");
}
TT_END

TT_TEST(an_overlong_line_is_given_cut_and_the_next_one_is_whole)
{
    expect("12345678\nx\n", 11, "1:12345678|2:x|");
    expect("12345678\r\nx\n", 12, "1:12345678|2:x|");
    expect("123456789\nx\n", 12, "1:12345678!|2:x|");
    expect("123456789", 9, "1:12345678!|");
}
TT_END

TT_TEST(gzip_and_zstd_read_as_their_content_whatever_the_number_of_members)
{
    static const char *const commands[] = {
        "seq 100000 | gzip > %s; seq 5 | gzip >> %s",
        "seq 100000 | zstd -q > %s; seq 5 | zstd -q >> %s",
        "seq 100000 > %s; seq 5 >> %s",
        /* parallel writers begin with a frame to be passed over */
        ("{ printf '\\122\\052\\115\\030\\003\\000\\000\\000abc'; seq 100000 | zstd -q; } > %s; "
         "seq 5 | zstd -q >> %s"),
        /* padded to a block, as on tape */
        "{ seq 100000; seq 5; } | gzip > %s; head -c 700000 /dev/zero >> %s",
    };
    char *first = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char command[900];
        const char *path = tt_tmpfile("packed");
        remove(path);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof command, commands[i], path, path);
#pragma GCC diagnostic pop
        const char *words[] = {"sh", "-c", command, NULL};
        ck_assert_int_eq(tt_finish(tt_start(words, tt_tmpfile("log"), NULL), 0), 0);
        char *found = lines_of(path, 100);
        ck_assert_ptr_nonnull(strstr(found, "|100005:5|"));
        if (first != NULL)
            ck_assert_str_eq(found, first);
        free(first);
        first = found;
    }
    free(first);
}
TT_END

/* What the whole file at the path gives: lines, and the reason behind them. */
static void expect_refused(const char *bytes, size_t len, const char *reason)
{
    const char *path = tt_tmpfile("foreign");
    struct tt_lines *lines = NULL;
    struct tt_chunk_file file;
    struct tt_line line;
    struct tt_fault fault = {0};
    bool more = true;
    enum tt_err err = TT_OK;
    tt_write_file(path, bytes, len);
    ck_assert_int_eq(tt_chunk_file_open(&file, path, &fault), TT_ERR_UNSUPPORTED);
    ck_assert_int_eq(tt_lines_open(path, 100, &lines, &fault), TT_OK);
    while (err == TT_OK && more)
        err = tt_lines_next(lines, &line, &more, &fault);
    ck_assert_int_eq(err, TT_ERR_IO);
    ck_assert_msg(strstr(fault.text, reason) != NULL, "%s", fault.text);
    tt_lines_close(lines);
}

TT_TEST(forms_that_are_known_and_not_read_are_told_by_name)
{
    expect_refused("\xfd"
                   "7zXZ\0\0\4",
                   8, "xz data, which is not read; unpack it first");
    expect_refused("BZh61AY&SY\x10\x20", 12, "bzip2 data");
    expect_refused("PK\3\4\x14\0", 6, "zip data");
    expect_refused("\xff\xfe{\0", 4, "UTF-16 data, which is not read; make it UTF-8 first");
    expect_refused("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0\0more", 25,
                   "gzip data: something else follows its end");
}
TT_END

TT_TEST(text_that_begins_as_a_magic_does_is_text)
{
    static const char *const texts[] = {"BZh9", "BZh91AY&S", "PK", "P", "(", "BZh91AY&Sx\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *path = tt_tmpfile("text");
        tt_write_file(path, texts[i], strlen(texts[i]));
        char *found = lines_of(path, 100), expected[64];
        snprintf(expected, sizeof expected, "1:%.*s|", (int)strcspn(texts[i], "\n"), texts[i]);
        ck_assert_str_eq(found, expected);
        free(found);
    }
}
TT_END

TT_TEST(chunks_hold_every_line_once_and_in_order_wherever_they_are_cut)
{
    const char *path = tt_tmpfile("chunked");
    struct tt_buf text;
    tt_buf_init(&text, 0);
    unsigned state = 7; /* lines of 0 to 4095 bytes, so that cuts fall everywhere */
    for (int i = 0; i < 3000; i++) {
        state = state * 1103515245 + 12345;
        for (unsigned n = state >> 16 & 4095; n > 0; n--)
            tt_buf_add_char(&text, (char)('a' + n % 26));
        tt_buf_add_char(&text, '\n');
    }
    tt_buf_add_text(&text, "the end without a line end");
    tt_write_file(path, text.data, text.len);
    char *found = chunks_of(path, 1 << 20);
    ck_assert_uint_eq(strlen(found), text.len);
    ck_assert(memcmp(found, text.data, text.len) == 0);
    free(found);
    tt_buf_done(&text);
}
TT_END

TT_TEST(a_line_longer_than_several_chunks_is_one_overlong_line)
{
    const char *path = tt_tmpfile("long");
    FILE *file = fopen(path, "w");
    fputs("first\n", file);
    for (int i = 0; i < 3 * TT_CHUNK_BYTES; i++)
        fputc('x', file);
    fputs("\nlast\n", file);
    ck_assert_int_eq(fclose(file), 0);
    char *found = chunks_of(path, 10);
    ck_assert_str_eq(found, "first\nxxxxxxxxxxxx!\nlast\n");
    free(found);
}
TT_END

TT_TEST(a_file_that_is_replaced_while_chunks_open_it_is_an_error)
{
    const char *path = tt_tmpfile("replaced"), *other = tt_tmpfile("replacing");
    struct tt_chunk_file file;
    struct tt_chunk_buf buf = {0};
    struct tt_chunk chunk;
    struct tt_fault fault = {0};
    tt_write_file(path, "one\n", 4);
    tt_write_file(other, "two\n", 4);
    ck_assert_int_eq(tt_chunk_file_open(&file, path, &fault), TT_OK);
    tt_chunk_file_close(&file);
    ck_assert_int_eq(tt_chunk_read(&file, 0, 8, &buf, &chunk, &fault), TT_OK);
    ck_assert_int_eq(rename(other, path), 0);
    ck_assert_int_eq(tt_chunk_read(&file, 0, 8, &buf, &chunk, &fault), TT_ERR_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, "replaced"));
    tt_chunk_buf_done(&buf);
}
TT_END

TT_SUITE("adapters/system/lines", lines_end_with_lf_crlf_or_the_file,
         an_overlong_line_is_given_cut_and_the_next_one_is_whole,
         gzip_and_zstd_read_as_their_content_whatever_the_number_of_members,
         forms_that_are_known_and_not_read_are_told_by_name,
         text_that_begins_as_a_magic_does_is_text,
         chunks_hold_every_line_once_and_in_order_wherever_they_are_cut,
         a_line_longer_than_several_chunks_is_one_overlong_line,
         a_file_that_is_replaced_while_chunks_open_it_is_an_error)
