/* The report for a terminal. */
#include "core/base/time.h"
#include "reports/text_parts.h"
#include "reports/words.h"

#include <string.h>

enum { STORIES_SHOWN = 8, WIDTH_DEFAULT = 100, BAR_WIDTH = 40 };

int tt_text_width(const struct tt_render *render)
{
    return render->options->width == 0 ? WIDTH_DEFAULT : render->options->width;
}

void tt_text_colour(struct tt_render *render, enum tt_colour colour)
{
    static const char *const codes[] = {"\x1b[0m",  "\x1b[1m",  "\x1b[2m",
                                        "\x1b[31m", "\x1b[33m", "\x1b[32m"};
    if (render->options->colour)
        tt_buf_add_text(&render->buf, codes[colour]);
}

enum tt_colour tt_text_severity_colour(enum tt_severity severity)
{
    return severity == TT_SEVERITY_ERROR     ? TT_COLOUR_RED
           : severity == TT_SEVERITY_WARNING ? TT_COLOUR_YELLOW
                                             : TT_COLOUR_DIM;
}

enum tt_colour tt_text_verdict_colour(enum tt_verdict verdict)
{
    return verdict == TT_VERDICT_CLEAN       ? TT_COLOUR_GREEN
           : verdict == TT_VERDICT_VIOLATION ? TT_COLOUR_RED
                                             : TT_COLOUR_YELLOW;
}

static void heading(struct tt_render *render, const char *text)
{
    tt_buf_add_char(&render->buf, '\n');
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_buf_add_text(&render->buf, text);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_char(&render->buf, '\n');
}

static void add_head(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    bool bad = sum->verdicts[TT_VERDICT_CLEAN] != sum->tasks;
    tt_text_colour(render, bad ? TT_COLOUR_YELLOW : TT_COLOUR_GREEN);
    tt_words_add_verdict(buf, render->report);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_text(buf, "\n");
    if (render->options->subject != NULL) {
        tt_buf_add_text(buf, "Checked: ");
        tt_words_add(buf, tt_str_from(render->options->subject), 0);
    }
    if (sum->first_event_time_us != TT_TIME_NONE) {
        tt_buf_add_text(buf, render->options->subject == NULL ? "Events from " : ", events from ");
        tt_buf_add_time(buf, sum->first_event_time_us);
        tt_buf_add_text(buf, " to ");
        tt_buf_add_time(buf, sum->last_event_time_us);
    }
    tt_buf_add_char(buf, '\n');
}

static void add_cell(struct tt_buf *buf, uint64_t count, int width)
{
    struct tt_buf cell;
    tt_buf_init(&cell, 64);
    tt_words_add_count(&cell, count);
    tt_buf_addf(buf, "%*s", width, cell.len == 0 ? "" : cell.data);
    tt_buf_done(&cell);
}

static void add_table(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    heading(render, "Tasks by the two orders");
    tt_buf_add_text(
        buf, "                                legal in event time    not legal in event time\n"
             "  legal in arrival order      ");
    add_cell(buf, sum->legal[1][1], 21);
    add_cell(buf, sum->legal[1][0], 22);
    tt_buf_add_text(buf, sum->legal[1][0] > 0 ? "  <- clocks are suspect\n" : "\n");
    tt_buf_add_text(buf, "  not legal in arrival order  ");
    add_cell(buf, sum->legal[0][1], 21);
    add_cell(buf, sum->legal[0][0], 22);
    tt_buf_add_text(buf, sum->legal[0][0] > 0 ? "  <- real violations\n" : "\n");
    tt_buf_add_text(buf, "  Verdicts:");
    for (int verdict = 0; verdict < TT_VERDICT_COUNT; verdict++) {
        tt_buf_addf(buf, "%s %s ", verdict == 0 ? "" : ",",
                    tt_verdict_name((enum tt_verdict)verdict));
        tt_words_add_count(buf, sum->verdicts[verdict]);
    }
    tt_buf_add_text(buf, ".\n");
    if (sum->explained_by_reordering > 0) {
        tt_buf_add_text(buf, "  ");
        tt_words_add_counted(buf, sum->explained_by_reordering, "task looks", "tasks look");
        tt_buf_add_text(buf, " wrong only because events arrived out of order.\n");
    }
}

static void add_kinds(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    heading(render, "What was found");
    for (int severity = TT_SEVERITY_ERROR; severity >= TT_SEVERITY_INFO; severity--)
        for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
            uint64_t count = render->report->summary.kinds[kind];
            if (count == 0 || (int)tt_kind_severity((enum tt_kind)kind) != severity)
                continue;
            add_cell(buf, count, 12);
            tt_buf_add_text(buf, "  ");
            tt_text_colour(render, tt_text_severity_colour((enum tt_severity)severity));
            tt_buf_addf(buf, "%-7s", tt_severity_name((enum tt_severity)severity));
            tt_text_colour(render, TT_COLOUR_PLAIN);
            tt_buf_addf(buf, "  %-21s  %s\n", tt_kind_name((enum tt_kind)kind),
                        tt_kind_meaning((enum tt_kind)kind));
        }
    if (render->report->finding_count == 0)
        tt_buf_add_text(buf, "  Nothing.\n");
}

static void add_bucket(struct tt_render *render, int bucket, uint64_t most)
{
    static const char *const names[TT_LATENESS_BUCKETS] = {"< 1 ms", "< 10 ms", "< 100 ms", "< 1 s",
                                                           "< 10 s", "< 1 min", "< 10 min", "< 1 h",
                                                           "< 6 h",  "< 1 day", "< 7 days", "more"};
    uint64_t count = render->report->summary.lateness_buckets[bucket];
    unsigned length = (unsigned)((double)count / (double)most * BAR_WIDTH + 0.999);
    tt_buf_addf(&render->buf, "  %9s  ", names[bucket]);
    for (unsigned i = 0; i < length; i++)
        tt_buf_add_char(&render->buf, '#');
    tt_buf_add_char(&render->buf, length > 0 ? ' ' : '-');
    tt_words_add_count(&render->buf, count);
    tt_buf_add_char(&render->buf, '\n');
}

static void add_lateness(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    uint64_t most = 0;
    int first = TT_LATENESS_BUCKETS, last = -1;
    if (sum->lateness.count == 0)
        return;
    heading(render, "How late");
    for (int bucket = 0; bucket < TT_LATENESS_BUCKETS; bucket++) {
        if (sum->lateness_buckets[bucket] == 0)
            continue;
        first = bucket < first ? bucket : first;
        last = bucket;
        most = sum->lateness_buckets[bucket] > most ? sum->lateness_buckets[bucket] : most;
    }
    for (int bucket = first; bucket <= last; bucket++)
        add_bucket(render, bucket, most);
    tt_buf_add_text(buf, "  A watermark that waits ");
    tt_buf_add_duration(buf, sum->watermark.p99);
    tt_buf_add_text(buf, " of event time would see 99 % of events in order, ");
    tt_buf_add_duration(buf, sum->watermark.p999);
    tt_buf_add_text(buf, " 99.9 %, ");
    tt_buf_add_duration(buf, sum->watermark.max);
    tt_buf_add_text(buf, " all.\n");
    if (sum->hold.count > 0) {
        tt_buf_add_text(buf, "  A buffer that holds every event ");
        tt_buf_add_duration(buf, sum->hold.p99);
        tt_buf_add_text(buf, " after receipt would hand on 99 % in order, ");
        tt_buf_add_duration(buf, sum->hold.p999);
        tt_buf_add_text(buf, " 99.9 %, ");
        tt_buf_add_duration(buf, sum->hold.max);
        tt_buf_add_text(buf, " all.\n");
    }
    tt_buf_add_text(buf, "  ");
    tt_words_add_counted(buf, sum->moves, "event would have to move", "events would have to move");
    tt_buf_add_text(buf, " to put every task in order (");
    tt_words_add_counted(buf, sum->inversions, "inversion", "inversions");
    tt_buf_add_text(buf, ").\n");
}

static void add_story(struct tt_render *render, const struct tt_story *story)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report_task *example = &render->report->tasks[story->example];
    tt_buf_add_text(buf, "\n  ");
    tt_text_colour(render, tt_text_verdict_colour(story->verdict));
    tt_buf_add_text(buf, tt_verdict_name(story->verdict));
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_text(buf, "  ");
    tt_words_add_counted(buf, story->tasks, "task", "tasks");
    tt_buf_add_text(buf, story->tasks == 1 ? ": " : ", for example ");
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_words_add(buf, example->task_id, 60);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    if (!tt_str_equal(example->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " of ");
        tt_words_add(buf, example->tenant, 30);
    }
    tt_buf_add_text(buf, "\n    ");
    for (int kind = 0, shown = 0; kind < TT_KIND_COUNT; kind++)
        if (story->kinds >> kind & 1)
            tt_buf_addf(buf, "%s%s", shown++ == 0 ? "" : ", ", tt_kind_name((enum tt_kind)kind));
    tt_buf_add_char(buf, '\n');
    tt_text_lanes(render, story->events, story->event_count, story->example_events, 4);
}

static enum tt_err add_stories(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    size_t shown = report->story_count < STORIES_SHOWN ? report->story_count : STORIES_SHOWN;
    enum tt_err err = TT_OK;
    if (shown == 0)
        return TT_OK;
    heading(
        render,
        "The worst stories (tasks with the same statuses in the same two orders are one story)");
    for (size_t i = 0; i < shown && err == TT_OK; i++) {
        if (report->stories[i].events != NULL)
            add_story(render, &report->stories[i]);
        err = tt_render_flush(render, false);
    }
    uint64_t rest = 0;
    for (size_t i = shown; i < report->story_count; i++)
        rest += report->stories[i].tasks;
    rest += report->other_tasks;
    if (rest > 0) {
        tt_buf_add_text(&render->buf, "\n  ... and ");
        tt_words_add_count(&render->buf, report->story_count - shown);
        tt_buf_add_text(&render->buf, " more stories of ");
        tt_words_add_counted(&render->buf, rest, "task.\n", "tasks.\n");
    }
    tt_buf_add_text(&render->buf, "  (* late above, not allowed below; = duplicate)\n");
    return err;
}

static void add_not_judged(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report *report = render->report;
    heading(render, "Not judged");
    if (!report->has_lifecycle)
        tt_buf_add_text(buf, "  No lifecycle was given (--lifecycle FILE): no step was judged, "
                             "both orders count as legal.\n");
    else if (report->summary.without_lifecycle > 0) {
        tt_buf_add_text(buf, "  ");
        tt_words_add_counted(buf, report->summary.without_lifecycle, "task has", "tasks have");
        tt_buf_add_text(buf, " a type no lifecycle names: no step of theirs was judged.\n");
    }
    if (report->summary.rejected > 0) {
        tt_buf_add_text(buf, "  ");
        tt_words_add_counted(buf, report->summary.rejected, "line was rejected and is",
                             "lines were rejected and are");
        tt_buf_add_text(buf, " not in any count above.\n");
    }
    if (!report->from_store)
        tt_buf_add_text(
            buf, "  No store was compared: what was kept of these events was not looked at.\n");
    if (report->now_us == TT_TIME_NONE)
        tt_buf_add_text(buf, "  Without --now no task was checked for being stuck.\n");
}

static void add_next(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report *report = render->report;
    if (report->finding_count == 0)
        return;
    heading(render, "Next");
    tt_buf_add_text(buf, report->from_store ? "  tasktrail replay " : "  tasktrail check --task ");
    if (report->story_count > 0) {
        tt_words_add(buf, report->tasks[report->stories[0].example].task_id, 0);
        if (!tt_str_equal(report->tasks[report->stories[0].example].tenant, TT_STR("default"))) {
            tt_buf_add_text(buf, " --tenant ");
            tt_words_add(buf, report->tasks[report->stories[0].example].tenant, 0);
        }
    }
    tt_buf_add_text(buf, report->from_store ? " ...    one task in full\n"
                                            : " ... FILE    one task in full\n");
    enum tt_kind worst = report->findings[0].kind;
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        if (report->summary.kinds[kind] > 0 &&
            tt_kind_severity((enum tt_kind)kind) > tt_kind_severity(worst))
            worst = (enum tt_kind)kind;
    tt_buf_addf(buf, "  tasktrail explain %s    what it means and what to do\n",
                tt_kind_name(worst));
    if (render->options->how_to_list != NULL) {
        tt_buf_add_text(buf, "  ");
        tt_words_add(buf, tt_str_from(render->options->how_to_list), 0);
        tt_buf_add_text(buf, "    every discrepancy\n");
    }
}

enum tt_err tt_render_text(struct tt_render *render)
{
    if (render->picture != NULL)
        return tt_render_task_text(render);
    add_head(render);
    add_table(render);
    add_kinds(render);
    add_lateness(render);
    enum tt_err err = add_stories(render);
    add_not_judged(render);
    add_next(render);
    return err;
}
