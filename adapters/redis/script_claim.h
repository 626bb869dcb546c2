/* Lua of a claim: one step in which turns are read and taken. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_CLAIM_H
#define TT_ADAPTERS_REDIS_SCRIPT_CLAIM_H

#include "adapters/redis/script_turns.h"

/* First: tidy, of script_turns.h. Second: tasks that are free and have something waiting, in the
 * order they became free. */
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
    "local function note(list) for _, p in ipairs(list) do count[p[1]] = p[4] end end "            \
    "if ARGV[7] == '0' then note(call('XPENDING', E, G, '-', '+', #ids, ME)) "                     \
    "else for _, id in ipairs(ids) do note(call('XPENDING', E, G, id, id, 1)) end end "            \
    "for i, e in ipairs(entries) do tries[i] = count[e[1]] or 1 end return budget end "

/* Third: new entries, as the caller has seen them: entry id and task, in order, from ARGV[10] on.
 * Where the caller was in doubt about the task, it is '' and looked up here. One whose id is busy,
 * or has something waiting, waits behind it, and one of a parked task behind its dead letter; its
 * number of deliveries is put to 0, as nobody has seen it. What was delivered moves on last: see
 * TT_LUA_TIDY. */
#define TT_LUA_CLAIM_NEW                                                                           \
    "local firsts, refused, named, owned = {}, {}, {}, 0 "                                         \
    "local function is_free(key, holder, waiting) "                                                \
    "if holder and holder ~= ME then "                                                             \
    "if alive(holder) then return false end "                                                      \
    "give_back(holder) return not waits(key, 1)[1] end "                                           \
    "if waiting and waits(key, 1)[1] then call('RPUSH', READY, key) return false end "             \
    "return true end "                                                                             \
    "local function offer(i) local id, key = ARGV[8 + 2 * i], ARGV[9 + 2 * i] "                    \
    "if key == '' then local r = call('XRANGE', E, id, id) "                                       \
    "key = task_key(id, r[1] and r[1][2] or {}) "                                                  \
    "named[#named + 1] = i named[#named + 1] = key end return id, key end "                        \
    "local function take_new(first, n) local ids, keys, asked, at, known, away = {}, {}, {}, {}, " \
    "{}, {} "                                                                                      \
    "for i = first, n do ids[i], keys[i] = offer(i) local key = keys[i] "                          \
    "if not known[key] then known[key] = true "                                                    \
    "if not mine[key] then asked[#asked + 1] = key at[#at + 1] = i end end end "                   \
    "local waiting = call('ZCARD', WAIT) > 0 "                                                     \
    "if #asked > 0 then local holders = call('HMGET', HELD, unpack(asked)) "                       \
    "for k, key in ipairs(asked) do if is_parked(key) then away[key] = true elseif is_free(key, "  \
    "holders[k], waiting) then "                                                                   \
    "mine[key] = true tasks[#tasks + 1] = key firsts[#firsts + 1] = at[k] end end end "            \
    "local own, others, members, out, behind = {}, {}, {}, {}, {} "                                \
    "for i = first, n do if mine[keys[i]] then own[#own + 1] = ids[i] "                            \
    "else refused[#refused + 1] = i local m = member(keys[i], ids[i]) "                            \
    "if away[keys[i]] then out[#out + 1] = ids[i] behind[#behind + 1] = m "                        \
    "else others[#others + 1] = ids[i] members[#members + 1] = m end end end "                     \
    "local function claim(list, consumer, ...) if #list == 0 then return end "                     \
    "local args = {...} local m = #list "                                                          \
    "for i, word in ipairs(args) do list[m + i] = word end "                                       \
    "call('XCLAIM', E, G, consumer, 0, unpack(list)) end "                                         \
    "owned = #own claim(own, ME, 'FORCE', 'JUSTID') wait_in(WAIT, members) "                       \
    "claim(others, WAITING, 'FORCE', 'JUSTID', 'RETRYCOUNT', 0) "                                  \
    "wait_in(BEHIND, behind) "                                                                     \
    "claim(out, OUT, 'FORCE', 'JUSTID', 'RETRYCOUNT', 0) call('XGROUP', 'SETID', E, G, ids[n]) "   \
    "end "

/* Last: the tasks are held. A server looks through a hash of up to 512 short fields from its
 * beginning, for each field that is asked for; a long one makes it look by key from then on. It is
 * no task: those have a slash. */
#define TT_LUA_HOLD_TASKS                                                                          \
    "local LONG = string.rep('.', 65) "                                                            \
    "local function hold(tasks) each_part(tasks, 1000, function(...) "                             \
    "local args, hset = {...}, {} if #args > 32 then args[#args + 1] = LONG end "                  \
    "for i = 1, #args do hset[2 * i - 1] = args[i] hset[2 * i] = ME end "                          \
    "call('HSET', HELD, unpack(hset)) end) "                                                       \
    "if #tasks > 32 then call('HDEL', HELD, LONG) end end "

/* Above the number given. */
#define TT_LUA_NEXT_FENCE                                                                          \
    "local function next_fence() "                                                                 \
    "local fence, floor = redis.call('INCR', KEYS[6]), tonumber(ARGV[5]) "                         \
    "if fence <= floor then fence = floor + 1 "                                                    \
    "redis.call('SET', KEYS[6], string.format('%.0f', fence)) end return fence end "

/* Before all that: where nothing is pending, held or waiting, and the offers are the next ones and
 * few, they are taken without any of it, as most of them are while workers keep up. The same calls
 * in the same order as above: making its functions alone takes longer. */
#define TT_LUA_CLAIM_QUIET                                                                         \
    "do local n = tonumber(ARGV[9]) "                                                              \
    "if ARGV[7] ~= '1' and n > 0 and n <= 32 and n <= tonumber(ARGV[4]) "                          \
    "and tonumber(ARGV[6]) > 0 then "                                                              \
    "local call, E, G, ME, HELD = redis.call, KEYS[1], ARGV[1], ARGV[2], KEYS[2] "                 \
    "local quiet = call('EXISTS', HELD, KEYS[3], KEYS[4], KEYS[9], KEYS[10]) == 0 "                \
    "if quiet then quiet = false " TT_LUA_GROUPS "for _, g in ipairs(groups(E)) do "               \
    "if g.name == G then quiet = g.pending == 0 and g['last-delivered-id'] == ARGV[8] end end "    \
    "end "                                                                                         \
    "local ids, hold, firsts, seen = {E, G, ME, 0}, {HELD}, {}, {} "                               \
    "for i = 1, quiet and n or 0 do local key = ARGV[9 + 2 * i] "                                  \
    "if key == '' then quiet = false end ids[4 + i] = ARGV[8 + 2 * i] "                            \
    "if not seen[key] then seen[key] = true firsts[#firsts + 1] = i "                              \
    "hold[#hold + 1] = key hold[#hold + 1] = ME end end "                                          \
    "if quiet then ids[#ids + 1] = 'FORCE' ids[#ids + 1] = 'JUSTID' "                              \
    "call('XCLAIM', unpack(ids)) local last = ARGV[8 + 2 * n] "                                    \
    "call('XGROUP', 'SETID', E, G, last) "                                                         \
    "local fence = next_fence() call('HSET', unpack(hold)) " TT_LUA_NOW                            \
    "call('ZADD', KEYS[5], now + tonumber(ARGV[3]), ME) "                                          \
    "return {fence, n == tonumber(ARGV[4]) and 1 or 0, last, 0, {}, {}, {}, 1, n, {}, firsts, "    \
    "{}} "                                                                                         \
    "end end end "

/* ... | lease ms, count, the number the fence must be above, how many entries may wait, a mark, the
 * id that the offers begin behind, how many offers, offers. Mark: 0: what was seen is all there is,
 * 2: it is not, 1: goes on from the call before, whose count it shares; where that found nothing
 * but busy tasks, or did nothing, it begins by itself.
 * -> fence, whether more may be there (1), must not be looked for (2), what was seen is old and
 * nothing was done (3) or none of that (0), the last id delivered, vanished, entries that had
 * waited, their deliveries, their tasks, positions of the first and the last offer taken, of those
 * among them that wait, of the first ones of tasks that are held now, and position and task where
 * the caller was in doubt. Where all that was found of tasks has vanished nothing is held: nobody
 * would let it go.
 */
#define TT_LUA_CLAIM                                                                               \
    TT_LUA_NEXT_FENCE TT_LUA_CLAIM_QUIET TT_LUA_TURNS TT_LUA_TIDY TT_LUA_CLAIM_READY               \
        TT_LUA_CLAIM_NEW TT_LUA_HOLD_TASKS                                                         \
        "local count, offers = tonumber(ARGV[4]), tonumber(ARGV[9]) "                              \
        "local last, first, taken, more, goes_on = delivered(), 1, 0, 0, ARGV[7] == '1' "          \
        "local gap = before(last, ARGV[8]) "                                                       \
        "if last ~= ARGV[8] then while first <= offers and not before(last, ARGV[8 + 2 * first]) " \
        "do first = first + 1 end end "                                                            \
        "if not goes_on and (gap or (ARGV[7] == '2' and first > 1)) then "                         \
        "return {0, 3, last, 0, {}, {}, {}, 1, 0, {}, {}, {}} end "                                \
        "local budget = count "                                                                    \
        "if goes_on then local mine_here = 0 "                                                     \
        "for _, c in ipairs(call('XPENDING', E, G)[4] or {}) do "                                  \
        "if c[1] == ME then mine_here = tonumber(c[2]) end end call('ZREM', LEASES, '') "          \
        "if gap then budget = 0 elseif mine_here > 0 then budget = count - mine_here "             \
        "else tidy(last) budget = take_ready(count) end "                                          \
        "else tidy(last) budget = take_ready(count) end "                                          \
        "local held = {} for i, key in ipairs(tasks) do held[i] = key end "                        \
        "if budget <= 0 then more = 1 "                                                            \
        "elseif call('ZCARD', WAIT) >= tonumber(ARGV[6]) then more = 2 "                           \
        "else taken = math.min(offers, first - 1 + budget) "                                       \
        "if taken < offers or taken - first + 1 == budget then more = 1 end "                      \
        "if taken >= first then take_new(first, taken) last = ARGV[8 + 2 * taken] end end "        \
        "if #entries == 0 and owned == 0 and #tasks > 0 then "                                     \
        "more, tasks, held = 1, {}, {} mark_ready(mine) end "                                      \
        "local fence = 0 "                                                                         \
        "if #tasks > 0 then fence = next_fence() "                                                 \
        "hold(tasks) "                                                                             \
        "call('ZADD', LEASES, now + tonumber(ARGV[3]), ME) end "                                   \
        "return {fence, more, last, vanished, entries, tries, held, first, taken, "                \
        "refused, firsts, named}"

#endif
