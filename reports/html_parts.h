/* Inside of HTML: escaping, style, pictures, sections. */
#ifndef TT_REPORTS_HTML_PARTS_H
#define TT_REPORTS_HTML_PARTS_H

#include "reports/render_parts.h"

/* Text as HTML, safe in content and in quoted attributes. */
void tt_html_text(struct tt_buf *buf, struct tt_str text);
void tt_html_words(struct tt_buf *buf, const char *text);
/* At most so many characters of it, and "..." where it was cut. */
void tt_html_cut(struct tt_buf *buf, struct tt_str text, size_t characters);

/* Both orders as inline SVG, of which `total` events were given in part. Errors: NO_MEMORY. */
enum tt_err tt_html_lanes(struct tt_render *render, const struct tt_lane_event *events,
                          size_t count, uint64_t total) TT_MUST_CHECK;
/* What boxes and lines mean. */
void tt_html_key(struct tt_buf *buf);

/* html_summary.c: the report's numbers */
void tt_html_facts(struct tt_render *render);
void tt_html_orders(struct tt_render *render);
void tt_html_kinds(struct tt_render *render);
void tt_html_lateness(struct tt_render *render);
/* Stories on the page, and of each verdict at least. */
enum { TT_HTML_STORIES = 40, TT_HTML_STORIES_EACH = 8 };
/* html_stories.c */
enum tt_err tt_html_stories(struct tt_render *render) TT_MUST_CHECK;
/* html_records.c: the table that sorts and filters */
enum tt_err tt_html_records(struct tt_render *render) TT_MUST_CHECK;
/* html_task.c: one task in full */
enum tt_err tt_html_task(struct tt_render *render) TT_MUST_CHECK;

/* The page's only style and script, and the hashes by which its security policy allows them: base64
 * of SHA-256, held against the texts by a test. */
extern const char tt_html_style[], tt_html_style_hash[], tt_html_script[], tt_html_script_hash[];

#endif
