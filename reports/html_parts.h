/* Inside of HTML: escaping, style, pictures. */
#ifndef TT_REPORTS_HTML_PARTS_H
#define TT_REPORTS_HTML_PARTS_H

#include "reports/render_parts.h"

/* Text as HTML, safe in content and in quoted attributes. */
void tt_html_text(struct tt_buf *buf, struct tt_str text);
void tt_html_words(struct tt_buf *buf, const char *text);
/* Both orders as inline SVG. */
void tt_html_lanes(struct tt_buf *buf, const struct tt_lane_event *events, size_t count);

/* The page's only style and script, and the hashes by which its security policy allows them: base64
 * of SHA-256, held against the texts by a test. */
extern const char tt_html_style[], tt_html_style_hash[], tt_html_script[], tt_html_script_hash[];

#endif
