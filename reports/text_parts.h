/* Inside of text: colours, wrapping and lanes, shared by the report (render_text.c,
 * text_summary.c) and the one task (render_task_text.c). */
#ifndef TT_REPORTS_TEXT_PARTS_H
#define TT_REPORTS_TEXT_PARTS_H

#include "reports/render_parts.h"
#include "reports/short_names.h"

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
/* Two lanes, arrival above, event time below, with lines between where an event moved; indented.
 * Statuses that do not fit are shortened and remembered in `names`. total: the task's events, of
 * which `count` are given; bands: lines of the page to break them into, at least 2. Errors:
 * NO_MEMORY. */
enum tt_err tt_text_lanes(struct tt_render *render, struct tt_short_names *names,
                          const struct tt_lane_event *events, size_t count, uint64_t total,
                          size_t indent, size_t bands) TT_MUST_CHECK;
/* What the marks of the lanes mean, and what was shortened. */
void tt_text_marks(struct tt_render *render, size_t indent);
void tt_text_short_names(struct tt_render *render, const struct tt_short_names *names,
                         size_t indent);
/* Words that may be broken at spaces, from the column where the line stands to the width; lines
 * after the first are indented. */
void tt_text_wrap(struct tt_render *render, struct tt_str words, size_t indent);
void tt_text_heading(struct tt_render *render, const char *text);
int tt_text_width(const struct tt_render *render);

/* reports/text_summary.c: the report's numbers, one section each */
/* What the report lacks, where something could not be read. In front of all else. */
void tt_text_unread(struct tt_render *render);
void tt_text_head(struct tt_render *render);
void tt_text_orders(struct tt_render *render);
void tt_text_kinds(struct tt_render *render);
void tt_text_lateness(struct tt_render *render);

/* reports/render_task_text.c */
enum tt_err tt_render_task_text(struct tt_render *render) TT_MUST_CHECK;

#endif
