/* Colours: on a terminal alone, and not where NO_COLOR or TERM says otherwise. */
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <errno.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char events[] =
    "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":\"2026-03-01T00:00:01Z\"}\n"
    "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":\"2026-03-01T00:00:00Z\"}\n";

/* What `check` writes to a terminal of its own; the caller frees. */
static char *on_a_terminal(const char *no_colour, const char *term)
{
    const char *path = tt_tmpfile("events");
    int terminal;
    size_t len = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    tt_write_file(path, events, strlen(events));
    ck_assert_ptr_nonnull(text);
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        unsetenv("NO_COLOR");
        if (no_colour != NULL)
            setenv("NO_COLOR", no_colour, 1);
        setenv("TERM", term, 1);
        execl(TT_PROGRAM, TT_PROGRAM, "check", "--fail-on", "never", path, (char *)NULL);
        _exit(127);
    }
    for (;;) {
        ssize_t got = read(terminal, text + len, capacity - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) /* EIO: the other side is closed */
            break;
        len += (size_t)got;
    }
    text[len] = '\0';
    close(terminal);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_ptr_nonnull(strstr(text, "1 of 1 task is not clean"));
    return text;
}

static void expect(const char *no_colour, const char *term, bool coloured)
{
    char *text = on_a_terminal(no_colour, term);
    ck_assert_msg((strchr(text, '\x1b') != NULL) == coloured, "NO_COLOR %s, TERM %s: %s",
                  no_colour == NULL ? "unset" : no_colour, term, text);
    free(text);
}

TT_TEST(colours_are_for_terminals_that_want_them)
{
    expect(NULL, "xterm", true);
    expect("", "xterm", true);
    expect("1", "xterm", false);
    expect(NULL, "dumb", false);
}
TT_END

TT_TEST(what_is_no_terminal_gets_no_colours)
{
    struct tt_run run =
        tt_tasktrail(NULL, events, (const char *const[]){"check", "--fail-on", "never", "-", NULL});
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_null(strchr(run.out, '\x1b'));
    ck_assert_ptr_null(strchr(run.err, '\x1b'));
    tt_run_done(&run);
}
TT_END

TT_SUITE("e2e/colours", colours_are_for_terminals_that_want_them,
         what_is_no_terminal_gets_no_colours)
