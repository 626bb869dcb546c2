/* Names of the queue's keys; the braces put all keys of a partition into one slot. docs/fleet.md is
 * the contract. */
#ifndef TT_ADAPTERS_REDIS_KEYS_H
#define TT_ADAPTERS_REDIS_KEYS_H

#include "core/base/err.h"

enum { TT_REDIS_PREFIX_BYTES_MAX = 64, TT_REDIS_KEY_BYTES = 112 };
#define TT_REDIS_GROUP "appliers"

/* The keys of scripts that begin as script_turns.h says, in its order. */
enum { TT_TURN_KEYS = 11 };
typedef char tt_redis_turn_keys[TT_TURN_KEYS][TT_REDIS_KEY_BYTES];
void tt_redis_turn_keys_make(tt_redis_turn_keys keys, const char *prefix, unsigned partition);

/* Keeps a copy of the prefix in `kept`. Errors: INVALID (empty, too long, with braces). */
enum tt_err tt_redis_prefix_keep(char kept[static TT_REDIS_PREFIX_BYTES_MAX + 1],
                                 const char *prefix, struct tt_fault *fault) TT_MUST_CHECK;

/* "{prefix:7}:events"; suffix: events, dead, counts, and those of
 * script_turns.h. */
void tt_redis_key(char key[static TT_REDIS_KEY_BYTES], const char *prefix, unsigned partition,
                  const char *suffix);
/* "prefix:meta"; suffix: meta, workers. */
void tt_redis_global_key(char key[static TT_REDIS_KEY_BYTES], const char *prefix,
                         const char *suffix);

#endif
