/* Both orders of a task as SVG: boxes above by arrival, boxes below by event time, a line from each
 * event to itself. Long histories are cut; who reads the picture sees how many events are left out.
 */
#include "core/base/time.h"
#include "reports/html_parts.h"

enum { BOX_WIDTH = 104, BOX_HEIGHT = 24, GAP = 12, LABEL = 84, TOP = 6, DROP = 74, DRAWN_MAX = 40 };

void tt_html_text(struct tt_buf *buf, struct tt_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': tt_buf_add_text(buf, "&amp;"); break;
        case '<': tt_buf_add_text(buf, "&lt;"); break;
        case '>': tt_buf_add_text(buf, "&gt;"); break;
        case '"': tt_buf_add_text(buf, "&quot;"); break;
        case '\'': tt_buf_add_text(buf, "&#39;"); break;
        default:
            /* Control characters are not allowed in HTML, escaped or not. */
            if ((unsigned char)text.ptr[i] < 0x20 && text.ptr[i] != '\t' && text.ptr[i] != '\n')
                tt_buf_add_text(buf, "\xef\xbf\xbd");
            else
                tt_buf_add_char(buf, text.ptr[i]);
        }
    }
}

void tt_html_words(struct tt_buf *buf, const char *text)
{
    tt_html_text(buf, tt_str_from(text));
}

static int place_x(size_t place)
{
    return LABEL + (int)place * (BOX_WIDTH + GAP);
}

static void add_box(struct tt_buf *buf, const struct tt_lane_event *event, size_t place, int y,
                    bool in_time)
{
    const char *mark = in_time                           ? event->violates ? "bad" : ""
                       : event->late || event->duplicate ? "late"
                                                         : "";
    tt_buf_addf(buf, "<g><title>");
    tt_html_text(buf, event->status);
    tt_buf_add_text(buf, " at ");
    tt_buf_add_time(buf, event->event_time_us);
    tt_buf_addf(buf, ", arrival %llu%s%s%s</title>", (unsigned long long)event->arrival,
                event->late ? ", late" : "", event->duplicate ? ", duplicate" : "",
                event->violates ? ", step not allowed" : "");
    tt_buf_addf(buf, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
                mark, place_x(place), y, BOX_WIDTH, BOX_HEIGHT);
    tt_buf_addf(buf, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\"",
                place_x(place) + BOX_WIDTH / 2, y + 16);
    if (event->status.len > 14)
        tt_buf_addf(buf, " textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\"", BOX_WIDTH - 8);
    tt_buf_add_char(buf, '>');
    tt_html_text(buf, event->status);
    tt_buf_add_text(buf, "</text></g>");
}

void tt_html_lanes(struct tt_buf *buf, const struct tt_lane_event *events, size_t count)
{
    size_t drawn = count < DRAWN_MAX ? count : DRAWN_MAX;
    int width = place_x(drawn) + 40, below = TOP + DROP;
    tt_buf_addf(buf,
                "<svg role=\"img\" aria-label=\"arrival order above, event time order below\" "
                "width=\"%d\" height=\"%d\" "
                "viewBox=\"0 0 %d %d\">",
                width, below + BOX_HEIGHT + 6, width, below + BOX_HEIGHT + 6);
    tt_buf_addf(buf,
                "<text class=\"lane\" x=\"0\" y=\"%d\">arrival</text><text class=\"lane\" x=\"0\" "
                "y=\"%d\">event time</text>",
                TOP + 16, below + 16);
    for (size_t i = 0; i < drawn; i++) {
        if (events[i].duplicate || events[i].time_rank >= drawn)
            continue;
        tt_buf_addf(buf, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
                    events[i].time_rank == i ? "" : "moved", place_x(i) + BOX_WIDTH / 2,
                    TOP + BOX_HEIGHT, place_x(events[i].time_rank) + BOX_WIDTH / 2, below);
    }
    for (size_t i = 0; i < drawn; i++) {
        add_box(buf, &events[i], i, TOP, false);
        if (!events[i].duplicate && events[i].time_rank < drawn)
            add_box(buf, &events[i], events[i].time_rank, below, true);
    }
    if (count > drawn)
        tt_buf_addf(buf, "<text class=\"lane\" x=\"%d\" y=\"%d\">+%zu</text>", place_x(drawn),
                    TOP + 16, count - drawn);
    tt_buf_add_text(buf, "</svg>");
}
