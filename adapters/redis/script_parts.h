/* Lua functions that several scripts begin with. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_PARTS_H
#define TT_ADAPTERS_REDIS_SCRIPT_PARTS_H

/* The groups of a stream, as Lua tables: name, last-delivered-id, ... */
#define TT_LUA_GROUPS                                                                              \
    "local function groups(key) local out = {} "                                                   \
    "for _, g in ipairs(redis.call('XINFO', 'GROUPS', key)) do local t = {} "                      \
    "for i = 1, #g, 2 do t[g[i]] = g[i + 1] end out[#out + 1] = t end return out end "

/* How many entries of a stream stand behind an id. Counted by pages, since the server's own lag is
 * nil after a restart and wrong after trimming; from the id on and from the beginning in turn, as
 * far as the shorter of the two goes: mostly nearly all is unread, or nearly nothing. */
#define TT_LUA_COUNT_UNREAD                                                                        \
    "local function count_unread(key, last) "                                                      \
    "local size = 5 local function page(from, to) "                                                \
    "local list = redis.call('XRANGE', key, from, to, 'COUNT', size) local n = #list "             \
    "return n, n < size, n > 0 and '(' .. list[n][1], n > 0 and list[1][1] == last end "           \
    "local behind, before, to, from, n, ended, is_last = 0, 0, last, '-' "                         \
    "while true do size = math.min(2 * size, 1000) n, ended, to, is_last = page(to, '+') "         \
    "behind = behind + n - (is_last and 1 or 0) if ended then return behind end "                  \
    "n, ended, from = page(from, last) before = before + n "                                       \
    "if ended then return redis.call('XLEN', key) - before end end end "

/* Puts a dead letter, and counts it. It has the entry's own id, so that it is there once; where a
 * younger one is there already, or the letter of another entry stands at that id, it gets a new one
 * and is looked for by its first field, which is entry_id. */
#define TT_LUA_LETTER                                                                              \
    "local function put_letter(dead, counts, id, fields) "                                         \
    "local at = redis.call('XRANGE', dead, id, id)[1] "                                            \
    "if at and at[2][2] == id then return end "                                                    \
    "local added = redis.pcall('XADD', dead, id, unpack(fields)) "                                 \
    "if type(added) == 'table' and added.err then "                                                \
    "for _, e in ipairs(redis.call('XRANGE', dead, id, '+')) do "                                  \
    "if e[2][2] == id then return end end "                                                        \
    "redis.call('XADD', dead, '*', unpack(fields)) end "                                           \
    "redis.call('HINCRBY', counts, 'failed', 1) end "

/* The server's clock, in ms. */
#define TT_LUA_NOW                                                                                 \
    "local t = redis.call('TIME') "                                                                \
    "local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) "

/* Which of two entry ids is older: their parts can be larger than what numbers hold. */
#define TT_LUA_OLDER                                                                               \
    "local function before(a, b) "                                                                 \
    "local am, as = string.match(a, '(%d+)-(%d+)') local bm, bs = string.match(b, '(%d+)-(%d+)') " \
    "if #am ~= #bm then return #am < #bm end if am ~= bm then return am < bm end "                 \
    "if #as ~= #bs then return #as < #bs end return as < bs end "

#endif
