#include "adapters/redis/keys.h"

#include <stdio.h>

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
