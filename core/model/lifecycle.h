/* Lifecycles: which statuses a kind of task has, where it starts and ends, which steps are allowed.
 *
 * A set is read from one file and never changes afterwards; it can then be read by any number of
 * threads. Statuses of a lifecycle are numbered in the order of first mention in the file (initial,
 * then terminal, then transitions: keys and targets as listed). Ownership: the set owns everything;
 * lifecycles and names are borrowed from it.
 */
#ifndef TT_MODEL_LIFECYCLE_H
#define TT_MODEL_LIFECYCLE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/str.h"

struct tt_lifecycle_set;
struct tt_lifecycle;

enum { TT_STATUS_UNKNOWN = -1 };

/* What the lifecycle says of a start or a step. */
enum tt_step {
    TT_STEP_ALLOWED,
    TT_STEP_NOT_JUDGED, /* from or to an unknown status */
    TT_STEP_REPEATED,   /* a -> a, not listed */
    TT_STEP_AFTER_TERMINAL,
    TT_STEP_SKIPPED, /* not listed, but reachable over other statuses */
    TT_STEP_ILLEGAL,
};

/* Reads {"lifecycles": [...]} or a single lifecycle object. Strict: unknown keys, wrong types, an
 * unknown status in max_age and duplicates in a list are INVALID, with the place in the text.
 * Returns owned. */
enum tt_err tt_lifecycle_set_parse(struct tt_str text, struct tt_lifecycle_set **ret_set,
                                   struct tt_fault *fault) TT_MUST_CHECK;
/* The same from JSON that was read already. */
enum tt_err tt_lifecycle_set_read(const struct tt_json *root, struct tt_lifecycle_set **ret_set,
                                  struct tt_fault *fault) TT_MUST_CHECK;
void tt_lifecycle_set_destroy(struct tt_lifecycle_set *set);

size_t tt_lifecycle_count(const struct tt_lifecycle_set *set);
const struct tt_lifecycle *tt_lifecycle_at(const struct tt_lifecycle_set *set, size_t index);
/* The first that names the type, else the first with "*", else NULL. Absent type matches "*" alone.
 */
const struct tt_lifecycle *tt_lifecycle_for(const struct tt_lifecycle_set *set,
                                            struct tt_str task_type);

/* A set may hold lifecycles for single tenants (core/model/tenants.h makes such a set). They stand
 * in groups, one of which is a tenant's; tt_lifecycle_for asks the group of all who are not named.
 */
size_t tt_lifecycle_group_count(const struct tt_lifecycle_set *set); /* 1 and up */
size_t tt_lifecycle_group(const struct tt_lifecycle_set *set, struct tt_str tenant);
const struct tt_lifecycle *tt_lifecycle_for_in(const struct tt_lifecycle_set *set, size_t group,
                                               struct tt_str task_type);

struct tt_str tt_lifecycle_name(const struct tt_lifecycle *lifecycle); /* may be absent */
size_t tt_lifecycle_type_count(const struct tt_lifecycle *lifecycle);
struct tt_str tt_lifecycle_type(const struct tt_lifecycle *lifecycle, size_t index);
int tt_lifecycle_status_count(const struct tt_lifecycle *lifecycle);
struct tt_str tt_lifecycle_status_name(const struct tt_lifecycle *lifecycle, int status);
/* Number of the status, or TT_STATUS_UNKNOWN. */
int tt_lifecycle_status(const struct tt_lifecycle *lifecycle, struct tt_str name);
bool tt_lifecycle_is_initial(const struct tt_lifecycle *lifecycle, int status);
bool tt_lifecycle_is_terminal(const struct tt_lifecycle *lifecycle, int status);
bool tt_lifecycle_allows(const struct tt_lifecycle *lifecycle, int from, int to);
/* Microseconds, or -1 where the status has none. */
int64_t tt_lifecycle_max_age_us(const struct tt_lifecycle *lifecycle, int status);

/* Whether a start in `status` is a violation: known and not initial. */
bool tt_lifecycle_start_violates(const struct tt_lifecycle *lifecycle, int status);
/* Whether the step is a violation: both known, not listed. */
bool tt_lifecycle_step_violates(const struct tt_lifecycle *lifecycle, int from, int to);
enum tt_step tt_lifecycle_judge(const struct tt_lifecycle *lifecycle, int from, int to);

/* Targets listed under `from`, in the order of the file. */
size_t tt_lifecycle_target_count(const struct tt_lifecycle *lifecycle, int from);
int tt_lifecycle_target(const struct tt_lifecycle *lifecycle, int from, size_t index);

/* Breadth first in listing order. `path` gets the statuses strictly between `from` and `to`, its
 * length is returned; -1 when `to` cannot be reached. path must hold TT_LIFECYCLE_STATUSES_MAX. */
int tt_lifecycle_path(const struct tt_lifecycle *lifecycle, int from, int to, int *path);
/* The same from the initial statuses (the first listed with the shortest), `to` left out, the
 * initial status included; -1 when there is none. */
int tt_lifecycle_path_from_start(const struct tt_lifecycle *lifecycle, int to, int *path);

#endif
