/* Runs a program to its end and keeps what it wrote. TASKTRAIL_* variables are not handed down, so
 * that a developer's settings do not change a test. */
#ifndef TT_TESTS_LIB_PROGRAM_H
#define TT_TESTS_LIB_PROGRAM_H

#include <stddef.h>

struct tt_program_result {
    int status;       /* exit status; 128 + signal where one ended it */
    char *out, *err;  /* owned, terminated */
    size_t out_bytes; /* without the terminator */
};

/* argv[0] is the path of the program; the list ends with NULL. folder NULL: where we are. Fails the
 * test where the program cannot be run at all. */
void tt_program_run(const char *folder, const char *const *argv, struct tt_program_result *ret);
void tt_program_result_free(struct tt_program_result *result);

/* A new empty folder; removed with all that is in it. */
enum { TT_FOLDER_MAX = 64 };
void tt_folder_make(char path[TT_FOLDER_MAX]);
void tt_folder_remove(const char *path);

/* Whole files; failures fail the test. The text is owned by the caller and terminated. */
char *tt_folder_read(const char *folder, const char *name, size_t *ret_bytes);
void tt_file_write(const char *folder, const char *name, const void *bytes, size_t count);

#endif
