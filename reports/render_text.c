/* The report for a terminal: the numbers (text_summary.c), the worst stories, what was not judged,
 * and what to do next. */
#include "reports/story_choice.h"
#include "reports/text_parts.h"
#include "reports/words.h"

enum {
    STORIES_SHOWN = 8,
    STORIES_EACH = 2,
    WIDTH_DEFAULT = 80,
    SHORT_COLUMNS = 12,
    STORY_BANDS = 2,
    HEAD_COLUMNS_MAX = 46
};

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

void tt_text_heading(struct tt_render *render, const char *text)
{
    tt_buf_add_char(&render->buf, '\n');
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_buf_add_text(&render->buf, text);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_char(&render->buf, '\n');
}

/* ---- Stories ---- */

static enum tt_err add_story(struct tt_render *render, const struct tt_story *story,
                             struct tt_short_names *names)
{
    struct tt_buf *buf = &render->buf, kinds;
    const struct tt_report_task *example = render->report->tasks[story->example];
    tt_buf_add_text(buf, "\n  ");
    tt_text_colour(render, tt_text_verdict_colour(story->verdict));
    tt_buf_add_text(buf, tt_verdict_name(story->verdict));
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_text(buf, "  ");
    tt_words_add_counted(buf, story->tasks, "task", "tasks");
    tt_buf_add_text(buf, story->tasks == 1 ? ":" : ", for example");
    /* An id that does not fit behind has a line of its own. */
    size_t width = (size_t)tt_text_width(render), id = tt_columns(example->task_id);
    tt_buf_add_text(buf, HEAD_COLUMNS_MAX + id <= width ? " " : "\n    ");
    tt_text_colour(render, TT_COLOUR_BOLD);
    tt_words_add(buf, example->task_id, width - 4);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_init(&kinds, 4096);
    if (!tt_str_equal(example->tenant, TT_STR("default"))) {
        tt_buf_add_text(&kinds, "of tenant ");
        tt_words_add(&kinds, example->tenant, 60);
        tt_buf_add_text(&kinds, ": ");
    }
    tt_words_add_kinds(&kinds, story->kinds);
    tt_buf_add_text(buf, "\n    ");
    tt_text_wrap(render, tt_buf_str(&kinds), 4);
    tt_buf_done(&kinds);
    tt_buf_add_char(buf, '\n');
    return tt_text_lanes(render, names, story->events, story->event_count, story->example_events, 4,
                         STORY_BANDS);
}

static enum tt_err add_stories(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    struct tt_buf *buf = &render->buf;
    struct tt_short_names names = {.columns = SHORT_COLUMNS};
    const struct tt_story_choice choice = tt_stories_choose(report, STORIES_SHOWN, STORIES_EACH);
    enum tt_err err = TT_OK;
    if (choice.count == 0)
        return TT_OK;
    tt_text_heading(render, "Stories, the worst first");
    tt_buf_add_text(buf, "  Tasks with the same statuses in the same two orders are one story.\n");
    for (size_t i = 0; i < choice.count && err == TT_OK; i++) {
        err = add_story(render, &report->stories[choice.stories[i]], &names);
        if (err == TT_OK)
            err = tt_render_flush(render, false);
    }
    if (choice.more_tasks > 0) {
        tt_buf_add_text(buf, "\n  ... and ");
        tt_words_add_counted(buf, choice.more_stories, "more story of ", "more stories of ");
        tt_words_add_counted(buf, choice.more_tasks, "task.\n", "tasks.\n");
    }
    tt_buf_add_char(buf, '\n');
    tt_text_marks(render, 2);
    tt_text_short_names(render, &names, 2);
    return err;
}

/* ---- The end ---- */

static void add_line(struct tt_render *render, const char *words)
{
    tt_buf_add_text(&render->buf, "  ");
    tt_text_wrap(render, tt_str_from(words), 4);
    tt_buf_add_char(&render->buf, '\n');
}

static void add_not_judged(struct tt_render *render)
{
    struct tt_buf words;
    const struct tt_report *report = render->report;
    uint64_t unnamed = report->summary.without_lifecycle, rejected = report->summary.rejected;
    tt_text_heading(render, "Not judged");
    tt_buf_init(&words, 4096);
    if (!report->has_lifecycle)
        add_line(render, "Steps: no lifecycle was given (--lifecycle FILE); tasktrail lifecycle "
                         "infer learns one from history.");
    else if (unnamed > 0) {
        tt_buf_add_text(&words, "Steps of ");
        tt_words_add_counted(&words, unnamed, "task", "tasks");
        tt_buf_add_text(&words, ": no lifecycle names their type.");
        add_line(render, words.data);
    }
    tt_buf_clear(&words);
    if (rejected > 0) {
        tt_words_add_counted(&words, rejected, "line was rejected and is",
                             "lines were rejected and are");
        tt_buf_add_text(&words, " in no count above.");
        add_line(render, words.data);
    }
    tt_buf_done(&words);
    if (!report->from_store)
        add_line(render, "What a store kept of these events: none was compared.");
    if (report->now_us == TT_TIME_NONE)
        add_line(render, "Tasks that are stuck: without --now the time is not known.");
}

static enum tt_kind worst_kind(const struct tt_report *report)
{
    enum tt_kind worst = report->findings[0]->kind;
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        if (report->summary.kinds[kind] > 0 &&
            tt_kind_severity((enum tt_kind)kind) > tt_kind_severity(worst))
            worst = (enum tt_kind)kind;
    return worst;
}

static void add_next(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report *report = render->report;
    if (report->finding_count == 0)
        return;
    tt_text_heading(render, "Next");
    if (report->story_count > 0 && render->options->show_task != NULL) {
        tt_buf_add_text(buf, "  One task in full:\n    ");
        tt_words_add_command(buf, render->options, report->tasks[report->stories[0].example]);
        tt_buf_add_char(buf, '\n');
    }
    const char *worst = tt_kind_name(worst_kind(report));
    tt_buf_addf(buf, "  What %s means, and what to do:\n    tasktrail explain %s\n", worst, worst);
    if (render->options->how_to_list != NULL) {
        tt_buf_add_text(buf, "  Every discrepancy, one a line:\n    ");
        tt_words_add(buf, tt_str_from(render->options->how_to_list), 0);
        tt_buf_add_char(buf, '\n');
    }
}

enum tt_err tt_render_text(struct tt_render *render)
{
    tt_text_unread(render);
    if (render->picture != NULL)
        return tt_render_task_text(render);
    tt_text_head(render);
    tt_text_orders(render);
    tt_text_kinds(render);
    tt_text_lateness(render);
    enum tt_err err = add_stories(render);
    add_not_judged(render);
    add_next(render);
    return err;
}
