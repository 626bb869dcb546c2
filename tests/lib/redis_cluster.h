/* A real Redis Cluster of the test's own: three masters on loopback, each in a folder of its own
 * with its append-only file, on ports that were free. */
#ifndef TT_TESTS_LIB_REDIS_CLUSTER_H
#define TT_TESTS_LIB_REDIS_CLUSTER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

enum { TT_CLUSTER_NODES = 3, TT_CLUSTER_REPLICA = TT_CLUSTER_NODES, TT_CLUSTER_NODES_MAX };

struct tt_redis_cluster_server {
    struct tt_redis_cluster_node {
        pid_t pid;
        int port, bus_port;
        char dir[300], id[64];
    } nodes[TT_CLUSTER_NODES_MAX]; /* the last is the replica; pid 0: there is none */
    const char *password;          /* of the user "default"; NULL: none */
    char url[100];                 /* of the first node */
};

/* Starts the nodes, gives each a third of the slots, and waits until all agree. */
void tt_redis_cluster_start(struct tt_redis_cluster_server *cluster, const char *password);
void tt_redis_cluster_stop(struct tt_redis_cluster_server *cluster);
/* Starts a node that was ended, with what it has on disk. */
void tt_redis_cluster_node_start(struct tt_redis_cluster_server *cluster, int node);
/* Until every master says that the cluster is up. */
void tt_redis_cluster_await(const struct tt_redis_cluster_server *cluster);
/* Starts a replica of a node, and waits until it has all that is there. */
void tt_redis_cluster_replica_start(struct tt_redis_cluster_server *cluster, int master);
/* A connection to a node; the caller frees. */
redisContext *tt_redis_cluster_open(const struct tt_redis_cluster_server *cluster, int node);
/* A command to one node; fails the test on an error reply. An integer, also of the first element of
 * an array. */
long long tt_redis_cluster_ask(const struct tt_redis_cluster_server *cluster, int node,
                               const char *format, ...);
/* How many answers of all nodes began with this word (MOVED, ASK, ...) since they started. */
long long tt_redis_cluster_refused(const struct tt_redis_cluster_server *cluster, const char *word);

/* ---- What nodes know of each other (redis_cluster_views.c) */
/* Who serves a slot, as this node knows it; -1: nobody. */
int tt_redis_cluster_view(const struct tt_redis_cluster_server *cluster, int viewer, unsigned slot);
/* Whether all masters know that this one serves the slot. */
bool tt_redis_cluster_agrees(const struct tt_redis_cluster_server *cluster, unsigned slot,
                             int owner);
/* What every node says of itself and of the others, to stdout. */
void tt_redis_cluster_print(const struct tt_redis_cluster_server *cluster);

/* ---- Moving a slot: begun, its keys moved one by one, ended */
int tt_redis_cluster_owner(const struct tt_redis_cluster_server *cluster, unsigned slot);
void tt_redis_cluster_move_begin(const struct tt_redis_cluster_server *cluster, unsigned slot,
                                 int from, int to);
/* Moves a key that is there; 0 where it is not. */
int tt_redis_cluster_move_key(const struct tt_redis_cluster_server *cluster, int from, int to,
                              const char *key);
/* Moves what keys are left, and tells all nodes. */
void tt_redis_cluster_move_end(const struct tt_redis_cluster_server *cluster, unsigned slot,
                               int from, int to);

#endif
