#include "adapters/redis/keys.h"

#include <stdio.h>
#include <string.h>

enum tt_err tt_redis_prefix_keep(char kept[static TT_REDIS_PREFIX_BYTES_MAX + 1],
                                 const char *prefix, struct tt_fault *fault)
{
    size_t len = strlen(prefix);
    if (len == 0 || len > TT_REDIS_PREFIX_BYTES_MAX || strpbrk(prefix, "{}") != NULL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--prefix: expected 1 to %d characters without braces",
                            TT_REDIS_PREFIX_BYTES_MAX);
    memcpy(kept, prefix, len + 1);
    return TT_OK;
}

void tt_redis_key(char key[static TT_REDIS_KEY_BYTES], const char *prefix, unsigned partition,
                  const char *suffix)
{
    snprintf(key, TT_REDIS_KEY_BYTES, "{%s:%u}:%s", prefix, partition, suffix);
}

void tt_redis_global_key(char key[static TT_REDIS_KEY_BYTES], const char *prefix,
                         const char *suffix)
{
    snprintf(key, TT_REDIS_KEY_BYTES, "%s:%s", prefix, suffix);
}

void tt_redis_turn_keys_make(tt_redis_turn_keys keys, const char *prefix, unsigned partition)
{
    static const char *const suffixes[TT_TURN_KEYS] = {"events", "held",   "wait", "ready",
                                                       "leases", "fence",  "wake", "counts",
                                                       "parked", "behind", "dead"};
    for (int i = 0; i < TT_TURN_KEYS; i++)
        tt_redis_key(keys[i], prefix, partition, suffixes[i]);
}
