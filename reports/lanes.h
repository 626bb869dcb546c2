/* Both orders of a task in columns, for drawing: an event that kept its place among the others
 * stands in one column, above (arrival) and below (event time); an event that moved has a column in
 * each lane, and so a line of its own; a copy stands above alone. Moved are as few events as
 * possible. Long stretches in which nothing is to be seen become one column that counts them. */
#ifndef TT_REPORTS_LANES_H
#define TT_REPORTS_LANES_H

#include "core/base/err.h"
#include "replay/report.h"

struct tt_lane_column {
    const struct tt_lane_event *above, *below; /* the same event, or one of them NULL */
    size_t skipped; /* not 0: stands for so many columns; above and below are NULL */
    /* Another event of the task, drawn or not, has the time of `below`: the order of the two was
     * decided by a rule. */
    bool tied;
};

struct tt_lanes {
    struct tt_lane_column *columns; /* owned */
    size_t count;
    size_t moved; /* events with a column in each lane */
};

/* events: in arrival order; borrowed while the lanes live. Errors: NO_MEMORY. */
enum tt_err tt_lanes_make(const struct tt_lane_event *events, size_t count,
                          struct tt_lanes *ret_lanes) TT_MUST_CHECK;
void tt_lanes_done(struct tt_lanes *lanes);

#endif
