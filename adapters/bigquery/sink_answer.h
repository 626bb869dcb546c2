/* Filling in what a sink says. */
#ifndef TT_ADAPTERS_BIGQUERY_SINK_ANSWER_H
#define TT_ADAPTERS_BIGQUERY_SINK_ANSWER_H

#include "core/port/sink.h"

void tt_sink_say(struct tt_sink_answer *answer, enum tt_sink_state state);
/* REFUSED because of a row (-1: not known which). */
void tt_sink_refuse(struct tt_sink_answer *answer, int64_t row, struct tt_str reason,
                    struct tt_str message);
/* The same, of a row that is known, for a loop over rows that ends there: STOPPED. */
enum tt_err tt_sink_refuse_row(struct tt_sink_answer *answer, uint64_t row, struct tt_str reason,
                               const char *message) TT_MUST_CHECK;

/* A handle begins with what tells whose it is. INVALID: it was begun by another way, which has to
 * end it: only that one can ask what became of it. */
enum tt_err tt_sink_check_handle(struct tt_str handle, const char *begins, const char *via,
                                 struct tt_fault *fault) TT_MUST_CHECK;

#endif
