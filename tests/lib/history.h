/* Random histories of small tasks, made to hurt: ties, late events, duplicates and conflicting
 * ones, unknown statuses, gaps in sequences, several tenants, sources and lifecycles.
 *
 * All that is made follows from the generator's state alone. No task has more than
 * TT_HISTORY_ORDERS_MAX orders of its free ties, so that trying them all is possible.
 */
#ifndef TT_TESTS_LIB_HISTORY_H
#define TT_TESTS_LIB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TT_HISTORY_EVENTS_MAX = 40, TT_HISTORY_ORDERS_MAX = 50000 };

struct tt_chance {
    uint64_t state;
};
uint64_t tt_chance_next(struct tt_chance *chance);
unsigned tt_chance_below(struct tt_chance *chance, unsigned limit); /* 0 .. limit - 1 */
bool tt_chance_of(struct tt_chance *chance, unsigned percent);
/* TASKTRAIL_SEED, else the clock; printed, so that a failure can be repeated. */
uint64_t tt_chance_seed(const char *test);

/* Texts are static, or NULL for absent. */
struct tt_history_event {
    const char *tenant, *task_type, *status, *source, *stage;
    int task, id; /* id < 0: no event_id */
    int64_t event_time_us, received_at_us, seq;
    bool has_received_at, has_seq;
};

struct tt_history {
    struct tt_history_event *events; /* owned; in arrival order */
    size_t count, room;
    int task_count;
};

struct tt_history_options {
    int tasks;
    bool distinct;   /* within a task no two events share time, id or (source, seq) */
    bool duplicates; /* where not distinct */
};

void tt_history_make(struct tt_chance *chance, const struct tt_history_options *options,
                     struct tt_history *ret_history);
void tt_history_free(struct tt_history *history);
void tt_history_append(struct tt_history *history, const struct tt_history_event *event);
/* Changes the arrival order: of all events, or so that tasks stay interleaved but in order. */
void tt_history_shuffle(struct tt_chance *chance, struct tt_history *history);

/* How the same event can be written. */
enum tt_history_style { TT_HISTORY_PLAIN, TT_HISTORY_ODD };
/* NDJSON, owned by the caller. The odd style changes order of keys, white space, escapes and the
 * notation of times, by chance. */
char *tt_history_text(const struct tt_history *history, enum tt_history_style style,
                      struct tt_chance *chance, size_t *ret_bytes);
/* A file of several lifecycles: cycles, islands, none or several initial statuses. Owned. */
char *tt_history_lifecycles(struct tt_chance *chance);

#endif
