/* Two lanes in text. Every event is a column: its status above in arrival order, below in time
 * order, and between them a line from its place above to its place below where the places differ:
 *
 *   arrival     CREATED   RUNNING   QUEUED    SUCCEEDED
 *                  |          \-------/-----
 *   event time  CREATED   QUEUED    RUNNING   SUCCEEDED
 *
 * Lines are drawn on a small grid, one row per moved event; duplicates stand in the arrival lane
 * alone. */
#include "reports/text_parts.h"
#include "reports/words.h"

enum {
    LABEL_WIDTH = 12,
    COLUMN_MAX = 18,
    COLUMN_MIN = 6,
    COLUMN_FAIR = 11,
    LANES_MAX = 24,
    MOVES_MAX = 8
};

static size_t characters(struct tt_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static void spaces(struct tt_buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tt_buf_add_char(buf, ' ');
}

/* As wide as the widest status, but narrower where that shows more of a long history. */
static size_t column_width(const struct tt_lane_event *events, size_t count, size_t room)
{
    size_t widest = COLUMN_MIN;
    for (size_t i = 0; i < count; i++) {
        size_t width = characters(events[i].status) + 2;
        if (width > widest)
            widest = width;
    }
    size_t fair = room / count < COLUMN_FAIR ? COLUMN_FAIR : room / count;
    size_t most = fair < COLUMN_MAX ? fair : COLUMN_MAX;
    return widest > most ? most : widest;
}

static void add_status(struct tt_render *render, const struct tt_lane_event *event, size_t width,
                       bool in_time)
{
    bool mark = in_time ? event->violates : event->late || event->duplicate;
    if (mark)
        tt_text_colour(render, in_time ? TT_COLOUR_RED : TT_COLOUR_YELLOW);
    size_t used = tt_words_add(&render->buf, event->status, width - 2);
    if (mark) {
        tt_buf_add_char(&render->buf, event->duplicate ? '=' : '*');
        used++;
        tt_text_colour(render, TT_COLOUR_PLAIN);
    }
    spaces(&render->buf, used < width ? width - used : 1);
}

/* What of a task is drawn: a window over places [from, from + count) of both lanes. */
struct window {
    const struct tt_lane_event *arrival[LANES_MAX];
    const struct tt_lane_event *in_time[LANES_MAX]; /* NULL: outside, or a duplicate's gap */
    size_t from, count, width, indent;
};

static void end_line(struct tt_buf *buf)
{
    while (buf->len > 0 && buf->data[buf->len - 1] == ' ')
        buf->len--;
    tt_buf_add_char(buf, '\n');
}

static bool moved(const struct window *window, size_t column)
{
    const struct tt_lane_event *event = window->arrival[column];
    return !event->duplicate && event->time_rank != window->from + column;
}

/* One row of the grid: the path of a moved event from column `from` to column `to`. */
static void add_move(struct tt_render *render, const struct window *window, size_t from, size_t to)
{
    size_t low = from < to ? from : to, high = from < to ? to : from;
    for (size_t c = 0; c < window->count; c++) {
        bool straight = !window->arrival[c]->duplicate && !moved(window, c);
        tt_buf_add_text(&render->buf, c == from             ? "+"
                                      : c == to             ? "v"
                                      : c > low && c < high ? "-"
                                      : straight            ? "|"
                                                            : " ");
        for (size_t i = 1; i < window->width; i++)
            tt_buf_add_char(&render->buf, c >= low && c < high ? '-' : ' ');
    }
    end_line(&render->buf);
}

static void add_moves(struct tt_render *render, const struct window *window)
{
    size_t drawn = 0;
    for (size_t c = 0; c < window->count && drawn < MOVES_MAX; c++) {
        size_t to = (size_t)window->arrival[c]->time_rank - window->from;
        if (!moved(window, c) || window->arrival[c]->time_rank < window->from ||
            to >= window->count)
            continue;
        spaces(&render->buf, window->indent + LABEL_WIDTH);
        add_move(render, window, c, to);
        drawn++;
    }
}

/* Where to begin so that the first place at which the orders differ is in view. */
static size_t first_place(const struct tt_lane_event *events, size_t count, size_t room)
{
    size_t differs = 0;
    while (differs < count && !events[differs].duplicate && !events[differs].violates &&
           !events[differs].late && events[differs].time_rank == differs)
        differs++;
    if (count <= room || differs == count)
        return 0;
    size_t from = differs < 2 ? 0 : differs - 2;
    return from + room > count ? count - room : from;
}

static struct window open_window(const struct tt_render *render, const struct tt_lane_event *events,
                                 size_t count, size_t indent)
{
    size_t columns = (size_t)tt_text_width(render) - indent - LABEL_WIDTH - 8;
    struct window window = {.width = column_width(events, count, columns), .indent = indent};
    size_t room = columns / window.width;
    if (room > LANES_MAX)
        room = LANES_MAX;
    window.from = first_place(events, count, room);
    window.count = count - window.from < room ? count - window.from : room;
    for (size_t i = 0; i < window.count; i++)
        window.arrival[i] = &events[window.from + i];
    for (size_t i = 0; i < count; i++) {
        size_t place = (size_t)events[i].time_rank - window.from;
        if (!events[i].duplicate && events[i].time_rank >= window.from && place < window.count)
            window.in_time[place] = &events[i];
    }
    return window;
}

void tt_text_lanes(struct tt_render *render, const struct tt_lane_event *events, size_t count,
                   uint64_t total, size_t indent)
{
    struct tt_buf *buf = &render->buf;
    struct window window = open_window(render, events, count, indent);
    spaces(buf, indent);
    tt_buf_addf(buf, "arrival   %s", window.from > 0 ? ".." : "  ");
    for (size_t i = 0; i < window.count; i++)
        add_status(render, window.arrival[i], window.width, false);
    if (total > window.from + window.count)
        tt_buf_addf(buf, "+%llu", (unsigned long long)(total - window.from - window.count));
    end_line(buf);
    add_moves(render, &window);
    spaces(buf, indent);
    tt_buf_addf(buf, "event time%s", window.from > 0 ? ".." : "  ");
    for (size_t i = 0; i < window.count; i++) {
        if (window.in_time[i] == NULL)
            spaces(buf, window.width);
        else
            add_status(render, window.in_time[i], window.width, true);
    }
    end_line(buf);
}
