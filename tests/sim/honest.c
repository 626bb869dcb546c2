#include "tests/sim/honest.h"

#include "core/model/task_key.h"
#include "tests/lib/suite.h"
#include "tests/sim/plan.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct tt_honest tt_honest;

uint64_t tt_honest_below(uint64_t limit)
{
    return tt_sim_below(&tt_honest.chance, limit);
}

struct tt_mono tt_honest_mono(void *context)
{
    (void)context;
    return (struct tt_mono){tt_honest.mono_us};
}

void tt_honest_must(enum tt_err err, const struct tt_fault *fault)
{
    ck_assert_msg(err == TT_OK, "script %u step %u: %s", tt_honest.script, tt_honest.step,
                  fault->text);
}

redisReply *tt_honest_ask(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(tt_honest.redis, format, args);
    va_end(args);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
    return reply;
}

/* ---- What stands there, as numbers */

#define COUNTS                                                                                     \
    "local out = '' for i = 0, 2 do local p = '{t:' .. i .. '}:' "                                 \
    "out = out .. redis.call('XLEN', p .. 'events') .. ' ' "                                       \
    ".. redis.call('XPENDING', p .. 'events', 'appliers')[1] .. ' ' "                              \
    ".. redis.call('HLEN', p .. 'held') .. ' ' .. redis.call('ZCARD', p .. 'wait') .. ' ' "        \
    ".. redis.call('LLEN', p .. 'ready') .. ' ' .. redis.call('ZCARD', p .. 'leases') .. ' ' "     \
    ".. redis.call('XLEN', p .. 'dead') .. ' ' .. redis.call('HLEN', p .. 'parked') .. ' ' "       \
    ".. redis.call('ZCARD', p .. 'behind') .. ' ' .. (redis.call('GET', p .. 'fence') or '0') "    \
    ".. '\\n' end return out"

void tt_honest_compare(void)
{
    char text[600] = "";
    for (unsigned i = 0; i < TT_HONEST_PARTITIONS; i++) {
        const struct tt_model_partition *p = &tt_honest.model.partitions[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%zu %zu %zu %zu %zu %zu %zu %zu %zu %lld\n",
                 p->entry_count, p->pending_count, p->held_count, p->wait_count, p->ready_count,
                 p->lease_count, p->letter_count, p->parked_count, p->behind_count,
                 (long long)p->fence);
    }
    redisReply *reply = tt_honest_ask("EVAL %s 0", COUNTS);
    ck_assert_msg(strcmp(reply->str, text) == 0, "script %u step %u: real\n%smodel\n%s",
                  tt_honest.script, tt_honest.step, reply->str, text);
    freeReplyObject(reply);
}

void tt_honest_add(void)
{
    unsigned task = (unsigned)(tt_honest_below(2) * tt_honest_below(TT_HONEST_TASKS)), partition;
    char name = (char)('a' + task);
    partition =
        tt_task_partition(TT_STR("default"), (struct tt_str){&name, 1}, TT_HONEST_PARTITIONS);
    size_t i = tt_honest.entry_count;
    if (i == TT_HONEST_ENTRIES)
        return;
    tt_honest.entry_count++;
    snprintf(tt_honest.entries[i].payload, sizeof tt_honest.entries[i].payload,
             "{\"task_id\":\"%c\",\"n\":%zu}", 'a' + (int)task, i);
    snprintf(tt_honest.entries[i].key, sizeof tt_honest.entries[i].key, "default/%c",
             'a' + (int)task);
    bool is_bad = tt_honest_below(10) == 0;
    if (is_bad)
        snprintf(tt_honest.entries[i].payload, sizeof tt_honest.entries[i].payload, "bad %zu", i);
    redisReply *reply =
        tt_honest_ask("XADD {t:%u}:events * e %s", partition, tt_honest.entries[i].payload);
    snprintf(tt_honest.entries[i].real_id, sizeof tt_honest.entries[i].real_id, "%s", reply->str);
    if (is_bad) /* names no task */
        snprintf(tt_honest.entries[i].key, sizeof tt_honest.entries[i].key, "!%s", reply->str);
    freeReplyObject(reply);
    tt_honest.entries[i].partition = partition;
    tt_honest.entries[i].id =
        tt_model_add(&tt_honest.model, partition, tt_str_from(tt_honest.entries[i].payload),
                     tt_honest.entries[i].key);
}

/* Somebody takes an entry away. */
void tt_honest_delete(void)
{
    if (tt_honest.entry_count == 0)
        return;
    size_t i = tt_honest_below(tt_honest.entry_count);
    struct tt_model_partition *p = &tt_honest.model.partitions[tt_honest.entries[i].partition];
    freeReplyObject(tt_honest_ask("XDEL {t:%u}:events %s", tt_honest.entries[i].partition,
                                  tt_honest.entries[i].real_id));
    for (size_t k = 0; k < p->entry_count; k++)
        if (tt_model_id_compare(p->entries[k].id, tt_honest.entries[i].id) == 0) {
            p->entry_count--;
            memmove(p->entries + k, p->entries + k + 1, (p->entry_count - k) * sizeof *p->entries);
            break;
        }
}

/* The worker's leases end. */
void tt_honest_expire(const char *worker)
{
    char name[16];
    snprintf(name, sizeof name, "%s#", worker);
    for (unsigned i = 0; i < TT_HONEST_PARTITIONS; i++) {
        struct tt_model_partition *p = &tt_honest.model.partitions[i];
        freeReplyObject(tt_honest_ask("EVAL %s 1 {t:%u}:leases %s",
                                      "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
                                      "if string.sub(m, 1, #ARGV[1]) == ARGV[1] then "
                                      "redis.call('ZADD', KEYS[1], 1, m) end end return 1",
                                      i, name));
        for (size_t k = 0; k < p->lease_count; k++)
            if (strncmp(tt_honest.model.tokens[p->leases[k].token], name, strlen(name)) == 0)
                p->leases[k].ends_ms = 1;
    }
}

void tt_honest_lose_a_key(void)
{
    static const char *const keys[] = {"held",  "wait",   "ready",  "leases",
                                       "fence", "parked", "behind", "wake"};
    unsigned number = (unsigned)tt_honest_below(TT_HONEST_PARTITIONS),
             key = (unsigned)tt_honest_below(8);
    struct tt_model_partition *p = &tt_honest.model.partitions[number];
    freeReplyObject(tt_honest_ask("DEL {t:%u}:%s", number, keys[key]));
    switch (key) {
    case 0: p->held_count = 0; break;
    case 1: p->wait_count = 0; break;
    case 2: p->ready_count = 0; break;
    case 3: p->lease_count = 0; break;
    case 4: p->fence = 0; break;
    case 5: p->parked_count = 0; break;
    case 6: p->behind_count = 0; break;
    default: p->wake = (struct tt_model_id){0, 0};
    }
}

static int token_of_gone(void)
{
    for (int i = TT_MODEL_FIRST_TOKEN; i < tt_honest.model.token_count; i++)
        if (strcmp(tt_honest.model.tokens[i], "gone") == 0)
            return i;
    return tt_model_token(&tt_honest.model, "gone");
}

void tt_honest_cut_a_claim(void)
{
    unsigned number = (unsigned)tt_honest_below(TT_HONEST_PARTITIONS);
    size_t left = 1 + tt_honest_below(4);
    struct tt_model_partition *p = &tt_honest.model.partitions[number];
    for (size_t i = 0; i < tt_honest.entry_count && left > 0; i++) {
        struct tt_model_id id = tt_honest.entries[i].id, last = p->delivered;
        if (p->pending_count > 0 &&
            tt_model_id_compare(p->pending[p->pending_count - 1].id, last) > 0)
            last = p->pending[p->pending_count - 1].id;
        if (tt_honest.entries[i].partition != number || tt_model_id_compare(id, last) <= 0 ||
            tt_model_find(p, id) == NULL || tt_honest_below(3) == 0)
            continue;
        freeReplyObject(tt_honest_ask("XCLAIM {t:%u}:events appliers gone 0 %s FORCE JUSTID",
                                      number, tt_honest.entries[i].real_id));
        p->pending[p->pending_count++] = (struct tt_model_pending){id, token_of_gone(), 1, 0};
        left--;
        tt_honest.cuts++;
    }
}

void tt_honest_begin(void)
{
    freeReplyObject(tt_honest_ask("FLUSHALL"));
    tt_model_server_init(&tt_honest.model, TT_HONEST_PARTITIONS);
    tt_honest.model.now_ms = INT64_C(1700000000000);
    tt_honest.entry_count = 0;
}
