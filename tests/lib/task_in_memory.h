/* One task whose rows live in memory: what an applier and a store do around the handlers. */
#ifndef TT_TESTS_LIB_TASK_IN_MEMORY_H
#define TT_TESTS_LIB_TASK_IN_MEMORY_H

#include "core/handlers/handler.h"

enum { TT_TEST_EVENTS_MAX = 64 };

struct tt_test_task {
    struct tt_arena arena;
    bool apply_by_arrival;
    struct tt_event arrived[TT_TEST_EVENTS_MAX]; /* originals */
    size_t arrived_count;
    struct tt_event timeline[TT_TEST_EVENTS_MAX];     /* the same in the order of docs/checks.md */
    struct tt_original originals[TT_TEST_EVENTS_MAX]; /* the end of it that was last asked for */
    struct tt_current_row current;
    bool has_current;
    struct tt_interval_row stays[TT_TEST_EVENTS_MAX];
    size_t stay_count;
    struct tt_progress_row progress;
    bool has_progress;
    size_t originals_read; /* how often the handlers asked for originals */
};

void tt_test_task_init(struct tt_test_task *task, bool apply_by_arrival);
void tt_test_task_done(struct tt_test_task *task);
enum tt_err tt_test_task_apply(struct tt_test_task *task, const struct tt_event *event,
                               bool duplicate, int64_t now_us);
/* "A 10-20, B 20-": the stays as text, in a static buffer. */
const char *tt_test_task_stays(const struct tt_test_task *task);
/* The same from the timeline alone, worked out another way, in a static buffer of its own. */
const char *tt_test_task_expected_stays(const struct tt_test_task *task);

#endif
