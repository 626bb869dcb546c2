/* Rows that wait: which of a task are left out of a plan, and which of those that were travel with
 * it. */
#include "core/upload/maker_parts.h"

#include <string.h>

#define PUT_OFF INT64_MAX /* first of a hold that does not travel with this plan: no range */

static int compare_task(struct tt_str tenant, struct tt_str task_id, struct tt_str other_tenant,
                        struct tt_str other_task_id)
{
    int order = tt_str_compare(tenant, other_tenant);
    return order != 0 ? order : tt_str_compare(task_id, other_task_id);
}

/* The holds of a task, which stand together; they are few. */
struct tt_upload_hold *tt_hold_find(struct tt_maker *maker, struct tt_str tenant,
                                    struct tt_str task_id, size_t *ret_count)
{
    size_t low = 0, high = maker->hold_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct tt_upload_hold *hold = &maker->holds[middle];
        if (compare_task(hold->tenant, hold->task_id, tenant, task_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < maker->hold_count &&
           compare_task(maker->holds[end].tenant, maker->holds[end].task_id, tenant, task_id) == 0)
        end++;
    *ret_count = end - low;
    return maker->holds == NULL ? NULL : maker->holds + low;
}

struct tt_upload_hold *tt_hold_find_task(struct tt_maker *maker, size_t *ret_count)
{
    return tt_hold_find(maker, maker->rows.tenant, maker->rows.task_id, ret_count);
}

static enum tt_err list_hold(struct tt_maker *maker, struct tt_upload_hold **list, size_t *count,
                             size_t *capacity, const struct tt_upload_hold *hold)
{
    if (tt_mem_reserve((void **)list, capacity, *count + 1, sizeof **list) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_upload_hold *to = &(*list)[*count];
    *to = *hold;
    to->tenant.ptr = tt_arena_copy(&maker->arena, hold->tenant.ptr, hold->tenant.len);
    to->task_id.ptr = tt_arena_copy(&maker->arena, hold->task_id.ptr, hold->task_id.len);
    if (to->tenant.ptr == NULL || to->task_id.ptr == NULL)
        return TT_ERR_NO_MEMORY;
    ++*count;
    return TT_OK;
}

/* Whether the task's new rows are left out. */
enum tt_err tt_hold_decide(struct tt_maker *maker, const struct tt_task_judgement *judgement,
                           bool *ret_hold)
{
    size_t count;
    const struct tt_upload_hold *holds = tt_hold_find_task(maker, &count);
    *ret_hold = !maker->again && maker->options.hold && judgement->fails;
    for (size_t i = 0; i < count && maker->again; i++)
        *ret_hold = *ret_hold || holds[i].plan == maker->plan.number;
    if (!*ret_hold || maker->again || maker->rows.new_rows == 0)
        return TT_OK;
    const struct tt_upload_hold hold = {
        .tenant = maker->rows.tenant, .task_id = maker->rows.task_id, .rows = maker->rows.new_rows};
    return list_hold(maker, &maker->held, &maker->held_count, &maker->held_capacity, &hold);
}

/* Whether so many held rows more may travel with this plan. */
bool tt_hold_fits(const struct tt_maker *maker, uint64_t taken, uint64_t rows)
{
    bool alone = maker->plan.first > maker->plan.last && taken == 0;
    return alone || (rows <= maker->held_max && taken <= maker->held_max - rows);
}

/* Which of the task's held rows travel with this plan, as long as there is room: those somebody
 * wants, or all once the task has no errors any more; later, those that did. Leaves the others
 * without a range. Those without room are wanted from now on: no event of their task may follow. */
enum tt_err tt_hold_release(struct tt_maker *maker, const struct tt_task_judgement *judgement)
{
    size_t count;
    struct tt_upload_hold *holds = tt_hold_find_task(maker, &count);
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        bool release = maker->again ? holds[i].released_in == maker->plan.number
                                    : holds[i].wanted || !judgement->fails;
        bool fits = maker->again || (holds[i].first != PUT_OFF &&
                                     tt_hold_fits(maker, maker->released_rows, holds[i].rows));
        if (release && !fits && !holds[i].wanted)
            err = list_hold(maker, &maker->wanted, &maker->wanted_count, &maker->wanted_capacity,
                            &holds[i]);
        if (!release || !fits) {
            holds[i].first = PUT_OFF;
        } else if (!maker->again) {
            maker->released_rows += holds[i].rows;
            err = list_hold(maker, &maker->released, &maker->released_count,
                            &maker->released_capacity, &holds[i]);
        }
    }
    return err;
}

/* The task's text is too much: its newest hold that has a range loses it, and its lines. */
bool tt_hold_put_off(struct tt_maker *maker)
{
    size_t count;
    struct tt_upload_hold *holds = tt_hold_find_task(maker, &count);
    while (count > 0 && holds[count - 1].first == PUT_OFF)
        count--;
    if (count == 0 || maker->again)
        return false;
    tt_task_rows_drop_lines(&maker->rows, holds[count - 1].first, holds[count - 1].last);
    holds[count - 1].first = PUT_OFF;
    return true;
}

bool tt_hold_travels(struct tt_maker *maker, int64_t apply_seq)
{
    size_t count;
    const struct tt_upload_hold *holds = tt_hold_find_task(maker, &count);
    for (size_t i = 0; i < count; i++)
        if (tt_hold_in_range(apply_seq, holds[i].first, holds[i].last))
            return true;
    return false;
}

static enum tt_err take_hold(void *context, const struct tt_upload_hold *hold)
{
    struct tt_maker *maker = context;
    enum tt_err err =
        list_hold(maker, &maker->holds, &maker->hold_count, &maker->hold_capacity, hold);
    return err == TT_OK ? TT_OK : tt_fault_set(maker->fault, err, "out of memory");
}

enum tt_err tt_hold_read(struct tt_maker *maker)
{
    const struct tt_outbox *outbox = maker->options.outbox;
    maker->hold_count = maker->held_count = maker->released_count = maker->wanted_count = 0;
    maker->excluded = maker->released_rows = 0;
    tt_arena_reset(&maker->arena);
    enum tt_err err = outbox->holds(outbox->context, maker->options.destination,
                                    maker->again ? TT_OUTBOX_HOLDS_OF : TT_OUTBOX_HOLDS_OPEN,
                                    maker->plan.number, take_hold, maker, maker->fault);
    if (err != TT_OK)
        return err;
    if (tt_mem_reserve((void **)&maker->visited, &maker->visited_capacity, maker->hold_count + 1,
                       sizeof *maker->visited) != TT_OK)
        return tt_fault_set(maker->fault, TT_ERR_NO_MEMORY, "out of memory");
    memset(maker->visited, 0, maker->hold_count * sizeof *maker->visited);
    return TT_OK;
}
