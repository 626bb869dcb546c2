/* Lua of the turns: whose turn it is, what waits, what dead holders left. Begins the scripts of
 * script_claim.h and script_finish.h; docs/decisions/0005-turn-per-id.md says why it is so.
 *
 * KEYS: events, held, wait, ready, leases, fence, wake, counts, parked, behind, dead. ARGV: group,
 * token of the caller.
 *
 * What is where, for one partition:
 *   pending entries of consumer TOKEN   handed out to that holder, who has not finished them
 *   pending entries of consumer '*'     read, and waiting behind a busy id: exactly those in `wait`
 *   pending entries of consumer '+'     of parked tasks: a dead letter and all that waits behind
 * it: exactly those in `behind` held     hash, task -> token wait     sorted set of equal scores,
 * so sorted by bytes: task, NUL, id padded to fixed width parked   hash, task -> entry id of its
 * dead letter; nothing of it is handed out behind   sorted set like `wait`, of parked tasks ready
 * list of tasks that nobody holds and something waits for leases   sorted set, token -> end of its
 * lease in ms of the server's clock; no member: none wake     stream of one entry, a new one when
 * somebody might take what is ready
 *
 * The pending entries are the truth; the rest is made anew from them when it does not fit.
 */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_TURNS_H
#define TT_ADAPTERS_REDIS_SCRIPT_TURNS_H

#include "adapters/redis/script_parts.h"

/* Key of an entry's turn. Read as plain text where that is beyond doubt: no escapes, one
 * "task_id", at most one "tenant" and that outside of inner objects. Else by the JSON library.
 * Two spellings of one id must give one key; that two ids give one key would only cost time. What
 * names no id has a key of its own. */
#define TT_LUA_TASK_KEY                                                                            \
    "local function plain(e, name) local _, at = string.find(e, name, 1, true) "                   \
    "if not at then return nil, true end "                                                         \
    "if string.find(e, name, at, true) then return nil, false end "                                \
    "local text = string.match(e, '^%s*:%s*\"([^\"]*)\"', at + 1) return text, text ~= nil, at "   \
    "end "                                                                                         \
    "local function task_key(id, fields) local e = nil "                                           \
    "for i = 1, #fields, 2 do if fields[i] == 'e' then e = fields[i + 1] end end "                 \
    "if not e then return '!' .. id end "                                                          \
    "local task, tenant, sure, at = nil, nil, false, nil "                                         \
    "if not string.find(e, '\\\\', 1, true) then task, sure = plain(e, '\"task_id\"') "            \
    "if sure then tenant, sure, at = plain(e, '\"tenant\"') end "                                  \
    "if at then local inner = string.find(e, '{', 2, true) "                                       \
    "sure = sure and not (inner and inner < at) end end "                                          \
    "if not (sure and task) then local ok, t = pcall(cjson.decode, e) "                            \
    "if not ok or type(t) ~= 'table' or type(t.task_id) ~= 'string' then return '!' .. id end "    \
    "task = t.task_id tenant = type(t.tenant) == 'string' and t.tenant or nil end "                \
    "local key = (tenant or 'default') .. '/' .. task "                                            \
    "if #key > 200 or string.find(key, '%c') then return '#' .. redis.sha1hex(key) end "           \
    "return key end "

/* each_part: a command with a long list at its end, by parts of what a call may hold. */
#define TT_LUA_WAITING                                                                             \
    "local call, G, ME, WAITING = redis.call, ARGV[1], ARGV[2], '*' "                              \
    "local E, HELD, WAIT, READY, LEASES = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5] "            \
    "local FENCE, WAKE, COUNTS = KEYS[6], KEYS[7], KEYS[8] "                                       \
    "local PARKED, BEHIND, DEAD, OUT = KEYS[9], KEYS[10], KEYS[11], '+' " TT_LUA_NOW               \
    "local vanished = 0 "                                                                          \
    "local function member(key, id) local ms, seq = string.match(id, '(%d+)-(%d+)') "              \
    "return key .. '\\0' .. string.rep('0', 20 - #ms) .. ms .. string.rep('0', 20 - #seq) .. seq " \
    "end "                                                                                         \
    "local function id_of(m) local n = #m "                                                        \
    "return string.match(string.sub(m, n - 39, n - 20), '^0*(%d+)$') .. '-' .. "                   \
    "string.match(string.sub(m, n - 19), '^0*(%d+)$') end "                                        \
    "local function those_of(set, key, count) "                                                    \
    "return call('ZRANGEBYLEX', set, '[' .. key .. '\\0', '(' .. key .. '\\1', "                   \
    "'LIMIT', 0, count) end "                                                                      \
    "local function waits(key, count) return those_of(WAIT, key, count) end "                      \
    "local function each_part(list, size, run) for i = 1, #list, size do "                         \
    "run(unpack(list, i, math.min(i + size - 1, #list))) end end "                                 \
    "local function wait_in(set, members) each_part(members, 1000, function(...) "                 \
    "local args = {...} local zadd = {} "                                                          \
    "for i = 1, #args do zadd[2 * i - 1] = 0 zadd[2 * i] = args[i] end "                           \
    "call('ZADD', set, unpack(zadd)) end) end "                                                    \
    "local function hand_to(consumer, ids) each_part(ids, 1000, function(...) "                    \
    "local args = {...} args[#args + 1] = 'JUSTID' "                                               \
    "call('XCLAIM', E, G, consumer, 0, unpack(args)) end) end "                                    \
    "local some_parked = nil "                                                                     \
    "local function is_parked(key) "                                                               \
    "if some_parked == nil then some_parked = call('EXISTS', PARKED) == 1 end "                    \
    "return some_parked and call('HEXISTS', PARKED, key) == 1 end "                                \
    "local function alive(token) local ends = call('ZSCORE', LEASES, token) "                      \
    "return ends and tonumber(ends) > now end "

/* What a consumer has pending begins to wait; its tasks are added to `tasks`. Entries whose content
 * is gone are counted and dropped. begin_anew: everything from what is pending; nobody holds
 * anything. */
#define TT_LUA_GIVE_BACK                                                                           \
    "local function take_from(token, tasks) local from = '-' "                                     \
    "while true do local page = call('XPENDING', E, G, from, '+', 500, token) "                    \
    "if #page == 0 then return end "                                                               \
    "local ids, members, out, behind = {}, {}, {}, {} "                                            \
    "for i, p in ipairs(page) do local r = call('XRANGE', E, p[1], p[1]) "                         \
    "if r[1] then local key = task_key(p[1], r[1][2]) "                                            \
    "if token == OUT then some_parked = true call('HSETNX', PARKED, key, p[1]) end "               \
    "if is_parked(key) then out[#out + 1] = p[1] behind[#behind + 1] = member(key, p[1]) "         \
    "else ids[#ids + 1] = p[1] members[#members + 1] = member(key, p[1]) tasks[key] = true end "   \
    "else call('XACK', E, G, p[1]) vanished = vanished + 1 end end "                               \
    "wait_in(WAIT, members) if token ~= WAITING then hand_to(WAITING, ids) end "                   \
    "wait_in(BEHIND, behind) if token ~= OUT then hand_to(OUT, out) end "                          \
    "from = '(' .. page[#page][1] end end "                                                        \
    "local function mark_ready(tasks) local ready = {} "                                           \
    "for key in pairs(tasks) do if waits(key, 1)[1] then ready[#ready + 1] = key end end "         \
    "table.sort(ready) "                                                                           \
    "each_part(ready, 1000, function(...) call('RPUSH', READY, ...) end) "                         \
    "if #ready > 0 then call('XADD', WAKE, 'MAXLEN', 1, '*', 'w', '1') end return #ready end "     \
    "local function give_back(token) local tasks, mine, all = {}, {}, call('HGETALL', HELD) "      \
    "call('ZREM', LEASES, token) "                                                                 \
    "for i = 1, #all, 2 do if all[i + 1] == token then mine[#mine + 1] = all[i] "                  \
    "tasks[all[i]] = true end end "                                                                \
    "each_part(mine, 1000, function(...) call('HDEL', HELD, ...) end) "                            \
    "take_from(token, tasks) mark_ready(tasks) end "                                               \
    "local function begin_anew() local tasks = {} "                                                \
    "call('DEL', HELD, WAIT, READY, LEASES, BEHIND) take_from(OUT, tasks) "                        \
    "for _, c in ipairs(call('XPENDING', E, G)[4] or {}) do "                                      \
    "if c[1] ~= OUT then take_from(c[1], tasks) end end "                                          \
    "mark_ready(tasks) end "

/* The id up to which entries have been delivered. Without the group this fails as all else does. */
#define TT_LUA_DELIVERED                                                                           \
    TT_LUA_GROUPS                                                                                  \
    "local function delivered() for _, g in ipairs(groups(E)) do if g.name == G then "             \
    "return g['last-delivered-id'] end end call('XPENDING', E, G) end "

/* Before anything is held: holders whose lease ended give back, and what does not fit is made anew.
 *
 * A Redis whose file was cut within a transaction leaves the beginning of it there (7.0.15), and
 * carries that out when it starts the next time. Of a claim these are some pending entries behind
 * the last one delivered (given, where it is known already). They count as not delivered, as all of
 * that claim. */
#define TT_LUA_TIDY                                                                                \
    TT_LUA_DELIVERED TT_LUA_OLDER                                                                  \
        "local function undo_behind(last) "                                                        \
        "while true do local page = call('XPENDING', E, G, '(' .. last, '+', 500) "                \
        "if #page == 0 then return begin_anew() end "                                              \
        "for i, p in ipairs(page) do page[i] = p[1] end call('XACK', E, G, unpack(page)) end end " \
        "local function tidy(last) local waiting, out, others, dead = 0, 0, 0, {} "                \
        "local pending = call('XPENDING', E, G) "                                                  \
        "last = last or pending[3] and delivered() "                                               \
        "if pending[3] and before(last, pending[3]) then return undo_behind(last) end "            \
        "for _, c in ipairs(pending[4] or {}) do "                                                 \
        "if c[1] == WAITING then waiting = tonumber(c[2]) "                                        \
        "elseif c[1] == OUT then out = tonumber(c[2]) else others = others + 1 "                   \
        "if c[1] == ME or not alive(c[1]) then dead[#dead + 1] = c[1] end end end "                \
        "local held = call('HLEN', HELD) "                                                         \
        "if call('ZCARD', WAIT) ~= waiting or call('ZCARD', BEHIND) ~= out or "                    \
        "(out > 0 and call('EXISTS', PARKED) == 0) or "                                            \
        "(held == 0 and others > 0) or "                                                           \
        "(held == 0 and waiting > 0 and call('LLEN', READY) == 0) then return begin_anew() end "   \
        "for _, token in ipairs(dead) do give_back(token) end "                                    \
        "if held > 0 then "                                                                        \
        "for _, token in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, 10)) do "   \
        "give_back(token) end end end "

#define TT_LUA_TURNS TT_LUA_TASK_KEY TT_LUA_WAITING TT_LUA_GIVE_BACK

#endif
