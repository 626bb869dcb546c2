#include "tests/lib/redis_server.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool tt_redis_server_answers(const struct tt_redis_server *server)
{
    redisContext *context = redisConnectUnix(server->socket);
    bool ready = false;
    if (context != NULL && context->err == 0) {
        redisReply *reply = redisCommand(context, "PING");
        ready = reply != NULL && reply->type == REDIS_REPLY_STATUS;
        if (reply != NULL)
            freeReplyObject(reply);
    }
    if (context != NULL)
        redisFree(context);
    return ready;
}

void tt_redis_server_begin(struct tt_redis_server *server, const char *name,
                           const char *const *more)
{
    char log[340];
    size_t count = 15;
    snprintf(server->dir, sizeof server->dir, "%.250s", tt_tmpfile(name));
    mkdir(server->dir, 0700);
    snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->dir);
    snprintf(server->url, sizeof server->url, "unix://%.320s", server->socket);
    snprintf(log, sizeof log, "%s/redis.log", server->dir);
    const char *words[32] = {"redis-server", "--port",        "0",         "--unixsocket",
                             server->socket, "--dir",         server->dir, "--appendonly",
                             "yes",          "--save",        "",          "--daemonize",
                             "no",           "--appendfsync", "no",        NULL};
    for (; more != NULL && *more != NULL; more++) {
        ck_assert_uint_lt(count, 31);
        words[count++] = *more;
    }
    server->pid = tt_start(words, log, NULL);
}

void tt_redis_server_start(struct tt_redis_server *server, const char *name)
{
    tt_redis_server_begin(server, name, NULL);
    TT_EVENTUALLY(tt_redis_server_answers(server));
}

void tt_redis_server_stop(struct tt_redis_server *server, int signal_number)
{
    tt_finish(server->pid, signal_number);
    server->pid = 0;
}

/* "*2", then "$3", "GET" and so on, each line ended by CR LF. Where the next one begins. */
static const char *skip_command(const char *at)
{
    long words = strtol(at + 1, NULL, 10);
    for (at = strchr(at, '\n') + 1; words > 0; words--) {
        long bytes = strtol(at + 1, NULL, 10);
        at = strchr(at, '\n') + 1 + bytes + 2;
    }
    return at;
}

static bool is_command(const char *at, const char *word)
{
    const char *name = strchr(strchr(at, '\n') + 1, '\n') + 1;
    return strncasecmp(name, word, strlen(word)) == 0 && name[strlen(word)] == '\r';
}

bool tt_redis_server_cut(const struct tt_redis_server *server, const char *word, int n)
{
    char path[400];
    size_t len = 0;
    snprintf(path, sizeof path, "%s/appendonlydir/appendonly.aof.1.incr.aof", server->dir);
    char *file = tt_read_file(path, &len);
    ck_assert_ptr_nonnull(file);
    const char *at = NULL, *end = file + len;
    for (const char *next = file; next < end; next = skip_command(next))
        at = is_command(next, "MULTI") ? next : at;
    ck_assert_ptr_nonnull(at);
    for (at = skip_command(at); at < end; at = skip_command(at)) {
        if (is_command(at, "EXEC") || ((word == NULL || is_command(at, word)) && --n == 0))
            break;
    }
    bool found = at < end && n == 0;
    if (found)
        ck_assert_int_eq(truncate(path, (at - file) + (skip_command(at) - at) / 2), 0);
    free(file);
    return found;
}

redisContext *tt_redis_server_connect(const struct tt_redis_server *server)
{
    redisContext *context = redisConnectUnix(server->socket);
    ck_assert(context != NULL && context->err == 0);
    return context;
}

long long tt_redis_ask(const struct tt_redis_server *server, const char *format, ...)
{
    redisContext *context = tt_redis_server_connect(server);
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(context, format, args);
    va_end(args);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", format,
                  reply->type == REDIS_REPLY_ERROR ? reply->str : "");
    const redisReply *from =
        reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0] : reply;
    long long number = from->type == REDIS_REPLY_INTEGER ? from->integer
                       : from->str != NULL               ? strtoll(from->str, NULL, 10)
                                                         : 0;
    freeReplyObject(reply);
    redisFree(context);
    return number;
}
