/* What the nodes of a cluster know of each other: they need not know the same. */
#include "tests/lib/redis_cluster.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer as text; the caller frees. */
static char *ask_view(const struct tt_redis_cluster_server *cluster, int node, const char *command)
{
    redisContext *context = tt_redis_cluster_open(cluster, node);
    redisReply *reply = redisCommand(context, command);
    char *text = strdup(reply == NULL || reply->str == NULL ? "no answer\n" : reply->str);
    if (reply != NULL)
        freeReplyObject(reply);
    redisFree(context);
    return text;
}

/* Of "0-5460 9082 [93-<-...]". */
static bool has_slot(const char *ranges, unsigned slot)
{
    char *end = NULL;
    while (isdigit((unsigned char)*ranges)) {
        unsigned long first = strtoul(ranges, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (slot >= first && slot <= last)
            return true;
        ranges = end + strspn(end, " ");
    }
    return false;
}

/* Of a line of CLUSTER NODES: id, address, flags, master, ping, pong, epoch, link, slots ... */
static const char *slots_of(const char *line)
{
    for (int field = 0; field < 8 && line != NULL; field++) {
        line = strchr(line, ' ');
        line = line == NULL ? NULL : line + 1;
    }
    return line == NULL ? "" : line;
}

int tt_redis_cluster_view(const struct tt_redis_cluster_server *cluster, int viewer, unsigned slot)
{
    int owner = -1;
    char *nodes = ask_view(cluster, viewer, "CLUSTER NODES"), *rest = nodes;
    for (char *line = strtok_r(nodes, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        for (int i = 0; i < TT_CLUSTER_NODES_MAX; i++)
            if (cluster->nodes[i].pid != 0 && cluster->nodes[i].id[0] != '\0' &&
                strncmp(line, cluster->nodes[i].id, strlen(cluster->nodes[i].id)) == 0 &&
                has_slot(slots_of(line), slot))
                owner = i;
    free(nodes);
    return owner;
}

bool tt_redis_cluster_agrees(const struct tt_redis_cluster_server *cluster, unsigned slot,
                             int owner)
{
    bool agrees = true;
    for (int i = 0; i < TT_CLUSTER_NODES && agrees; i++)
        agrees = tt_redis_cluster_view(cluster, i, slot) == owner;
    return agrees;
}

void tt_redis_cluster_print(const struct tt_redis_cluster_server *cluster)
{
    for (int i = 0; i < TT_CLUSTER_NODES_MAX; i++) {
        if (cluster->nodes[i].pid == 0)
            continue;
        char *info = ask_view(cluster, i, "CLUSTER INFO");
        char *nodes = ask_view(cluster, i, "CLUSTER NODES");
        printf("node %d, %.8s, port %d, says:\n%s%s", i, cluster->nodes[i].id,
               cluster->nodes[i].port, info, nodes);
        free(info);
        free(nodes);
    }
}
