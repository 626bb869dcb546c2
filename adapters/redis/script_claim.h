/* Lua of a claim: one step in which turns are read and taken. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_CLAIM_H
#define TT_ADAPTERS_REDIS_SCRIPT_CLAIM_H

#include "adapters/redis/script_parts.h"
#include "adapters/redis/script_turns.h"

/* First: holders whose lease ended give back, and what does not fit is made anew. */
#define TT_LUA_CLAIM_TIDY                                                                          \
    "local function tidy() local waiting, out, others, dead = 0, 0, 0, {} "                        \
    "for _, c in ipairs(call('XPENDING', E, G)[4] or {}) do "                                      \
    "if c[1] == WAITING then waiting = tonumber(c[2]) "                                            \
    "elseif c[1] == OUT then out = tonumber(c[2]) else others = others + 1 "                       \
    "if c[1] == ME or not alive(c[1]) then dead[#dead + 1] = c[1] end end end "                    \
    "local held = call('HLEN', HELD) "                                                             \
    "if call('ZCARD', WAIT) ~= waiting or call('ZCARD', BEHIND) ~= out or "                        \
    "(out > 0 and call('EXISTS', PARKED) == 0) or "                                                \
    "(held == 0 and others > 0) or "                                                               \
    "(held == 0 and waiting > 0 and call('LLEN', READY) == 0) then return begin_anew() end "       \
    "for _, token in ipairs(dead) do give_back(token) end "                                        \
    "if held > 0 then "                                                                            \
    "for _, token in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, 10)) do "       \
    "give_back(token) end end end "

/* Second: tasks that are free and have something waiting, in the order they became free. */
#define TT_LUA_CLAIM_READY                                                                         \
    "local mine, tasks, entries, tries = {}, {}, {}, {} "                                          \
    "local function take_ready(budget) local ids, gone, back = {}, {}, {} "                        \
    "while budget > 0 do local keys = call('LPOP', READY, math.min(budget, 500)) "                 \
    "if not keys then break end "                                                                  \
    "local holders = call('HMGET', HELD, unpack(keys)) "                                           \
    "for i, key in ipairs(keys) do if budget == 0 then back[#back + 1] = key "                     \
    "elseif not holders[i] and not mine[key] then local found = waits(key, budget) "               \
    "if #found > 0 then mine[key] = true tasks[#tasks + 1] = key end "                             \
    "for _, m in ipairs(found) do gone[#gone + 1] = m ids[#ids + 1] = id_of(m) end "               \
    "budget = budget - #found end end end "                                                        \
    "for i = #back, 1, -1 do call('LPUSH', READY, back[i]) end "                                   \
    "if #ids == 0 then return budget end "                                                         \
    "each_part(gone, 1000, function(...) call('ZREM', WAIT, ...) end) "                            \
    "each_part(ids, 1000, function(...) "                                                          \
    "for _, e in ipairs(call('XCLAIM', E, G, ME, 0, ...)) do "                                     \
    "if e then entries[#entries + 1] = e end end end) "                                            \
    "vanished = vanished + #ids - #entries "                                                       \
    "local count = {} "                                                                            \
    "for _, p in ipairs(call('XPENDING', E, G, '-', '+', #ids, ME)) do count[p[1]] = p[4] end "    \
    "for i, e in ipairs(entries) do tries[i] = count[e[1]] or 1 end return budget end "

/* Third: new entries. One whose id is busy, or has something waiting, waits behind it, and one of a
 * parked task behind its dead letter; its number of deliveries is put back to 0, as nobody has seen
 * it. */
#define TT_LUA_CLAIM_NEW                                                                           \
    "local function is_free(key, holder, waiting) "                                                \
    "if holder and holder ~= ME then "                                                             \
    "if not alive(holder) then give_back(holder) end return false end "                            \
    "if waiting and waits(key, 1)[1] then call('RPUSH', READY, key) return false end "             \
    "return true end "                                                                             \
    "local function put_away(consumer, set, ids, members) wait_in(set, members) "                  \
    "each_part(ids, 1000, function(...) local args = {...} local n = #args "                       \
    "args[n + 1] = 'RETRYCOUNT' args[n + 2] = 0 args[n + 3] = 'JUSTID' "                           \
    "call('XCLAIM', E, G, consumer, 0, unpack(args)) end) end "                                    \
    "local function take_new(list) local keys, asked, known, away = {}, {}, {}, {} "               \
    "for i, e in ipairs(list) do local key = task_key(e[1], e[2]) keys[i] = key "                  \
    "if not known[key] then known[key] = true "                                                    \
    "if not mine[key] then asked[#asked + 1] = key end end end "                                   \
    "local waiting = call('ZCARD', WAIT) > 0 "                                                     \
    "for i = 1, #asked, 1000 do "                                                                  \
    "local last = math.min(i + 999, #asked) "                                                      \
    "local holders = call('HMGET', HELD, unpack(asked, i, last)) "                                 \
    "for k = i, last do local key = asked[k] if is_parked(key) then away[key] = true "             \
    "elseif is_free(key, holders[k - i + 1], waiting) then "                                       \
    "mine[key] = true tasks[#tasks + 1] = key end end end "                                        \
    "local ids, members, out, behind = {}, {}, {}, {} "                                            \
    "for i, e in ipairs(list) do if mine[keys[i]] then entries[#entries + 1] = e "                 \
    "elseif away[keys[i]] then out[#out + 1] = e[1] behind[#behind + 1] = member(keys[i], e[1]) "  \
    "else ids[#ids + 1] = e[1] members[#members + 1] = member(keys[i], e[1]) end end "             \
    "put_away(WAITING, WAIT, ids, members) put_away(OUT, BEHIND, out, behind) end "

/* ... | lease ms, count, the number the fence must be above, how many entries may wait
 * -> fence, whether more may be there (1), must not be looked for (2) or neither (0), the last id
 * delivered, vanished, entries, their deliveries (of the first ones; 1 where missing), tasks.
 * Where all that was found of tasks has vanished nothing is held: nobody would let it go. */
#define TT_LUA_CLAIM                                                                               \
    TT_LUA_TURNS TT_LUA_GROUPS TT_LUA_CLAIM_TIDY TT_LUA_CLAIM_READY TT_LUA_CLAIM_NEW               \
        "local count, floor = tonumber(ARGV[4]), tonumber(ARGV[5]) "                               \
        "tidy() local budget, more, last = take_ready(count), 0, '' "                              \
        "if budget == 0 then more = 1 "                                                            \
        "elseif call('ZCARD', WAIT) >= tonumber(ARGV[6]) then more = 2 "                           \
        "else local r = call('XREADGROUP', 'GROUP', G, ME, 'COUNT', budget, 'STREAMS', E, '>') "   \
        "local list = r and r[1][2] or {} "                                                        \
        "if #list > 0 then take_new(list) last = list[#list][1] "                                  \
        "if #list == budget then more = 1 end "                                                    \
        "else for _, g in ipairs(groups(E)) do if g.name == G then last = g['last-delivered-id'] " \
        "end end end end "                                                                         \
        "if #entries == 0 and #tasks > 0 then more, tasks = 1, {} mark_ready(mine) end "           \
        "local fence = 0 "                                                                         \
        "if #tasks > 0 then fence = call('INCR', FENCE) "                                          \
        "if fence <= floor then fence = floor + 1 "                                                \
        "call('SET', FENCE, string.format('%.0f', fence)) end "                                    \
        "each_part(tasks, 1000, function(...) local args = {...} local hset = {} "                 \
        "for i = 1, #args do hset[2 * i - 1] = args[i] hset[2 * i] = ME end "                      \
        "call('HSET', HELD, unpack(hset)) end) "                                                   \
        "call('ZADD', LEASES, now + tonumber(ARGV[3]), ME) end "                                   \
        "return {fence, more, last, vanished, entries, tries, tasks}"

#endif
