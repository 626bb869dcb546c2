/* The world of both in sim/honest_queue: a real redis-server and the model of it, the same in each.
 * What is done here is done to both. */
#ifndef TT_TESTS_SIM_HONEST_H
#define TT_TESTS_SIM_HONEST_H

#include "core/port/clock.h"
#include "tests/lib/redis_server.h"
#include "tests/sim/server.h"

enum { TT_HONEST_PARTITIONS = 3, TT_HONEST_TASKS = 7, TT_HONEST_ENTRIES = 200 };

struct tt_honest {
    struct tt_redis_server server;
    redisContext *redis;
    uint64_t chance;
    int64_t mono_us;
    unsigned script, step; /* for messages */
    unsigned cuts;         /* that came about */
    struct tt_model_server model;
    struct {
        char payload[80], key[40], real_id[48];
        unsigned partition;
        struct tt_model_id id;
    } entries[TT_HONEST_ENTRIES];
    size_t entry_count;
};
extern struct tt_honest tt_honest;

uint64_t tt_honest_below(uint64_t limit);
struct tt_mono tt_honest_mono(void *context);
/* Fails the test, with the place in the script. */
void tt_honest_must(enum tt_err err, const struct tt_fault *fault);
/* A command to the real one; the caller frees. */
redisReply *tt_honest_ask(const char *format, ...);
/* How much stands where, in both. */
void tt_honest_compare(void);
void tt_honest_begin(void); /* nothing is there */
void tt_honest_add(void);
/* Somebody takes an entry away. */
void tt_honest_delete(void);
/* The leases of this worker end. */
void tt_honest_expire(const char *worker);
void tt_honest_lose_a_key(void);
/* Entries that nobody had are pending with somebody who is gone: the beginning of a claim. */
void tt_honest_cut_a_claim(void);

#endif
