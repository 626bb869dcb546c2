/* Two lanes in text. Every event that kept its place is a column in both lanes; one that moved has
 * a column in each, and a line from the one to the other:
 *
 *   arrival     CREATED           QUEUED  RUNNING*  DONE
 *               |        v--------|-------+         |
 *   event time  CREATED  RUNNING  QUEUED            DONE
 *
 * What is too wide for one line goes on below, and letters stand for the lines: a:RUNNING* above,
 * a:RUNNING below. Where the orders agree, one lane says so. Marks behind a status: * late, = a
 * copy, ! the step into it is not allowed, ~ equal times. */
#include "reports/lanes.h"
#include "reports/text_parts.h"
#include "reports/words.h"

#include <stdio.h>

enum {
    LABEL_COLUMNS = 12,
    GAP = 2,
    COLUMNS_MAX = 48,
    MOVES_MAX = 8,
    TOTAL_COLUMNS = 8,
    LETTER = 2
};

/* A column as it is drawn. */
struct drawn {
    struct tt_short_name name;
    size_t x, width; /* from the first column of its band on; without the gap */
    size_t band;     /* line of the page: both lanes are broken there */
    size_t move;     /* number of its line, SIZE_MAX: none */
};

struct drawing {
    struct tt_render *render;
    struct tt_short_names *names;
    struct tt_lanes lanes;
    struct drawn drawn[COLUMNS_MAX];
    size_t count, bands, indent, width, moves;
    uint64_t beyond; /* events that are not drawn */
};

static void spaces(struct tt_buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tt_buf_add_char(buf, ' ');
}

static void end_line(struct tt_buf *buf)
{
    while (buf->len > 0 && buf->data[buf->len - 1] == ' ')
        buf->len--;
    tt_buf_add_char(buf, '\n');
}

/* ---- Marks ---- */

enum { MARKS_MAX = 4 };

static size_t marks_of(const struct drawing *drawing, size_t c, bool above, bool below,
                       char marks[MARKS_MAX])
{
    const struct tt_lane_column *column = &drawing->lanes.columns[c];
    size_t count = 0;
    if (above && column->above != NULL && column->above->late)
        marks[count++] = '*';
    if (above && column->above != NULL && column->above->duplicate)
        marks[count++] = '=';
    if (below && column->below != NULL && column->below->violates)
        marks[count++] = '!';
    if (below && drawing->lanes.columns[c].tied)
        marks[count++] = '~';
    return count;
}

/* ---- Measuring ---- */

static struct tt_short_name name_of(const struct drawing *drawing, size_t c, bool whole)
{
    const struct tt_lane_column *column = &drawing->lanes.columns[c];
    struct tt_short_name name = {0};
    if (column->skipped > 0) {
        snprintf(name.text, sizeof name.text, "..%zu..", column->skipped);
        name.columns = strlen(name.text);
        return name;
    }
    struct tt_str status = column->above != NULL ? column->above->status : column->below->status;
    if (!whole)
        return tt_short_names_get(drawing->names, status);
    struct tt_short_names alone = {.columns = TT_SHORT_COLUMNS_MAX};
    return tt_short_names_get(&alone, status);
}

static bool has_moved(const struct drawing *drawing, size_t c)
{
    const struct tt_lane_column *column = &drawing->lanes.columns[c];
    return column->above != column->below && (column->above == NULL || !column->above->duplicate);
}

/* Places as many columns as fit into so many bands; whether all do. */
static bool place(struct drawing *drawing, bool whole, size_t bands)
{
    size_t x = 0, band = 0, room = drawing->width - drawing->indent - LABEL_COLUMNS;
    bool one_lane = drawing->lanes.moved == 0;
    drawing->count = 0;
    for (size_t c = 0; c < drawing->lanes.count && drawing->count < COLUMNS_MAX; c++) {
        struct drawn *drawn = &drawing->drawn[drawing->count];
        char marks[MARKS_MAX];
        size_t above = marks_of(drawing, c, true, one_lane, marks),
               below = marks_of(drawing, c, one_lane, true, marks);
        bool last = c + 1 == drawing->lanes.count || band + 1 < bands;
        *drawn = (struct drawn){.name = name_of(drawing, c, whole), .move = SIZE_MAX};
        drawn->width = drawn->name.columns + (above > below ? above : below) +
                       (bands > 1 && has_moved(drawing, c) ? LETTER : 0);
        if (x + drawn->width + (last ? 0 : TOTAL_COLUMNS) > room && x > 0) {
            if (band + 1 == bands)
                return false;
            band++;
            x = 0;
        }
        drawn->x = x;
        drawn->band = band;
        x += drawn->width + GAP;
        drawing->count++;
        drawing->bands = band + 1;
    }
    return drawing->count == drawing->lanes.count;
}

/* What is not drawn, in events that arrived. */
static uint64_t count_beyond(const struct drawing *drawing, size_t count, uint64_t total)
{
    uint64_t beyond = total - count;
    for (size_t c = drawing->count; c < drawing->lanes.count; c++) {
        const struct tt_lane_column *column = &drawing->lanes.columns[c];
        beyond += column->skipped + (column->above != NULL);
    }
    return beyond;
}

/* Numbers the lines: both ends of an event that moved get the same number. An end that is not drawn
 * leaves the other alone with it. */
static void number_moves(struct drawing *drawing)
{
    for (size_t a = 0; a < drawing->count; a++) {
        const struct tt_lane_column *above = &drawing->lanes.columns[a];
        if (above->above == NULL || above->below != NULL || above->above->duplicate)
            continue;
        drawing->drawn[a].move = drawing->moves;
        for (size_t b = 0; b < drawing->count; b++)
            if (drawing->lanes.columns[b].above == NULL &&
                drawing->lanes.columns[b].below == above->above)
                drawing->drawn[b].move = drawing->moves;
        drawing->moves++;
    }
    for (size_t b = 0; b < drawing->count; b++)
        if (drawing->lanes.columns[b].above == NULL && drawing->lanes.columns[b].below != NULL &&
            drawing->drawn[b].move == SIZE_MAX)
            drawing->drawn[b].move = drawing->moves++;
}

/* ---- Drawing ---- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ#";

/* One event in one lane, filled up to its column's width and the gap. */
static void add_event(struct drawing *drawing, size_t c, bool above, bool below,
                      const struct tt_lane_event *event)
{
    struct tt_render *render = drawing->render;
    struct tt_buf *buf = &render->buf;
    const struct drawn *drawn = &drawing->drawn[c];
    char marks[MARKS_MAX];
    size_t count = marks_of(drawing, c, above, below, marks), used = drawn->name.columns + count;
    enum tt_colour colour = memchr(marks, '!', count) != NULL            ? TT_COLOUR_RED
                            : event == NULL                              ? TT_COLOUR_DIM
                            : above && (event->late || event->duplicate) ? TT_COLOUR_YELLOW
                                                                         : TT_COLOUR_PLAIN;
    if (colour != TT_COLOUR_PLAIN)
        tt_text_colour(render, colour);
    if (drawing->bands > 1 && drawn->move != SIZE_MAX) {
        size_t letter = drawn->move < sizeof letters - 2 ? drawn->move : sizeof letters - 2;
        tt_buf_addf(buf, "%c:", letters[letter]);
        used += LETTER;
    }
    tt_buf_add_text(buf, drawn->name.text);
    tt_buf_add(buf, marks, count);
    if (colour != TT_COLOUR_PLAIN)
        tt_text_colour(render, TT_COLOUR_PLAIN);
    spaces(buf, drawn->width + GAP - used);
}

static void add_lane(struct drawing *drawing, size_t band, const char *label, bool above,
                     bool below)
{
    struct tt_buf *buf = &drawing->render->buf;
    spaces(buf, drawing->indent);
    tt_buf_addf(buf, "%-*s", LABEL_COLUMNS, label);
    for (size_t c = 0; c < drawing->count; c++) {
        const struct tt_lane_column *column = &drawing->lanes.columns[c];
        if (drawing->drawn[c].band != band)
            continue;
        const struct tt_lane_event *event = above && column->above != NULL ? column->above
                                            : below                        ? column->below
                                                                           : NULL;
        if (event == NULL && column->skipped == 0)
            spaces(buf, drawing->drawn[c].width + GAP);
        else
            add_event(drawing, c, above, below, event);
    }
    if (above && drawing->beyond > 0 && band + 1 == drawing->bands)
        tt_buf_addf(buf, "+%llu", (unsigned long long)drawing->beyond);
    end_line(buf);
}

/* One row of the lines between the lanes: the path of move number `row`, the others' straight
 * pieces. There is one band. */
static void add_row(struct drawing *drawing, size_t row)
{
    struct tt_buf *buf = &drawing->render->buf;
    size_t from = 0, to = 0, end = 0;
    char line[256];
    memset(line, ' ', sizeof line);
    for (size_t c = 0; c < drawing->count; c++) {
        const struct tt_lane_column *column = &drawing->lanes.columns[c];
        const struct drawn *drawn = &drawing->drawn[c];
        bool starts = column->above != NULL && drawn->move != SIZE_MAX;
        if (drawn->x >= sizeof line)
            break;
        end = drawn->x + 1;
        if (drawn->move == SIZE_MAX)
            line[drawn->x] = column->above != NULL && column->below != NULL ? '|' : ' ';
        else if (drawn->move != row)
            line[drawn->x] = starts == (row < drawn->move) ? '|' : ' ';
        else
            *(starts ? &from : &to) = drawn->x;
    }
    for (size_t x = from < to ? from : to; x < (from < to ? to : from); x++)
        line[x] = line[x] == ' ' ? '-' : line[x];
    line[from] = '+';
    line[to] = 'v';
    spaces(buf, drawing->indent + LABEL_COLUMNS);
    tt_buf_add(buf, line, end);
    end_line(buf);
}

static void draw(struct drawing *drawing)
{
    bool agree = drawing->lanes.moved == 0;
    for (size_t band = 0; band < drawing->bands; band++) {
        if (agree) {
            add_lane(drawing, band, band == 0 ? "both orders" : "", true, true);
            continue;
        }
        add_lane(drawing, band, "arrival", true, false);
        for (size_t row = 0; row < drawing->moves && drawing->bands == 1; row++)
            add_row(drawing, row);
        add_lane(drawing, band, "event time", false, true);
        if (band + 1 < drawing->bands)
            tt_buf_add_char(&drawing->render->buf, '\n');
    }
}

enum tt_err tt_text_lanes(struct tt_render *render, struct tt_short_names *names,
                          const struct tt_lane_event *events, size_t count, uint64_t total,
                          size_t indent, size_t bands)
{
    struct drawing drawing = {
        .render = render, .names = names, .indent = indent, .width = (size_t)tt_text_width(render)};
    if (tt_lanes_make(events, count, &drawing.lanes) != TT_OK)
        return tt_fault_set(render->fault, TT_ERR_NO_MEMORY, "report: out of memory");
    /* Lines are drawn where everything is on one line of the page, and they are not too many. */
    const struct tt_short_names before = *names;
    bool lines =
        drawing.lanes.moved <= MOVES_MAX && (place(&drawing, true, 1) || place(&drawing, false, 1));
    if (!lines && place(&drawing, true, bands))
        *names = before; /* what was shortened on trial */
    else if (!lines)
        place(&drawing, false, bands);
    drawing.beyond = count_beyond(&drawing, count, total);
    number_moves(&drawing);
    render->has_letters |= drawing.bands > 1 && drawing.moves > 0;
    draw(&drawing);
    tt_lanes_done(&drawing.lanes);
    return TT_OK;
}

void tt_text_marks(struct tt_render *render, size_t indent)
{
    spaces(&render->buf, indent);
    tt_buf_add_text(&render->buf,
                    "* late    ! step not allowed    = copy    ~ equal times    ..9.. nine more\n");
    if (!render->has_letters)
        return;
    spaces(&render->buf, indent);
    tt_buf_add_text(&render->buf, "a: the same event in both orders    +9 nine more at the end\n");
}

void tt_text_short_names(struct tt_render *render, const struct tt_short_names *names,
                         size_t indent)
{
    struct tt_buf *buf = &render->buf;
    for (size_t i = 0; i < names->count; i++) {
        if (!tt_short_name_lost(&names->list[i]))
            continue;
        spaces(buf, indent);
        tt_buf_add_text(buf, names->list[i].text);
        spaces(buf, names->columns - names->list[i].columns);
        tt_buf_add_text(buf, " = ");
        tt_words_add(buf, names->list[i].full, (size_t)tt_text_width(render) - indent - 16);
        tt_buf_add_char(buf, '\n');
    }
}
