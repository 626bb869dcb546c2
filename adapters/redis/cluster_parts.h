/* Inside of the cluster: cluster.c (life), cluster_route.c (sending and receiving), cluster_map.c
 * (slots and nodes). */
#ifndef TT_ADAPTERS_REDIS_CLUSTER_PARTS_H
#define TT_ADAPTERS_REDIS_CLUSTER_PARTS_H

#include "adapters/redis/cluster.h"
#include "core/base/buf.h"

enum { TT_NO_NODE = -1 };
#define TT_NO_COMMAND SIZE_MAX

/* A command that was sent and whose answer was not handed out. */
struct tt_redis_pending {
    size_t at, len; /* its bytes in `sent` */
    unsigned slot;
    int node;          /* where it was sent last */
    size_t next;       /* behind it at that node; TT_NO_COMMAND: none */
    redisReply *reply; /* owned; NULL: not yet */
    int repeats;
    bool asking;  /* the answer to ASKING comes first */
    bool sent_on; /* it was sent behind ASKING */
    bool impatient;
};

struct tt_redis_node {
    struct tt_redis link; /* to this server alone */
    size_t first, last;   /* commands whose answers it owes, in order; TT_NO_COMMAND: none */
    bool unsent;          /* something stands in the link's buffer */
};

struct tt_redis_cluster {
    bool connected;
    uint64_t moves;                 /* slots that moved, and nodes that were connected */
    int16_t owners[TT_REDIS_SLOTS]; /* nodes by slot; TT_NO_NODE */
    struct tt_redis_node *nodes;
    size_t node_count, node_capacity;
    struct tt_redis_pending *pending; /* in order of sending; those before `head` are handed out */
    size_t head, count, capacity;
    struct tt_buf sent;
};

/* Drops all commands under way. */
void tt_redis_cluster_forget(struct tt_redis_cluster *cluster);
/* The node at an address; a new one where it is not known. Errors: NO_MEMORY, LIMIT. */
enum tt_err tt_redis_cluster_node(struct tt_redis *redis, struct tt_str host, int port,
                                  int *ret_node, struct tt_fault *fault) TT_MUST_CHECK;
/* Fills the map from the answer to CLUSTER SLOTS of the server at `from`. Errors: NO_MEMORY, LIMIT,
 * IO (an answer of another shape). */
enum tt_err tt_redis_cluster_read_map(struct tt_redis *redis, const redisReply *slots,
                                      const struct tt_redis_url *from,
                                      struct tt_fault *fault) TT_MUST_CHECK;
/* "MOVED 866 host:port", "ASK ..." */
bool tt_redis_cluster_read_redirect(const redisReply *reply, bool *ret_asking, unsigned *ret_slot,
                                    struct tt_str *ret_host, int *ret_port);

#endif
