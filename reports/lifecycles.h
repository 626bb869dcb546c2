/* Lifecycles for people and files: what was inferred as a lifecycle file, a file as readable text
 * or as a Graphviz graph. Writers append to a buffer, whose error sticks. */
#ifndef TT_REPORTS_LIFECYCLES_H
#define TT_REPORTS_LIFECYCLES_H

#include "core/base/buf.h"
#include "core/model/lifecycle.h"
#include "replay/infer.h"

/* A lifecycle file, one lifecycle a type that taught; the evidence and the questions stand in
 * `note`. */
void tt_inferred_add_json(struct tt_buf *buf, const struct tt_inferred_set *set,
                          uint32_t min_share);

/* One sentence: how many tasks and events taught, how many tasks were left out and why. */
void tt_inferred_add_evidence(struct tt_buf *buf, const struct tt_inferred *inferred);

/* What a person should decide, one sentence or two each, the most pressing first; text is made safe
 * for a terminal and borrowed for the call. Returns how many. Errors: NO_MEMORY. */
struct tt_question_sink {
    void *context;
    void (*question)(void *context, struct tt_str text);
};
enum tt_err tt_inferred_questions(const struct tt_inferred *inferred, uint32_t min_share,
                                  const struct tt_question_sink *sink) TT_MUST_CHECK;

/* Statuses, beginnings, ends and steps as an aligned list, for a terminal. */
void tt_lifecycle_add_text(struct tt_buf *buf, const struct tt_lifecycle_set *set);
/* A digraph in the DOT language, one cluster a lifecycle. */
void tt_lifecycle_add_graphviz(struct tt_buf *buf, const struct tt_lifecycle_set *set);

#endif
