/* Rows of the tables that are uploaded, as lines of NDJSON: core/model/upload_table.h says what is
 * in them. Written out by hand, as it is done for every row; a test holds the columns against the
 * tables. */
#ifndef TT_UPLOAD_LINE_H
#define TT_UPLOAD_LINE_H

#include "core/base/buf.h"
#include "core/model/audit_row.h"
#include "replay/single.h"

/* What all rows of a plan have in common: `,"written_at":"...","judged_to":"..."`. */
void tt_line_common(struct tt_buf *buf, int64_t written_at_us, int64_t judged_to);

/* The first part of an audit row, as the store has it: an object without its end. */
void tt_line_audit(struct tt_buf *buf, const struct tt_audit_row *row);
/* The rest, and the line's end. judged NULL: nothing is known of it, `duplicate` is the store's. */
void tt_line_audit_end(struct tt_buf *buf, struct tt_str common,
                       const struct tt_single_event *judged, enum tt_verdict verdict,
                       bool duplicate);

/* A finding: 128 bits as 32 digits, the same for the same record of the same task. */
struct tt_line_uid {
    uint64_t high, low;
};

struct tt_line_task {
    struct tt_str tenant, task_id, task_type; /* type may be absent */
    enum tt_verdict verdict;
    int64_t judged_to;
};

/* A discrepancy row, from after its uid on; `withdrawn` and the uid stand in front, the common part
 * and the line's end behind: tt_line_finding_whole puts them together. The uid is of these bytes
 * but for the verdict. */
void tt_line_finding(struct tt_buf *buf, const struct tt_line_task *task,
                     const struct tt_finding *finding, struct tt_line_uid *ret_uid);
void tt_line_finding_whole(struct tt_buf *buf, const struct tt_line_task *task,
                           struct tt_str common, struct tt_line_uid uid, struct tt_str rest,
                           bool withdrawn);

#endif
