/* The key of an entry's turn, as the scripts make it (TT_LUA_TASK_KEY), for entries that leave no
 * doubt. Two readings of one entry must never give two keys, so whatever is unusual is left to the
 * script: escapes, an id that is there twice, a tenant behind an inner object, a long key, a
 * control character. */
#ifndef TT_ADAPTERS_REDIS_TASK_KEY_H
#define TT_ADAPTERS_REDIS_TASK_KEY_H

#include "core/base/str.h"

enum { TT_TASK_KEY_BYTES = 200 };

/* Writes the key. Returns its length; 0: in doubt. */
size_t tt_redis_task_key(struct tt_str payload, char key[static TT_TASK_KEY_BYTES]);

#endif
