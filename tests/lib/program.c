#include "tests/lib/program.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void drop_settings(void)
{
    char name[64];
    for (char **at = environ; *at != NULL;) {
        size_t length = strcspn(*at, "=");
        if (strncmp(*at, "TASKTRAIL_", 10) != 0 || length >= sizeof name) {
            at++;
            continue;
        }
        memcpy(name, *at, length);
        name[length] = '\0';
        unsetenv(name);
        at = environ;
    }
}

static char *read_all(FILE *file, size_t *ret_bytes)
{
    size_t count = 0, room = 4096, got;
    char *text = malloc(room);
    ck_assert_ptr_nonnull(text);
    while ((got = fread(text + count, 1, room - count - 1, file)) > 0) {
        count += got;
        if (room - count > 1)
            continue;
        text = realloc(text, room *= 2);
        ck_assert_ptr_nonnull(text);
    }
    ck_assert_int_eq(ferror(file), 0);
    text[count] = '\0';
    *ret_bytes = count;
    return text;
}

enum { NOT_RUN = 127 };

/* In the child. */
static _Noreturn void give_up(FILE *err, const char *what)
{
    dprintf(fileno(err), "%s: %s", what, strerror(errno));
    _exit(NOT_RUN);
}

void tt_program_run(const char *folder, const char *const *argv, struct tt_program_result *ret)
{
    FILE *out = tmpfile(), *err = tmpfile();
    size_t err_bytes;
    int state;
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(err);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        drop_settings();
        if ((folder != NULL && chdir(folder) != 0) || dup2(fileno(out), STDOUT_FILENO) < 0 ||
            dup2(fileno(err), STDERR_FILENO) < 0)
            give_up(err, folder);
        execv(argv[0], (char *const *)(size_t)argv);
        give_up(err, argv[0]);
    }
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ret->status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    rewind(out);
    rewind(err);
    ret->out = read_all(out, &ret->out_bytes);
    ret->err = read_all(err, &err_bytes);
    fclose(out);
    fclose(err);
    ck_assert_msg(ret->status != NOT_RUN, "cannot run: %.500s", ret->err);
}

void tt_program_result_free(struct tt_program_result *result)
{
    free(result->out);
    free(result->err);
    *result = (struct tt_program_result){0};
}

void tt_folder_make(char path[TT_FOLDER_MAX])
{
    snprintf(path, TT_FOLDER_MAX, "/tmp/tt-history-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *walk)
{
    (void)state, (void)kind, (void)walk;
    return remove(path);
}

void tt_folder_remove(const char *path)
{
    ck_assert_int_eq(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

char *tt_folder_read(const char *folder, const char *name, size_t *ret_bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    char *text = read_all(file, ret_bytes);
    fclose(file);
    return text;
}

void tt_file_write(const char *folder, const char *name, const void *bytes, size_t count)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot create %s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}
