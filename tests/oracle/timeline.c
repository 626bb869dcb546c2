/* The timeline, by trying everything: the originals are sorted by time, each tie group by the rule
 * that fits it, and then all orders of all free groups are gone through, the first group turning
 * slowest. Each group runs through its orders from the lexicographically smallest on, so the first
 * order with the fewest violations is the lexicographically smallest of them. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

static const size_t FREE_GROUP_MAX = 8;
static const double ORDERS_MAX = 1e6;

size_t tie_length(struct event **sorted, size_t count)
{
    size_t length = 1;
    while (length < count && sorted[length]->event_time == sorted[0]->event_time)
        length++;
    return length;
}

enum tie tie_case(const struct options *options, const struct lifecycle *lifecycle,
                  struct event **group, size_t count)
{
    bool all_have_seq = true, all_equal = true;
    for (size_t i = 0; i < count; i++) {
        all_have_seq = all_have_seq && group[i]->has_seq;
        all_equal = all_equal && strcmp(group[i]->status, group[0]->status) == 0;
    }
    if (all_have_seq)
        return TIE_BY_SEQ;
    if (all_equal)
        return TIE_ALL_EQUAL;
    if (options->ties_by_lifecycle && lifecycle != NULL && count <= FREE_GROUP_MAX)
        return TIE_FREE;
    return TIE_BY_ARRIVAL;
}

static bool arrives_before(const struct event *a, const struct event *b)
{
    return a->arrival < b->arrival;
}

static bool has_lower_seq(const struct event *a, const struct event *b)
{
    return a->seq != b->seq ? a->seq < b->seq : a->arrival < b->arrival;
}

static bool happens_before(const struct event *a, const struct event *b)
{
    return a->event_time != b->event_time ? a->event_time < b->event_time : arrives_before(a, b);
}

static void insertion_sort(struct event **list, size_t count,
                           bool before(const struct event *, const struct event *))
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && before(list[j], list[j - 1]); j--) {
            struct event *moved = list[j];
            list[j] = list[j - 1];
            list[j - 1] = moved;
        }
}

/* The next order of the group, by arrival; false and back to the smallest after the largest. */
static bool next_order(struct event **group, size_t count)
{
    size_t i = count - 1;
    while (i > 0 && arrives_before(group[i], group[i - 1]))
        i--;
    if (i == 0) {
        insertion_sort(group, count, arrives_before);
        return false;
    }
    size_t j = count - 1; /* the last one that is larger than group[i - 1] */
    while (!arrives_before(group[i - 1], group[j]))
        j--;
    struct event *moved = group[i - 1];
    group[i - 1] = group[j];
    group[j] = moved;
    insertion_sort(group + i, count - i, arrives_before);
    return true;
}

struct group {
    size_t start, count;
};

/* Turns the last group on; where it is through, the one before it, and so on. */
static bool next_product(struct event **order, const struct group *groups, size_t group_count)
{
    for (size_t g = group_count; g-- > 0;)
        if (next_order(order + groups[g].start, groups[g].count))
            return true;
    return false;
}

static void try_all_orders(const struct lifecycle *lifecycle, struct event **order, size_t count,
                           const struct group *groups, size_t group_count)
{
    struct event **best = get_memory(count, sizeof *best);
    size_t fewest = SIZE_MAX;
    do {
        size_t violations = count_violations(lifecycle, order, count);
        if (violations < fewest) {
            fewest = violations;
            memcpy(best, order, count * sizeof *best);
        }
    } while (next_product(order, groups, group_count));
    memcpy(order, best, count * sizeof *best);
    free(best);
}

void make_timeline(const struct options *options, struct task *task)
{
    struct group *groups = get_memory(task->count, sizeof *groups);
    size_t group_count = 0;
    double orders = 1;
    memcpy(task->timeline, task->by_arrival, task->count * sizeof *task->timeline);
    insertion_sort(task->timeline, task->count, happens_before);
    for (size_t i = 0; i < task->count;) {
        size_t length = tie_length(task->timeline + i, task->count - i);
        switch (tie_case(options, task->lifecycle, task->timeline + i, length)) {
        case TIE_BY_SEQ: insertion_sort(task->timeline + i, length, has_lower_seq); break;
        case TIE_FREE:
            groups[group_count++] = (struct group){i, length};
            for (size_t k = 2; k <= length; k++)
                orders *= (double)k;
            break;
        case TIE_ALL_EQUAL:
        case TIE_BY_ARRIVAL: break;
        }
        i += length;
    }
    if (orders > ORDERS_MAX)
        give_up(3, "task %s has %g orders of its ties; at most %g are tried",
                task->timeline[0]->task_id, orders, ORDERS_MAX);
    if (group_count > 0)
        try_all_orders(task->lifecycle, task->timeline, task->count, groups, group_count);
    free(groups);
}
