/* Inside of text: colours and lanes, shared by the report (render_text.c) and the one task
 * (render_task_text.c). */
#ifndef TT_REPORTS_TEXT_PARTS_H
#define TT_REPORTS_TEXT_PARTS_H

#include "reports/render_parts.h"

enum tt_colour {
    TT_COLOUR_PLAIN,
    TT_COLOUR_BOLD,
    TT_COLOUR_DIM,
    TT_COLOUR_RED,
    TT_COLOUR_YELLOW,
    TT_COLOUR_GREEN
};

void tt_text_colour(struct tt_render *render, enum tt_colour colour);
enum tt_colour tt_text_severity_colour(enum tt_severity severity);
enum tt_colour tt_text_verdict_colour(enum tt_verdict verdict);
/* Two lanes, arrival above, event time below, with lines between where the orders differ; indented.
 */
void tt_text_lanes(struct tt_render *render, const struct tt_lane_event *events, size_t count,
                   uint64_t total, size_t indent);
int tt_text_width(const struct tt_render *render);

/* reports/render_task_text.c */
enum tt_err tt_render_task_text(struct tt_render *render) TT_MUST_CHECK;

#endif
