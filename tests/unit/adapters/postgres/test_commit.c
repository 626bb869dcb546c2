/* A commit whose answer is lost: it happened, or it did not, and the writer cannot know. Between
 * the two stands a proxy that passes everything on until it is told to cut. */
#include "adapters/postgres/store.h"
#include "tests/lib/applying.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct tt_postgres_server server;

enum cut { CUT_NEVER, CUT_BEFORE_COMMIT, CUT_BEFORE_ANSWER };
static atomic_int *cut; /* shared with the proxy */

static int unix_socket(const char *dir, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "%.80s/.s.PGSQL.5432", dir);
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* Whether the bytes bind the prepared statement "commit". */
static bool commits(const char *bytes, ssize_t len)
{
    return memmem(bytes, (size_t)len, "\0commit\0", 8) != NULL;
}

/* Reads the server's answer up to its end, and throws it away. */
static void swallow(int upstream)
{
    char bytes[65536];
    ssize_t len;
    do
        len = read(upstream, bytes, sizeof bytes);
    while (len > 0 && memmem(bytes, (size_t)len, "Z\0\0\0\5I", 6) == NULL);
}

static _Noreturn void serve(int client)
{
    struct sockaddr_un address;
    char bytes[65536];
    int upstream = unix_socket(server.dir, &address);
    if (connect(upstream, (struct sockaddr *)&address, sizeof address) != 0)
        _exit(1);
    struct pollfd both[] = {{.fd = client, .events = POLLIN}, {.fd = upstream, .events = POLLIN}};
    while (poll(both, 2, -1) > 0)
        for (int i = 0; i < 2; i++) {
            if (both[i].revents == 0)
                continue;
            ssize_t len = read(both[i].fd, bytes, sizeof bytes);
            if (len <= 0)
                _exit(0);
            int mode = i == 0 && commits(bytes, len) ? atomic_exchange(cut, CUT_NEVER) : CUT_NEVER;
            if (mode == CUT_BEFORE_COMMIT)
                _exit(0);
            if (write(both[1 - i].fd, bytes, (size_t)len) != len)
                _exit(1);
            if (mode == CUT_BEFORE_ANSWER) {
                swallow(upstream);
                _exit(0);
            }
        }
    _exit(0);
}

/* Gives the folder of its socket. */
static const char *start_proxy(void)
{
    struct sockaddr_un address;
    const char *dir = tt_tmpfile("proxy");
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    int listener = unix_socket(dir, &address);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    pid_t parent = getpid(), pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        while (getppid() == parent) {
            int client = accept(listener, NULL, NULL);
            if (client >= 0 && fork() == 0)
                serve(client);
            close(client);
        }
        _exit(0);
    }
    close(listener);
    return dir;
}

/* What was asked of the server's own socket, by the proxy's. */
static void through_proxy(const char *url, char *text, size_t size)
{
    const char *at = strstr(url, server.dir);
    snprintf(text, size, "%.*s%s%s", (int)(at - url), url, start_proxy(), at + strlen(server.dir));
}

static void add_batch(struct tt_applying *applying)
{
    for (int i = 0; i < 3; i++) {
        struct tt_event event = tt_test_event(i == 1 ? "RUNNING" : "QUEUED", 10 + i);
        event.correlation_id = TT_STR("c");
        event.dataset_id = TT_STR("d");
        tt_applying_add(applying, &event, 3, 100 + i, 0);
    }
}

static void check(enum cut mode, uint64_t rows_the_second_time)
{
    static struct tt_applying applying;
    struct tt_store store = {0};
    uint64_t rows = 0;
    char url[500], proxied[900];
    cut = mmap(NULL, sizeof *cut, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(cut, MAP_FAILED);
    snprintf(url, sizeof url, "%s", tt_postgres_new_url(&server));
    through_proxy(url, proxied, sizeof proxied);
    ck_assert_int_eq(tt_pg_store_open(proxied, NULL, &store, NULL), TT_OK);
    tt_applying_begin(&applying, &store, false);
    atomic_store(cut, mode);
    add_batch(&applying);
    enum tt_err err = tt_applying_try(&applying, &rows);
    ck_assert_msg(err == TT_ERR_UNAVAILABLE, "%s", applying.fault.text);
    ck_assert_int_eq(atomic_load(cut), CUT_NEVER);
    add_batch(&applying);
    ck_assert_uint_eq(tt_applying_run(&applying), rows_the_second_time);
    ck_assert_int_eq(tt_postgres_count(url, "SELECT count(*) FROM task_status_audit"), 3);
    ck_assert_int_eq(tt_postgres_count(url, "SELECT events FROM task_status_current"), 3);
    ck_assert_int_eq(tt_postgres_count(url, "SELECT count(*) FROM task_status_interval"), 3);
    tt_applying_done(&applying);
    tt_pg_store_done(&store);
}

TT_TEST(a_commit_that_happened_while_its_answer_was_lost_is_found_and_not_done_again)
{
    check(CUT_BEFORE_ANSWER, 0);
}
TT_END

TT_TEST(a_commit_that_never_arrived_is_done_again)
{
    check(CUT_BEFORE_COMMIT, 3);
}
TT_END

int main(void)
{
    const TTest *list[] = {
        a_commit_that_happened_while_its_answer_was_lost_is_found_and_not_done_again,
        a_commit_that_never_arrived_is_done_again,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("adapters/postgres/commit", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
