/* What was found of one task, in words: for each contradiction a chain that leads to it. Events are
 * named E1, E2, ... in the order in which the task's events arrived.
 *
 *   Let      E3 = RUNNING, event time 10:00:02, arrived 7th, from w7.
 *   Let      E4 = SUCCESS, event time 10:00:05, arrived 6th, from w2.
 *   Then     E3 happened before E4, because its event time is 3 s earlier.
 *   However  E4 arrived first.
 *   So       whoever keeps what arrived last shows RUNNING, ...
 */
#ifndef TT_REPORTS_TASK_WORDS_H
#define TT_REPORTS_TASK_WORDS_H

#include "core/base/buf.h"
#include "replay/report.h"

struct tt_task_words_sink {
    void *context;
    /* label: "Let", "Then", ...; text: safe for a terminal, not yet for HTML; borrowed for the
     * call. */
    void (*line)(void *context, const char *label, struct tt_str text);
};

/* Of very many findings of a kind the first few are told, and how many there are. */
void tt_task_words(const struct tt_task_picture *picture, const struct tt_task_words_sink *sink);

#endif
