/* What a repair would change, or has changed: the stored and the replayed state, field by field and
 * stay by stay. Pure. Errors stick in the buffer. */
#ifndef TT_REPORTS_PLAN_H
#define TT_REPORTS_PLAN_H

#include "core/base/buf.h"
#include "replay/restore.h"

/* "task 8123 of tenant default: status and 2 of 3 stays differ", without an end: for a log, an
 * audit row and the head of the table. */
void tt_plan_add_sentence(struct tt_buf *buf, const struct tt_restore_plan *plan);
/* For people: a line for every field and stay, those that differ marked with '!'. */
void tt_plan_add_text(struct tt_buf *buf, const struct tt_restore_plan *plan);
/* One object in one line, without its end: tenant, task_id, outcome, differs, fields, stays. */
void tt_plan_add_json(struct tt_buf *buf, const struct tt_restore_plan *plan, const char *outcome);
/* The stored values of the fields that differ, and the stored stays that do, as one object: what a
 * repair overwrites. */
void tt_plan_add_before(struct tt_buf *buf, const struct tt_restore_plan *plan);

#endif
