/* Happy path: a command is written down, put into the buffer of the node that serves its slot, and
 * stands in that node's list of what it owes; the first receive sends all buffers, so that nodes
 * work at the same time; answers are read node by node until the oldest command has its own.
 *
 * Failure modes: a node sends elsewhere, or asks for patience: the command goes out again, behind
 * what that node already has; commands of one key keep their order, as all of them are sent
 * elsewhere in their order. Sent elsewhere again and again: UNAVAILABLE. A node is lost: all
 * connections are closed, UNAVAILABLE, and what was under way may or may not have been done. */
#include "adapters/redis/cluster_parts.h"

#include "core/base/assert.h"
#include "core/base/mem.h"
#include <poll.h>
#include <string.h>

enum {
    REPEATS_MAX = 60,
    REDIRECTS_MAX = REPEATS_MAX + 10, /* a TRYAGAIN comes behind an ASK, and is what is told */
    REPEATS_QUICK = 4,
    PAUSE_MS = 10,
    KEPT_MAX = 1024, /* commands that were handed out */
    SHA_BYTES = 40
};

/* ---- Sending */

static void encode(struct tt_buf *out, const struct tt_redis_command *command)
{
    tt_buf_add_char(out, '*');
    tt_buf_add_int(out, command->count);
    for (int i = 0; i < command->count; i++) {
        tt_buf_add_text(out, "\r\n$");
        tt_buf_add_uint(out, command->lengths[i]);
        tt_buf_add_text(out, "\r\n");
        tt_buf_add(out, command->words[i], command->lengths[i]);
    }
    tt_buf_add_text(out, "\r\n");
}

static unsigned slot_of(const struct tt_redis_command *command)
{
    return tt_redis_slot(tt_redis_command_key(command));
}

/* Puts a command behind what the node already has to answer. */
static enum tt_err give(struct tt_redis *redis, size_t index, int to, bool asking,
                        struct tt_fault *fault)
{
    static const char ask[] = "*1\r\n$6\r\nASKING\r\n";
    struct tt_redis_cluster *cluster = redis->cluster;
    struct tt_redis_pending *pending = &cluster->pending[index];
    if (to == TT_NO_NODE)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: no node serves slot %u",
                            pending->slot);
    struct tt_redis_node *node = &cluster->nodes[to];
    if (node->link.context == NULL) {
        enum tt_err err = tt_redis_connect_node(&node->link, fault);
        if (err != TT_OK)
            return err;
        cluster->moves++;
    }
    if ((asking && redisAppendFormattedCommand(node->link.context, ask, sizeof ask - 1) != 0) ||
        redisAppendFormattedCommand(node->link.context, cluster->sent.data + pending->at,
                                    pending->len) != REDIS_OK)
        return tt_redis_away(&node->link, "send", fault);
    node->unsent = true;
    pending->node = to;
    pending->asking = pending->sent_on = asking;
    pending->next = TT_NO_COMMAND;
    if (node->last == TT_NO_COMMAND)
        node->first = index;
    else
        cluster->pending[node->last].next = index;
    node->last = index;
    return TT_OK;
}

/* Drops what was handed out, where something is always under way. */
static void compact(struct tt_redis_cluster *cluster)
{
    size_t gone = cluster->head, bytes = cluster->sent.len;
    for (size_t i = gone; i < cluster->count; i++)
        if (cluster->pending[i].at < bytes)
            bytes = cluster->pending[i].at;
    for (size_t i = gone; i < cluster->count; i++) {
        struct tt_redis_pending *to = &cluster->pending[i - gone];
        *to = cluster->pending[i];
        to->at -= bytes;
        if (to->next != TT_NO_COMMAND)
            to->next -= gone;
    }
    for (size_t i = 0; i < cluster->node_count; i++) {
        struct tt_redis_node *node = &cluster->nodes[i];
        if (node->first == TT_NO_COMMAND)
            continue;
        node->first -= gone;
        node->last -= gone;
    }
    memmove(cluster->sent.data, cluster->sent.data + bytes, cluster->sent.len - bytes);
    cluster->sent.len -= bytes;
    cluster->count -= gone;
    cluster->head = 0;
}

static enum tt_err send_command(struct tt_redis *redis, const struct tt_redis_command *command,
                                struct tt_fault *fault)
{
    struct tt_redis_cluster *cluster = redis->cluster;
    if (cluster->head > KEPT_MAX)
        compact(cluster);
    size_t at = cluster->sent.len;
    encode(&cluster->sent, command);
    if (cluster->sent.err != TT_OK ||
        tt_mem_reserve((void **)&cluster->pending, &cluster->capacity, cluster->count + 1,
                       sizeof *cluster->pending) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_redis_pending *pending = &cluster->pending[cluster->count];
    *pending = (struct tt_redis_pending){.at = at,
                                         .len = cluster->sent.len - at,
                                         .slot = slot_of(command),
                                         .impatient = command->impatient};
    return give(redis, cluster->count++, cluster->owners[pending->slot], false, fault);
}

/* All buffers go out before an answer is waited for. */
static enum tt_err push_all(struct tt_redis_cluster *cluster, struct tt_fault *fault)
{
    for (size_t i = 0; i < cluster->node_count; i++) {
        struct tt_redis_node *node = &cluster->nodes[i];
        if (!node->unsent)
            continue;
        enum tt_err err = tt_redis_flush(&node->link, fault);
        if (err != TT_OK)
            return err;
        node->unsent = false;
    }
    return TT_OK;
}

enum tt_err tt_redis_cluster_flush(struct tt_redis *redis, struct tt_fault *fault)
{
    enum tt_err err = push_all(redis->cluster, fault);
    if (err != TT_OK)
        tt_redis_disconnect(redis);
    return err;
}

enum tt_err tt_redis_cluster_send(struct tt_redis *redis, const struct tt_redis_command *command,
                                  struct tt_fault *fault)
{
    enum tt_err err = send_command(redis, command, fault);
    if (err != TT_OK)
        tt_redis_disconnect(redis);
    return err;
}

/* ---- Answers */

/* What was sent as EVALSHA, as EVAL with the text; false where it was something else. */
static enum tt_err with_text(struct tt_redis *redis, struct tt_redis_pending *pending,
                             bool *ret_done, struct tt_fault *fault)
{
    struct tt_buf *sent = &redis->cluster->sent;
    /* *N CRLF, then $7 CRLF EVALSHA CRLF $40 CRLF sum CRLF */
    size_t words = strcspn(sent->data + pending->at, "\r") + 2;
    size_t sum = pending->at + words + 13 + 5, rest = sum + SHA_BYTES + 2;
    *ret_done = false;
    for (size_t i = 0; i < redis->script_count; i++) {
        if (rest > pending->at + pending->len ||
            memcmp(sent->data + pending->at + words, "$7\r\nEVALSHA\r\n", 13) != 0 ||
            memcmp(sent->data + sum, redis->shas[i], SHA_BYTES) != 0)
            continue;
        size_t at = sent->len, rest_len = pending->at + pending->len - rest;
        if (tt_buf_reserve(sent, words + 64 + strlen(redis->scripts[i]) + rest_len) == NULL)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        tt_buf_add(sent, sent->data + pending->at, words);
        tt_buf_addf(sent, "$4\r\nEVAL\r\n$%zu\r\n", strlen(redis->scripts[i]));
        tt_buf_add_text(sent, redis->scripts[i]);
        tt_buf_add_text(sent, "\r\n");
        tt_buf_add(sent, sent->data + rest, rest_len);
        pending->at = at;
        pending->len = sent->len - at;
        *ret_done = sent->err == TT_OK;
        break;
    }
    return TT_OK;
}

/* Sends again what was not done, where that may help; *ret_again then. */
static enum tt_err repeat(struct tt_redis *redis, size_t index, const redisReply *reply,
                          bool *ret_again, struct tt_fault *fault)
{
    struct tt_redis_cluster *cluster = redis->cluster;
    struct tt_redis_pending *pending = &cluster->pending[index];
    bool asking = false;
    unsigned slot = 0;
    struct tt_str host = TT_STR_NONE;
    int port = 0, to = cluster->owners[pending->slot];
    enum tt_err err = TT_OK;
    *ret_again = true;
    struct pollfd pause = {.fd = cluster->nodes[pending->node].link.context->fd, .events = POLLIN};
    if (tt_redis_cluster_read_redirect(reply, &asking, &slot, &host, &port)) {
        if (++pending->repeats > REDIRECTS_MAX)
            return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                                "redis: slot %u: sent from node to node: %.100s", pending->slot,
                                reply->str);
        if (host.len == 0)
            host = tt_str_from(cluster->nodes[pending->node].link.url.first.host);
        err = tt_redis_cluster_node(redis, host, port, &to, fault);
        if (err == TT_OK && !asking && cluster->owners[slot] != to) {
            cluster->owners[slot] = (int16_t)to;
            cluster->moves++;
        }
    } else if (strncmp(reply->str, "TRYAGAIN", 8) == 0 && !pending->impatient) {
        *ret_again = ++pending->repeats <= REPEATS_MAX;
    } else if (strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        to = pending->node;
        asking = pending->sent_on;
        err = with_text(redis, pending, ret_again, fault);
    } else {
        *ret_again = false;
    }
    if (err != TT_OK || !*ret_again)
        return err;
    if (pending->repeats > REPEATS_QUICK) /* the nodes have not agreed yet */
        (void)poll(&pause, 1, PAUSE_MS);
    return give(redis, index, to, asking, fault);
}

/* Reads the next answer of a node, to the oldest command it has. */
static enum tt_err take_one(struct tt_redis *redis, int from, struct tt_fault *fault)
{
    struct tt_redis_cluster *cluster = redis->cluster;
    struct tt_redis_node *node = &cluster->nodes[from];
    size_t index = node->first;
    struct tt_redis_pending *pending = &cluster->pending[index];
    redisReply *reply = NULL;
    bool again = false;
    tt_assert(index != TT_NO_COMMAND);
    enum tt_err err = tt_redis_receive(&node->link, &reply, fault);
    if (err != TT_OK)
        return err;
    if (pending->asking) { /* that was the answer to ASKING */
        pending->asking = false;
        freeReplyObject(reply);
        return TT_OK;
    }
    node->first = pending->next;
    if (node->first == TT_NO_COMMAND)
        node->last = TT_NO_COMMAND;
    if (reply->type == REDIS_REPLY_ERROR)
        err = repeat(redis, index, reply, &again, fault);
    if (err == TT_OK && !again)
        pending->reply = reply;
    else
        freeReplyObject(reply);
    return err;
}

enum tt_err tt_redis_cluster_receive(struct tt_redis *redis, redisReply **ret_reply,
                                     struct tt_fault *fault)
{
    struct tt_redis_cluster *cluster = redis->cluster;
    enum tt_err err = TT_OK;
    tt_assert(cluster->head < cluster->count);
    while (err == TT_OK && cluster->pending[cluster->head].reply == NULL) {
        err = push_all(cluster, fault);
        if (err == TT_OK)
            err = take_one(redis, cluster->pending[cluster->head].node, fault);
    }
    if (err != TT_OK) {
        tt_redis_disconnect(redis);
        return err;
    }
    *ret_reply = cluster->pending[cluster->head].reply;
    cluster->pending[cluster->head++].reply = NULL;
    if (cluster->head == cluster->count)
        tt_redis_cluster_forget(cluster);
    return TT_OK;
}
