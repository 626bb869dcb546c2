#include "core/upload/task_rows.h"

#include "core/base/limits.h"
#include <stdlib.h>

void tt_task_rows_init(struct tt_task_rows *rows)
{
    *rows = (struct tt_task_rows){0};
    tt_arena_init(&rows->arena, 0);
    tt_buf_init(&rows->lines, TT_UPLOAD_TASK_BYTES_MAX);
    tt_buf_init(&rows->old_text, 0);
    tt_buf_init(&rows->new_text, 0);
}

void tt_task_rows_done(struct tt_task_rows *rows)
{
    tt_arena_done(&rows->arena);
    tt_mem_free(rows->rows);
    tt_mem_free(rows->old_findings);
    tt_mem_free(rows->new_findings);
    tt_buf_done(&rows->lines);
    tt_buf_done(&rows->old_text);
    tt_buf_done(&rows->new_text);
}

static bool copy_text(struct tt_arena *arena, struct tt_str *text)
{
    if (text->ptr == NULL)
        return true;
    text->ptr = tt_arena_copy(arena, text->ptr, text->len);
    return text->ptr != NULL;
}

enum tt_err tt_task_rows_begin(struct tt_task_rows *rows, struct tt_str tenant,
                               struct tt_str task_id)
{
    tt_arena_reset(&rows->arena);
    tt_buf_clear(&rows->lines);
    rows->count = 0;
    rows->new_rows = 0;
    rows->too_long = false;
    rows->tenant = tenant;
    rows->task_id = task_id;
    return copy_text(&rows->arena, &rows->tenant) && copy_text(&rows->arena, &rows->task_id)
               ? TT_OK
               : TT_ERR_NO_MEMORY;
}

/* Texts that most events of a task share need not be copied again. */
static bool copy_like(struct tt_arena *arena, struct tt_str *text, struct tt_str before)
{
    if (!tt_str_equal(*text, before))
        return copy_text(arena, text);
    *text = before;
    return true;
}

static bool copy_judged(struct tt_task_rows *rows, struct tt_event *to, const struct tt_event *from)
{
    static const struct tt_event none;
    const struct tt_event *before = rows->count == 0 ? &none : &rows->rows[rows->count - 1].event;
    *to = (struct tt_event){
        .tenant = rows->tenant,
        .task_id = rows->task_id,
        .status = from->status,
        .event_id = from->event_id,
        .task_type = from->task_type,
        .source = from->source,
        .stage = from->stage,
        .event_time_us = from->event_time_us,
        .received_at_us = from->received_at_us,
        .seq = from->seq,
        .has_seq = from->has_seq,
    };
    return copy_text(&rows->arena, &to->status) && copy_text(&rows->arena, &to->event_id) &&
           copy_like(&rows->arena, &to->task_type, before->task_type) &&
           copy_like(&rows->arena, &to->source, before->source) &&
           copy_like(&rows->arena, &to->stage, before->stage);
}

enum tt_err tt_task_rows_add(struct tt_task_rows *rows, const struct tt_audit_row *row, bool write,
                             bool is_new)
{
    rows->too_long = rows->too_long || rows->count >= TT_UPLOAD_HISTORY_MAX;
    if (rows->too_long && !write)
        return TT_OK;
    if (tt_mem_reserve((void **)&rows->rows, &rows->capacity, rows->count + 1,
                       sizeof *rows->rows) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_task_row *to = &rows->rows[rows->count];
    *to = (struct tt_task_row){.place = row->place,
                               .apply_seq = row->apply_seq,
                               .line = rows->lines.len,
                               .is_new = is_new,
                               .duplicate = row->duplicate};
    if (!copy_judged(rows, &to->event, &row->event))
        return TT_ERR_NO_MEMORY;
    if (write)
        tt_line_audit(&rows->lines, row);
    enum tt_err err = rows->lines.err;
    if (err == TT_ERR_LIMIT) {
        rows->lines.err = TT_OK;
        rows->lines.len = to->line;
    }
    if (err != TT_OK)
        return err;
    to->line_len = rows->lines.len - to->line;
    rows->new_rows += write && is_new;
    rows->count++;
    return TT_OK;
}

void tt_task_rows_drop_lines(struct tt_task_rows *rows, int64_t first, int64_t last)
{
    struct tt_buf *lines = &rows->lines;
    size_t len = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct tt_task_row *row = &rows->rows[i];
        if (row->apply_seq >= first && row->apply_seq <= last)
            row->line_len = 0;
        if (row->line_len > 0)
            memmove(lines->data + len, lines->data + row->line, row->line_len);
        row->line = len;
        len += row->line_len;
    }
    lines->len = len;
}

static int compare_places(const void *a, const void *b)
{
    const struct tt_place *x = &((const struct tt_task_row *)a)->place;
    const struct tt_place *y = &((const struct tt_task_row *)b)->place;
    const int64_t p[] = {x->epoch, x->entry_ms, x->entry_seq, x->partition};
    const int64_t q[] = {y->epoch, y->entry_ms, y->entry_seq, y->partition};
    for (size_t i = 0; i < sizeof p / sizeof *p; i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    return 0;
}

static void sort_by_arrival(struct tt_task_rows *rows)
{
    bool sorted = true;
    for (size_t i = 1; i < rows->count && sorted; i++)
        sorted = compare_places(&rows->rows[i - 1], &rows->rows[i]) <= 0;
    if (!sorted)
        qsort(rows->rows, rows->count, sizeof *rows->rows, compare_places);
}

static int compare_uids(const void *a, const void *b)
{
    const struct tt_line_uid *x = &((const struct tt_task_finding *)a)->uid;
    const struct tt_line_uid *y = &((const struct tt_task_finding *)b)->uid;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    return (x->low > y->low) - (x->low < y->low);
}

/* The task's findings as text, sorted by uid so that two judgements can be compared. */
static enum tt_err list_findings(const struct tt_line_task *named,
                                 const struct tt_single_task *task, struct tt_buf *text,
                                 struct tt_task_finding **list, size_t *capacity, size_t *ret_count)
{
    tt_buf_clear(text);
    if (tt_mem_reserve((void **)list, capacity, task->finding_count + 1, sizeof **list) != TT_OK)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < task->finding_count; i++) {
        struct tt_task_finding *finding = &(*list)[i];
        finding->text = text->len;
        tt_line_finding(text, named, &task->findings[i], &finding->uid);
        finding->text_len = text->len - finding->text;
    }
    if (text->err != TT_OK)
        return text->err;
    if (task->finding_count > 1)
        qsort(*list, task->finding_count, sizeof **list, compare_uids);
    *ret_count = task->finding_count;
    return TT_OK;
}

static bool has_errors(const struct tt_single_task *task)
{
    for (size_t i = 0; i < task->finding_count; i++)
        if (tt_kind_severity(task->findings[i].kind) == TT_SEVERITY_ERROR)
            return true;
    return false;
}

static enum tt_err judge_before(struct tt_task_rows *rows, struct tt_single *single, int64_t first,
                                const struct tt_line_task *named, struct tt_fault *fault)
{
    struct tt_single_task before;
    bool any = false;
    rows->old_count = 0;
    for (size_t i = 0; i < rows->count && !any; i++)
        any = rows->rows[i].apply_seq < first;
    if (!any)
        return TT_OK;
    enum tt_err err = tt_single_judge(single, first - 1, &before, fault);
    if (err == TT_OK)
        err = list_findings(named, &before, &rows->old_text, &rows->old_findings,
                            &rows->old_capacity, &rows->old_count);
    return err;
}

enum tt_err tt_task_rows_judge(struct tt_task_rows *rows, struct tt_single *single, int64_t first,
                               int64_t last, struct tt_task_judgement *ret_judgement,
                               struct tt_fault *fault)
{
    struct tt_task_judgement *j = ret_judgement;
    enum tt_err err = TT_OK;
    *j = (struct tt_task_judgement){.judged = !rows->too_long && rows->count > 0};
    rows->old_count = rows->new_count = 0;
    sort_by_arrival(rows);
    if (!j->judged)
        return TT_OK;
    tt_single_begin(single);
    for (size_t i = 0; i < rows->count && err == TT_OK; i++)
        err = tt_single_add(single, &rows->rows[i].event, (uint64_t)rows->rows[i].apply_seq,
                            rows->rows[i].apply_seq, fault);
    j->named = (struct tt_line_task){.tenant = rows->tenant,
                                     .task_id = rows->task_id,
                                     .task_type = rows->rows[0].event.task_type,
                                     .judged_to = last};
    if (err == TT_OK)
        err = judge_before(rows, single, first, &j->named, fault);
    if (err == TT_OK)
        err = tt_single_judge(single, last, &j->task, fault);
    if (err != TT_OK)
        return tt_fault_set(fault, err, "out of memory");
    j->named.verdict = j->task.verdict;
    j->fails = has_errors(&j->task);
    if (j->task.finding_count == 0)
        return TT_OK;
    err = list_findings(&j->named, &j->task, &rows->new_text, &rows->new_findings,
                        &rows->new_capacity, &rows->new_count);
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}

void tt_task_rows_write_findings(const struct tt_task_rows *rows,
                                 const struct tt_task_judgement *judgement, struct tt_str common,
                                 struct tt_buf *lines, uint64_t *ret_count)
{
    size_t old = 0, now = 0;
    while (old < rows->old_count || now < rows->new_count) {
        int order = old == rows->old_count ? 1
                    : now == rows->new_count
                        ? -1
                        : compare_uids(&rows->old_findings[old], &rows->new_findings[now]);
        const struct tt_task_finding *finding =
            order < 0 ? &rows->old_findings[old] : &rows->new_findings[now];
        old += order <= 0;
        now += order >= 0;
        if (order == 0)
            continue;
        const struct tt_buf *text = order < 0 ? &rows->old_text : &rows->new_text;
        tt_line_finding_whole(lines, &judgement->named, common, finding->uid,
                              (struct tt_str){text->data + finding->text, finding->text_len},
                              order < 0);
        ++*ret_count;
    }
}
