/* A real PostgreSQL server of the test's own: in the test's folder, on a socket there and no port,
 * by a user without rights where the test is root. It ends with the process that started it, which
 * may be the one that runs the tests: starting and stopping ends the program when it fails. */
#ifndef TT_TESTS_LIB_POSTGRES_SERVER_H
#define TT_TESTS_LIB_POSTGRES_SERVER_H

#include <sys/types.h>

struct tt_postgres_server {
    pid_t pid;
    char dir[300];
    char url[420]; /* of its one database, for --store */
};

/* Makes a cluster in a folder of this name and starts it; where it is there already, starts it
 * again. Waits until it answers. `settings`: NULL-terminated, "name=value", or NULL. */
void tt_postgres_server_start(struct tt_postgres_server *server, const char *name,
                              const char *const *settings);
/* SIGQUIT: as a crash. SIGINT: as a shutdown. */
void tt_postgres_server_stop(struct tt_postgres_server *server, int signal_number);

/* A schema that nobody has yet, as the URL of a store; in a static buffer. */
const char *tt_postgres_new_url(const struct tt_postgres_server *server);
/* Runs SQL at a URL, fails the test on an error. The values of all rows, "|" between columns and
 * "\n" between rows, NULL as that; the caller frees. */
char *tt_postgres_text(const char *url, const char *sql);
/* The same; the first value as a number, -1 where there is none or the server is away. */
long long tt_postgres_count(const char *url, const char *sql);

#endif
