#include "tests/lib/task_in_memory.h"

#include <stdio.h>
#include <stdlib.h>

void tt_test_task_init(struct tt_test_task *task, bool apply_by_arrival)
{
    *task = (struct tt_test_task){.apply_by_arrival = apply_by_arrival};
    tt_arena_init(&task->arena, 0);
}

void tt_test_task_done(struct tt_test_task *task)
{
    tt_arena_done(&task->arena);
}

static bool tie_has_seqs(const struct tt_test_task *task, int64_t time_us)
{
    for (size_t i = 0; i < task->arrived_count; i++)
        if (task->arrived[i].event_time_us == time_us && !task->arrived[i].has_seq)
            return false;
    return true;
}

/* Whether the event that arrived as a goes behind the one that arrived as b. */
static bool goes_behind(const struct tt_test_task *task, size_t a, size_t b)
{
    const struct tt_event *x = &task->arrived[a], *y = &task->arrived[b];
    if (x->event_time_us != y->event_time_us)
        return x->event_time_us > y->event_time_us;
    if (tie_has_seqs(task, x->event_time_us) && x->seq != y->seq)
        return x->seq > y->seq;
    return a > b;
}

/* Each event's place is the number of events it goes behind. */
static void make_timeline(struct tt_test_task *task)
{
    for (size_t i = 0; i < task->arrived_count; i++) {
        size_t place = 0;
        for (size_t k = 0; k < task->arrived_count; k++)
            place += k != i && goes_behind(task, i, k);
        task->timeline[place] = task->arrived[i];
    }
}

static void put_stays(struct tt_test_task *task, const struct tt_change *change)
{
    size_t keep = (size_t)change->stays.keep;
    if (keep > task->stay_count)
        abort(); /* a gap */
    if (keep > 0)
        task->stays[keep - 1].valid_to_us = change->stays.valid_to_us;
    for (size_t i = 0; i < change->stays.count; i++)
        task->stays[keep + i] = change->stays.rows[i];
    task->stay_count = keep + change->stays.count;
}

static void take_changes(struct tt_test_task *task, const struct tt_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct tt_change *change = &changes->list[i];
        switch (change->kind) {
        case TT_CHANGE_CURRENT:
            task->current = change->current;
            task->has_current = true;
            break;
        case TT_CHANGE_STAY_END:
            if ((size_t)change->end.position != task->stay_count)
                abort(); /* not the last */
            task->stays[task->stay_count - 1].valid_to_us = change->end.valid_to_us;
            break;
        case TT_CHANGE_STAY:
            if ((size_t)change->stay.position != task->stay_count + 1)
                abort(); /* a gap */
            task->stays[task->stay_count++] = change->stay;
            break;
        case TT_CHANGE_STAYS: put_stays(task, change); break;
        case TT_CHANGE_PROGRESS:
            if (!task->has_progress) {
                task->progress = change->progress;
                task->has_progress = true;
            } else {
                tt_progress_add(&task->progress, &change->progress);
            }
            break;
        }
    }
    if (task->current.stays != (int64_t)task->stay_count ||
        (task->stay_count > 0 &&
         !tt_str_equal(task->current.stay_status, task->stays[task->stay_count - 1].status)))
        abort(); /* the task's row does not know its stays */
}

/* No more than what the handlers must have: the timeline from the event's time on. */
static void show_originals(struct tt_test_task *task, const struct tt_event *event,
                           struct tt_task_state *state)
{
    size_t count = 0;
    for (size_t i = 0; i < task->arrived_count; i++) {
        const struct tt_event *original = &task->timeline[i];
        if (original->event_time_us >= event->event_time_us)
            task->originals[count++] =
                (struct tt_original){.status = original->status,
                                     .stage = original->stage,
                                     .event_time_us = original->event_time_us,
                                     .seq = original->seq,
                                     .has_seq = original->has_seq};
    }
    state->originals = task->originals;
    state->original_count = count;
    for (size_t i = 0; i < task->stay_count; i++)
        if (task->stays[i].valid_from_us < event->event_time_us)
            state->stay_before = &task->stays[i];
}

enum tt_err tt_test_task_apply(struct tt_test_task *task, const struct tt_event *event,
                               bool duplicate, int64_t now_us)
{
    if (!duplicate) {
        if (task->arrived_count == TT_TEST_EVENTS_MAX)
            abort();
        task->arrived[task->arrived_count++] = *event;
        make_timeline(task);
    }
    struct tt_handling handling = {.event = event,
                                   .duplicate = duplicate,
                                   .now_us = now_us,
                                   .fence = 5,
                                   .apply_by_arrival = task->apply_by_arrival};
    if (task->has_current)
        handling.state.current = &task->current;
    if (!duplicate && tt_handlers_need_originals(event, handling.state.current)) {
        show_originals(task, event, &handling.state);
        task->originals_read++;
    }
    struct tt_changes changes = {.arena = &task->arena};
    enum tt_err err = tt_handlers_run(&handling, &changes, NULL);
    if (err == TT_OK)
        take_changes(task, &changes);
    else if (!duplicate)
        task->arrived_count--;
    return err;
}

enum { TEXT_BYTES = 8192 };

static void add_stay(char *text, struct tt_str status, int64_t from_us, int64_t to_us)
{
    size_t used = strlen(text);
    int len = snprintf(text + used, TEXT_BYTES - used, "%s%.*s %lld-", used > 0 ? ", " : "",
                       TT_STR_ARGS(status), (long long)from_us);
    if (to_us != TT_TIME_NONE)
        snprintf(text + used + len, TEXT_BYTES - used - (size_t)len, "%lld", (long long)to_us);
}

const char *tt_test_task_stays(const struct tt_test_task *task)
{
    static char text[TEXT_BYTES];
    text[0] = '\0';
    for (size_t i = 0; i < task->stay_count; i++)
        add_stay(text, task->stays[i].status, task->stays[i].valid_from_us,
                 task->stays[i].valid_to_us);
    return text;
}

const char *tt_test_task_expected_stays(const struct tt_test_task *task)
{
    static char text[TEXT_BYTES];
    text[0] = '\0';
    for (size_t i = 0, end; i < task->arrived_count; i = end) {
        for (end = i + 1; end < task->arrived_count &&
                          tt_str_equal(task->timeline[end].status, task->timeline[i].status);)
            end++;
        add_stay(text, task->timeline[i].status, task->timeline[i].event_time_us,
                 end < task->arrived_count ? task->timeline[end].event_time_us : TT_TIME_NONE);
    }
    return text;
}
