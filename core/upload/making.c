/* Going over a plan's tasks: those that have rows in its range, in the order of the first of them,
 * then those whose held rows travel with it. */
#include "core/upload/maker_parts.h"

#include <string.h>

enum { NONE_IN_HAND = TT_UPLOAD_TASKS_AT_ONCE };

/* ---- A task's rows */

static enum tt_err add_row(struct tt_maker *maker, const struct tt_audit_row *row)
{
    if (!tt_audit_is_event(row))
        return TT_OK;
    bool is_new = tt_hold_in_range(row->apply_seq, maker->plan.first, maker->plan.last);
    const struct tt_tenant *tenant = tt_tenants_for(maker->options.tenants, row->event.tenant);
    if (tt_tenant_admits(tenant, &row->event) != TT_ADMITTED) {
        maker->excluded += is_new;
        return TT_OK;
    }
    enum tt_err err;
    do
        err = tt_task_rows_add(&maker->rows, row, is_new || tt_hold_travels(maker, row->apply_seq),
                               is_new);
    while (err == TT_ERR_LIMIT && tt_hold_put_off(maker));
    if (err == TT_ERR_LIMIT)
        return tt_fault_set(maker->fault, err, "task %.*s: its rows take more than %d bytes",
                            TT_STR_ARGS(row->event.task_id), (int)TT_UPLOAD_TASK_BYTES_MAX);
    return err == TT_OK ? TT_OK : tt_fault_set(maker->fault, err, "out of memory");
}

static enum tt_err write_audit(struct tt_maker *maker, const struct tt_task_judgement *judgement,
                               bool hold)
{
    struct tt_out *out = &maker->outs[TT_UPLOAD_AUDIT];
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < maker->rows.count && err == TT_OK; i++) {
        const struct tt_task_row *row = &maker->rows.rows[i];
        if (row->line_len == 0 || (row->is_new ? hold : !tt_hold_travels(maker, row->apply_seq)))
            continue;
        if (out->rows >= out->from && out->rows < out->upto) {
            tt_buf_add(&out->buf, maker->rows.lines.data + row->line, row->line_len);
            tt_line_audit_end(&out->buf, tt_buf_str(&maker->common),
                              judgement->judged ? &judgement->task.events[i] : NULL,
                              judgement->task.verdict, row->duplicate);
        }
        out->rows++;
        err = tt_out_flush(maker, out, false, maker->fault);
    }
    return err;
}

static enum tt_err write_findings(struct tt_maker *maker, const struct tt_task_judgement *judgement)
{
    struct tt_out *out = &maker->outs[TT_UPLOAD_DISCREPANCY];
    if (!judgement->judged || maker->rows.new_rows == 0)
        return TT_OK;
    if (out->from == 0 && out->upto == UINT64_MAX) {
        tt_task_rows_write_findings(&maker->rows, judgement, tt_buf_str(&maker->common), &out->buf,
                                    &out->rows);
        return tt_out_flush(maker, out, false, maker->fault);
    }
    struct tt_buf lines;
    uint64_t count = 0;
    tt_buf_init(&lines, 0);
    tt_task_rows_write_findings(&maker->rows, judgement, tt_buf_str(&maker->common), &lines,
                                &count);
    for (const char *at = lines.data; count > 0 && lines.err == TT_OK; count--) {
        const char *end = strchr(at, '\n') + 1;
        tt_out_line(out, (struct tt_str){at, (size_t)(end - at)});
        at = end;
    }
    enum tt_err err = lines.err;
    tt_buf_done(&lines);
    return err == TT_OK ? tt_out_flush(maker, out, false, maker->fault)
                        : tt_fault_set(maker->fault, err, "out of memory");
}

static enum tt_err finish_task(struct tt_maker *maker)
{
    struct tt_task_judgement judgement;
    bool hold = false;
    maker->key_in_hand = NONE_IN_HAND;
    if (maker->rows.count == 0)
        return TT_OK;
    enum tt_err err = tt_task_rows_judge(&maker->rows, maker->single, maker->plan.first,
                                         maker->plan.last, &judgement, maker->fault);
    if (err == TT_OK)
        err = tt_hold_decide(maker, &judgement, &hold);
    if (err == TT_OK)
        err = tt_hold_release(maker, &judgement);
    if (err != TT_OK)
        return tt_fault_set(maker->fault, err, "out of memory");
    err = write_audit(maker, &judgement, hold);
    return err == TT_OK ? write_findings(maker, &judgement) : err;
}

static enum tt_err take_row(void *context, size_t task, const struct tt_audit_row *row)
{
    struct tt_maker *maker = context;
    enum tt_err err = TT_OK;
    if (task != maker->key_in_hand) {
        if (maker->key_in_hand != NONE_IN_HAND)
            err = finish_task(maker);
        if (err == TT_OK && tt_task_rows_begin(&maker->rows, maker->keys[task].tenant,
                                               maker->keys[task].task_id) != TT_OK)
            err = tt_fault_set(maker->fault, TT_ERR_NO_MEMORY, "out of memory");
        maker->key_in_hand = task;
    }
    return err == TT_OK ? add_row(maker, row) : err;
}

/* ---- The list of tasks */

static enum tt_err ask_histories(struct tt_maker *maker)
{
    enum tt_err err = TT_OK;
    maker->key_in_hand = NONE_IN_HAND;
    if (maker->key_count > 0)
        err = maker->reader->histories(maker->reader->context, maker->keys, maker->key_count,
                                       maker->plan.last, take_row, maker, maker->fault);
    if (err == TT_OK && maker->key_in_hand != NONE_IN_HAND)
        err = finish_task(maker);
    maker->key_count = 0;
    tt_arena_reset(&maker->key_arena);
    return err;
}

static enum tt_err add_key(struct tt_maker *maker, struct tt_str tenant, struct tt_str task_id)
{
    enum tt_err err = maker->key_count == TT_UPLOAD_TASKS_AT_ONCE ? ask_histories(maker) : TT_OK;
    if (err != TT_OK)
        return err;
    struct tt_store_task_key *key = &maker->keys[maker->key_count];
    *key = (struct tt_store_task_key){
        {tt_arena_copy(&maker->key_arena, tenant.ptr, tenant.len), tenant.len},
        {tt_arena_copy(&maker->key_arena, task_id.ptr, task_id.len), task_id.len}};
    if (key->tenant.ptr == NULL || key->task_id.ptr == NULL)
        return tt_fault_set(maker->fault, TT_ERR_NO_MEMORY, "out of memory");
    maker->key_count++;
    return TT_OK;
}

static void visit(struct tt_maker *maker, struct tt_str tenant, struct tt_str task_id)
{
    size_t count;
    const struct tt_upload_hold *holds = tt_hold_find(maker, tenant, task_id, &count);
    for (size_t i = 0; i < count; i++)
        maker->visited[(size_t)(holds - maker->holds) + i] = true;
}

static enum tt_err take_task(void *context, const struct tt_store_task_key *key)
{
    visit(context, key->tenant, key->task_id);
    return add_key(context, key->tenant, key->task_id);
}

/* Tasks without new rows, whose held rows are to be released. */
static enum tt_err add_released(struct tt_maker *maker)
{
    enum tt_err err = TT_OK;
    uint64_t taken = 0; /* by tasks that are not judged yet */
    for (size_t i = 0; err == TT_OK && i < maker->hold_count; i++) {
        const struct tt_upload_hold *hold = &maker->holds[i];
        bool release = maker->again ? hold->released_in == maker->plan.number : hold->wanted;
        if (!release || maker->visited[i] ||
            (!maker->again && !tt_hold_fits(maker, taken, hold->rows)))
            continue;
        taken += hold->rows;
        err = add_key(maker, hold->tenant, hold->task_id);
        visit(maker, hold->tenant, hold->task_id);
    }
    return err;
}

/* ---- A plan */

enum tt_err tt_maker_go(struct tt_maker *maker, struct tt_fault *fault)
{
    const struct tt_reader_source *readers = &maker->options.readers;
    const struct tt_upload_plan *plan = &maker->plan;
    maker->fault = fault;
    maker->key_count = 0;
    tt_buf_clear(&maker->common);
    tt_line_common(&maker->common, plan->written_at_us, plan->last);
    enum tt_err err = maker->common.err == TT_OK
                          ? tt_hold_read(maker)
                          : tt_fault_set(fault, maker->common.err, "out of memory");
    if (err == TT_OK)
        err = readers->open(readers->context, &maker->reader, fault);
    if (err != TT_OK)
        return err;
    if (plan->first <= plan->last)
        err = maker->reader->tasks(maker->reader->context, plan->first, plan->last, take_task,
                                   maker, fault);
    if (err == TT_OK)
        err = add_released(maker);
    if (err == TT_OK)
        err = ask_histories(maker);
    readers->close(readers->context);
    return err;
}
