#include "tests/lib/process.h"

#include "tests/lib/tmpdir.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 40, LIMIT_S = 100 };

void tt_pause(void)
{
    struct timespec wait = {.tv_nsec = 10 * 1000 * 1000};
    nanosleep(&wait, NULL);
}

void (*tt_when_giving_up)(void);

bool tt_give_up(void)
{
    void (*tell)(void) = tt_when_giving_up;
    tt_when_giving_up = NULL; /* once, also where it gives up itself */
    if (tell != NULL)
        tell();
    fflush(stdout);
    return false;
}

void tt_print_stacks(pid_t pid)
{
    char command[200];
    snprintf(command, sizeof command,
             "command -v gdb >/dev/null && timeout 30 gdb -p %d -batch -ex "
             "'thread apply all backtrace' 2>/dev/null | grep -E '^(#|Thread)'",
             (int)pid);
    printf("process %d:\n", (int)pid);
    fflush(stdout);
    if (system(command) != 0)
        printf("gdb does not tell\n");
}

static void redirect(int to, const char *path, int flags)
{
    int fd = open(path, flags, 0666);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(125);
    close(fd);
}

static pid_t start(const char *dir, const char *const *words, const char *in, const char *out,
                   const char *err, int *ret_in)
{
    int feed[2] = {-1, -1};
    pid_t parent = getpid();
    ck_assert(ret_in == NULL || pipe2(feed, O_CLOEXEC) == 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || (dir != NULL && chdir(dir) != 0))
            _exit(125);
        signal(SIGPIPE, SIG_DFL);
        if (ret_in != NULL)
            dup2(feed[0], STDIN_FILENO);
        else
            redirect(STDIN_FILENO, in == NULL ? "/dev/null" : in, O_RDONLY);
        redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_APPEND);
        redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT | O_APPEND);
        execvp(words[0], (char *const *)(size_t)words);
        _exit(125);
    }
    if (ret_in != NULL) {
        close(feed[0]);
        *ret_in = feed[1];
    }
    return pid;
}

int tt_finish(pid_t pid, int signal_number)
{
    int status, waited = 0;
    if (signal_number != 0)
        kill(pid, signal_number);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (waited++ > LIMIT_S * 100) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            ck_abort_msg("a program did not end within %d s", LIMIT_S);
        }
        tt_pause();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void with_program(const char *const *words, const char *all[WORDS_MAX])
{
    size_t count = 0;
    all[count++] = TT_PROGRAM;
    for (size_t i = 0; words[i] != NULL; i++) {
        ck_assert_uint_lt(count, WORDS_MAX - 1);
        all[count++] = words[i];
    }
    all[count] = NULL;
}

struct tt_run tt_tasktrail(const char *dir, const char *input, const char *const *words)
{
    static unsigned number;
    const char *all[WORDS_MAX];
    char in[400], out[400], err[400], name[40];
    with_program(words, all);
    snprintf(name, sizeof name, "run-%u", number++);
    snprintf(in, sizeof in, "%s.in", tt_tmpfile(name));
    snprintf(out, sizeof out, "%s.out", tt_tmpfile(name));
    snprintf(err, sizeof err, "%s.err", tt_tmpfile(name));
    if (input != NULL)
        tt_write_file(in, input, strlen(input));
    struct tt_run run = {
        .status = tt_finish(start(dir, all, input == NULL ? NULL : in, out, err, NULL), 0)};
    run.out = tt_read_file(out, &run.out_len);
    run.err = tt_read_file(err, NULL);
    unlink(out);
    unlink(err);
    return run;
}

void tt_run_done(struct tt_run *run)
{
    free(run->out);
    free(run->err);
    *run = (struct tt_run){0};
}

pid_t tt_start(const char *const *words, const char *log, int *ret_in)
{
    return start(NULL, words, NULL, log, log, ret_in);
}

pid_t tt_start_tasktrail(const char *log, int *ret_in, const char *const *words)
{
    const char *all[WORDS_MAX];
    with_program(words, all);
    return tt_start(all, log, ret_in);
}

bool tt_file_says(const char *path, const char *text)
{
    char line[4096];
    bool found = false;
    FILE *in = fopen(path, "r");
    while (in != NULL && !found && fgets(line, sizeof line, in) != NULL)
        found = strstr(line, text) != NULL;
    if (in != NULL)
        fclose(in);
    return found;
}

void tt_at_once(int count, void (*run)(const void *context), const void *context)
{
    int gate[2];
    ck_assert_int_eq(pipe(gate), 0);
    fflush(stdout);
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            char byte;
            close(gate[1]);
            if (read(gate[0], &byte, 1) != 0) /* opens for all when the writing end closes */
                _exit(2);
            run(context);
            _exit(0);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
}
