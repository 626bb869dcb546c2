/* Lua functions that several scripts begin with. */
#ifndef TT_ADAPTERS_REDIS_SCRIPT_PARTS_H
#define TT_ADAPTERS_REDIS_SCRIPT_PARTS_H

/* The groups of a stream, as Lua tables: name, last-delivered-id, ... */
#define TT_LUA_GROUPS                                                                              \
    "local function groups(key) local out = {} "                                                   \
    "for _, g in ipairs(redis.call('XINFO', 'GROUPS', key)) do local t = {} "                      \
    "for i = 1, #g, 2 do t[g[i]] = g[i + 1] end out[#out + 1] = t end return out end "

/* How many entries of a stream stand at or before an id. Counted by pages, since the server's own
 * lag is nil after a restart and wrong after trimming. Few do: delivered entries are trimmed. */
#define TT_LUA_COUNT_DELIVERED                                                                     \
    "local function count_delivered(key, last) local count, from = 0, '-' "                        \
    "while true do local page = redis.call('XRANGE', key, from, last, 'COUNT', 1000) "             \
    "count = count + #page if #page < 1000 then return count end "                                 \
    "from = '(' .. page[#page][1] end end "

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

#endif
