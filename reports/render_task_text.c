/* One task for a terminal: the verdict, two lanes, the contradiction in words, every event. */
#include "core/base/time.h"
#include "reports/text_parts.h"
#include "reports/words.h"

#include <string.h>

enum { CHAINS_MAX = 4 };

static const struct tt_lane_event *by_arrival(const struct tt_task_picture *picture,
                                              uint64_t arrival)
{
    for (size_t i = 0; i < picture->event_count; i++)
        if (picture->events[i].arrival == arrival)
            return &picture->events[i];
    return NULL;
}

static void add_side(struct tt_render *render, const char *side, struct tt_str status)
{
    if (status.ptr == NULL)
        return;
    tt_buf_addf(&render->buf, "  %s ", side);
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_words_add(&render->buf, status, 40);
    tt_text_colour(render, TT_COLOUR_PLAIN);
}

static void add_head(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "TASK ");
    tt_words_add(buf, picture->task->task_id, 0);
    if (!tt_str_equal(picture->task->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " of ");
        tt_words_add(buf, picture->task->tenant, 0);
    }
    tt_buf_add_text(buf, "  ");
    tt_text_colour(render, tt_text_verdict_colour(picture->task->verdict));
    tt_buf_add_text(buf, tt_verdict_name(picture->task->verdict));
    tt_text_colour(render, TT_COLOUR_PLAIN);
    add_side(render, "by arrival", picture->arrival_final_status);
    add_side(render, "replayed", picture->replayed_status);
    if (render->report->from_store) {
        add_side(render, "stored", picture->stored_status);
        if (picture->stored_status.ptr == NULL)
            tt_buf_add_text(buf, "  stored nothing");
    }
    tt_buf_add_text(buf, "\n\n");
}

static void let(struct tt_render *render, const struct tt_lane_event *event)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_addf(buf, "E%llu = ", (unsigned long long)event->arrival_rank + 1);
    tt_words_add(buf, event->status, 60);
    tt_buf_add_text(buf, ", event time ");
    tt_buf_add_time(buf, event->event_time_us);
    tt_buf_addf(buf, ", arrived as number %llu", (unsigned long long)event->arrival_rank + 1);
    if (event->source.ptr != NULL) {
        tt_buf_add_text(buf, ", from ");
        tt_words_add(buf, event->source, 40);
    }
    tt_buf_add_text(buf, ".\n");
}

static void name(struct tt_buf *buf, const struct tt_lane_event *event)
{
    tt_buf_addf(buf, "E%llu", (unsigned long long)event->arrival_rank + 1);
}

/* A late event: why it belongs before the one that overtook it. */
static void chain_late(struct tt_render *render, const struct tt_finding *finding)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_lane_event *late = by_arrival(render->picture, finding->arrival);
    const struct tt_lane_event *ahead =
        by_arrival(render->picture, finding->late_arrival.behind_arrival);
    if (late == NULL || ahead == NULL)
        return;
    tt_buf_add_text(buf, "  Let      ");
    let(render, ahead);
    tt_buf_add_text(buf, "  Let      ");
    let(render, late);
    tt_buf_add_text(buf, "  Then     ");
    name(buf, late);
    tt_buf_add_text(buf, " happened before ");
    name(buf, ahead);
    tt_buf_add_text(buf, ", because its event time is ");
    tt_buf_add_duration(buf, finding->late_arrival.lateness_us);
    tt_buf_add_text(buf, " earlier");
    if (late->has_seq && ahead->has_seq && late->seq < ahead->seq &&
        tt_str_equal(late->source, ahead->source))
        tt_buf_addf(buf, " and its sequence number %lld is below %lld", (long long)late->seq,
                    (long long)ahead->seq);
    tt_buf_add_text(buf, ".\n  However  ");
    name(buf, ahead);
    tt_buf_add_text(buf, " arrived first");
    if (ahead->applied_at_us != TT_TIME_NONE && late->applied_at_us != TT_TIME_NONE) {
        tt_buf_add_text(buf, " and was applied at ");
        tt_buf_add_time(buf, ahead->applied_at_us);
        tt_buf_add_text(buf, ", ");
        name(buf, late);
        tt_buf_add_text(buf, " at ");
        tt_buf_add_time(buf, late->applied_at_us);
    }
    tt_buf_add_text(buf, ".\n");
}

static void chain_lost(struct tt_render *render, const struct tt_finding *finding)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "  So       whoever keeps what arrived last shows ");
    tt_words_add(buf, finding->lost_update.arrival_final_status, 60);
    tt_buf_add_text(buf, ", although the task is ");
    tt_words_add(buf, finding->status, 60);
    tt_buf_add_text(buf, " since ");
    tt_buf_add_time(buf, finding->event_time_us);
    tt_buf_add_text(buf, ".\n");
}

static void chain_step(struct tt_render *render, const struct tt_finding *finding)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_lane_event *event = by_arrival(render->picture, finding->arrival);
    const struct tt_lane_event *before =
        by_arrival(render->picture, finding->step.previous_arrival);
    if (event == NULL || before == NULL)
        return;
    tt_buf_add_text(buf, "  Step     ");
    name(buf, before);
    tt_buf_add_char(buf, ' ');
    tt_words_add(buf, before->status, 40);
    tt_buf_add_text(buf, " -> ");
    name(buf, event);
    tt_buf_add_char(buf, ' ');
    tt_words_add(buf, event->status, 40);
    tt_buf_addf(buf, " in event time: %s", tt_kind_meaning(finding->kind));
    for (size_t i = 0; finding->kind == TT_KIND_SKIPPED_STATUS && i < finding->step.missing_count;
         i++) {
        tt_buf_add_text(buf, i == 0 ? " (" : ", ");
        tt_words_add(buf, finding->step.missing[i], 40);
        tt_buf_add_text(buf, i + 1 == finding->step.missing_count ? ")" : "");
    }
    tt_buf_add_text(buf, ".\n");
}

static void chain_state(struct tt_render *render, const struct tt_finding *finding)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "  Store    holds ");
    if (finding->state_mismatch.stored_status.ptr == NULL)
        tt_buf_add_text(buf, "no status");
    else
        tt_words_add(buf, finding->state_mismatch.stored_status, 60);
    tt_buf_add_text(buf, ", replaying gives ");
    tt_words_add(buf, finding->status, 60);
    tt_buf_add_text(buf, ".\n");
}

static void chain_other(struct tt_render *render, const struct tt_finding *finding)
{
    tt_buf_add_text(&render->buf, "  Also     ");
    tt_buf_addf(&render->buf, "%s at ", tt_kind_name(finding->kind));
    tt_words_add(&render->buf, finding->status, 40);
    tt_buf_addf(&render->buf, " (arrival %llu): %s.\n", (unsigned long long)finding->arrival,
                tt_kind_meaning(finding->kind));
}

static void add_chains(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    unsigned late = 0, more_late = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct tt_finding *finding = &report->findings[i];
        if (finding->kind != TT_KIND_LATE_ARRIVAL)
            continue;
        if (late < CHAINS_MAX)
            chain_late(render, finding);
        late < CHAINS_MAX ? late++ : more_late++;
    }
    if (more_late > 0)
        tt_buf_addf(&render->buf, "  ...      and %u more late events.\n", more_late);
    unsigned told[TT_KIND_COUNT] = {0};
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].kind == TT_KIND_LOST_UPDATE)
            chain_lost(render, &report->findings[i]);
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct tt_finding *finding = &report->findings[i];
        if (++told[finding->kind] > CHAINS_MAX)
            continue;
        switch (finding->kind) {
        case TT_KIND_LATE_ARRIVAL:
        case TT_KIND_LOST_UPDATE: break;
        case TT_KIND_ILLEGAL_TRANSITION:
        case TT_KIND_AFTER_TERMINAL:
        case TT_KIND_SKIPPED_STATUS:
        case TT_KIND_REPEATED_STATUS: chain_step(render, finding); break;
        case TT_KIND_STATE_MISMATCH: chain_state(render, finding); break;
        default: chain_other(render, finding); break;
        }
    }
    if (report->finding_count == 0)
        tt_buf_add_text(&render->buf,
                        "  Nothing was found: the orders agree and every step is allowed"
                        " (or no lifecycle judges it).\n");
}

static enum tt_err add_events(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    enum tt_err err = TT_OK;
    tt_buf_add_text(
        buf, "\n  by arrival  in time  event time                   status              marks\n");
    for (size_t i = 0; i < render->picture->event_count && err == TT_OK; i++) {
        const struct tt_lane_event *event = &render->picture->events[i];
        tt_buf_addf(buf, "  %10llu  ", (unsigned long long)event->arrival_rank + 1);
        if (event->duplicate)
            tt_buf_add_text(buf, "      -");
        else
            tt_buf_addf(buf, "%7llu", (unsigned long long)event->time_rank + 1);
        tt_buf_add_text(buf, "  ");
        tt_buf_add_time(buf, event->event_time_us);
        tt_buf_add_text(buf, "  ");
        size_t used = tt_words_add(buf, event->status, 19);
        tt_buf_addf(buf, "%*s", (int)(20 - used), "");
        tt_buf_addf(buf, "%s%s%s", event->late ? "late " : "", event->duplicate ? "duplicate " : "",
                    event->violates ? "not-allowed " : "");
        if (event->has_seq)
            tt_buf_addf(buf, "seq=%lld ", (long long)event->seq);
        if (event->source.ptr != NULL) {
            tt_buf_add_text(buf, "source=");
            tt_words_add(buf, event->source, 24);
            tt_buf_add_char(buf, ' ');
        }
        if (event->event_id.ptr != NULL) {
            tt_buf_add_text(buf, "id=");
            tt_words_add(buf, event->event_id, 40);
        }
        while (buf->len > 0 && buf->data[buf->len - 1] == ' ')
            buf->len--;
        tt_buf_add_char(buf, '\n');
        err = tt_render_flush(render, false);
    }
    return err;
}

enum tt_err tt_render_task_text(struct tt_render *render)
{
    add_head(render);
    tt_text_lanes(render, render->picture->events, render->picture->event_count,
                  render->picture->event_count, 2);
    tt_buf_add_text(&render->buf, "  (* late above, not allowed below; = duplicate)\n\n");
    add_chains(render);
    return add_events(render);
}
