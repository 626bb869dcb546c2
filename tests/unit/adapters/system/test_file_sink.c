/* The sink of files: what is done outlives the machine, and a batch keeps its form. */
#include "adapters/system/file_sink.h"
#include "tests/lib/fake_http.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const lines[] = {"{\"row_uid\":\"a\"}", "{\"row_uid\":\"b\"}"};

static struct tt_sink sink;
static struct tt_lines_body body;
static struct tt_sink_batch batch;
static struct tt_sink_answer answer;
static struct tt_fault fault;
static struct tt_buf handle;
static char dir[300], path[600];

/* Of the folders with the batch's file in it. */
static int folders_synced;
static bool folders_fail;

/* In place of libc's. */
int fsync(int fd)
{
    struct stat folder, file, own;
    char parent[700];
    if (path[0] != '\0' && fstat(fd, &folder) == 0 && S_ISDIR(folder.st_mode)) {
        snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
        if (stat(parent, &own) == 0 && own.st_ino == folder.st_ino && stat(path, &file) == 0)
            folders_synced++;
        if (folders_fail) {
            errno = EIO;
            return -1;
        }
    }
    return (int)syscall(SYS_fsync, fd);
}

static void start(const char *name, enum tt_file_sink_form form)
{
    const struct tt_upload_table *table = &tt_upload_tables[TT_UPLOAD_AUDIT];
    folders_synced = 0;
    folders_fail = false;
    path[0] = '\0';
    fault = (struct tt_fault){0};
    snprintf(dir, sizeof dir, "%s", tt_tmpfile(name));
    ck_assert_int_eq(tt_file_sink_open(dir, form, &sink, &fault), TT_OK);
    ck_assert_int_eq(sink.tables(sink.context, &table, 1, true, &fault), TT_OK);
    tt_lines_body_init(&body, lines, 2);
    tt_buf_init(&handle, 1024);
    batch = (struct tt_sink_batch){TT_STR("b1"), table, &body.body, TT_STR_NONE, false};
    ck_assert_int_eq(sink.begin(sink.context, &batch, &handle, &fault), TT_OK);
    batch.handle = tt_buf_str(&handle);
    snprintf(path, sizeof path, "%s/%.*s", dir, TT_STR_ARGS(batch.handle));
}

static void stop(void)
{
    tt_file_sink_done(&sink);
    tt_buf_done(&handle);
}

TT_TEST(a_file_is_there_only_once_its_folder_is_on_the_disk)
{
    start("synced", TT_FILE_SINK_NDJSON);
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 2);
    ck_assert_int_eq(folders_synced, 1);
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
    ck_assert(answer.state == TT_SINK_DONE && answer.rows == 2);
    ck_assert_int_eq(folders_synced, 2);
    folders_fail = true;
    ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_ERR_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, "folder of"));
    fault = (struct tt_fault){0};
    ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_ERR_IO);
    stop();
}
TT_END

TT_TEST(a_batch_keeps_the_form_that_it_was_begun_in)
{
    for (int csv = 0; csv < 2; csv++) {
        struct tt_sink own;
        start(csv ? "csv" : "ndjson", csv ? TT_FILE_SINK_CSV : TT_FILE_SINK_NDJSON);
        own = sink;
        ck_assert_int_eq(
            tt_file_sink_open(dir, csv ? TT_FILE_SINK_NDJSON : TT_FILE_SINK_CSV, &sink, &fault),
            TT_OK);
        ck_assert_int_eq(sink.send(sink.context, &batch, &answer, &fault), TT_OK);
        char *text = tt_read_file(path, NULL);
        ck_assert_int_eq(text[0] == '{', !csv);
        free(text);
        ck_assert_int_eq(sink.ask(sink.context, &batch, &answer, &fault), TT_OK);
        ck_assert_uint_eq(answer.rows, 2);
        tt_file_sink_done(&own);
        stop();
    }
}
TT_END

TT_SUITE("adapters/system/file_sink", a_file_is_there_only_once_its_folder_is_on_the_disk,
         a_batch_keeps_the_form_that_it_was_begun_in)
