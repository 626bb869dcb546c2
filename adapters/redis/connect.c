/* Connecting: to a server on its own, or to a cluster by any of its nodes.
 *
 * Failure modes: an address does not answer, or its server is not ready: the next one is tried;
 * where none is left, the first one's failure is told. A node answers and knows nothing or old
 * things (it was taken out of the cluster, or is cut off from it): connecting again begins with the
 * next one of the URL. Nodes that were only heard of come last: another server may be there now. A
 * server that does not tell whether it is of a cluster (CLUSTER SLOTS not allowed) is taken for one
 * on its own; MOVED then says what is wrong. */
#include "adapters/redis/cluster.h"
#include "adapters/redis/conn.h"
#include <stdio.h>
#include <string.h>

/* A server's own words do not say which server it was, nor where a password comes from. */
static enum tt_err say_where(const struct tt_redis *redis, enum tt_err err, struct tt_fault *fault)
{
    static const char nameless[] = "redis: ";
    const size_t skip = sizeof nameless - 1;
    char words[sizeof fault->text];
    if (err == TT_OK || strncmp(fault->text, nameless, skip) != 0)
        return err;
    snprintf(words, sizeof words, "%s", fault->text + skip);
    bool by_password = strncmp(words, "NOAUTH", 6) == 0 || strncmp(words, "WRONGPASS", 9) == 0;
    bool given = redis->password != NULL && redis->password[0] != '\0';
    const char *hint = !by_password ? ""
                       : given      ? " (the password that TASKTRAIL_REDIS_PASSWORD gives)"
                                    : " (no password was given: TASKTRAIL_REDIS_PASSWORD)";
    tt_fault_clear(fault);
    if (redis->url.is_unix)
        return tt_fault_set(fault, err, "redis at %s: %s%s", redis->url.first.host, words, hint);
    return tt_fault_set(fault, err, "redis at %s:%d: %s%s", redis->url.first.host,
                        redis->url.first.port, words, hint);
}

/* A user without a password is asked for, too: to go on as the default user would be to go on with
 * other rights than those that were meant. */
static enum tt_err authenticate(struct tt_redis *redis, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    bool given = redis->password != NULL && redis->password[0] != '\0';
    if (!given && redis->url.user[0] == '\0')
        return TT_OK;
    tt_redis_word(&command, "AUTH");
    if (redis->url.user[0] != '\0')
        tt_redis_word(&command, redis->url.user);
    tt_redis_word(&command, given ? redis->password : "");
    return tt_redis_call(redis, &command, NULL, fault);
}

static enum tt_err select_db(struct tt_redis *redis, struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    if (redis->url.db == 0)
        return TT_OK;
    tt_redis_word(&command, "SELECT");
    tt_redis_number(&command, redis->url.db);
    return tt_redis_call(redis, &command, NULL, fault);
}

static enum tt_err open_address(struct tt_redis *redis, const struct tt_redis_address *address,
                                struct tt_fault *fault)
{
    struct timeval limit = {.tv_sec = TT_REDIS_TIMEOUT_MS / 1000,
                            .tv_usec = TT_REDIS_TIMEOUT_MS % 1000 * 1000};
    redis->url.first = *address;
    redis->context = redis->url.is_unix
                         ? redisConnectUnixWithTimeout(address->host, limit)
                         : redisConnectWithTimeout(address->host, address->port, limit);
    if (redis->context == NULL || redis->context->err != 0)
        return tt_redis_away(redis, "connect", fault);
    if (redisSetTimeout(redis->context, limit) != REDIS_OK)
        return tt_redis_away(redis, "set a time limit", fault);
    enum tt_err err = authenticate(redis, fault);
    if (err != TT_OK)
        tt_redis_disconnect(redis);
    return err;
}

enum tt_err tt_redis_connect_node(struct tt_redis *node, struct tt_fault *fault)
{
    const struct tt_redis_address address = node->url.first;
    enum tt_err err = open_address(node, &address, fault);
    if (err == TT_OK)
        err = tt_redis_load_scripts(node, fault);
    if (err != TT_OK)
        tt_redis_disconnect(node);
    return say_where(node, err, fault);
}

static enum tt_err try_address(struct tt_redis *redis, struct tt_redis *seed,
                               const struct tt_redis_address *address, bool *ret_is_cluster,
                               struct tt_fault *fault)
{
    enum tt_err err = open_address(seed, address, fault);
    if (err == TT_OK)
        err = tt_redis_cluster_find(redis, seed, ret_is_cluster, fault);
    if (err != TT_OK)
        tt_redis_disconnect(seed);
    return say_where(seed, err, fault);
}

/* By number: those of the URL, then those that the cluster was made of; NULL: no more. */
static const struct tt_redis_address *address_of(const struct tt_redis *redis, size_t number)
{
    if (number == 0)
        return &redis->url.first;
    if (number <= redis->url.other_count)
        return &redis->url.others[number - 1];
    return tt_redis_cluster_address(redis->cluster, number - 1 - redis->url.other_count);
}

/* The first server that can be used: of the URL, beginning with another one each time, or of what
 * the cluster was made of. The first failure is told. */
static enum tt_err find_server(struct tt_redis *redis, struct tt_redis *seed, bool *ret_is_cluster,
                               struct tt_fault *fault)
{
    struct tt_fault first = {0};
    enum tt_err first_err = TT_OK;
    size_t named = 1 + redis->url.other_count, begin = redis->connects++;
    for (size_t i = 0;; i++) {
        struct tt_fault ignored = {0};
        size_t number = i < named ? (begin + i) % named : i;
        const struct tt_redis_address *next = address_of(redis, number);
        if (next == NULL)
            return tt_fault_set(fault, first_err, "%s", first.text);
        const struct tt_redis_address address = *next;
        seed->url.is_unix = redis->url.is_unix && number == 0;
        enum tt_err err =
            try_address(redis, seed, &address, ret_is_cluster, i == 0 ? &first : &ignored);
        if (err == TT_OK)
            return TT_OK;
        first_err = i == 0 ? err : first_err;
    }
}

/* Takes over the connection to a server that stands for itself. */
static enum tt_err use_single(struct tt_redis *redis, struct tt_redis *seed, struct tt_fault *fault)
{
    tt_redis_cluster_free(redis->cluster);
    redis->cluster = NULL;
    if (redis->url.other_count > 0) {
        tt_redis_disconnect(seed);
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--redis: several addresses are for a cluster, and %s:%d is none",
                            seed->url.first.host, seed->url.first.port);
    }
    redis->context = seed->context;
    enum tt_err err = select_db(redis, fault);
    if (err == TT_OK)
        err = tt_redis_load_scripts(redis, fault);
    if (err != TT_OK)
        tt_redis_disconnect(redis);
    return say_where(seed, err, fault);
}

enum tt_err tt_redis_connect(struct tt_redis *redis, struct tt_fault *fault)
{
    bool is_cluster = false;
    tt_redis_disconnect(redis);
    struct tt_redis seed = {.url = redis->url,
                            .password = redis->password,
                            .scripts = redis->scripts,
                            .script_count = redis->script_count};
    enum tt_err err = find_server(redis, &seed, &is_cluster, fault);
    return err == TT_OK && !is_cluster ? use_single(redis, &seed, fault) : err;
}
