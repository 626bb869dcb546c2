/* One self-contained page: nothing is loaded, the policy allows this style and this script alone,
 * every value is escaped. */
#include "reports/html_parts.h"
#include "reports/words.h"

static void add_title(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    if (render->picture == NULL) {
        tt_buf_add_text(buf, "Task status discrepancies");
        return;
    }
    tt_buf_add_text(buf, "Task ");
    tt_html_cut(buf, render->picture->task->task_id, 200);
    if (!tt_str_equal(render->picture->task->tenant, TT_STR("default"))) {
        tt_buf_add_text(buf, " of ");
        tt_html_cut(buf, render->picture->task->tenant, 200);
    }
}

static void add_head(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                         "'none'; style-src 'sha256-");
    tt_buf_add_text(buf, tt_html_style_hash);
    tt_buf_add_text(buf, "'; script-src 'sha256-");
    tt_buf_add_text(buf, tt_html_script_hash);
    tt_buf_add_text(
        buf, "'; base-uri 'none'; form-action 'none'\">"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    add_title(render);
    tt_buf_add_text(buf, "</title><style>");
    tt_buf_add_text(buf, tt_html_style);
    tt_buf_add_text(buf, "</style></head><body>\n");
    if (render->options->unread != NULL) {
        tt_buf_add_text(buf, "<p class=\"warning\"><b>Incomplete</b>, not all could be read: ");
        tt_html_words(buf, render->options->unread);
        tt_buf_add_text(buf, "</p>\n");
    }
    tt_buf_add_text(buf, "<h1>");
    if (render->picture == NULL)
        tt_words_add_verdict(buf, render->report);
    else
        add_title(render);
    tt_buf_add_text(buf, "</h1>\n");
}

static void add_command(struct tt_buf *buf, const char *words, struct tt_str command)
{
    tt_buf_addf(buf, "<p>%s</p><pre><code>", words);
    tt_html_text(buf, command);
    tt_buf_add_text(buf, "</code></pre>\n");
}

static void add_next(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf, command;
    const struct tt_report *report = render->report;
    if (report->finding_count == 0)
        return;
    tt_buf_add_text(buf, "<h2>Next</h2>\n");
    tt_buf_init(&command, 0);
    if (report->story_count > 0 && render->options->show_task != NULL) {
        tt_words_add_command(&command, render->options, report->tasks[report->stories[0].example]);
        add_command(buf, "One task in full:", tt_buf_str(&command));
    }
    tt_buf_done(&command);
    add_command(buf, "What a kind means, and what to do:", TT_STR("tasktrail explain KIND"));
    if (render->options->how_to_list != NULL)
        add_command(buf,
                    "Every discrepancy, one a line:", tt_str_from(render->options->how_to_list));
}

enum tt_err tt_render_html(struct tt_render *render)
{
    enum tt_err err;
    add_head(render);
    if (render->picture != NULL) {
        err = tt_html_task(render);
        tt_html_kinds(render);
    } else {
        tt_html_facts(render);
        tt_html_orders(render);
        tt_html_kinds(render);
        tt_html_lateness(render);
        err = tt_html_stories(render);
    }
    if (err == TT_OK)
        err = tt_html_records(render);
    if (render->picture == NULL)
        add_next(render);
    tt_buf_add_text(&render->buf, "<script>");
    tt_buf_add_text(&render->buf, tt_html_script);
    tt_buf_add_text(&render->buf, "</script></body></html>\n");
    return err;
}
