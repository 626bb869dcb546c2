#include "tests/lib/postgres_server.h"

#include "core/base/buf.h"
#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno));   \
            exit(2);                                                                               \
        }                                                                                          \
    } while (0)

/* Debian keeps the server's programs off the PATH; the newest version counts. */
static const char *program(const char *name)
{
    static char paths[2][300];
    static int next;
    char *path = paths[next++ % 2];
    char pattern[200];
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    if (glob(pattern, 0, NULL, &found) == 0)
        snprintf(path, sizeof paths[0], "%s", found.gl_pathv[found.gl_pathc - 1]);
    else
        snprintf(path, sizeof paths[0], "%s", name);
    globfree(&found);
    return path;
}

/* Who the server runs as; NULL: ourselves. */
static const struct passwd *server_user(void)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *user = getpwnam("postgres");
    if (user == NULL)
        user = getpwnam("nobody");
    NEED(user != NULL);
    return user;
}

/* Starts a program as the server's user, in the server's folder. */
static pid_t start_there(const struct tt_postgres_server *server, const char *const *words)
{
    const struct passwd *user = server_user();
    char log[340];
    snprintf(log, sizeof log, "%s/log", server->dir);
    pid_t parent = getpid(), pid = fork();
    NEED(pid >= 0);
    if (pid != 0)
        return pid;
    if (user != NULL &&
        (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(125);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* behind setuid, which forgets it */
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), null = open("/dev/null", O_RDONLY);
    if (getppid() != parent || fd < 0 || chdir(server->dir) != 0 || dup2(null, 0) < 0 ||
        dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(125);
    execvp(words[0], (char *const *)(size_t)words);
    _exit(125);
}

static void make_cluster(const struct tt_postgres_server *server)
{
    const struct passwd *user = server_user();
    char data[340], log[340];
    NEED(mkdir(server->dir, 0755) == 0);
    if (user != NULL) {
        NEED(chmod(tt_tmpdir(), 0711) == 0);
        NEED(chown(server->dir, user->pw_uid, user->pw_gid) == 0);
    }
    snprintf(data, sizeof data, "%s/data", server->dir);
    const char *words[] = {program("initdb"),
                           "-D",
                           data,
                           "-U",
                           "tasktrail",
                           "-A",
                           "trust",
                           "-E",
                           "UTF8",
                           "--locale=C",
                           "--no-sync",
                           "--no-instructions",
                           NULL};
    if (tt_finish(start_there(server, words), 0) == 0)
        return;
    snprintf(log, sizeof log, "%s/log", server->dir);
    char *said = tt_read_file(log, NULL);
    fprintf(stderr, "initdb failed: %s\n", said == NULL ? "" : said);
    exit(2);
}

void tt_postgres_server_start(struct tt_postgres_server *server, const char *name,
                              const char *const *settings)
{
    static char folder[320];
    snprintf(server->dir, sizeof server->dir, "%.250s", tt_tmpfile(name));
    snprintf(server->url, sizeof server->url, "postgresql://tasktrail@/postgres?host=%s",
             server->dir);
    if (access(server->dir, F_OK) != 0)
        make_cluster(server);
    snprintf(folder, sizeof folder, "unix_socket_directories=%.290s", server->dir);
    const char *words[40] = {program("postgres"),
                             "-D",
                             "data",
                             "-c",
                             folder,
                             "-c",
                             "listen_addresses=",
                             "-c",
                             "fsync=off",
                             "-c",
                             "max_connections=40"};
    size_t count = 11;
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        words[count++] = "-c";
        words[count++] = settings[i];
    }
    server->pid = start_there(server, words);
    for (int tries = 0; PQping(server->url) != PQPING_OK; tries++) {
        NEED(tries < 6000);
        NEED(waitpid(server->pid, NULL, WNOHANG) == 0);
        tt_pause();
    }
}

void tt_postgres_server_stop(struct tt_postgres_server *server, int signal_number)
{
    tt_finish(server->pid, signal_number);
    server->pid = 0;
}

static PGconn *connect_to(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
    return conn;
}

const char *tt_postgres_new_url(const struct tt_postgres_server *server)
{
    static char url[500];
    static unsigned number;
    char sql[100];
    PGconn *conn = connect_to(server->url);
    snprintf(sql, sizeof sql, "CREATE SCHEMA s_%ld_%u", (long)getpid(), ++number);
    PGresult *result = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3Ds_%ld_%u", server->url, (long)getpid(),
             number);
    return url;
}

static void add_rows(struct tt_buf *buf, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        if (row > 0)
            tt_buf_add_char(buf, '\n');
        for (int column = 0; column < PQnfields(result); column++) {
            if (column > 0)
                tt_buf_add_char(buf, '|');
            tt_buf_add_text(
                buf, PQgetisnull(result, row, column) ? "NULL" : PQgetvalue(result, row, column));
        }
    }
}

char *tt_postgres_text(const char *url, const char *sql)
{
    struct tt_buf buf;
    PGconn *conn = connect_to(url);
    PGresult *result = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK ||
                      PQresultStatus(result) == PGRES_TUPLES_OK,
                  "%s: %s", sql, PQerrorMessage(conn));
    tt_buf_init(&buf, 0);
    tt_buf_add_text(&buf, "");
    add_rows(&buf, result);
    PQclear(result);
    PQfinish(conn);
    return buf.data;
}

long long tt_postgres_count(const char *url, const char *sql)
{
    long long number = -1;
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQstatus(conn) == CONNECTION_OK ? PQexec(conn, sql) : NULL;
    if (PQntuples(result) > 0)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return number;
}
