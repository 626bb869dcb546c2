/* Inside of a lifecycle, shared by lifecycle.c (the graph) and lifecycle_parse.c (the file). */
#ifndef TT_MODEL_LIFECYCLE_PARTS_H
#define TT_MODEL_LIFECYCLE_PARTS_H

#include "core/base/mem.h"
#include "core/model/lifecycle.h"

struct tt_lifecycle_status {
    struct tt_str name;
    int *targets;
    size_t target_count;
    int64_t max_age_us; /* -1: none */
    bool initial, terminal;
};

struct tt_lifecycle {
    struct tt_str name; /* absent where the file gives none */
    struct tt_str *types;
    size_t type_count;
    struct tt_lifecycle_status *statuses;
    int status_count;
    int *initials; /* in the file's order */
    size_t initial_count;
    unsigned char *steps; /* enum tt_step, [from][to] */
};

/* Lifecycles first to first + count of a set. */
struct tt_lifecycle_group {
    size_t first, count;
};

struct tt_lifecycle_scope {
    struct tt_str tenant;
    size_t group;
};

struct tt_lifecycle_set {
    struct tt_arena arena; /* owns everything below */
    struct tt_lifecycle *lifecycles;
    size_t count;
    struct tt_lifecycle_group *groups; /* NULL: all are one */
    size_t group_count;
    struct tt_lifecycle_scope *scopes; /* tenants that have another group than `others` */
    size_t scope_count, others;
};

/* Fills the step matrix from statuses and targets. */
enum tt_err tt_lifecycle_close(struct tt_lifecycle *lifecycle,
                               struct tt_arena *arena) TT_MUST_CHECK;

#endif
