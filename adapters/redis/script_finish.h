/* Lua of what ends a turn, and of keeping it. Keys and first arguments as in script_turns.h. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_FINISH_H
#define TT_ADAPTERS_REDIS_SCRIPT_FINISH_H

#include "adapters/redis/script_turns.h"

/* ... | 1 when this is the last part, number of ids, ids, tasks -> tasks that became ready, or -1:
 * the lease has ended and others do it again, so nothing is acknowledged. Only tasks of the
 * caller's own are released. The functions are made where something waits, and not before. */
#define TT_LUA_FINISH                                                                              \
    "local call, E, G, ME = redis.call, KEYS[1], ARGV[1], ARGV[2] "                                \
    "if not call('ZSCORE', KEYS[5], ME) then return -1 end "                                       \
    "local n, released, woken = tonumber(ARGV[4]), {}, 0 "                                         \
    "if n > 0 then local done = call('XACK', E, G, unpack(ARGV, 5, 4 + n)) "                       \
    "if done > 0 then call('HINCRBY', KEYS[8], 'applied', done) end end "                          \
    "if #ARGV > 4 + n then local holders = call('HMGET', KEYS[2], unpack(ARGV, 5 + n)) "           \
    "for i, holder in ipairs(holders) do if holder == ME then "                                    \
    "released[#released + 1] = ARGV[4 + n + i] end end "                                           \
    "if #released > 0 then call('HDEL', KEYS[2], unpack(released)) "                               \
    "if call('EXISTS', KEYS[3]) == 1 then " TT_LUA_TURNS "local tasks = {} "                       \
    "for _, key in ipairs(released) do tasks[key] = true end woken = mark_ready(tasks) end end "   \
    "end "                                                                                         \
    "if ARGV[3] == '1' then call('ZREM', KEYS[5], ME) end return woken"

/* ... -> vanished. What the token holds is free, what it did not finish waits, oldest first. */
#define TT_LUA_GIVE_BACK_ALL TT_LUA_TURNS "give_back(ME) return vanished"

/* ... | lease ms -> 1; 0: it had ended */
#define TT_LUA_RENEW                                                                               \
    TT_LUA_TURNS                                                                                   \
    "if call('ZREM', LEASES, ME) == 0 then return 0 end "                                          \
    "call('ZADD', LEASES, now + tonumber(ARGV[3]), ME) return 1"

/* ... -> vanished. Whatever a lost key might have left: tasks held by nobody alive, tasks that are
 * free and not marked so, consumers without anything.
 *
 * A consumer is deleted only when entries have been delivered that are newer than its last call. A
 * Redis whose file was cut within a transaction leaves the beginning of it there (7.0.15), and
 * carries that out when it starts the next time: the consumer then holds entries in that place of
 * history. Deleted there already, it would take them with it, delivered and yet nobody's. As it is,
 * those who had them later take them over, or they are given back. */
#define TT_LUA_TEND                                                                                \
    TT_LUA_TURNS TT_LUA_DELIVERED                                                                  \
        "call('ZREM', LEASES, '') local seen, all = {}, call('HGETALL', HELD) "                    \
        "for i = 2, #all, 2 do if not seen[all[i]] then seen[all[i]] = true "                      \
        "if not alive(all[i]) then give_back(all[i]) end end end "                                 \
        "local held, tasks = {}, {} "                                                              \
        "for _, key in ipairs(call('HKEYS', HELD)) do held[key] = true end "                       \
        "for _, key in ipairs(call('LRANGE', READY, 0, -1)) do held[key] = true end "              \
        "for _, m in ipairs(call('ZRANGE', WAIT, 0, -1)) do local key = string.sub(m, 1, #m - "    \
        "41) "                                                                                     \
        "if not held[key] then tasks[key] = true end end "                                         \
        "mark_ready(tasks) "                                                                       \
        "local newest = tonumber(string.match(delivered(), '^%d+')) "                              \
        "for _, c in ipairs(call('XINFO', 'CONSUMERS', E, G)) do local f = {} "                    \
        "for i = 1, #c, 2 do f[c[i]] = c[i + 1] end "                                              \
        "if f.pending == 0 and f.idle > 60000 and now - f.idle < newest and "                      \
        "not call('ZSCORE', LEASES, f.name) then "                                                 \
        "call('XGROUP', 'DELCONSUMER', E, G, f.name) end end "                                     \
        "return vanished"

#endif
