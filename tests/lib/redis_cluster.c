#include "tests/lib/redis_cluster.h"

#include "tests/lib/process.h"
#include "tests/lib/tmpdir.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 16384 };

/* A port that nobody listens on. All are found before the first is used, each still bound, so that
 * they differ. */
static int bind_free(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void find_ports(struct tt_redis_cluster_server *cluster)
{
    int fds[2 * TT_CLUSTER_NODES_MAX];
    for (int i = 0; i < TT_CLUSTER_NODES_MAX; i++) {
        fds[2 * i] = bind_free(&cluster->nodes[i].port);
        fds[2 * i + 1] = bind_free(&cluster->nodes[i].bus_port);
    }
    for (int i = 0; i < 2 * TT_CLUSTER_NODES_MAX; i++)
        close(fds[i]);
}

static redisContext *try_open(const struct tt_redis_cluster_server *cluster, int node)
{
    redisContext *context = redisConnect("127.0.0.1", cluster->nodes[node].port);
    if (context == NULL || context->err != 0) {
        if (context != NULL)
            redisFree(context);
        return NULL;
    }
    if (cluster->password != NULL)
        freeReplyObject(redisCommand(context, "AUTH %s", cluster->password));
    return context;
}

redisContext *tt_redis_cluster_open(const struct tt_redis_cluster_server *cluster, int node)
{
    redisContext *context = try_open(cluster, node);
    ck_assert_ptr_nonnull(context);
    return context;
}

/* The whole answer as text: of a string, or "" for others. The caller frees. NULL: away. */
static char *ask_text(const struct tt_redis_cluster_server *cluster, int node, const char *command)
{
    redisContext *context = try_open(cluster, node);
    redisReply *reply = context == NULL ? NULL : redisCommand(context, command);
    char *text = reply == NULL ? NULL : strdup(reply->str == NULL ? "" : reply->str);
    if (reply != NULL)
        freeReplyObject(reply);
    if (context != NULL)
        redisFree(context);
    return text;
}

static int says(const struct tt_redis_cluster_server *cluster, int node, const char *command,
                const char *text)
{
    char *answer = ask_text(cluster, node, command);
    int found = answer != NULL && strstr(answer, text) != NULL;
    free(answer);
    return found;
}

void tt_redis_cluster_node_start(struct tt_redis_cluster_server *cluster, int number)
{
    struct tt_redis_cluster_node *node = &cluster->nodes[number];
    char name[16], log[340], port[16], bus[16];
    snprintf(name, sizeof name, "node-%d", number);
    snprintf(node->dir, sizeof node->dir, "%.250s", tt_tmpfile(name));
    mkdir(node->dir, 0700);
    snprintf(log, sizeof log, "%s/redis.log", node->dir);
    snprintf(port, sizeof port, "%d", node->port);
    snprintf(bus, sizeof bus, "%d", node->bus_port);
    const char *words[] = {"redis-server",
                           "--port",
                           port,
                           "--cluster-port",
                           bus,
                           "--bind",
                           "127.0.0.1",
                           "--cluster-enabled",
                           "yes",
                           "--cluster-node-timeout",
                           "2000",
                           "--dir",
                           node->dir,
                           "--appendonly",
                           "yes",
                           "--appendfsync", /* as in redis_server.h */
                           "no",
                           "--save",
                           "",
                           "--daemonize",
                           "no",
                           cluster->password == NULL ? NULL : "--requirepass",
                           cluster->password,
                           NULL};
    node->pid = tt_start(words, log, NULL);
    TT_EVENTUALLY(says(cluster, number, "PING", "PONG"));
}

void tt_redis_cluster_await(const struct tt_redis_cluster_server *cluster)
{
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        TT_EVENTUALLY(says(cluster, i, "CLUSTER INFO", "cluster_state:ok"));
}

static void meet(struct tt_redis_cluster_server *cluster)
{
    for (int i = 0; i < TT_CLUSTER_NODES; i++) {
        int first = SLOTS * i / TT_CLUSTER_NODES, next = SLOTS * (i + 1) / TT_CLUSTER_NODES;
        char *id = ask_text(cluster, i, "CLUSTER MYID");
        snprintf(cluster->nodes[i].id, sizeof cluster->nodes[i].id, "%s", id);
        free(id);
        /* Before they meet: nodes of one epoch take new ones later, and with them back what moves.
         */
        tt_redis_cluster_ask(cluster, i, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
        tt_redis_cluster_ask(cluster, i, "CLUSTER ADDSLOTSRANGE %d %d", first, next - 1);
        if (i > 0)
            tt_redis_cluster_ask(cluster, 0, "CLUSTER MEET 127.0.0.1 %d %d", cluster->nodes[i].port,
                                 cluster->nodes[i].bus_port);
    }
    for (int i = 0; i < TT_CLUSTER_NODES; i++) {
        TT_EVENTUALLY(says(cluster, i, "CLUSTER INFO", "cluster_state:ok") &&
                      says(cluster, i, "CLUSTER INFO", "cluster_slots_assigned:16384") &&
                      says(cluster, i, "CLUSTER INFO", "cluster_known_nodes:3"));
    }
}

void tt_redis_cluster_start(struct tt_redis_cluster_server *cluster, const char *password)
{
    *cluster = (struct tt_redis_cluster_server){.password = password};
    find_ports(cluster);
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        tt_redis_cluster_node_start(cluster, i);
    meet(cluster);
    snprintf(cluster->url, sizeof cluster->url, "redis://127.0.0.1:%d", cluster->nodes[0].port);
}

void tt_redis_cluster_stop(struct tt_redis_cluster_server *cluster)
{
    for (int i = 0; i < TT_CLUSTER_NODES_MAX; i++)
        if (cluster->nodes[i].pid != 0)
            tt_finish(cluster->nodes[i].pid, SIGKILL);
}

void tt_redis_cluster_replica_start(struct tt_redis_cluster_server *cluster, int master)
{
    char command[120];
    const int replica = TT_CLUSTER_REPLICA;
    tt_redis_cluster_node_start(cluster, replica);
    tt_redis_cluster_ask(cluster, master, "CLUSTER MEET 127.0.0.1 %d %d",
                         cluster->nodes[replica].port, cluster->nodes[replica].bus_port);
    TT_EVENTUALLY(says(cluster, replica, "CLUSTER INFO", "cluster_known_nodes:4") &&
                  says(cluster, replica, "CLUSTER INFO", "cluster_slots_assigned:16384"));
    snprintf(command, sizeof command, "CLUSTER REPLICATE %s", cluster->nodes[master].id);
    TT_EVENTUALLY(says(cluster, replica, command, "OK"));
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        TT_EVENTUALLY(says(cluster, i, "CLUSTER NODES", "slave"));
    TT_EVENTUALLY(says(cluster, replica, "INFO replication", "master_link_status:up"));
}

static redisReply *ask(const struct tt_redis_cluster_server *cluster, int node, const char *format,
                       va_list args)
{
    redisContext *context = tt_redis_cluster_open(cluster, node);
    redisReply *reply = redisvCommand(context, format, args);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR || tt_give_up(), "%s: %s", format,
                  reply->type == REDIS_REPLY_ERROR ? reply->str : "");
    redisFree(context);
    return reply;
}

long long tt_redis_cluster_ask(const struct tt_redis_cluster_server *cluster, int node,
                               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = ask(cluster, node, format, args);
    va_end(args);
    const redisReply *from =
        reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0] : reply;
    long long number = from->type == REDIS_REPLY_INTEGER ? from->integer
                       : from->str != NULL               ? strtoll(from->str, NULL, 10)
                                                         : 0;
    freeReplyObject(reply);
    return number;
}

long long tt_redis_cluster_refused(const struct tt_redis_cluster_server *cluster, const char *word)
{
    long long sum = 0;
    char label[40];
    snprintf(label, sizeof label, "errorstat_%s:count=", word);
    for (int i = 0; i < TT_CLUSTER_NODES; i++) {
        char *answer = ask_text(cluster, i, "INFO errorstats");
        const char *at = answer == NULL ? NULL : strstr(answer, label);
        sum += at == NULL ? 0 : strtoll(at + strlen(label), NULL, 10);
        free(answer);
    }
    return sum;
}

int tt_redis_cluster_owner(const struct tt_redis_cluster_server *cluster, unsigned slot)
{
    (void)cluster;
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        if (slot < (unsigned)(SLOTS * (i + 1) / TT_CLUSTER_NODES))
            return i;
    return -1;
}

/* The number behind a name in CLUSTER INFO; -1: away. */
static long long info(const struct tt_redis_cluster_server *cluster, int node, const char *name)
{
    char *answer = ask_text(cluster, node, "CLUSTER INFO");
    const char *at = answer == NULL ? NULL : strstr(answer, name);
    long long number = at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);
    free(answer);
    return number;
}

/* Whether all know the newest epoch. Who takes a slot takes the next one, and a node that has heard
 * of a newer one from the slot's last owner gives it back. */
static int agree(const struct tt_redis_cluster_server *cluster)
{
    long long epoch = info(cluster, 0, "cluster_current_epoch:");
    for (int i = 1; i < TT_CLUSTER_NODES; i++)
        if (info(cluster, i, "cluster_current_epoch:") != epoch)
            return 0;
    return epoch > 0;
}

void tt_redis_cluster_move_begin(const struct tt_redis_cluster_server *cluster, unsigned slot,
                                 int from, int to)
{
    TT_EVENTUALLY(agree(cluster));
    tt_redis_cluster_ask(cluster, to, "CLUSTER SETSLOT %u IMPORTING %s", slot,
                         cluster->nodes[from].id);
    tt_redis_cluster_ask(cluster, from, "CLUSTER SETSLOT %u MIGRATING %s", slot,
                         cluster->nodes[to].id);
}

int tt_redis_cluster_move_key(const struct tt_redis_cluster_server *cluster, int from, int to,
                              const char *key)
{
    redisContext *context = tt_redis_cluster_open(cluster, from);
    redisReply *reply =
        cluster->password == NULL
            ? redisCommand(context, "MIGRATE 127.0.0.1 %d %s 0 5000", cluster->nodes[to].port, key)
            : redisCommand(context, "MIGRATE 127.0.0.1 %d %s 0 5000 AUTH %s",
                           cluster->nodes[to].port, key, cluster->password);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type == REDIS_REPLY_STATUS, "%s: %s", key, reply->str);
    int moved = strcmp(reply->str, "OK") == 0; /* NOKEY where there is none */
    freeReplyObject(reply);
    redisFree(context);
    return moved;
}

void tt_redis_cluster_move_end(const struct tt_redis_cluster_server *cluster, unsigned slot,
                               int from, int to)
{
    redisContext *context = tt_redis_cluster_open(cluster, from);
    for (size_t left = 1; left > 0;) {
        redisReply *keys = redisCommand(context, "CLUSTER GETKEYSINSLOT %u 100", slot);
        ck_assert(keys != NULL && keys->type == REDIS_REPLY_ARRAY);
        left = keys->elements;
        for (size_t i = 0; i < left; i++)
            tt_redis_cluster_move_key(cluster, from, to, keys->element[i]->str);
        freeReplyObject(keys);
    }
    redisFree(context);
    tt_redis_cluster_ask(cluster, to, "CLUSTER SETSLOT %u NODE %s", slot, cluster->nodes[to].id);
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        if (i != to)
            tt_redis_cluster_ask(cluster, i, "CLUSTER SETSLOT %u NODE %s", slot,
                                 cluster->nodes[to].id);
}
