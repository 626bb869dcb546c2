/* One task for a terminal: the verdict, two lanes, the contradiction in words, every event. */
#include "core/base/time.h"
#include "reports/task_words.h"
#include "reports/text_parts.h"
#include "reports/words.h"
#include <stdio.h>

enum { SHORT_COLUMNS = 12, LABEL_COLUMNS = 9, TASK_BANDS = 6 };

/* ---- Head ---- */

static void add_side(struct tt_render *render, const char *side, struct tt_str status,
                     int64_t since_us)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_addf(buf, "  %-21s", side);
    if (status.ptr == NULL) {
        tt_buf_add_text(buf, "nothing\n");
        return;
    }
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_words_add(buf, status, 40);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    if (since_us != TT_TIME_NONE) {
        tt_buf_add_text(buf, "  event time ");
        tt_buf_add_time(buf, since_us);
    }
    tt_buf_add_char(buf, '\n');
}

static int64_t last_arrival_time(const struct tt_task_picture *picture)
{
    for (size_t i = picture->event_count; i-- > 0;)
        if (!picture->events[i].duplicate)
            return picture->events[i].event_time_us;
    return TT_TIME_NONE;
}

static void add_head(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "TASK ");
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_words_add(buf, picture->task->task_id, 0);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    if (!tt_str_equal(picture->task->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " of ");
        tt_words_add(buf, picture->task->tenant, 0);
    }
    if (picture->task->task_type.ptr != NULL) {
        tt_buf_add_text(buf, "  (");
        tt_words_add(buf, picture->task->task_type, 40);
        tt_buf_add_char(buf, ')');
    }
    tt_buf_add_text(buf, "  ");
    tt_text_colour(render, tt_text_verdict_colour(picture->task->verdict));
    tt_buf_add_text(buf, tt_verdict_name(picture->task->verdict));
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_text(buf, "\n\n");
    add_side(render, "last by arrival", picture->arrival_final_status, last_arrival_time(picture));
    if (render->report->from_store)
        add_side(render, "applied (the store)", picture->stored_status,
                 picture->stored_event_time_us);
    add_side(render, "replayed", picture->replayed_status, picture->replayed_since_us);
    tt_buf_add_char(buf, '\n');
}

/* ---- Words ---- */

static void add_words(void *context, const char *label, struct tt_str text)
{
    struct tt_render *render = context;
    tt_buf_addf(&render->buf, "  %-*s", LABEL_COLUMNS, label);
    tt_text_wrap(render, text, LABEL_COLUMNS + 2);
    tt_buf_add_char(&render->buf, '\n');
}

/* ---- Events ---- */

/* A fact about the event, behind others: "received ...". */
static void add_fact(struct tt_render *render, bool *first, const char *label, struct tt_str text)
{
    struct tt_buf fact;
    tt_buf_init(&fact, 4096);
    tt_buf_add_text(&fact, *first ? "" : ", ");
    tt_buf_add_text(&fact, label);
    tt_buf_add_char(&fact, ' ');
    tt_words_add(&fact, text, 48);
    tt_buf_add_str(&render->buf, tt_buf_str(&fact));
    tt_buf_done(&fact);
    *first = false;
}

static void add_time_fact(struct tt_render *render, bool *first, const char *label, int64_t us)
{
    char text[TT_TIME_TEXT_BYTES];
    if (us == TT_TIME_NONE)
        return;
    tt_time_format(us, text);
    add_fact(render, first, label, tt_str_from(text));
}

static void add_number_fact(struct tt_render *render, bool *first, const char *label,
                            long long number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", number);
    add_fact(render, first, label, tt_str_from(text));
}

/* What else is known of the event, on a line of its own. */
static void add_facts(struct tt_render *render, const struct tt_lane_event *event)
{
    struct tt_buf *buf = &render->buf;
    size_t start = buf->len;
    bool first = true;
    tt_buf_addf(buf, "%14s", "");
    tt_text_colour(render, TT_COLOUR_DIM);
    add_time_fact(render, &first, "received", event->received_at_us);
    add_time_fact(render, &first, "applied", event->applied_at_us);
    if (event->source.ptr != NULL)
        add_fact(render, &first, "source", event->source);
    if (event->has_seq)
        add_number_fact(render, &first, "seq", (long long)event->seq);
    if (event->event_id.ptr != NULL)
        add_fact(render, &first, "id", event->event_id);
    if (event->arrival != (uint64_t)event->arrival_rank + 1)
        add_number_fact(render, &first, "arrival", (long long)event->arrival);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_char(buf, '\n');
    if (first)
        buf->len = start; /* nothing else is known */
}

static void add_event(struct tt_render *render, const struct tt_lane_event *event)
{
    struct tt_buf *buf = &render->buf;
    char name[24];
    snprintf(name, sizeof name, "E%llu", (unsigned long long)event->arrival_rank + 1);
    tt_buf_addf(buf, "  %6s  ", name);
    if (event->duplicate)
        tt_buf_add_text(buf, "   -");
    else
        tt_buf_addf(buf, "%4llu", (unsigned long long)event->time_rank + 1);
    tt_buf_add_text(buf, "  ");
    tt_buf_add_time(buf, event->event_time_us);
    tt_buf_add_text(buf, "  ");
    tt_words_add(buf, event->status, 0);
    const char *marks[] = {event->late ? "late" : NULL, event->duplicate ? "copy" : NULL,
                           event->violates ? "step not allowed" : NULL};
    const char *joint = "  <- ";
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i] == NULL)
            continue;
        tt_buf_add_text(buf, joint);
        tt_text_colour(render, i == 2 ? TT_COLOUR_RED : TT_COLOUR_YELLOW);
        tt_buf_add_text(buf, marks[i]);
        tt_text_colour(render, TT_COLOUR_PLAIN);
        joint = ", ";
    }
    tt_buf_add_char(buf, '\n');
    add_facts(render, event);
}

static enum tt_err add_events(struct tt_render *render)
{
    enum tt_err err = TT_OK;
    tt_buf_add_text(&render->buf, "\n  arrival  time  event time                   status\n");
    for (size_t i = 0; i < render->picture->event_count && err == TT_OK; i++) {
        add_event(render, &render->picture->events[i]);
        err = tt_render_flush(render, false);
    }
    return err;
}

enum tt_err tt_render_task_text(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    struct tt_short_names names = {.columns = SHORT_COLUMNS};
    const struct tt_task_words_sink sink = {render, add_words};
    add_head(render);
    enum tt_err err = tt_text_lanes(render, &names, picture->events, picture->event_count,
                                    picture->event_count, 2, TASK_BANDS);
    if (err != TT_OK)
        return err;
    tt_buf_add_char(&render->buf, '\n');
    tt_text_marks(render, 2);
    tt_text_short_names(render, &names, 2);
    tt_buf_add_char(&render->buf, '\n');
    tt_task_words(picture, &sink);
    return add_events(render);
}
