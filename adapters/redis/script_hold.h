/* Lua of holding a task id without claiming entries of it. Keys and first arguments as in
 * script_turns.h. It is let go by TT_LUA_FINISH. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_HOLD_H
#define TT_ADAPTERS_REDIS_SCRIPT_HOLD_H

#include "adapters/redis/script_turns.h"

/* ... | lease ms, the number the fence must be above, tenant/task_id -> fence (0: somebody alive
 * holds it), the key it is held under. Entries of the id wait as behind any other holder.
 * The caller has no entries in hand. */
#define TT_LUA_HOLD                                                                                \
    TT_LUA_TURNS TT_LUA_TIDY                                                                       \
        "tidy() local key, floor = ARGV[5], tonumber(ARGV[4]) "                                    \
        "if #key > 200 or string.find(key, '%c') then key = '#' .. redis.sha1hex(key) end "        \
        "local holder = call('HGET', HELD, key) "                                                  \
        "if holder and holder ~= ME then if alive(holder) then return {0, key} end "               \
        "give_back(holder) end "                                                                   \
        "call('ZREM', LEASES, '') local fence = call('INCR', FENCE) "                              \
        "if fence <= floor then fence = floor + 1 "                                                \
        "call('SET', FENCE, string.format('%.0f', fence)) end "                                    \
        "call('HSET', HELD, key, ME) call('ZADD', LEASES, now + tonumber(ARGV[3]), ME) "           \
        "return {fence, key}"

#endif
