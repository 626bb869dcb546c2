#include "core/model/audit_row.h"

void tt_progress_add(struct tt_progress_row *row, const struct tt_progress_row *change)
{
    if (change->records_expected >= 0)
        row->records_expected = change->records_expected;
    row->finished += change->finished;
    row->succeeded += change->succeeded;
    row->failed += change->failed;
    if (change->first_failure_at_us != TT_TIME_NONE &&
        (row->first_failure_at_us == TT_TIME_NONE ||
         change->first_failure_at_us < row->first_failure_at_us)) {
        row->first_failure = change->first_failure;
        row->first_failure_at_us = change->first_failure_at_us;
    }
    if (change->last_stage.ptr != NULL)
        row->last_stage = change->last_stage;
}
