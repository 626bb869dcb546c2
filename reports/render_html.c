/* One self-contained page: nothing is loaded, the policy allows this style and this script alone,
 * every value is escaped. Of many discrepancies the worst stories are drawn and the first
 * RECORDS_MAX listed. */
#include "core/base/time.h"
#include "reports/html_parts.h"
#include "reports/record_json.h"
#include "reports/words.h"

enum { STORIES_DRAWN = 40, RECORDS_MAX = 2000 };

static void add_head(struct tt_render *render, const char *title)
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
    tt_html_words(buf, title);
    tt_buf_add_text(buf, "</title><style>");
    tt_buf_add_text(buf, tt_html_style);
    tt_buf_add_text(buf, "</style></head><body>\n<h1>");
    if (render->picture == NULL)
        tt_words_add_verdict(buf, render->report);
    else
        tt_html_words(buf, title);
    tt_buf_add_text(buf, "</h1>\n");
    if (render->options->subject != NULL) {
        tt_buf_add_text(buf, "<p class=\"soft\">Checked: ");
        tt_html_words(buf, render->options->subject);
        tt_buf_add_text(buf, "</p>\n");
    }
}

static void add_cell(struct tt_buf *buf, uint64_t count)
{
    tt_buf_add_text(buf, "<td class=\"n\">");
    tt_words_add_count(buf, count);
    tt_buf_add_text(buf, "</td>");
}

static void add_table(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    tt_buf_add_text(
        buf, "<h2>Tasks by the two orders</h2>\n<table class=\"grid\"><thead><tr><th></th><th "
             "class=\"n\">legal in "
             "event time</th><th class=\"n\">not legal in event time</th></tr></thead><tbody>"
             "<tr><th scope=\"row\">legal in arrival order</th>");
    add_cell(buf, sum->legal[1][1]);
    add_cell(buf, sum->legal[1][0]);
    tt_buf_add_text(buf, "</tr><tr><th scope=\"row\">not legal in arrival order</th>");
    add_cell(buf, sum->legal[0][1]);
    add_cell(buf, sum->legal[0][0]);
    tt_buf_add_text(buf, "</tr></tbody></table>\n<p>Verdicts:");
    for (int verdict = 0; verdict < TT_VERDICT_COUNT; verdict++) {
        const char *name = tt_verdict_name((enum tt_verdict)verdict);
        tt_buf_addf(buf, "%s <span class=\"%s\">%s ", verdict == 0 ? "" : ",", name, name);
        tt_words_add_count(buf, sum->verdicts[verdict]);
        tt_buf_add_text(buf, "</span>");
    }
    tt_buf_add_text(buf, ". ");
    tt_words_add_counted(buf, sum->explained_by_reordering, "task looks", "tasks look");
    tt_buf_add_text(buf, " wrong only because events arrived out of order.</p>\n");
}

static void add_kinds(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "<h2>What was found</h2>\n<table><thead><tr><th "
                         "class=\"n\">count</th><th>severity</th><th>kind</th>"
                         "<th>meaning</th></tr></thead><tbody>");
    for (int severity = TT_SEVERITY_ERROR; severity >= TT_SEVERITY_INFO; severity--)
        for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
            const char *name = tt_severity_name((enum tt_severity)severity);
            if (render->report->summary.kinds[kind] == 0 ||
                (int)tt_kind_severity((enum tt_kind)kind) != severity)
                continue;
            tt_buf_add_text(buf, "<tr>");
            add_cell(buf, render->report->summary.kinds[kind]);
            tt_buf_addf(buf, "<td class=\"%s\">%s</td><td><code>%s</code></td><td>%s</td></tr>",
                        name, name, tt_kind_name((enum tt_kind)kind),
                        tt_kind_meaning((enum tt_kind)kind));
        }
    tt_buf_add_text(buf, "</tbody></table>\n");
}

/* Bars on a common base line, the count above, the bound below. */
static void add_lateness(struct tt_render *render)
{
    static const char *const names[TT_LATENESS_BUCKETS] = {"1 ms", "10 ms", "100 ms", "1 s",
                                                           "10 s", "1 min", "10 min", "1 h",
                                                           "6 h",  "1 d",   "7 days", "more"};
    enum { STEP = 64, HEIGHT = 120, BASE = 150 };
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    uint64_t most = 1;
    if (sum->lateness.count == 0)
        return;
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++)
        most = sum->lateness_buckets[i] > most ? sum->lateness_buckets[i] : most;
    tt_buf_addf(buf,
                "<h2>How late</h2>\n<svg role=\"img\" aria-label=\"late events by lateness\" "
                "width=\"%d\" height=\"190\">",
                TT_LATENESS_BUCKETS * STEP + 20);
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++) {
        int height = (int)((double)sum->lateness_buckets[i] / (double)most * HEIGHT + 0.5),
            x = 10 + i * STEP;
        if (height == 0 && sum->lateness_buckets[i] > 0)
            height = 1;
        tt_buf_addf(buf, "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", x,
                    BASE - height, STEP - 10, height);
        tt_buf_addf(buf, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", x + (STEP - 10) / 2,
                    BASE - height - 4);
        if (sum->lateness_buckets[i] > 0)
            tt_words_add_count(buf, sum->lateness_buckets[i]);
        tt_buf_addf(
            buf, "</text><text class=\"lane\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s%s</text>",
            x + (STEP - 10) / 2, BASE + 16, i == TT_LATENESS_BUCKETS - 1 ? "" : "&lt; ", names[i]);
    }
    tt_buf_addf(buf, "<line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/></svg>\n", BASE,
                TT_LATENESS_BUCKETS * STEP + 20, BASE);
    tt_buf_add_text(buf, "<table class=\"grid\"><thead><tr><th>to see in order</th><th "
                         "class=\"n\">99 %</th><th class=\"n\">99.9 %"
                         "</th><th class=\"n\">all</th></tr></thead><tbody>");
    const struct {
        const char *words;
        const struct tt_quantiles *values;
    } rows[] = {{"a watermark must wait (event time)", &sum->watermark},
                {"a buffer must hold every event (after receipt)", &sum->hold}};
    for (size_t i = 0; i < 2; i++) {
        if (rows[i].values->count == 0)
            continue;
        tt_buf_addf(buf, "<tr><th scope=\"row\">%s</th><td class=\"n\">", rows[i].words);
        tt_buf_add_duration(buf, rows[i].values->p99);
        tt_buf_add_text(buf, "</td><td class=\"n\">");
        tt_buf_add_duration(buf, rows[i].values->p999);
        tt_buf_add_text(buf, "</td><td class=\"n\">");
        tt_buf_add_duration(buf, rows[i].values->max);
        tt_buf_add_text(buf, "</td></tr>");
    }
    tt_buf_add_text(buf, "</tbody></table>\n");
}

static enum tt_err add_stories(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    struct tt_buf *buf = &render->buf;
    enum tt_err err = TT_OK;
    if (report->story_count == 0)
        return TT_OK;
    tt_buf_add_text(buf, "<h2>Stories</h2>\n<p class=\"soft\">Tasks with the same statuses in the "
                         "same two orders are one "
                         "story. A framed box above came late or twice; below, the step into it is "
                         "not allowed.</p>\n");
    for (size_t i = 0; i < report->story_count && i < STORIES_DRAWN && err == TT_OK; i++) {
        const struct tt_story *story = &report->stories[i];
        const struct tt_report_task *example = &report->tasks[story->example];
        const char *verdict = tt_verdict_name(story->verdict);
        tt_buf_addf(buf, "<div class=\"story\"><p><b class=\"%s\">%s</b> ", verdict, verdict);
        tt_words_add_counted(buf, story->tasks, "task", "tasks");
        tt_buf_add_text(buf, story->tasks == 1 ? ": <code>" : ", for example <code>");
        tt_html_text(buf, example->task_id);
        tt_buf_add_text(buf, "</code> of <code>");
        tt_html_text(buf, example->tenant);
        tt_buf_add_text(buf, "</code> <span class=\"soft\">");
        for (int kind = 0, shown = 0; kind < TT_KIND_COUNT; kind++)
            if (story->kinds >> kind & 1)
                tt_buf_addf(buf, "%s%s", shown++ == 0 ? "" : ", ",
                            tt_kind_name((enum tt_kind)kind));
        tt_buf_add_text(buf, "</span></p>");
        if (story->events != NULL)
            tt_html_lanes(buf, story->events, story->event_count);
        tt_buf_add_text(buf, "</div>\n");
        err = tt_render_flush(render, false);
    }
    if (report->story_count > STORIES_DRAWN) {
        tt_buf_add_text(buf, "<p class=\"soft\">And ");
        tt_words_add_count(buf, report->story_count - STORIES_DRAWN);
        tt_buf_add_text(buf, " more stories.</p>\n");
    }
    return err;
}

static enum tt_err add_records(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    struct tt_buf *buf = &render->buf, evidence;
    size_t shown = report->finding_count < RECORDS_MAX ? report->finding_count : RECORDS_MAX;
    enum tt_err err = TT_OK;
    if (shown == 0)
        return TT_OK;
    tt_buf_add_text(
        buf,
        "<h2>Discrepancies</h2>\n<p><label>Filter <input id=\"filter\" type=\"search\"></label> "
        "<span class=\"soft\"><span id=\"shown\">");
    tt_buf_add_uint(buf, shown);
    tt_buf_add_text(buf, "</span> shown of ");
    tt_words_add_count(buf, report->finding_count);
    tt_buf_add_text(buf, ". ");
    if (shown < report->finding_count && render->options->how_to_list != NULL) {
        tt_buf_add_text(buf, "All of them: <code>");
        tt_html_words(buf, render->options->how_to_list);
        tt_buf_add_text(buf, "</code>");
    }
    tt_buf_add_text(buf,
                    "</span></p>\n<table "
                    "id=\"records\"><thead><tr><th><button>kind</button></th><th><button>severity"
                    "</button></th><th><button>tenant</button></th><th><button>task</button></"
                    "th><th class=\"n\"><button>"
                    "arrival</button></th><th><button>status</button></th><th><button>event "
                    "time</button></th><th>"
                    "evidence</th></tr></thead><tbody>\n");
    tt_buf_init(&evidence, 0);
    for (size_t i = 0; i < shown && err == TT_OK; i++) {
        const struct tt_finding *finding = &report->findings[i];
        const char *severity = tt_severity_name(tt_kind_severity(finding->kind));
        tt_buf_clear(&evidence);
        tt_record_write_evidence(&evidence, finding);
        tt_buf_addf(buf, "<tr><td>%s</td><td class=\"%s\">%s</td><td>", tt_kind_name(finding->kind),
                    severity, severity);
        tt_html_text(buf, report->tasks[finding->task].tenant);
        tt_buf_add_text(buf, "</td><td>");
        tt_html_text(buf, report->tasks[finding->task].task_id);
        tt_buf_addf(buf, "</td><td class=\"n\">%llu</td><td>",
                    (unsigned long long)finding->arrival);
        tt_html_text(buf, finding->status);
        tt_buf_add_text(buf, "</td><td>");
        tt_buf_add_time(buf, finding->event_time_us);
        tt_buf_add_text(buf, "</td><td><code>");
        tt_html_text(buf, tt_buf_str(&evidence));
        tt_buf_add_text(buf, "</code></td></tr>\n");
        err = tt_render_flush(render, false);
    }
    tt_buf_done(&evidence);
    tt_buf_add_text(buf, "</tbody></table>\n");
    return err;
}

static void add_picture(struct tt_render *render)
{
    const struct tt_task_picture *picture = render->picture;
    struct tt_buf *buf = &render->buf;
    const char *verdict = tt_verdict_name(picture->task->verdict);
    tt_buf_addf(buf, "<p>Verdict <b class=\"%s\">%s</b>; by arrival <code>", verdict, verdict);
    tt_html_text(buf, picture->arrival_final_status);
    tt_buf_add_text(buf, "</code>; replayed <code>");
    tt_html_text(buf, picture->replayed_status);
    tt_buf_add_text(buf, "</code>");
    if (picture->stored_status.ptr != NULL) {
        tt_buf_add_text(buf, "; stored <code>");
        tt_html_text(buf, picture->stored_status);
        tt_buf_add_text(buf, "</code>");
    }
    tt_buf_add_text(buf, ".</p>\n<div class=\"story\">");
    tt_html_lanes(buf, picture->events, picture->event_count);
    tt_buf_add_text(buf, "</div>\n");
}

enum tt_err tt_render_html(struct tt_render *render)
{
    enum tt_err err = TT_OK;
    if (render->picture != NULL) {
        struct tt_buf title;
        tt_buf_init(&title, 0);
        tt_buf_add_text(&title, "Task ");
        tt_buf_add_str(&title, render->picture->task->task_id);
        add_head(render, title.err == TT_OK ? title.data : "Task");
        tt_buf_done(&title);
        add_picture(render);
        add_kinds(render);
    } else {
        add_head(render, "Task status discrepancies");
        add_table(render);
        add_kinds(render);
        add_lateness(render);
        err = add_stories(render);
    }
    if (err == TT_OK)
        err = add_records(render);
    tt_buf_add_text(&render->buf, "<script>");
    tt_buf_add_text(&render->buf, tt_html_script);
    tt_buf_add_text(&render->buf, "</script></body></html>\n");
    return err;
}
