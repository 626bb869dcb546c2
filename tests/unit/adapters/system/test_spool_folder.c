/* Files of rows that wait: two that write at once, what a crash left, whose folder it is. */
#include "adapters/system/clock.h"
#include "adapters/system/spool.h"
#include "core/base/buf.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tt_fault fault;

static enum tt_err take_line(void *context, uint64_t row, struct tt_str line)
{
    (void)row;
    tt_buf_add_str(context, line);
    return TT_OK;
}

static void assert_file(const struct tt_spool *spool, const char *name, const char *line)
{
    struct tt_body body;
    struct tt_buf lines;
    tt_buf_init(&lines, 0);
    ck_assert_msg(spool->open(spool->context, name, 1, &body, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(body.lines(body.context, 0, take_line, &lines, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert(tt_str_equal(tt_buf_str(&lines), tt_str_from(line)));
    spool->close(spool->context);
    tt_buf_done(&lines);
}

TT_TEST(two_that_write_into_one_folder_at_once_do_not_mix)
{
    const char *dir = tt_tmpfile("spool");
    struct tt_spool spools[2];
    struct tt_spool_file *files[2];
    uint64_t bytes;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tt_spool_open(dir, &spools[i], &fault), TT_OK);
        ck_assert_int_eq(spools[i].begin(spools[i].context, &files[i], &fault), TT_OK);
    }
    ck_assert_int_eq(spools[0].write(files[0], "first\n", 6, &fault), TT_OK);
    ck_assert_int_eq(spools[1].write(files[1], "second\n", 7, &fault), TT_OK);
    ck_assert_msg(spools[0].end(files[0], "a", &bytes, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(spools[1].end(files[1], "b", &bytes, &fault) == TT_OK, "%s", fault.text);
    assert_file(&spools[0], "a", "first");
    assert_file(&spools[0], "b", "second");
    tt_spool_close(&spools[0]);
    tt_spool_close(&spools[1]);
}
TT_END

static void leave(const char *dir, const char *name, int64_t age_s)
{
    char path[400];
    const struct tt_clock clock = tt_system_clock(NULL);
    const int64_t at_s = clock.wall_us(clock.context) / 1000000 - age_s;
    const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(futimens(fd, times), 0);
    close(fd);
}

static bool is_there(const char *dir, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

TT_TEST(what_a_crash_left_is_swept_when_it_is_old_and_nothing_else_is)
{
    char dir[300];
    struct tt_spool spool;
    snprintf(dir, sizeof dir, "%s", tt_tmpfile("spool"));
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    leave(dir, ".1-0.tmp", 2 * 86400);
    leave(dir, ".2-0.tmp", 60);
    leave(dir, "rows.ndjson.gz", 30 * 86400);
    leave(dir, "own.tmp", 30 * 86400);
    ck_assert_int_eq(tt_spool_open(dir, &spool, &fault), TT_OK);
    ck_assert(!is_there(dir, ".1-0.tmp"));
    ck_assert(is_there(dir, ".2-0.tmp"));
    ck_assert(is_there(dir, "rows.ndjson.gz"));
    ck_assert(is_there(dir, "own.tmp"));
    tt_spool_close(&spool);
}
TT_END

TT_TEST(a_file_is_no_folder_and_a_folder_of_somebody_else_is_not_used)
{
    char dir[300];
    struct tt_spool spool;
    snprintf(dir, sizeof dir, "%s", tt_tmpfile("spool"));
    ck_assert_int_eq(mkdir(dir, 0777), 0);
    leave(dir, "file", 0);
    char path[400];
    snprintf(path, sizeof path, "%s/file", dir);
    ck_assert_int_eq(tt_spool_open(path, &spool, &fault), TT_ERR_INVALID);
    tt_fault_clear(&fault);
    if (geteuid() != 0) /* only root can give a folder away */
        return;
    ck_assert_int_eq(chown(dir, 65534, 65534), 0);
    ck_assert_int_eq(tt_spool_open(dir, &spool, &fault), TT_ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "somebody else's"));
}
TT_END

TT_SUITE("adapters/system/spool_folder", two_that_write_into_one_folder_at_once_do_not_mix,
         what_a_crash_left_is_swept_when_it_is_old_and_nothing_else_is,
         a_file_is_no_folder_and_a_folder_of_somebody_else_is_not_used)
