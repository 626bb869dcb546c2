/* Slots and nodes of a cluster, as its servers tell them. */
#include "adapters/redis/cluster_parts.h"

#include "core/base/mem.h"
#include "core/base/time.h"
#include "core/model/task_key.h"
#include <string.h>

unsigned tt_redis_slot(struct tt_str key)
{
    const char *open = memchr(key.ptr, '{', key.len);
    if (open != NULL) {
        const char *from = open + 1, *end = key.ptr + key.len;
        const char *close = memchr(from, '}', (size_t)(end - from));
        if (close != NULL && close > from)
            key = (struct tt_str){from, (size_t)(close - from)};
    }
    return tt_crc16(key, 0) % TT_REDIS_SLOTS;
}

static bool keep_host(struct tt_redis_address *address, struct tt_str host, int port)
{
    if (host.len == 0 || host.len >= sizeof address->host || port < 1 || port > UINT16_MAX)
        return false;
    memcpy(address->host, host.ptr, host.len);
    address->host[host.len] = '\0';
    address->port = port;
    return true;
}

enum tt_err tt_redis_cluster_node(struct tt_redis *redis, struct tt_str host, int port,
                                  int *ret_node, struct tt_fault *fault)
{
    struct tt_redis_cluster *cluster = redis->cluster;
    struct tt_redis_address address = {0};
    if (!keep_host(&address, host, port))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: a node at \"%.*s\", port %d",
                            TT_STR_ARGS(host), port);
    for (size_t i = 0; i < cluster->node_count; i++) {
        const struct tt_redis_address *known = &cluster->nodes[i].link.url.first;
        if (known->port == port && strcmp(known->host, address.host) == 0) {
            *ret_node = (int)i;
            return TT_OK;
        }
    }
    if (cluster->node_count == TT_REDIS_NODES_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "redis: a cluster of more than %d nodes",
                            TT_REDIS_NODES_MAX);
    if (tt_mem_reserve((void **)&cluster->nodes, &cluster->node_capacity, cluster->node_count + 1,
                       sizeof *cluster->nodes) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_redis_node *node = &cluster->nodes[cluster->node_count];
    *node = (struct tt_redis_node){.first = TT_NO_COMMAND, .last = TT_NO_COMMAND};
    node->link.url.first = address;
    memcpy(node->link.url.user, redis->url.user, sizeof node->link.url.user);
    node->link.password = redis->password;
    node->link.scripts = redis->scripts;
    node->link.script_count = redis->script_count;
    *ret_node = (int)cluster->node_count++;
    return TT_OK;
}

static enum tt_err strange(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_IO, "redis: CLUSTER SLOTS: an answer of unexpected shape");
}

/* {first slot, last slot, {host, port, ...} of the master, replicas ...}. A node that does not know
 * its own address is where we asked it. */
static enum tt_err read_range(struct tt_redis *redis, const redisReply *range,
                              const struct tt_redis_url *from, struct tt_fault *fault)
{
    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3 ||
        range->element[2]->type != REDIS_REPLY_ARRAY || range->element[2]->elements < 2)
        return strange(fault);
    const redisReply *master = range->element[2];
    long long first = range->element[0]->integer, last = range->element[1]->integer;
    if (first < 0 || last < first || last >= TT_REDIS_SLOTS)
        return strange(fault);
    struct tt_str host = tt_redis_reply_text(master->element[0]);
    int node = TT_NO_NODE;
    if (host.len == 0)
        host = from->is_unix ? TT_STR("127.0.0.1") : tt_str_from(from->first.host);
    enum tt_err err =
        tt_redis_cluster_node(redis, host, (int)master->element[1]->integer, &node, fault);
    for (long long slot = first; slot <= last && err == TT_OK; slot++)
        redis->cluster->owners[slot] = (int16_t)node;
    return err;
}

enum tt_err tt_redis_cluster_read_map(struct tt_redis *redis, const redisReply *slots,
                                      const struct tt_redis_url *from, struct tt_fault *fault)
{
    enum tt_err err = slots->type == REDIS_REPLY_ARRAY ? TT_OK : strange(fault);
    for (size_t i = 0; i < TT_REDIS_SLOTS; i++)
        redis->cluster->owners[i] = TT_NO_NODE;
    for (size_t i = 0; err == TT_OK && i < slots->elements; i++)
        err = read_range(redis, slots->element[i], from, fault);
    return err;
}

static bool read_number(struct tt_str text, uint64_t max, uint64_t *ret_number)
{
    return text.len > 0 && text.ptr[text.len - 1] <= '9' && tt_size_parse(text, ret_number) &&
           *ret_number <= max;
}

bool tt_redis_cluster_read_redirect(const redisReply *reply, bool *ret_asking, unsigned *ret_slot,
                                    struct tt_str *ret_host, int *ret_port)
{
    const char *at = reply->str, *end = at + reply->len;
    uint64_t slot = 0, port = 0;
    *ret_asking = strncmp(at, "ASK ", 4) == 0;
    if (!*ret_asking && strncmp(at, "MOVED ", 6) != 0)
        return false;
    at += *ret_asking ? 4 : 6;
    const char *blank = memchr(at, ' ', (size_t)(end - at));
    if (blank == NULL)
        return false;
    const char *colon = end; /* the last one: an IPv6 address has others */
    while (colon > blank && *colon != ':')
        colon--;
    if (colon == blank ||
        !read_number((struct tt_str){at, (size_t)(blank - at)}, TT_REDIS_SLOTS - 1, &slot) ||
        !read_number((struct tt_str){colon + 1, (size_t)(end - colon - 1)}, UINT16_MAX, &port))
        return false;
    *ret_slot = (unsigned)slot;
    *ret_host = (struct tt_str){blank + 1, (size_t)(colon - blank - 1)};
    *ret_port = (int)port;
    return true;
}
