/* A Redis Cluster beneath conn.h: which node serves which slot, one connection for each node in
 * use, commands sent where their keys are, answers handed out in the order of sending.
 *
 * What a cluster does to a command on its way is dealt with here: MOVED (the map is corrected for
 * that slot, and the command sent again), ASK (sent to the one node, once), TRYAGAIN (sent again,
 * for a while), NOSCRIPT (sent again with the script's text). A node that is away is an error, as a
 * server that is away: everything is closed, and connecting begins with any node that answers.
 *
 * A node's map is believed when we connect, and never after it: nodes may know different things,
 * for a while or for long, and only who serves a slot, or did, knows where it is. What MOVED says
 * holds until the next one of that slot.
 *
 * Threads: one. Memory: the commands and answers between the first send and the last receive.
 */
#ifndef TT_ADAPTERS_REDIS_CLUSTER_H
#define TT_ADAPTERS_REDIS_CLUSTER_H

#include "adapters/redis/conn.h"

enum { TT_REDIS_SLOTS = 16384, TT_REDIS_NODES_MAX = 1024 };

/* The slot of a key: of what stands in its first braces, where that is not empty. */
unsigned tt_redis_slot(struct tt_str key);

/* Asks a server, just connected, whether it is of a cluster. If so: the cluster is kept in
 * redis->cluster and is connected, and the seed's connection is used or closed. Else the seed stays
 * connected. Errors: those of the connection; NO_MEMORY; LIMIT (too many nodes); INVALID (a number
 * of a database). */
enum tt_err tt_redis_cluster_find(struct tt_redis *redis, struct tt_redis *seed,
                                  bool *ret_is_cluster, struct tt_fault *fault) TT_MUST_CHECK;
/* The nodes last known, by number; NULL: no more. */
const struct tt_redis_address *tt_redis_cluster_address(const struct tt_redis_cluster *cluster,
                                                        size_t number);
/* Grows when commands go to another server than before, or to one for the first time. */
uint64_t tt_redis_cluster_moves(const struct tt_redis_cluster *cluster); /* NULL: 0 */
bool tt_redis_cluster_is_connected(const struct tt_redis_cluster *cluster);
void tt_redis_cluster_disconnect(struct tt_redis_cluster *cluster);
void tt_redis_cluster_free(struct tt_redis_cluster *cluster); /* NULL is allowed */

/* As tt_redis_send, tt_redis_flush and tt_redis_receive. */
enum tt_err tt_redis_cluster_send(struct tt_redis *redis, const struct tt_redis_command *command,
                                  struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_redis_cluster_flush(struct tt_redis *redis, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_redis_cluster_receive(struct tt_redis *redis, redisReply **ret_reply,
                                     struct tt_fault *fault) TT_MUST_CHECK;

#endif
