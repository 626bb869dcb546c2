/* Inside of the chaos: chaos.c (the run), chaos_ledger.c (producer), chaos_mischief.c,
 * chaos_verify.c. */
#ifndef TT_TESTS_LIB_CHAOS_PARTS_H
#define TT_TESTS_LIB_CHAOS_PARTS_H

#include "tests/lib/chaos.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/redis_server.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

enum { TT_CHAOS_PARTITIONS = 16, TT_CHAOS_WORKERS_MAX = 16, TT_CHAOS_LEASE_MS = 1000 };

/* An entry whose XADD was confirmed. */
struct tt_chaos_record {
    int64_t ms, seq;
    uint32_t number; /* of the event, which is "eNUMBER" */
    uint16_t partition;
    bool nonsense; /* no event: becomes a dead letter */
    bool lost;     /* Redis lost it in a crash: it may have a row, or none */
};

/* Shared between the producer and the run. */
struct tt_chaos_ledger {
    atomic_size_t count;
    atomic_uint_fast32_t tried; /* numbers of events up to here may be on a stream */
    atomic_bool hold;           /* do not connect */
    atomic_bool holding;        /* nothing more will be recorded until it connects */
    atomic_bool stop;
    struct tt_chaos_record records[];
};

enum tt_chaos_kind {
    TT_CHAOS_KILL_WORKER,
    TT_CHAOS_PAUSE_WORKER,
    TT_CHAOS_KILL_REDIS,
    TT_CHAOS_SHUT_REDIS,
    TT_CHAOS_CUT_REDIS,
    TT_CHAOS_FLUSH_SCRIPTS,
    TT_CHAOS_FULL_REDIS,
    TT_CHAOS_REPLICA_REDIS,
    TT_CHAOS_FULL_DISK,
    TT_CHAOS_END_BACKENDS,
    TT_CHAOS_CRASH_POSTGRES,
    TT_CHAOS_KINDS
};

struct tt_chaos_worker {
    pid_t pid;        /* 0: none */
    int64_t start_ms; /* when to start it */
    int64_t go_on_ms; /* when to wake it up; 0: it runs */
};

struct tt_chaos {
    const struct tt_chaos_options *options;
    uint64_t chance;
    struct tt_redis_server redis;
    struct tt_postgres_server postgres;
    char store[500], disk[300], log[400];
    bool has_disk; /* a small disk of our own, at `disk` */
    struct tt_chaos_ledger *ledger;
    pid_t producer;
    struct tt_chaos_worker workers[TT_CHAOS_WORKERS_MAX];
    unsigned done[TT_CHAOS_KINDS];
};

int64_t tt_chaos_now_ms(void);
/* From 0 to below `limit`. */
uint64_t tt_chaos_draw(struct tt_chaos *chaos, uint64_t limit);
void tt_chaos_say(const struct tt_chaos *chaos, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* chaos_ledger.c */
struct tt_chaos_ledger *tt_chaos_ledger_make(void);
pid_t tt_chaos_producer_start(struct tt_chaos *chaos);
/* After Redis started again: what it no longer knows of is marked as lost. */
void tt_chaos_ledger_mark_lost(struct tt_chaos *chaos);

/* chaos_mischief.c */
bool tt_chaos_can(const struct tt_chaos *chaos, enum tt_chaos_kind kind);
void tt_chaos_do(struct tt_chaos *chaos, enum tt_chaos_kind kind);
extern const char *const tt_chaos_names[TT_CHAOS_KINDS];

/* chaos_verify.c */
void tt_chaos_verify(struct tt_chaos *chaos);

#endif
