/* Lua of parking a task behind a dead letter, and of letting it go on. Keys and first arguments as
 * in script_turns.h. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_PARK_H
#define TT_ADAPTERS_REDIS_SCRIPT_PARK_H

#include "adapters/redis/script_turns.h"

/* ... | id, reason, error, tries, payload, tenant/task_id, ids of the same task that the caller has
 * -> 1; 0: the lease has ended, nothing is done. The entry and those ids stay pending, and so does
 * what waits for the task. */
#define TT_LUA_PARK                                                                                \
    TT_LUA_TURNS TT_LUA_LETTER                                                                     \
        "if not call('ZSCORE', LEASES, ME) then return 0 end call('ZREM', LEASES, '') "            \
        "local id, key = ARGV[3], ARGV[8] "                                                        \
        "if #key > 200 or string.find(key, '%c') then key = '#' .. redis.sha1hex(key) end "        \
        "put_letter(DEAD, COUNTS, id, {'entry_id', id, 'reason', ARGV[4], 'error', ARGV[5], "      \
        "'tries', "                                                                                \
        "ARGV[6], "                                                                                \
        "'parked', key, 'e', ARGV[7]}) "                                                           \
        "call('HSET', PARKED, key, id) "                                                           \
        "local ids, members, waiting = {id}, {member(key, id)}, waits(key, -1) "                   \
        "for i = 9, #ARGV do ids[#ids + 1] = ARGV[i] members[#members + 1] = member(key, "         \
        "ARGV[i]) end "                                                                            \
        "for _, m in ipairs(waiting) do ids[#ids + 1] = id_of(m) members[#members + 1] = m end "   \
        "each_part(waiting, 1000, function(...) call('ZREM', WAIT, ...) end) "                     \
        "wait_in(BEHIND, members) hand_to(OUT, ids) return 1"

/* ... | letter's id, 'requeue' or 'drop' -> 1; 0: no such letter; -1: nothing in it to requeue.
 *
 * The letter of a parked task: what stands behind it goes on in order, the entry itself first where
 * it is requeued, at its own place. Any other letter: its event is put at the end of the stream.
 * Which tasks are parked is first made anew from what is pending, and may then name an older entry
 * than the dead one: when the last letter is gone nothing else would let the task go.
 *
 * The letter goes last, and the mark that the task is parked next to last: a file that was cut in
 * between has a part of this carried out (script_turns.h), and the letter is what lets somebody do
 * it once more. */
#define TT_LUA_UNBURY                                                                              \
    TT_LUA_TURNS                                                                                   \
    "local function has_letter(id, key) for _, e in ipairs(call('XRANGE', DEAD, '-', '+')) do "    \
    "local f = {} for i = 1, #e[2], 2 do f[e[2][i]] = e[2][i + 1] end "                            \
    "if f.entry_id == id and f.parked == key then return true end end return false end "           \
    "local r, f = call('XRANGE', DEAD, ARGV[3], ARGV[3]), {} "                                     \
    "if #r == 0 then return 0 end "                                                                \
    "for i = 1, #r[1][2], 2 do f[r[1][2][i]] = r[1][2][i + 1] end "                                \
    "local again, key = ARGV[4] == 'requeue', f.parked "                                           \
    "if key then call('ZREM', LEASES, '') take_from(OUT, {}) end "                                 \
    "local at = key and call('HGET', PARKED, key) if not at then key = nil end "                   \
    "if key and at ~= f.entry_id and has_letter(at, key) then key = nil end "                      \
    "local there = key and #call('XRANGE', E, f.entry_id, f.entry_id) > 0 "                        \
    "if again and not there then "                                                                 \
    "if not f.e or f.e == '' then return -1 end call('XADD', E, '*', 'e', f.e) end "               \
    "if not key then call('XDEL', DEAD, ARGV[3]) return 1 end "                                    \
    "local members = those_of(BEHIND, key, -1) "                                                   \
    "local ids, wait, first, gone = {}, {}, member(key, f.entry_id), false "                       \
    "for _, m in ipairs(members) do "                                                              \
    "if m == first and not (again and there) then gone = true "                                    \
    "else ids[#ids + 1] = id_of(m) wait[#wait + 1] = m end end "                                   \
    "hand_to(WAITING, ids) wait_in(WAIT, wait) "                                                   \
    "each_part(members, 1000, function(...) call('ZREM', BEHIND, ...) end) "                       \
    "if gone then call('XACK', E, G, f.entry_id) end "                                             \
    "call('HDEL', PARKED, key) mark_ready({[key] = true}) call('XDEL', DEAD, ARGV[3]) return 1"

#endif
