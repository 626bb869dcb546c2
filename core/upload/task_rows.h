/* The rows of one task on their way into lines: gathered, put in order, judged, written.
 *
 * Threads: one. Memory: the events of the longest task, the lines of those that are uploaded. */
#ifndef TT_UPLOAD_TASK_ROWS_H
#define TT_UPLOAD_TASK_ROWS_H

#include "core/base/mem.h"
#include "core/upload/line.h"

/* An event of the task. */
struct tt_task_row {
    struct tt_place place;
    int64_t apply_seq;
    struct tt_event event; /* what judging looks at, texts in the arena */
    size_t line, line_len; /* its line's first part in `lines`; len 0: not to be written */
    bool is_new;           /* of the plan's range; else it was held */
    bool duplicate;        /* as the store says */
};

struct tt_task_rows {
    struct tt_arena arena;
    struct tt_task_row *rows; /* in the order they came, then by arrival */
    size_t count, capacity;
    struct tt_buf lines;
    struct tt_str tenant, task_id; /* in the arena */
    bool too_long;                 /* more than TT_UPLOAD_HISTORY_MAX events: not judged */
    uint64_t new_rows;
    /* Findings before and now. */
    struct tt_buf old_text, new_text;
    struct tt_task_finding *old_findings, *new_findings;
    size_t old_count, new_count, old_capacity, new_capacity;
};

struct tt_task_finding {
    struct tt_line_uid uid;
    size_t text, text_len;
};

void tt_task_rows_init(struct tt_task_rows *rows);
void tt_task_rows_done(struct tt_task_rows *rows);
/* Another task. Errors: NO_MEMORY. */
enum tt_err tt_task_rows_begin(struct tt_task_rows *rows, struct tt_str tenant,
                               struct tt_str task_id) TT_MUST_CHECK;
/* A row of it; write: its line is wanted. Errors: NO_MEMORY; LIMIT: too much text, and the row was
 * not added. */
enum tt_err tt_task_rows_add(struct tt_task_rows *rows, const struct tt_audit_row *row, bool write,
                             bool is_new) TT_MUST_CHECK;
/* Rows of this range that were added stay, but their lines are not wanted any more. Not once they
 * were judged. */
void tt_task_rows_drop_lines(struct tt_task_rows *rows, int64_t first, int64_t last);

struct tt_task_judgement {
    struct tt_single_task task; /* as of `last`; of the single */
    struct tt_line_task named;
    bool fails; /* some finding is an error */
    bool judged;
};

/* Puts the rows in order and judges them as of `last`, and as of the row before `first` to see what
 * is new. Errors: NO_MEMORY. */
enum tt_err tt_task_rows_judge(struct tt_task_rows *rows, struct tt_single *single, int64_t first,
                               int64_t last, struct tt_task_judgement *ret_judgement,
                               struct tt_fault *fault) TT_MUST_CHECK;

/* Lines of discrepancies that are found and of those that are withdrawn, appended. */
void tt_task_rows_write_findings(const struct tt_task_rows *rows,
                                 const struct tt_task_judgement *judgement, struct tt_str common,
                                 struct tt_buf *lines, uint64_t *ret_count);

#endif
