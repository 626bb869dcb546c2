/* The timeline: originals by event time; within a tie by the rules of docs/checks.md.
 *
 * A tie group is free when it has 2 to 8 events of differing status, not all with seq, and the task
 * has a lifecycle. Among all orders of the free groups the timeline has the fewest violations over
 * the whole task, and of those it is the lexicographically smallest by arrival. Groups that are not
 * free cut the task into runs that do not influence each other, so each run of neighbouring free
 * groups is solved alone:
 *
 *   left[mask][last] = fewest violations still to come when the events of `mask` are placed, `last`
 * last
 *
 * is filled from the run's last group to its first (Held and Karp, "A Dynamic Programming Approach
 * to Sequencing Problems", 1962); of each group only the row that the group before it asks for is
 * kept. Then the run is walked forwards, each group's table filled once more: at each place goes
 * the event that arrived first among those that still reach the optimum. That greedy walk is exact
 * because `left` is. */
#include "replay/task.h"

#include "core/base/assert.h"
#include <stdlib.h>

/* A free group. */
struct group {
    uint32_t first, count; /* in the timeline */
    uint32_t
        entry[TT_TIE_FREE_EVENTS_MAX]; /* violations still to come when its event j goes first */
};

struct table {
    uint32_t left[1 << TT_TIE_FREE_EVENTS_MAX][TT_TIE_FREE_EVENTS_MAX];
};

struct by_time {
    int64_t time_us;
    uint32_t index;
};

static int compare_by_time(const void *a, const void *b)
{
    const struct by_time *x = a, *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

enum { INSERTION_MAX = 32 };

static void sort_by_time(struct tt_task *task, struct tt_bench *bench)
{
    uint32_t n = task->original_count, *order = task->timeline;
    memcpy(order, task->originals, n * sizeof *order);
    if (task->late_count == 0)
        return;
    if (n <= INSERTION_MAX) {
        for (uint32_t i = 1; i < n; i++) {
            uint32_t moving = order[i], at = i;
            for (; at > 0 && task->events[order[at - 1]].time_us > task->events[moving].time_us;
                 at--)
                order[at] = order[at - 1];
            order[at] = moving;
        }
        return;
    }
    struct by_time *keys = tt_arena_alloc(&bench->arena, n * sizeof *keys);
    if (keys == NULL) {
        bench->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (struct by_time){task->events[order[i]].time_us, order[i]};
    qsort(keys, n, sizeof *keys, compare_by_time);
    for (uint32_t i = 0; i < n; i++)
        order[i] = keys[i].index;
}

static const struct tt_tev *at(const struct tt_task *task, uint32_t place)
{
    return &task->events[task->timeline[place]];
}

static void sort_by_seq(struct tt_task *task, uint32_t first, uint32_t count)
{
    uint32_t *order = task->timeline + first;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t moving = order[i], k = i;
        for (; k > 0 && task->events[order[k - 1]].seq > task->events[moving].seq; k--)
            order[k] = order[k - 1];
        order[k] = moving;
    }
}

/* Groups too large for insertion: keys carry seq in place of the time. */
static void sort_many_by_seq(struct tt_task *task, struct tt_bench *bench, uint32_t first,
                             uint32_t count)
{
    struct by_time *keys = tt_arena_alloc(&bench->arena, count * sizeof *keys);
    if (keys == NULL) {
        bench->out_of_memory = true;
        return;
    }
    uint32_t *order = task->timeline + first;
    for (uint32_t i = 0; i < count; i++)
        keys[i] = (struct by_time){task->events[order[i]].seq, order[i]};
    qsort(keys, count, sizeof *keys, compare_by_time);
    for (uint32_t i = 0; i < count; i++)
        order[i] = keys[i].index;
}

static void report_tie(struct tt_task *task, struct tt_bench *bench, uint32_t first, uint32_t count,
                       bool free)
{
    uint64_t *arrivals = tt_arena_alloc(&bench->arena, count * sizeof *arrivals);
    struct tt_finding *finding = tt_bench_found(bench, TT_KIND_AMBIGUOUS_ORDER, at(task, first));
    if (arrivals == NULL || finding == NULL) {
        bench->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        arrivals[i] = at(task, first + i)->arrival;
    finding->ambiguous_order.arrivals = arrivals;
    finding->ambiguous_order.count = count;
    finding->ambiguous_order.by_lifecycle = free;
}

/* Orders one group by rules 1, 2 and 4, or says that it is free (rule 3). */
static bool settle_group(struct tt_task *task, struct tt_bench *bench, uint32_t first,
                         uint32_t count)
{
    bool all_seq = true, same_status = true;
    for (uint32_t i = 0; i < count; i++) {
        all_seq = all_seq && at(task, first + i)->has_seq;
        same_status = same_status && at(task, first + i)->status == at(task, first)->status;
    }
    if (all_seq && count <= INSERTION_MAX)
        sort_by_seq(task, first, count);
    else if (all_seq)
        sort_many_by_seq(task, bench, first, count);
    if (all_seq || same_status)
        return false;
    bool free = !bench->rules->ties_by_arrival && task->lifecycle != NULL &&
                count <= TT_TIE_FREE_EVENTS_MAX;
    report_tie(task, bench, first, count, free);
    return free;
}

static uint32_t start_cost(const struct tt_task *task, const struct tt_tev *event)
{
    return tt_lifecycle_start_violates(task->lifecycle, event->state);
}

static uint32_t step_cost(const struct tt_task *task, const struct tt_tev *from,
                          const struct tt_tev *to)
{
    return tt_lifecycle_step_violates(task->lifecycle, from->state, to->state);
}

/* Violations from `last`, the end of a group, on: into the next free group, or to the fixed event
 * `after`. */
static uint32_t cost_behind(const struct tt_task *task, const struct tt_tev *last,
                            const struct group *next, const struct tt_tev *after)
{
    if (next == NULL)
        return after == NULL ? 0 : step_cost(task, last, after);
    uint32_t best = UINT32_MAX;
    for (uint32_t j = 0; j < next->count; j++) {
        uint32_t cost = step_cost(task, last, at(task, next->first + j)) + next->entry[j];
        if (cost < best)
            best = cost;
    }
    return best;
}

static void fill_left(const struct tt_task *task, struct table *table, struct group *group,
                      const struct group *next, const struct tt_tev *after)
{
    uint32_t n = group->count, full = (1u << n) - 1;
    for (uint32_t mask = full; mask > 0; mask--)
        for (uint32_t last = 0; last < n; last++) {
            if ((mask >> last & 1) == 0)
                continue;
            const struct tt_tev *event = at(task, group->first + last);
            uint32_t best = UINT32_MAX;
            if (mask == full)
                best = cost_behind(task, event, next, after);
            for (uint32_t j = 0; j < n && mask != full; j++) {
                if (mask >> j & 1)
                    continue;
                uint32_t cost = step_cost(task, event, at(task, group->first + j)) +
                                table->left[mask | 1u << j][j];
                if (cost < best)
                    best = cost;
            }
            table->left[mask][last] = best;
        }
    for (uint32_t j = 0; j < n; j++)
        group->entry[j] = table->left[1u << j][j];
}

/* Puts the group in its best order, given the event before it. */
static void walk(struct tt_task *task, const struct table *table, const struct group *group)
{
    uint32_t n = group->count, mask = 0, chosen[TT_TIE_FREE_EVENTS_MAX];
    const struct tt_tev *before = group->first == 0 ? NULL : at(task, group->first - 1);
    for (uint32_t place = 0; place < n; place++) {
        uint32_t best = UINT32_MAX, pick = 0;
        for (uint32_t j = 0; j < n; j++) {
            if (mask >> j & 1)
                continue;
            const struct tt_tev *event = at(task, group->first + j);
            uint32_t cost =
                (before == NULL ? start_cost(task, event) : step_cost(task, before, event)) +
                table->left[mask | 1u << j][j];
            if (cost < best) {
                best = cost;
                pick = j;
            }
        }
        mask |= 1u << pick;
        chosen[place] = task->timeline[group->first + pick];
        before = &task->events[chosen[place]];
    }
    memcpy(task->timeline + group->first, chosen, n * sizeof *chosen);
}

/* Solves a run of neighbouring free groups. */
static void solve_run(struct tt_task *task, struct table *table, struct group *groups,
                      uint32_t count)
{
    uint32_t end = groups[count - 1].first + groups[count - 1].count;
    const struct tt_tev *after = end == task->original_count ? NULL : at(task, end);
    for (uint32_t g = count; g-- > 0;)
        fill_left(task, table, &groups[g], g + 1 < count ? &groups[g + 1] : NULL, after);
    for (uint32_t g = 0; g < count; g++) {
        if (g > 0 || count > 1)
            fill_left(task, table, &groups[g], g + 1 < count ? &groups[g + 1] : NULL, after);
        walk(task, table, &groups[g]);
    }
}

static bool has_ties(const struct tt_task *task)
{
    for (uint32_t i = 1; i < task->original_count; i++)
        if (at(task, i - 1)->time_us == at(task, i)->time_us)
            return true;
    return false;
}

static void settle_ties(struct tt_task *task, struct tt_bench *bench)
{
    uint32_t n = task->original_count, run = 0;
    struct group *groups = tt_arena_alloc(&bench->arena, (n / 2 + 1) * sizeof *groups);
    struct table *table = tt_arena_alloc(&bench->arena, sizeof *table);
    if (groups == NULL || table == NULL) {
        bench->out_of_memory = true;
        return;
    }
    for (uint32_t first = 0, count; first < n && !bench->out_of_memory; first += count) {
        for (count = 1;
             first + count < n && at(task, first + count)->time_us == at(task, first)->time_us;)
            count++;
        if (count > 1 && settle_group(task, bench, first, count)) {
            groups[run++] = (struct group){.first = first, .count = count};
            continue;
        }
        if (run > 0)
            solve_run(task, table, groups, run);
        run = 0;
    }
    if (run > 0 && !bench->out_of_memory)
        solve_run(task, table, groups, run);
}

void tt_task_make_timeline(struct tt_task *task, struct tt_bench *bench)
{
    sort_by_time(task, bench);
    if (!bench->out_of_memory && has_ties(task))
        settle_ties(task, bench);
    for (uint32_t i = 0; i < task->original_count; i++)
        task->events[task->timeline[i]].time_rank = i;
}
