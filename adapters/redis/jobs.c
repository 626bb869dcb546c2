/* Failure modes: the server is away: the call fails, the next one connects again; what a worker had
 * is taken over by others when its lease ends, or by itself. */
#include "adapters/redis/jobs_parts.h"

#include "core/base/mem.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const scripts[TT_JOB_SCRIPT_COUNT] = {
    /* requests, workers | group, worker, lifetime ms, lease ms, '1' to take -> nil, or {entry id,
     * deliveries, fields}. What dead workers had comes first; what nobody waits for any more is
     * thrown away. */
    [TT_JOB_POLL] =
        "local call = redis.call local t = call('TIME') "
        "local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) "
        "call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[2]) "
        "call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now) "
        "if ARGV[5] ~= '1' or call('EXISTS', KEYS[1]) == 0 then return nil end "
        "redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0') "
        "for i = 1, 100 do "
        "local e = call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[4], '0-0', 'COUNT', 1)[2][1] "
        "if not e then local r = call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, "
        "'STREAMS', KEYS[1], '>') e = r and r[1][2][1] end "
        "if not e then return nil end "
        "local f = {} for k = 1, #e[2], 2 do f[e[2][k]] = e[2][k + 1] end "
        "if tonumber(f['until'] or '0') > now then "
        "local p = call('XPENDING', KEYS[1], ARGV[1], e[1], e[1], 1) "
        "return {e[1], p[1] and p[1][4] or 1, e[2]} end "
        "call('XACK', KEYS[1], ARGV[1], e[1]) call('XDEL', KEYS[1], e[1]) end return nil",
    /* requests, pieces, answer, answered, asked | group, entry id, part, ms to live -> 1 when this
     * is the answer: nobody has answered as long as the entry is pending */
    [TT_JOB_ANSWER] =
        "local call, done = redis.call, 0 "
        "if call('EXISTS', KEYS[5]) == 1 and "
        "#call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 1 then "
        "call('RENAME', KEYS[2], KEYS[3]) call('PEXPIRE', KEYS[3], ARGV[4]) "
        "call('RPUSH', KEYS[4], ARGV[3]) call('PEXPIRE', KEYS[4], ARGV[4]) done = 1 "
        "else call('DEL', KEYS[2]) end "
        "call('XACK', KEYS[1], ARGV[1], ARGV[2]) call('XDEL', KEYS[1], ARGV[2]) return done",
    /* requests, asked | version, id, parts, timeout ms, ms to live, body, most entries -> 1; 0: too
     * many wait */
    [TT_JOB_ASK] =
        "local call = redis.call "
        "if call('XLEN', KEYS[1]) + tonumber(ARGV[3]) > tonumber(ARGV[7]) then return 0 end "
        "local t = call('TIME') local till = string.format('%.0f', tonumber(t[1]) * 1000 + "
        "math.floor(tonumber(t[2]) / 1000) + tonumber(ARGV[4])) "
        "call('SET', KEYS[2], ARGV[6], 'PX', ARGV[5]) "
        "for part = 0, tonumber(ARGV[3]) - 1 do "
        "call('XADD', KEYS[1], '*', 'v', ARGV[1], 'id', ARGV[2], 'part', part, 'until', till) end "
        "return 1",
    /* requests, asked, answered, answers... | id -> 1 */
    [TT_JOB_FORGET] = "redis.call('DEL', unpack(KEYS, 2)) "
                      "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
                      "for k = 1, #e[2], 2 do if e[2][k] == 'id' and e[2][k + 1] == ARGV[1] then "
                      "redis.call('XDEL', KEYS[1], e[1]) end end end return 1",
    /* workers -> how many */
    [TT_JOB_ALIVE] = ("local t = redis.call('TIME') return redis.call('ZCOUNT', KEYS[1], "
                      "tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000), '+inf')"),
};

void tt_job_key(char key[static TT_JOB_KEY_BYTES], const struct tt_redis_jobs *jobs,
                const char *name, const char *id, unsigned part)
{
    char number[16] = "";
    if (part != UINT_MAX)
        snprintf(number, sizeof number, ":%u", part);
    snprintf(key, TT_JOB_KEY_BYTES, "{%s:jobs}:%s%s%s%s", jobs->prefix, name, id == NULL ? "" : ":",
             id == NULL ? "" : id, number);
}

enum tt_err tt_jobs_connect(struct tt_redis_jobs *jobs, struct tt_fault *fault)
{
    return tt_redis_is_connected(&jobs->redis) ? TT_OK : tt_redis_connect(&jobs->redis, fault);
}

enum tt_err tt_redis_jobs_create(const struct tt_redis_jobs_options *options,
                                 struct tt_redis_jobs **ret_jobs, struct tt_fault *fault)
{
    struct tt_redis_url url;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1] = "";
    enum tt_err err = tt_redis_prefix_keep(prefix, options->prefix, fault);
    if (err == TT_OK)
        err = tt_redis_url_parse(options->url, &url, fault);
    if (err != TT_OK)
        return err;
    struct tt_redis_jobs *jobs = tt_mem_zalloc(sizeof *jobs);
    if (jobs == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    jobs->redis = (struct tt_redis){.url = url,
                                    .password = options->password,
                                    .scripts = scripts,
                                    .script_count = TT_JOB_SCRIPT_COUNT};
    memcpy(jobs->prefix, prefix, sizeof jobs->prefix);
    jobs->worker = options->worker;
    jobs->lease_ms = options->lease_ms;
    jobs->random = options->random;
    *ret_jobs = jobs;
    return TT_OK;
}

void tt_redis_jobs_destroy(struct tt_redis_jobs *jobs)
{
    if (jobs == NULL)
        return;
    tt_redis_done(&jobs->redis);
    tt_mem_free(jobs);
}
