/* Each collector's tasks are sorted by a thread of their own, then merged. Ids of one system mostly
 * begin alike ("task-0000..."): the beginning that all have is left out, and what follows is sorted
 * by eight bytes as a number, digit by digit from the last one, passing over digits that are the
 * same everywhere (radix sort: Knuth, The Art of Computer Programming 3, 5.2.5). Only where these
 * are equal, the texts themselves decide. */
#include "replay/rank.h"

#include "core/base/str_quick.h"
#include "replay/parallel.h"
#include <endian.h>
#include <stdlib.h>

/* The tasks of a collector. */
struct stretch {
    const struct tt_collector *collector;
    struct tt_ranked *ranked, *room;
    size_t count, skip;
    uint32_t number;
};

struct ranking {
    struct stretch *stretches;
    size_t count, parts;
    struct tt_str like; /* some task's id */
};

static int compare(const void *a, const void *b)
{
    const struct tt_ranked *x = a, *y = b;
    if (x->tenant != y->tenant)
        return x->tenant < y->tenant ? -1 : 1;
    if (x->long_tenant || y->long_tenant) {
        int order = tt_str_compare(x->task->task.tenant, y->task->task.tenant);
        if (order != 0)
            return order;
    }
    if (x->task_id != y->task_id)
        return x->task_id < y->task_id ? -1 : 1;
    return tt_str_compare(x->task->task.task_id, y->task->task.task_id);
}

/* How many bytes at the start of `text` are those of `like`, at most `max`. */
static size_t common(struct tt_str text, struct tt_str like, size_t max)
{
    size_t len = 0;
    while (len < max && len < text.len && text.ptr[len] == like.ptr[len])
        len++;
    return len;
}

/* Eight bytes from `skip` on as a big-endian number; a text that is shorter sorts first, since no
 * text holds a NUL. */
static uint64_t eight_bytes(struct tt_str text, size_t skip)
{
    char bytes[8] = {0};
    size_t len = text.len - skip;
    memcpy(bytes, text.ptr + skip, len < sizeof bytes ? len : sizeof bytes);
    return be64toh(tt_str_read64(bytes));
}

/* What the ids of a stretch have in common with those like `like`. */
static void find_common(struct stretch *stretch, struct tt_str like)
{
    stretch->skip = like.len;
    for (size_t t = 0; t < stretch->count; t++)
        stretch->skip = common(stretch->collector->tasks[t]->task.task_id, like, stretch->skip);
}

static void fill(const struct stretch *stretch)
{
    for (size_t t = 0; t < stretch->count; t++) {
        struct tt_found_task *found = stretch->collector->tasks[t];
        const struct tt_report_task *task = &found->task;
        stretch->ranked[t] = (struct tt_ranked){
            eight_bytes(task->tenant, 0), eight_bytes(task->task_id, stretch->skip), found,
            stretch->number, task->tenant.len > sizeof stretch->ranked[t].tenant};
    }
}

enum { DIGITS = 16, DIGIT_VALUES = 256 };

static unsigned digit_of(const struct tt_ranked *ranked, int digit)
{
    uint64_t number = digit < DIGITS / 2 ? ranked->task_id : ranked->tenant;
    return (unsigned)(number >> 8 * (digit % 8)) & 0xff;
}

/* Sorts by the numbers. */
static void sort_by_digits(struct stretch *stretch)
{
    size_t counts[DIGITS][DIGIT_VALUES] = {0};
    struct tt_ranked *from = stretch->ranked, *to = stretch->room;
    for (size_t i = 0; i < stretch->count; i++)
        for (int digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(&from[i], digit)]++;
    for (int digit = 0; digit < DIGITS; digit++) {
        size_t *starts = counts[digit], next = 0;
        if (starts[digit_of(&from[0], digit)] == stretch->count)
            continue;
        for (int value = 0; value < DIGIT_VALUES; value++) {
            size_t count = starts[value];
            starts[value] = next;
            next += count;
        }
        for (size_t i = 0; i < stretch->count; i++)
            to[starts[digit_of(&from[i], digit)]++] = from[i];
        struct tt_ranked *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != stretch->ranked)
        memcpy(stretch->ranked, from, stretch->count * sizeof *from);
}

static bool same_numbers(const struct tt_ranked *a, const struct tt_ranked *b)
{
    return a->tenant == b->tenant && a->task_id == b->task_id;
}

/* Whether eight bytes of the tenant may not have told all; then neither do those of the task. */
static bool has_long_tenant(const struct stretch *stretch)
{
    for (size_t i = 0; i < stretch->count; i++)
        if (stretch->ranked[i].long_tenant)
            return true;
    return false;
}

static void sort(struct stretch *stretch)
{
    if (stretch->count < 2)
        return;
    if (has_long_tenant(stretch)) {
        qsort(stretch->ranked, stretch->count, sizeof *stretch->ranked, compare);
        return;
    }
    sort_by_digits(stretch);
    for (size_t first = 0, count; first < stretch->count; first += count) {
        for (count = 1; first + count < stretch->count &&
                        same_numbers(&stretch->ranked[first], &stretch->ranked[first + count]);)
            count++;
        if (count > 1)
            qsort(stretch->ranked + first, count, sizeof *stretch->ranked, compare);
    }
}

/* Merges two neighbouring sorted stretches; room holds the first one. */
static void merge(struct tt_ranked *first, size_t first_count, size_t second_count,
                  struct tt_ranked *room)
{
    struct tt_ranked *second = first + first_count, *to = first;
    memcpy(room, first, first_count * sizeof *room);
    for (size_t a = 0, b = 0; a < first_count;)
        *to++ = b < second_count && compare(&second[b], &room[a]) < 0 ? second[b++] : room[a++];
}

static void common_part(void *context, size_t part)
{
    const struct ranking *ranking = context;
    for (size_t c = part; c < ranking->count; c += ranking->parts)
        find_common(&ranking->stretches[c], ranking->like);
}

static void sort_part(void *context, size_t part)
{
    const struct ranking *ranking = context;
    for (size_t c = part; c < ranking->count; c += ranking->parts) {
        fill(&ranking->stretches[c]);
        sort(&ranking->stretches[c]);
    }
}

static void rank_stretches(struct ranking *ranking)
{
    size_t skip = ranking->like.len;
    tt_parallel(ranking->parts, common_part, ranking);
    for (size_t c = 0; c < ranking->count; c++)
        if (ranking->stretches[c].skip < skip)
            skip = ranking->stretches[c].skip;
    for (size_t c = 0; c < ranking->count; c++)
        ranking->stretches[c].skip = skip;
    tt_parallel(ranking->parts, sort_part, ranking);
}

enum tt_err tt_rank(const struct tt_collector *collectors, size_t count, struct tt_ranked *ranked)
{
    size_t all = 0, merged = 0;
    for (size_t c = 0; c < count; c++)
        all += collectors[c].task_count;
    struct stretch *stretches = tt_mem_array(count + 1, sizeof *stretches);
    struct tt_ranked *room = tt_mem_array(all + 1, sizeof *room);
    if (stretches == NULL || room == NULL) {
        tt_mem_free(stretches);
        tt_mem_free(room);
        return TT_ERR_NO_MEMORY;
    }
    struct ranking ranking = {.stretches = stretches, .count = count};
    ranking.parts = all < TT_RANK_ALONE_MAX ? 1 : count < TT_PARALLEL_MAX ? count : TT_PARALLEL_MAX;
    for (size_t c = 0, at = 0; c < count; at += stretches[c++].count) {
        stretches[c] = (struct stretch){&collectors[c],           ranked + at, room + at,
                                        collectors[c].task_count, 0,           (uint32_t)c};
        if (stretches[c].count > 0)
            ranking.like = collectors[c].tasks[0]->task.task_id;
    }
    rank_stretches(&ranking);
    for (size_t c = 0; c < count; c++) {
        if (c > 0)
            merge(ranked, merged, stretches[c].count, room);
        merged += stretches[c].count;
    }
    tt_mem_free(stretches);
    tt_mem_free(room);
    return TT_OK;
}
