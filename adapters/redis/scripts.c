/* Steps that must be one step, as Lua. All keys of a call are of one partition, so of one slot.
 *
 * A server that is full refuses a script's first write when that could need memory, and then none
 * of its later ones. Workers are what makes room, so the first write of their scripts is one that
 * takes something away, where there is nothing: ''.
 *
 * Scripts run once per batch, never per event. Entry ids are compared as text only for equality:
 * their parts can be larger than what Lua's numbers hold exactly. */
#include "adapters/redis/queue_parts.h"
#include "adapters/redis/script_claim.h"
#include "adapters/redis/script_finish.h"
#include "adapters/redis/script_hold.h"
#include "adapters/redis/script_park.h"
#include "adapters/redis/script_parts.h"

const char *const tt_redis_scripts[TT_SCRIPT_COUNT] = {
    [TT_SCRIPT_CLAIM] = TT_LUA_CLAIM,
    [TT_SCRIPT_FINISH] = TT_LUA_FINISH,
    [TT_SCRIPT_GIVE_BACK] = TT_LUA_GIVE_BACK_ALL,
    [TT_SCRIPT_RENEW] = TT_LUA_RENEW,
    [TT_SCRIPT_TEND] = TT_LUA_TEND,
    /* Without turns: what others left. events | group, consumer, count, cursor, least idle ms
     * -> next cursor, entries, vanished, deliveries */
    [TT_SCRIPT_RECOVER] =
        "local c = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[5], ARGV[4], 'COUNT', "
        "ARGV[3]) "
        "local tries, entries = {}, {} "
        "for _, e in ipairs(c[2]) do if e then "
        "local p = redis.call('XPENDING', KEYS[1], ARGV[1], e[1], e[1], 1) "
        "entries[#entries + 1] = e tries[#tries + 1] = p[1] and p[1][4] or 1 end end "
        "return {c[1], entries, c[3] and #c[3] or 0, tries}",
    /* workers | name, lifetime ms -> how many are alive, how many of these stand before this one by
     * name; lifetime 0: this one leaves. Where nobody is left to strike off the dead, the list ends
     * by itself. */
    [TT_SCRIPT_BEAT] = "if ARGV[2] == '0' then return {redis.call('ZREM', KEYS[1], ARGV[1]), 0} "
                       "end " TT_LUA_NOW
                       "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2])) "
                       "redis.call('ZADD', KEYS[1], now, ARGV[1]) "
                       "redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
                       "local all, rank = redis.call('ZRANGE', KEYS[1], 0, -1), 0 "
                       "for _, name in ipairs(all) do if name < ARGV[1] then rank = rank + 1 end "
                       "end return {#all, rank}",
    /* events, dead, leases, counts | group, id, reason, error, tries, payload, token or ''. Nothing
     * when the token's lease has ended: others do it again. */
    [TT_SCRIPT_BURY] =
        "if ARGV[7] ~= '' and not redis.call('ZSCORE', KEYS[3], ARGV[7]) then "
        "return 0 end redis.call('ZREM', KEYS[3], '') " TT_LUA_LETTER
        "put_letter(KEYS[2], KEYS[4], ARGV[2], {'entry_id', ARGV[2], 'reason', ARGV[3], "
        "'error', ARGV[4], 'tries', ARGV[5], 'e', ARGV[6]}) "
        "return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])",
    /* events | group -> how many were cut. Below what every group has delivered and acknowledged,
       and nothing where ours is gone; the last one stays. (Behind the last one delivered something
       may be pending: see TT_LUA_TIDY.) */
    [TT_SCRIPT_TRIM] = TT_LUA_GROUPS TT_LUA_OLDER
    "local least, ours = nil, false "
    "for _, g in ipairs(groups(KEYS[1])) do ours = ours or g.name == ARGV[1] "
    "local p = redis.call('XPENDING', KEYS[1], g.name) "
    "local id = g['last-delivered-id'] if p[1] > 0 and before(p[2], id) then id = p[2] end "
    "if not least or before(id, least) then least = id end end "
    "if not ours or least == '0-0' then return 0 end "
    "return redis.call('XTRIM', KEYS[1], 'MINID', least)",
    /* events | group -> {unread, pending}; without what is parked */
    [TT_SCRIPT_BACKLOG] = TT_LUA_GROUPS TT_LUA_COUNT_UNREAD
    "for _, g in ipairs(groups(KEYS[1])) do if g.name == ARGV[1] then "
    "local p = redis.call('XPENDING', KEYS[1], ARGV[1]) "
    "for _, c in ipairs(p[4] or {}) do if c[1] == '+' then p[1] = p[1] - tonumber(c[2]) end end "
    "return {count_unread(KEYS[1], g['last-delivered-id']), p[1]} end end "
    "return {redis.call('XLEN', KEYS[1]), 0}",
    /* events, counts | group, ids -> how many were acknowledged by this call */
    [TT_SCRIPT_ACKNOWLEDGE] = "local n = redis.call('XACK', KEYS[1], unpack(ARGV)) "
                              "if n > 0 then redis.call('HINCRBY', KEYS[2], 'applied', n) end "
                              "return n",
    [TT_SCRIPT_HOLD] = TT_LUA_HOLD,
    [TT_SCRIPT_PARK] = TT_LUA_PARK,
};
