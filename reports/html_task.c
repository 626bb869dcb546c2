/* One task in full as HTML: the sides, the picture, the contradiction in words, every event. */
#include "core/base/time.h"
#include "reports/html_parts.h"
#include "reports/task_words.h"
#include "reports/words.h"

enum { EVENTS_MAX = 5000, NAME_CHARACTERS = 200 };

static void add_side(struct tt_buf *buf, const char *side, struct tt_str status, int64_t us)
{
    tt_buf_addf(buf, "<dt>%s</dt><dd>", side);
    if (status.ptr == NULL)
        tt_buf_add_text(buf, "nothing");
    else {
        tt_buf_add_text(buf, "<b>");
        tt_html_cut(buf, status, NAME_CHARACTERS);
        tt_buf_add_text(buf, "</b>");
    }
    if (us != TT_TIME_NONE) {
        tt_buf_add_text(buf, " <span class=\"soft\">event time ");
        tt_buf_add_time(buf, us);
        tt_buf_add_text(buf, "</span>");
    }
    tt_buf_add_text(buf, "</dd>");
}

static void add_line(void *context, const char *label, struct tt_str text)
{
    struct tt_buf *buf = context;
    tt_buf_addf(buf, "<dt>%s</dt><dd>", label);
    tt_html_text(buf, text);
    tt_buf_add_text(buf, "</dd>\n");
}

static void add_time_cell(struct tt_buf *buf, int64_t us)
{
    tt_buf_add_text(buf, "<td class=\"t\">");
    if (us != TT_TIME_NONE)
        tt_buf_add_time(buf, us);
    tt_buf_add_text(buf, "</td>");
}

static void add_text_cell(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add_text(buf, "<td>");
    if (text.ptr != NULL)
        tt_html_cut(buf, text, NAME_CHARACTERS);
    tt_buf_add_text(buf, "</td>");
}

/* Which columns the table has: what no event tells has none. */
struct columns {
    bool received, applied, source, seq, id;
};

static struct columns choose_columns(const struct tt_task_picture *picture)
{
    struct columns columns = {0};
    for (size_t i = 0; i < picture->event_count; i++) {
        const struct tt_lane_event *event = &picture->events[i];
        columns.received = columns.received || event->received_at_us != TT_TIME_NONE;
        columns.applied = columns.applied || event->applied_at_us != TT_TIME_NONE;
        columns.source = columns.source || event->source.ptr != NULL;
        columns.seq = columns.seq || event->has_seq;
        columns.id = columns.id || event->event_id.ptr != NULL;
    }
    return columns;
}

static void add_event_head(struct tt_buf *buf, const struct columns *columns)
{
    tt_buf_add_text(buf, "<h2>Events, as they arrived</h2>\n<div class=\"scroll\"><table><thead>"
                         "<tr><th class=\"n\">by arrival</th><th class=\"n\">by time</th><th>event "
                         "time</th><th>status</th><th></th>");
    tt_buf_addf(buf, "%s%s%s%s%s", columns->received ? "<th>received</th>" : "",
                columns->applied ? "<th>applied</th>" : "",
                columns->source ? "<th>source</th>" : "",
                columns->seq ? "<th class=\"n\">seq</th>" : "", columns->id ? "<th>id</th>" : "");
    tt_buf_add_text(buf, "<th class=\"n\">arrival</th></tr></thead><tbody>\n");
}

static void add_event(struct tt_buf *buf, const struct columns *columns,
                      const struct tt_lane_event *event)
{
    tt_buf_addf(buf, "<tr><td class=\"n\">E%llu</td><td class=\"n\">",
                (unsigned long long)event->arrival_rank + 1);
    if (!event->duplicate)
        tt_buf_add_uint(buf, (uint64_t)event->time_rank + 1);
    tt_buf_add_text(buf, "</td>");
    add_time_cell(buf, event->event_time_us);
    add_text_cell(buf, event->status);
    tt_buf_addf(buf, "<td class=\"t\">%s%s%s</td>",
                event->late ? "<span class=\"warning\">late</span> " : "",
                event->duplicate ? "a copy " : "",
                event->violates ? "<span class=\"error\">step not allowed</span>" : "");
    if (columns->received)
        add_time_cell(buf, event->received_at_us);
    if (columns->applied)
        add_time_cell(buf, event->applied_at_us);
    if (columns->source)
        add_text_cell(buf, event->source);
    if (columns->seq) {
        tt_buf_add_text(buf, "<td class=\"n\">");
        if (event->has_seq)
            tt_buf_add_int(buf, event->seq);
        tt_buf_add_text(buf, "</td>");
    }
    if (columns->id)
        add_text_cell(buf, event->event_id);
    tt_buf_addf(buf, "<td class=\"n\">%llu</td></tr>\n", (unsigned long long)event->arrival);
}

static enum tt_err add_events(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    const struct columns columns = choose_columns(picture);
    enum tt_err err = TT_OK;
    add_event_head(&render->buf, &columns);
    for (size_t i = 0; i < picture->event_count && i < EVENTS_MAX && err == TT_OK; i++) {
        add_event(&render->buf, &columns, &picture->events[i]);
        err = tt_render_flush(render, false);
    }
    tt_buf_add_text(&render->buf, "</tbody></table></div>\n");
    if (picture->event_count > EVENTS_MAX) {
        tt_buf_add_text(&render->buf, "<p class=\"soft\">And ");
        tt_words_add_count(&render->buf, picture->event_count - EVENTS_MAX);
        tt_buf_add_text(&render->buf, " more.</p>\n");
    }
    return err;
}

static int64_t last_arrival_time(const struct tt_task_picture *picture)
{
    for (size_t i = picture->event_count; i-- > 0;)
        if (!picture->events[i].duplicate)
            return picture->events[i].event_time_us;
    return TT_TIME_NONE;
}

enum tt_err tt_html_task(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    struct tt_buf *buf = &render->buf;
    const char *verdict = tt_verdict_name(picture->task->verdict);
    const struct tt_task_words_sink sink = {buf, add_line};
    tt_buf_addf(buf, "<dl><dt>verdict</dt><dd><b class=\"%s\">%s</b></dd>", verdict, verdict);
    add_side(buf, "last by arrival", picture->arrival_final_status, last_arrival_time(picture));
    if (render->report->from_store)
        add_side(buf, "applied (the store)", picture->stored_status, picture->stored_event_time_us);
    add_side(buf, "replayed", picture->replayed_status, picture->replayed_since_us);
    tt_buf_add_text(buf, "</dl>\n<h2>Both orders</h2>\n");
    tt_html_key(buf);
    tt_buf_addf(buf, "<section class=\"story %s\"><div class=\"scroll\">", verdict);
    enum tt_err err =
        tt_html_lanes(render, picture->events, picture->event_count, picture->event_count);
    if (err != TT_OK)
        return err;
    tt_buf_add_text(buf, "</div></section>\n<h2>In words</h2>\n<dl>");
    tt_task_words(picture, &sink);
    tt_buf_add_text(buf, "</dl>\n");
    return add_events(render);
}
