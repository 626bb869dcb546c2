/* Observer handlers: they only look, at what was written, after it was committed. For metrics and
 * notifications. docs/handlers.md shows one.
 *
 * Told once for every audit row, in the order of writing; not told where the worker died between
 * the commit and here, or where nobody knows whether the commit happened. So what an observer
 * counts may be less than what the store has, never more.
 *
 * Threads: the worker's; it waits meanwhile. An observer cannot fail: what goes wrong in it is its
 * own. */
#ifndef TT_HANDLERS_EVENT_OBSERVER_H
#define TT_HANDLERS_EVENT_OBSERVER_H

#include "core/model/audit_row.h"

struct tt_event_observer {
    const char *name;
    void *context;
    /* task: its row as it stands after the transaction, which may hold later events of the task
     * too; NULL where it has none. Both borrow. */
    void (*see)(void *context, const struct tt_audit_row *row, const struct tt_current_row *task);
};

#endif
