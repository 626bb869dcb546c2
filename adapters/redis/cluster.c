/* The life of a cluster: found, connected, asked for its map, disconnected. Sending and receiving
 * is in cluster_route.c. */
#include "adapters/redis/cluster_parts.h"

#include "core/base/mem.h"
#include <string.h>

void tt_redis_cluster_forget(struct tt_redis_cluster *cluster)
{
    for (size_t i = cluster->head; i < cluster->count; i++)
        if (cluster->pending[i].reply != NULL)
            freeReplyObject(cluster->pending[i].reply);
    cluster->head = cluster->count = 0;
    tt_buf_clear(&cluster->sent);
}

void tt_redis_cluster_disconnect(struct tt_redis_cluster *cluster)
{
    tt_redis_cluster_forget(cluster);
    for (size_t i = 0; i < cluster->node_count; i++) {
        struct tt_redis_node *node = &cluster->nodes[i];
        tt_redis_disconnect(&node->link);
        node->first = node->last = TT_NO_COMMAND;
        node->unsent = false;
    }
    cluster->connected = false;
}

void tt_redis_cluster_free(struct tt_redis_cluster *cluster)
{
    if (cluster == NULL)
        return;
    tt_redis_cluster_disconnect(cluster);
    tt_buf_done(&cluster->sent);
    tt_mem_free(cluster->nodes);
    tt_mem_free(cluster->pending);
    tt_mem_free(cluster);
}

bool tt_redis_cluster_is_connected(const struct tt_redis_cluster *cluster)
{
    return cluster->connected;
}

uint64_t tt_redis_cluster_moves(const struct tt_redis_cluster *cluster)
{
    return cluster == NULL ? 0 : cluster->moves;
}

const struct tt_redis_address *tt_redis_cluster_address(const struct tt_redis_cluster *cluster,
                                                        size_t number)
{
    return cluster == NULL || number >= cluster->node_count
               ? NULL
               : &cluster->nodes[number].link.url.first;
}

/* The answer to CLUSTER SLOTS, which may be an error. */
static enum tt_err ask_slots(struct tt_redis *server, redisReply **ret_reply,
                             struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    tt_redis_word(&command, "CLUSTER");
    tt_redis_word(&command, "SLOTS");
    enum tt_err err = tt_redis_send(server, &command, fault);
    return err == TT_OK ? tt_redis_receive(server, ret_reply, fault) : err;
}

static enum tt_err make_cluster(struct tt_redis *redis, struct tt_fault *fault)
{
    if (redis->url.db != 0)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--redis: a cluster has no database but 0, and the URL names %d",
                            redis->url.db);
    if (redis->cluster == NULL) {
        redis->cluster = tt_mem_zalloc(sizeof *redis->cluster);
        if (redis->cluster == NULL)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        tt_buf_init(&redis->cluster->sent, 0);
    }
    return TT_OK;
}

/* The seed becomes the connection to the node that it is, where that can be told. */
static void use_seed(struct tt_redis_cluster *cluster, struct tt_redis *seed)
{
    for (size_t i = 0; i < cluster->node_count && !seed->url.is_unix; i++) {
        struct tt_redis *link = &cluster->nodes[i].link;
        if (link->url.first.port == seed->url.first.port &&
            strcmp(link->url.first.host, seed->url.first.host) == 0) {
            link->context = seed->context;
            memcpy(link->shas, seed->shas, sizeof link->shas);
            return;
        }
    }
    tt_redis_disconnect(seed);
}

/* An error that is neither of a server on its own, nor of one that does not tell us: told. */
static bool is_alone(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR &&
           (strncmp(reply->str, "ERR", 3) == 0 || strncmp(reply->str, "NOPERM", 6) == 0);
}

enum tt_err tt_redis_cluster_find(struct tt_redis *redis, struct tt_redis *seed,
                                  bool *ret_is_cluster, struct tt_fault *fault)
{
    redisReply *reply = NULL;
    enum tt_err err = ask_slots(seed, &reply, fault);
    if (err != TT_OK)
        return err;
    *ret_is_cluster = !is_alone(reply);
    if (*ret_is_cluster) {
        err = tt_redis_refused(reply, fault);
        if (err == TT_OK)
            err = tt_redis_load_scripts(seed, fault);
        if (err == TT_OK)
            err = make_cluster(redis, fault);
        if (err == TT_OK) {
            redis->cluster->node_count = 0; /* none is connected */
            err = tt_redis_cluster_read_map(redis, reply, &seed->url, fault);
        }
        if (err == TT_OK) {
            memcpy(redis->shas, seed->shas, sizeof redis->shas);
            use_seed(redis->cluster, seed);
            redis->cluster->connected = true;
        }
    }
    freeReplyObject(reply);
    return err;
}
