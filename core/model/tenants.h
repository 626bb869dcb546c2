/* What each tenant wants of its events: which task types are audited, which share of the tasks, and
 * which order the current state follows. One file for a fleet:
 *
 *   {"tenants": {
 *     "*":    {"exclude": ["MERGE_TASKS"]},
 *     "acme": {"audit": ["INGEST", "EXPORT"], "apply_order": "arrival", "sampling": 0.1,
 *              "lifecycle": {"initial": ["NEW"], ...}}}}
 *
 * A tenant that is not named is as "*"; a key that a tenant does not give is as in "*", and as by
 * default where "*" does not give it either: every type, every task, the fleet's order. A tenant
 * that lists what is audited is not bound by what "*" excludes.
 *
 * A set is read from one text and never changes. Threads: any may read it. Memory: the set owns
 * everything; tenants are borrowed from it.
 */
#ifndef TT_MODEL_TENANTS_H
#define TT_MODEL_TENANTS_H

#include "core/model/event.h"
#include "core/model/lifecycle.h"

struct tt_tenants;

enum tt_apply_order {
    TT_APPLY_ORDER_OF_FLEET, /* not said */
    TT_APPLY_ORDER_EVENT_TIME,
    TT_APPLY_ORDER_ARRIVAL,
};

/* What becomes of a task that has a dead letter. */
enum tt_on_dead {
    TT_ON_DEAD_OF_FLEET, /* not said */
    TT_ON_DEAD_CONTINUE, /* its later events go on */
    TT_ON_DEAD_PARK,     /* they wait until the letter is requeued or dropped */
};

enum tt_admission {
    TT_ADMITTED,
    TT_EXCLUDED_TYPE, /* not a type that is audited */
    TT_SAMPLED_OUT,   /* not of the share of tasks that is kept */
};

struct tt_tenant {
    struct tt_str name;                      /* "*": all that are not named */
    const struct tt_str *audited, *excluded; /* types; audits_all: `audited` says nothing */
    size_t audited_count, excluded_count;
    bool audits_all;
    enum tt_apply_order apply_order;
    enum tt_on_dead on_dead;
    const struct tt_lifecycle_set *lifecycles; /* NULL: those that everybody has */
    struct tt_str lifecycle_text;              /* the same as compact JSON; absent: none */
    uint32_t
        kept_per_million; /* tasks, by a hash of their id: a task is kept whole or not at all */
};

/* Strict: unknown keys, wrong types, types that are audited and excluded at once are INVALID, with
 * the place in the text. Errors: INVALID, NO_MEMORY. Returns owned. */
enum tt_err tt_tenants_parse(struct tt_str text, struct tt_tenants **ret_tenants,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_tenants_destroy(struct tt_tenants *tenants);

/* Never NULL. tenants NULL: what holds by default. */
const struct tt_tenant *tt_tenants_for(const struct tt_tenants *tenants, struct tt_str name);
/* Named tenants in the order of the file, with "*" among them where the file has it. */
size_t tt_tenants_count(const struct tt_tenants *tenants);
const struct tt_tenant *tt_tenants_at(const struct tt_tenants *tenants, size_t index);

/* The lifecycles that hold for each tenant, as one set: a tenant's own, else those of "*", else
 * `base`, which may be NULL. Gives NULL where there are none at all. Returns owned; it borrows from
 * both. Errors: NO_MEMORY. */
enum tt_err tt_tenants_lifecycles(const struct tt_tenants *tenants,
                                  const struct tt_lifecycle_set *base,
                                  struct tt_lifecycle_set **ret_set,
                                  struct tt_fault *fault) TT_MUST_CHECK;

enum tt_admission tt_tenant_admits(const struct tt_tenant *tenant, const struct tt_event *event);

/* What is different in `now` as against `before` (either may be NULL), one line of text for each
 * tenant, told in order: `acme: sampling 0.1, was 1; excludes MERGE_TASKS, was nothing`. Errors:
 * NO_MEMORY. */
enum tt_err tt_tenants_changes(const struct tt_tenants *before, const struct tt_tenants *now,
                               void (*tell)(void *context, const char *line),
                               void *context) TT_MUST_CHECK;

#endif
