#include "tests/lib/relay.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

struct pipes {
    int client, server, control;
    bool armed;
    char data[ROOM];
    size_t len;
};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    return address;
}

static void put(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t now = send(fd, data, len, MSG_NOSIGNAL);
        if (now <= 0)
            _exit(0);
        data += now;
        len -= (size_t)now;
    }
}

/* The length of the first command: "*2", then "$4", "PING" for each word; 0: not all of it. */
static size_t first_command(const char *data, size_t len)
{
    const char *at = data, *end = data + len, *line = memchr(at, '\n', len);
    if (line == NULL)
        return 0;
    long words = strtol(at + 1, NULL, 10);
    for (at = line + 1; words > 0; words--) {
        line = memchr(at, '\n', (size_t)(end - at));
        if (line == NULL)
            return 0;
        size_t bytes = strtoul(at + 1, NULL, 10) + 2;
        if ((size_t)(end - line - 1) < bytes)
            return 0;
        at = line + 1 + bytes;
    }
    return (size_t)(at - data);
}

static void pass_answer(const struct pipes *pipes)
{
    char answer[65536];
    ssize_t got = read(pipes->server, answer, sizeof answer);
    if (got <= 0)
        _exit(0);
    put(pipes->client, answer, (size_t)got);
}

static void pass_commands(struct pipes *pipes, const struct tt_redis_server *server)
{
    ssize_t got = read(pipes->client, pipes->data + pipes->len, ROOM - pipes->len);
    if (got <= 0)
        _exit(0);
    pipes->len += (size_t)got;
    size_t first = pipes->armed ? first_command(pipes->data, pipes->len) : pipes->len;
    if (first == 0)
        return;
    put(pipes->server, pipes->data, first);
    if (pipes->armed) {
        pass_answer(pipes);
        redisContext *redis = redisConnectUnix(server->socket);
        freeReplyObject(redisCommand(redis, "SCRIPT FLUSH"));
        redisFree(redis);
        put(pipes->server, pipes->data + first, pipes->len - first);
        pipes->armed = false;
    }
    pipes->len = 0;
}

static void run(int listening, int control, const struct tt_redis_server *server)
{
    static struct pipes pipes;
    const struct sockaddr_un address = address_of(server->socket);
    pipes.client = accept(listening, NULL, NULL);
    pipes.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pipes.control = control;
    if (connect(pipes.server, (const struct sockaddr *)&address, sizeof address) != 0)
        _exit(1);
    for (;;) {
        char byte;
        struct pollfd fds[] = {{.fd = pipes.control, .events = POLLIN},
                               {.fd = pipes.client, .events = POLLIN},
                               {.fd = pipes.server, .events = POLLIN}};
        if (poll(fds, 3, -1) <= 0)
            _exit(1);
        if (fds[0].revents != 0) {
            if (read(pipes.control, &byte, 1) != 1)
                _exit(0);
            pipes.armed = true;
            put(pipes.control, &byte, 1); /* it is known */
        }
        if (fds[2].revents != 0)
            pass_answer(&pipes);
        if (fds[1].revents != 0)
            pass_commands(&pipes, server);
    }
}

void tt_relay_start(struct tt_relay *relay, const struct tt_redis_server *server)
{
    char path[330];
    int controls[2], listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(path, sizeof path, "%.320s", tt_tmpfile("relay.sock"));
    snprintf(relay->url, sizeof relay->url, "unix://%.320s", path);
    const struct sockaddr_un address = address_of(path);
    ck_assert_int_eq(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, controls), 0);
    fflush(stdout);
    relay->pid = fork();
    ck_assert_int_ge(relay->pid, 0);
    if (relay->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(controls[0]);
        run(listening, controls[1], server);
    }
    close(listening);
    close(controls[1]);
    relay->control = controls[0];
}

void tt_relay_flush_behind_next(const struct tt_relay *relay)
{
    char byte = '!';
    put(relay->control, &byte, 1);
    ck_assert_int_eq(read(relay->control, &byte, 1), 1);
}

void tt_relay_stop(struct tt_relay *relay)
{
    close(relay->control);
    tt_finish(relay->pid, SIGKILL);
}
