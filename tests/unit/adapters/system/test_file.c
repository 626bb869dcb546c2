#include "adapters/system/file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static struct tt_file_out *begin(const char *path, const char *text)
{
    struct tt_file_out *out = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_file_out_open(path, &out, &fault), TT_OK);
    ck_assert_int_eq(tt_file_out_write(out, text, strlen(text), &fault), TT_OK);
    return out;
}

TT_TEST(a_file_is_there_whole_when_it_is_committed_and_not_before)
{
    const char *path = tt_tmpfile("out");
    struct tt_fault fault = {0};
    tt_write_file(path, "old", 3);
    struct tt_file_out *out = begin(path, "new");
    char *found = tt_read_file(path, NULL);
    ck_assert_str_eq(found, "old");
    free(found);
    ck_assert_int_eq(tt_file_out_commit(out, &fault), TT_OK);
    found = tt_read_file(path, NULL);
    ck_assert_str_eq(found, "new");
    free(found);
    tt_file_out_abort(begin(path, "newer"));
    found = tt_read_file(path, NULL);
    ck_assert_str_eq(found, "new");
    free(found);
    ck_assert_uint_eq(files_in(tt_tmpdir()), 1);
}
TT_END

TT_TEST(a_process_that_dies_in_mid_file_leaves_nothing)
{
    int probe = open(tt_tmpdir(), O_TMPFILE | O_WRONLY, 0600);
    if (probe < 0)
        return; /* this file system has no files without a name */
    close(probe);
    size_t before = files_in(tt_tmpdir());
    pid_t pid = fork();
    if (pid == 0) {
        struct tt_file_out *out = NULL;
        struct tt_fault fault = {0};
        enum tt_err err = tt_file_out_open(tt_tmpfile("died"), &out, &fault);
        if (err == TT_OK)
            err = tt_file_out_write(out, "half", 4, &fault);
        _exit(err == TT_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(files_in(tt_tmpdir()), before);
}
TT_END

TT_TEST(two_outputs_of_one_name_are_each_whole)
{
    const char *path = tt_tmpfile("twice");
    struct tt_fault fault = {0};
    int probe = open(tt_tmpdir(), O_TMPFILE | O_WRONLY, 0600);
    if (probe < 0)
        return;
    close(probe);
    struct tt_file_out *first = begin(path, "first"), *second = begin(path, "second");
    ck_assert_int_eq(tt_file_out_commit(second, &fault), TT_OK);
    ck_assert_int_eq(tt_file_out_commit(first, &fault), TT_OK);
    char *found = tt_read_file(path, NULL);
    ck_assert_str_eq(found, "first");
    free(found);
}
TT_END

TT_TEST(what_cannot_be_made_is_told_with_its_path)
{
    struct tt_file_out *out = NULL;
    struct tt_fault fault = {0};
    char path[200];
    snprintf(path, sizeof path, "%s/no/such/file", tt_tmpdir());
    ck_assert_int_eq(tt_file_out_open(path, &out, &fault), TT_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    ck_assert_ptr_null(out);
}
TT_END

TT_SUITE("adapters/system/file", a_file_is_there_whole_when_it_is_committed_and_not_before,
         a_process_that_dies_in_mid_file_leaves_nothing, two_outputs_of_one_name_are_each_whole,
         what_cannot_be_made_is_told_with_its_path)
