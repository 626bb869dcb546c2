/* One worker twice: over the adapter on the real server, and over the model. Each step is taken by
 * both, and their answers are the same, or the test fails. */
#ifndef TT_TESTS_SIM_HONEST_PAIR_H
#define TT_TESTS_SIM_HONEST_PAIR_H

#include "adapters/redis/queue.h"
#include "tests/sim/honest.h"
#include "tests/sim/queue_client.h"

enum { TT_HONEST_LEASE_MS = 600000 };

struct tt_honest_pair {
    char name[8];
    uint64_t real_numbers, model_numbers;
    struct tt_random real_random, model_random;
    struct tt_queue real, modelled;
    struct tt_model_queue client;
    struct tt_queue_batch real_batch, model_batch;
    bool has_batch;
};

/* What came about, over all pairs. late: offers that others could come before. */
struct tt_honest_seen {
    unsigned parks, vanished, losses, aheads, late;
};
extern struct tt_honest_seen tt_honest_seen;

/* A new pair, and connects it; the name is of the number. */
void tt_honest_pair_begin(struct tt_honest_pair *pair, unsigned number);
void tt_honest_pair_connect(struct tt_honest_pair *pair);
void tt_honest_pair_claim(struct tt_honest_pair *pair);
/* Whatever is sent without waiting has had its effect when these return. */
void tt_honest_pair_ask_ahead(struct tt_honest_pair *pair);
void tt_honest_pair_carry_on(struct tt_honest_pair *pair);
void tt_honest_pair_renew(struct tt_honest_pair *pair);
/* Waits, trims, tells that it is alive, or counts the backlog. */
void tt_honest_pair_look_after(struct tt_honest_pair *pair);
/* With a batch in hand. */
void tt_honest_pair_finish(struct tt_honest_pair *pair);
void tt_honest_pair_give_back(struct tt_honest_pair *pair);
void tt_honest_pair_bury(struct tt_honest_pair *pair);
/* One entry; those of its task behind it wait. The rest of the batch is finished. */
void tt_honest_pair_park(struct tt_honest_pair *pair);

#endif
