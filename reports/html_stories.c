/* Stories as HTML: what the tasks with the same statuses in the same two orders have in common,
 * with a picture of an example. */
#include "reports/html_parts.h"
#include "reports/story_choice.h"
#include "reports/words.h"

enum { ID_CHARACTERS = 200 };

static enum tt_err add_story(struct tt_render *render, const struct tt_story *story)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report_task *example = render->report->tasks[story->example];
    const char *verdict = tt_verdict_name(story->verdict);
    tt_buf_addf(buf, "<section class=\"story %s\"><p><b class=\"%s\">%s</b> ", verdict, verdict,
                verdict);
    tt_words_add_counted(buf, story->tasks, "task", "tasks");
    tt_buf_add_text(buf, story->tasks == 1 ? ": <code>" : ", for example <code>");
    tt_html_cut(buf, example->task_id, ID_CHARACTERS);
    tt_buf_add_text(buf, "</code>");
    if (!tt_str_equal(example->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " of tenant <code>");
        tt_html_cut(buf, example->tenant, ID_CHARACTERS);
        tt_buf_add_text(buf, "</code>");
    }
    tt_buf_add_text(buf, "</p><p class=\"soft\">");
    tt_words_add_kinds(buf, story->kinds);
    tt_buf_add_text(buf, "</p><div class=\"scroll\">");
    enum tt_err err =
        tt_html_lanes(render, story->events, story->event_count, story->example_events);
    tt_buf_add_text(buf, "</div></section>\n");
    return err;
}

enum tt_err tt_html_stories(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    struct tt_buf *buf = &render->buf;
    enum tt_err err = TT_OK;
    const struct tt_story_choice choice =
        tt_stories_choose(report, TT_HTML_STORIES, TT_HTML_STORIES_EACH);
    if (choice.count == 0)
        return TT_OK;
    tt_buf_add_text(buf, "<h2>Stories, the worst first</h2>\n<p class=\"soft\">Tasks with the same "
                         "statuses in the same two orders are one story. Above, events as they "
                         "arrived; below, as they happened; below that, "
                         "the gap to the event on the left.</p>\n");
    tt_html_key(buf);
    for (size_t i = 0; i < choice.count && err == TT_OK; i++) {
        err = add_story(render, &report->stories[choice.stories[i]]);
        if (err == TT_OK)
            err = tt_render_flush(render, false);
    }
    if (choice.more_tasks > 0) {
        tt_buf_add_text(buf, "<p class=\"soft\">And ");
        tt_words_add_counted(buf, choice.more_stories, "more story of ", "more stories of ");
        tt_words_add_counted(buf, choice.more_tasks, "task", "tasks");
        tt_buf_add_text(buf, ", in the numbers above and in the list of every discrepancy.</p>\n");
    }
    return err;
}
