/* The ledger: what the queue has accepted, in the order of arrival. The checker believes it alone.
 */
#ifndef TT_TESTS_SIM_LEDGER_H
#define TT_TESTS_SIM_LEDGER_H

#include "core/model/event.h"
#include "tests/sim/plan.h"
#include "tests/sim/server.h"

enum tt_sim_kind { TT_SIM_GOOD, TT_SIM_UNDECODABLE, TT_SIM_UNSTORABLE, TT_SIM_EXCLUDED };

#define TT_SIM_UNSTORABLE_MESSAGE "too much for any store"

struct tt_sim_entry {
    enum tt_sim_kind kind;
    struct tt_event event;
    struct tt_str payload;
    char key[32]; /* of its turn */
    unsigned partition;
    struct tt_model_id id;
    bool dropped; /* its letter, by an operator */
    bool lost;    /* by the queue's server, which had accepted it */
};

struct tt_sim_ledger {
    struct tt_arena arena; /* payloads and texts */
    struct tt_sim_entry entries[TT_SIM_LEDGER_MAX];
    size_t count;
};

/* Makes the next event, without a place yet. task: whose; -1: as the plan says. */
struct tt_sim_entry *tt_sim_ledger_add(struct tt_sim_ledger *ledger, const struct tt_sim_plan *plan,
                                       int task, uint64_t *chance);

#endif
