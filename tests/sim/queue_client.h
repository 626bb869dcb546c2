/* The queue port over the model of its server: what adapters/redis/queue*.c do on this side of the
 * connection. Threads: one. */
#ifndef TT_TESTS_SIM_QUEUE_CLIENT_H
#define TT_TESTS_SIM_QUEUE_CLIENT_H

#include "core/port/clock.h"
#include "core/port/random.h"
#include "tests/sim/link.h"
#include "tests/sim/server.h"

struct tt_model_queue {
    struct tt_model_server *server;
    const struct tt_link *link;
    const struct tt_clock *clock;
    const struct tt_random *random;
    /* Waits until the server has changed from `changes`, or for wait_ms. */
    void (*idle)(void *context, uint64_t changes, int64_t wait_ms);
    void *idle_context;
    char worker[32];
    int64_t lease_ms;
    size_t waiting_max;
    bool locking;
    /* Inside. */
    bool connected;
    int token;    /* 0: none yet */
    int consumer; /* without locking: of this worker; 0: none yet */
    unsigned alive, rank, next_first;
    unsigned trim_next;
    unsigned brief;   /* waits, one behind the other */
    size_t batch_max; /* of the last claim */
    struct tt_mono look_due;
    struct {
        bool asked, ready, deep, maybe, full, stale, in_hand, unsure;
        bool tells;    /* a finish whose answer was not read says that something waits */
        bool finished; /* by the call that waits as well */
        bool has_seen; /* what the last wait found is all there was, in `seen` */
        unsigned hand;
        const char *tasks[TT_MODEL_ENTRIES_MAX];
        size_t task_count, first, count;
        struct tt_model_id last, wake;
        /* without locking: what was left behind comes first; "$", the newest when we wait */
        bool recovering, from_now;
        struct tt_model_id cursor, newest;
    } partitions[TT_MODEL_PARTITIONS_MAX];
    struct {
        struct tt_queue_entry entries[TT_MODEL_ENTRIES_MAX];
        bool parked[TT_MODEL_ENTRIES_MAX]; /* of the entries: finish leaves them alone */
        size_t entry_count;
        bool asked;
    } hands[2];   /* the batch in hand, and the one that was asked for ahead */
    unsigned now; /* the one in hand */
    struct tt_model_offers offers[TT_MODEL_PARTITIONS_MAX], seen[TT_MODEL_PARTITIONS_MAX];
    struct {
        unsigned partitions[TT_MODEL_PARTITIONS_MAX]; /* looked at and not offered yet; */
        size_t count, each;                           /* so much is asked of each, */
        size_t max;                                   /* entries, of all together; */
        int64_t floor;                                /* with fences above this */
        bool peek;     /* nothing was looked at: at whatever comes, when somebody carries on */
        bool answered; /* the answer to the looks has come */
        bool offered;  /* claims were sent, and their answers not read */
    } looks;
    uint64_t vanished;
    bool lost; /* a finish came after the end of its lease; to be told */
};

/* The fields above the line are set by the caller. */
struct tt_queue tt_model_queue_port(struct tt_model_queue *queue);

#endif
