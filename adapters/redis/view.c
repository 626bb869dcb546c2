#include "adapters/redis/view_parts.h"

#include "adapters/redis/meta.h"
#include "adapters/redis/script_park.h"
#include "adapters/redis/script_parts.h"
#include "core/base/mem.h"

static const char *const scripts[TT_VIEW_SCRIPT_COUNT] = {
    /* events, dead, counts, held, parked, behind | group, stalled ms -> unread, pending, stalled,
     * dead, applied, age of the oldest in ms or -1, tasks held, tasks parked, entries of these,
     * entries that became dead letters. What is parked is neither pending nor stalled nor the
     * oldest. */
    [TT_VIEW_STATUS] = TT_LUA_GROUPS TT_LUA_COUNT_UNREAD
    "local unread, pending, stalled, oldest = redis.call('XLEN', KEYS[1]), 0, 0, nil "
    "local function ms(id) return tonumber(string.match(id, '%d+')) end "
    "local function first(from) local r = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1) "
    "return r[1] and ms(r[1][1]) end "
    "local last = nil "
    "if redis.call('EXISTS', KEYS[1]) == 1 then "
    "for _, g in ipairs(groups(KEYS[1])) do if g.name == ARGV[1] then "
    "last = g['last-delivered-id'] "
    "unread = count_unread(KEYS[1], last) "
    "for _, c in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1])[4] or {}) do "
    "if c[1] ~= '+' then pending = pending + tonumber(c[2]) "
    "local p = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, c[1])[1] "
    "if p and (not oldest or ms(p[1]) < oldest) then oldest = ms(p[1]) end "
    "stalled = stalled + #redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[2], '-', '+', "
    "10000, c[1]) end end end end "
    "if not oldest and unread > 0 then oldest = first(last and ('(' .. last) or '-') end end "
    "local age = -1 "
    "if oldest then local t = redis.call('TIME') "
    "age = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) - oldest "
    "if age < 0 then age = 0 end end "
    "return {unread, pending, stalled, redis.call('XLEN', KEYS[2]), "
    "tonumber(redis.call('HGET', KEYS[3], 'applied') or 0), age, redis.call('HLEN', KEYS[4]), "
    "redis.call('HLEN', KEYS[5]), redis.call('ZCARD', KEYS[6]), "
    "tonumber(redis.call('HGET', KEYS[3], 'failed') or 0)}",
    [TT_VIEW_UNBURY] = TT_LUA_UNBURY,
};

static enum tt_err must_exist(struct tt_redis_view *view, struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_global_key(key, view->prefix, "meta");
    tt_redis_word(&command, "EXISTS");
    tt_redis_word(&command, key);
    enum tt_err err = tt_redis_call(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    bool exists = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);
    return exists ? TT_OK
                  : tt_fault_set(fault, TT_ERR_NOT_FOUND,
                                 "redis: no queue with the prefix \"%s\" on this server (--redis, "
                                 "--prefix); the first emit or worker makes one",
                                 view->prefix);
}

static enum tt_err open_view(struct tt_redis_view *view,
                             const struct tt_redis_view_options *options, struct tt_fault *fault)
{
    int64_t epoch;
    enum tt_err err = tt_redis_prefix_keep(view->prefix, options->prefix, fault);
    if (err == TT_OK)
        err = tt_redis_url_parse(options->url, &view->redis.url, fault);
    view->redis.password = options->password;
    view->redis.scripts = scripts;
    view->redis.script_count = TT_VIEW_SCRIPT_COUNT;
    if (err == TT_OK)
        err = tt_redis_connect(&view->redis, fault);
    if (err == TT_OK)
        err = must_exist(view, fault);
    if (err == TT_OK)
        err = tt_redis_meta(&view->redis, view->prefix, 0, &view->partition_count, &epoch, fault);
    if (err != TT_OK)
        return err;
    view->partitions = tt_mem_zalloc((view->partition_count + 1) * sizeof *view->partitions);
    return view->partitions == NULL ? tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory")
                                    : TT_OK;
}

enum tt_err tt_redis_view_open(const struct tt_redis_view_options *options,
                               struct tt_redis_view **ret_view, struct tt_fault *fault)
{
    struct tt_redis_view *view = tt_mem_zalloc(sizeof *view);
    if (view == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = open_view(view, options, fault);
    if (err == TT_OK)
        *ret_view = view;
    else
        tt_redis_view_close(view);
    return err;
}

void tt_redis_view_close(struct tt_redis_view *view)
{
    if (view == NULL)
        return;
    tt_redis_done(&view->redis);
    tt_mem_free(view->partitions);
    tt_mem_free(view->workers);
    tt_mem_free(view);
}
