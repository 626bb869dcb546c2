/* Both orders of a task as SVG: boxes above by arrival, below by event time, a line from each event
 * to itself, straight for what kept its place (reports/lanes.h). Small numbers above: how long
 * after its time an event was received; below: how long after the one to its left it happened. What
 * is cut is counted. */
#include "core/base/time.h"
#include "reports/html_parts.h"
#include "reports/lanes.h"
#include "reports/short_names.h"
#include "reports/words.h"

#include <stdio.h>

enum {
    BOX_HEIGHT = 24,
    GAP = 10,
    LABEL = 78,
    TOP = 4,
    TIMES = 15, /* height of a row of small numbers */
    DROP = 74,  /* from the top of one lane to that of the other */
    PADDING = 14,
    BOX_WIDTH_MIN = 50,
    DRAWN_MAX = 48
};

struct picture {
    struct tt_buf *buf;
    struct tt_lanes lanes;
    struct tt_short_names names;
    size_t drawn;
    int x[DRAWN_MAX + 1], width[DRAWN_MAX]; /* x[drawn]: behind the last */
    int above, below;                       /* top of each lane; the same where the orders agree */
    bool received;                          /* any event says when */
};

/* About what a sans-serif of 12 pixels takes; wide where writing is wide. */
static int text_width(struct tt_str text)
{
    int width = 0; /* tenths of a pixel */
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool small = (c >= 'a' && c <= 'z') || c == ' ' || c == '.' || c == '-';
        width += c >= 0xe0 ? 130 : c >= 0xc0 ? 75 : c >= 0x80 ? 0 : small ? 65 : 84;
    }
    return width / 10;
}

static struct tt_str status_of(const struct tt_lane_column *column)
{
    return column->above != NULL ? column->above->status : column->below->status;
}

/* ---- Measuring ---- */

static void measure(struct picture *picture)
{
    int x = LABEL;
    for (size_t c = 0; c < picture->drawn; c++) {
        const struct tt_lane_column *column = &picture->lanes.columns[c];
        int width = BOX_WIDTH_MIN;
        if (column->skipped == 0) {
            struct tt_short_name name = tt_short_names_get(&picture->names, status_of(column));
            width = text_width(tt_str_from(name.text)) + PADDING;
        }
        picture->x[c] = x;
        picture->width[c] = width > BOX_WIDTH_MIN ? width : BOX_WIDTH_MIN;
        x += picture->width[c] + GAP;
    }
    picture->x[picture->drawn] = x;
}

static int middle(const struct picture *picture, size_t c)
{
    return picture->x[c] + picture->width[c] / 2;
}

/* ---- Drawing ---- */

static void add_small(struct picture *picture, size_t c, int y, int64_t us)
{
    struct tt_buf *buf = picture->buf;
    tt_buf_addf(buf, "<text class=\"at\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s",
                middle(picture, c), y,
                us < 0   ? "-"
                : us > 0 ? "+"
                         : "");
    if (us == 0)
        tt_buf_add_char(buf, '0');
    else
        tt_buf_add_duration(buf, us < 0 ? -us : us);
    tt_buf_add_text(buf, "</text>");
}

/* The event to the left in the lower lane; NULL: none. */
static const struct tt_lane_event *left_of(const struct picture *picture, size_t c)
{
    while (c-- > 0)
        if (picture->lanes.columns[c].below != NULL)
            return picture->lanes.columns[c].below;
    return NULL;
}

static void add_title(struct tt_buf *buf, const struct tt_lane_event *event)
{
    tt_buf_add_text(buf, "<title>");
    tt_html_cut(buf, event->status, 200);
    tt_buf_add_text(buf, ", event time ");
    tt_buf_add_time(buf, event->event_time_us);
    if (event->received_at_us != TT_TIME_NONE) {
        tt_buf_add_text(buf, ", received ");
        tt_buf_add_time(buf, event->received_at_us);
    }
    if (event->applied_at_us != TT_TIME_NONE) {
        tt_buf_add_text(buf, ", applied ");
        tt_buf_add_time(buf, event->applied_at_us);
    }
    tt_buf_addf(buf, ", arrival %llu%s%s%s</title>", (unsigned long long)event->arrival,
                event->late ? ", late" : "", event->duplicate ? ", a copy" : "",
                event->violates ? ", step not allowed" : "");
}

static void add_box(struct picture *picture, size_t c, const struct tt_lane_event *event,
                    bool in_time)
{
    struct tt_buf *buf = picture->buf;
    int y = in_time ? picture->below : picture->above;
    struct tt_short_name name = tt_short_names_get(&picture->names, event->status);
    const char *mark = in_time && event->violates                  ? "bad"
                       : !in_time && event->duplicate              ? "copy"
                       : !in_time && event->late                   ? "late"
                       : in_time && picture->lanes.columns[c].tied ? "tied"
                                                                   : "";
    tt_buf_add_text(buf, "<g>");
    add_title(buf, event);
    tt_buf_addf(buf, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
                mark, picture->x[c], y, picture->width[c], BOX_HEIGHT);
    tt_buf_addf(buf, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", middle(picture, c), y + 16);
    tt_html_words(buf, name.text);
    tt_buf_add_text(buf, "</text>");
    const struct tt_lane_event *left = in_time ? left_of(picture, c) : NULL;
    if (left != NULL)
        add_small(picture, c, y + BOX_HEIGHT + TIMES - 3,
                  event->event_time_us - left->event_time_us);
    bool shows_receipt = !in_time || picture->above == picture->below;
    if (shows_receipt && event->received_at_us != TT_TIME_NONE)
        add_small(picture, c, y - 4, event->received_at_us - event->event_time_us);
    tt_buf_add_text(buf, "</g>");
}

static void add_line(struct picture *picture, size_t from, size_t to)
{
    tt_buf_addf(picture->buf, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
                from == to ? "" : "moved", middle(picture, from), picture->above + BOX_HEIGHT,
                middle(picture, to), picture->below);
}

static void add_lines(struct picture *picture)
{
    const struct tt_lane_column *columns = picture->lanes.columns;
    for (size_t a = 0; a < picture->drawn; a++) {
        if (columns[a].above == NULL || columns[a].above->duplicate)
            continue;
        for (size_t b = 0; b < picture->drawn; b++)
            if (columns[b].below == columns[a].above)
                add_line(picture, a, b);
    }
}

static void add_skipped(struct picture *picture, size_t c)
{
    for (int lane = 0; lane < (picture->above == picture->below ? 1 : 2); lane++)
        tt_buf_addf(
            picture->buf,
            "<text class=\"lane\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">.. %zu ..</text>",
            middle(picture, c), (lane == 0 ? picture->above : picture->below) + 16,
            picture->lanes.columns[c].skipped);
}

static void draw(struct picture *picture, uint64_t beyond)
{
    struct tt_buf *buf = picture->buf;
    bool agree = picture->above == picture->below;
    int width = picture->x[picture->drawn] + (beyond > 0 ? 60 : 0),
        height = picture->below + BOX_HEIGHT + TIMES + 4;
    tt_buf_addf(buf,
                "<svg role=\"img\" aria-label=\"arrival order above, event time order below\" "
                "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">",
                width, height, width, height);
    if (picture->received)
        tt_buf_addf(buf, "<text class=\"at\" x=\"0\" y=\"%d\">received after</text>",
                    picture->above - 4);
    tt_buf_addf(buf, "<text class=\"at\" x=\"0\" y=\"%d\">gap</text>",
                picture->below + BOX_HEIGHT + TIMES - 3);
    tt_buf_addf(buf, "<text class=\"lane\" x=\"0\" y=\"%d\">%s</text>", picture->above + 16,
                agree ? "both orders" : "arrival");
    if (!agree)
        tt_buf_addf(buf, "<text class=\"lane\" x=\"0\" y=\"%d\">event time</text>",
                    picture->below + 16);
    if (!agree)
        add_lines(picture);
    for (size_t c = 0; c < picture->drawn; c++) {
        const struct tt_lane_column *column = &picture->lanes.columns[c];
        if (column->skipped > 0)
            add_skipped(picture, c);
        if (column->above != NULL && !(agree && column->below != NULL))
            add_box(picture, c, column->above, false);
        if (column->below != NULL)
            add_box(picture, c, column->below, true);
    }
    if (beyond > 0)
        tt_buf_addf(buf, "<text class=\"lane\" x=\"%d\" y=\"%d\">+%llu more</text>",
                    picture->x[picture->drawn], picture->above + 16, (unsigned long long)beyond);
    tt_buf_add_text(buf, "</svg>");
}

enum tt_err tt_html_lanes(struct tt_render *render, const struct tt_lane_event *events,
                          size_t count, uint64_t total)
{
    struct picture picture = {.buf = &render->buf, .names = {.columns = TT_SHORT_COLUMNS_MAX}};
    if (tt_lanes_make(events, count, &picture.lanes) != TT_OK)
        return tt_fault_set(render->fault, TT_ERR_NO_MEMORY, "report: out of memory");
    uint64_t beyond = total - count;
    picture.drawn = picture.lanes.count < DRAWN_MAX ? picture.lanes.count : DRAWN_MAX;
    for (size_t c = picture.drawn; c < picture.lanes.count; c++)
        beyond += picture.lanes.columns[c].skipped + (picture.lanes.columns[c].above != NULL);
    for (size_t i = 0; i < count; i++)
        picture.received = picture.received || events[i].received_at_us != TT_TIME_NONE;
    picture.above = TOP + (picture.received ? TIMES : 0);
    picture.below = picture.above + (picture.lanes.moved == 0 ? 0 : DROP);
    measure(&picture);
    draw(&picture, beyond);
    tt_lanes_done(&picture.lanes);
    return TT_OK;
}

/* Pieces of their own, so that a narrow window puts them below one another. */
void tt_html_key(struct tt_buf *buf)
{
    static const char *const keys[][2] = {
        {"late", "late"}, {"bad", "step not allowed"}, {"copy", "a copy"}, {"tied", "equal times"}};
    tt_buf_add_text(buf, "<p class=\"key\">");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        tt_buf_addf(buf,
                    "<span><svg aria-hidden=\"true\" width=\"24\" height=\"16\"><rect class=\"%s\" "
                    "x=\"1\" y=\"1\" width=\"22\" height=\"14\" rx=\"3\"/></svg>%s</span>",
                    keys[i][0], keys[i][1]);
    tt_buf_add_text(buf, "</p>\n");
}
