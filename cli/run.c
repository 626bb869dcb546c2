#include "cli/run.h"

#include "adapters/system/file.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const char *const *words, const char *log, int report, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (log != NULL) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        if (fd >= 0) {
            dup2(fd, STDOUT_FILENO);
            dup2(fd, STDERR_FILENO);
            close(fd);
        }
    }
    execvp(words[0], (char *const *)(uintptr_t)words);
    int problem = errno;
    if (write(report, &problem, sizeof problem) < 0)
        _exit(126);
    _exit(127);
}

enum tt_err tt_run_start(const char *const *words, const char *log, pid_t *ret_pid,
                         struct tt_fault *fault)
{
    int report[2], problem = 0;
    if (pipe2(report, O_CLOEXEC) != 0)
        return tt_fault_errno(fault, TT_ERR_IO, errno, "%s", words[0]);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(words, log, report[1], parent);
    close(report[1]);
    /* Nothing comes when exec succeeded: the pipe closes by itself. */
    ssize_t got = pid < 0 ? -1 : read(report[0], &problem, sizeof problem);
    close(report[0]);
    if (pid < 0)
        return tt_fault_errno(fault, TT_ERR_IO, errno, "%s", words[0]);
    if (got == (ssize_t)sizeof problem) {
        waitpid(pid, NULL, 0);
        return tt_fault_errno(fault, tt_file_err(problem), problem, "%s", words[0]);
    }
    *ret_pid = pid;
    return TT_OK;
}

int tt_run_wait(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum tt_err tt_run_self(char *path, size_t size, struct tt_fault *fault)
{
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    if (len < 0)
        return tt_fault_errno(fault, TT_ERR_IO, errno, "/proc/self/exe");
    path[len] = '\0';
    return TT_OK;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

void tt_run_remove(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
