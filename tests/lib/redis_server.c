#include "tests/lib/redis_server.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
