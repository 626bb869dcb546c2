/* The report's numbers as HTML: facts, the table of the two orders, kinds, lateness. */
#include "core/base/time.h"
#include "reports/html_parts.h"
#include "reports/words.h"

static void add_count_cell(struct tt_buf *buf, uint64_t count)
{
    tt_buf_add_text(buf, "<td class=\"n\">");
    tt_words_add_count(buf, count);
    tt_buf_add_text(buf, "</td>");
}

/* ---- Facts ---- */

static void add_time_fact(struct tt_buf *buf, const char *label, int64_t us)
{
    if (us == TT_TIME_NONE)
        return;
    tt_buf_addf(buf, "<dt>%s</dt><dd>", label);
    tt_buf_add_time(buf, us);
    tt_buf_add_text(buf, "</dd>");
}

void tt_html_facts(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_report *report = render->report;
    tt_buf_add_text(buf, "<dl>");
    if (render->options->subject != NULL) {
        tt_buf_add_text(buf, "<dt>checked</dt><dd>");
        tt_html_words(buf, render->options->subject);
        tt_buf_add_text(buf, "</dd>");
    }
    add_time_fact(buf, "first event time", report->summary.first_event_time_us);
    add_time_fact(buf, "last event time", report->summary.last_event_time_us);
    add_time_fact(buf, "judged as of", report->now_us);
    if (report->summary.rejected > 0) {
        tt_buf_add_text(buf, "<dt>rejected</dt><dd class=\"warning\">");
        tt_words_add_counted(buf, report->summary.rejected, "line", "lines");
        tt_buf_add_text(buf, ", in no count below</dd>");
    }
    if (!report->has_lifecycle)
        tt_buf_add_text(buf, "<dt>steps</dt><dd class=\"warning\">not judged: no lifecycle was "
                             "given</dd>");
    else if (report->summary.without_lifecycle > 0) {
        tt_buf_add_text(buf, "<dt>steps</dt><dd class=\"warning\">not judged for ");
        tt_words_add_counted(buf, report->summary.without_lifecycle, "task", "tasks");
        tt_buf_add_text(buf, ", whose type no lifecycle names</dd>");
    }
    tt_buf_add_text(buf, report->from_store
                             ? "<dt>store</dt><dd>compared with what replaying gives</dd>"
                             : "<dt>store</dt><dd>not compared: this is about events alone</dd>");
    tt_buf_add_text(buf, "</dl>\n");
}

/* ---- The two orders ---- */

static void add_order_cell(struct tt_buf *buf, uint64_t count, uint64_t whole, const char *class,
                           const char *words)
{
    tt_buf_addf(buf, "<td class=\"%s%s\"><b>", class, count > 0 ? " on" : "");
    tt_words_add_count(buf, count);
    tt_buf_add_text(buf, "</b>");
    tt_buf_addf(buf, "%s<br><span class=\"soft\">", words);
    tt_words_add_share(buf, count, whole);
    tt_buf_add_text(buf, "</span></td>");
}

void tt_html_orders(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    tt_buf_add_text(buf, "<h2>Tasks by the two orders</h2>\n<div class=\"scroll\"><table "
                         "class=\"orders\"><thead><tr><th></th><th>legal in event time</th><th>not "
                         "legal in event time</th></tr></thead><tbody><tr><th scope=\"row\">legal "
                         "in arrival order</th>");
    add_order_cell(buf, sum->legal[1][1], sum->tasks, "ok", "legal either way");
    add_order_cell(buf, sum->legal[1][0], sum->tasks, "swap", "clocks are suspect");
    tt_buf_add_text(buf, "</tr><tr><th scope=\"row\">not legal in arrival order</th>");
    add_order_cell(buf, sum->legal[0][1], sum->tasks, "swap", "explained by reordering");
    add_order_cell(buf, sum->legal[0][0], sum->tasks, "no", "not legal either way");
    tt_buf_add_text(buf, "</tr></tbody></table></div>\n");
    if (!render->report->has_lifecycle)
        tt_buf_add_text(buf,
                        "<p class=\"soft\">No lifecycle was given: every step counts as legal. "
                        "<code>tasktrail lifecycle infer</code> learns one from history.</p>");
    tt_buf_add_text(buf, "<p>Verdicts:");
    for (int verdict = 0; verdict < TT_VERDICT_COUNT; verdict++) {
        const char *name = tt_verdict_name((enum tt_verdict)verdict);
        tt_buf_addf(buf, "%s <b class=\"%s\">", verdict == 0 ? "" : ",",
                    sum->verdicts[verdict] > 0 ? name : "soft");
        tt_words_add_count(buf, sum->verdicts[verdict]);
        tt_buf_addf(buf, "</b> %s", name);
    }
    tt_buf_add_text(buf, ". ");
    tt_words_add_overruled(buf, sum);
    tt_buf_add_text(buf, "</p>\n");
}

/* ---- Kinds ---- */

void tt_html_kinds(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    tt_buf_add_text(buf, "<h2>What was found</h2>\n");
    if (render->report->finding_count == 0) {
        tt_buf_add_text(buf, "<p>Nothing.</p>\n");
        return;
    }
    tt_buf_add_text(buf, "<div class=\"scroll\"><table class=\"kinds\"><thead><tr><th "
                         "class=\"n\">count</th><th>severity</th><th>kind</th><th>meaning</th></tr>"
                         "</thead><tbody>");
    for (int severity = TT_SEVERITY_ERROR; severity >= TT_SEVERITY_INFO; severity--)
        for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
            const char *name = tt_severity_name((enum tt_severity)severity),
                       *kind_name = tt_kind_name((enum tt_kind)kind);
            if (render->report->summary.kinds[kind] == 0 ||
                (int)tt_kind_severity((enum tt_kind)kind) != severity)
                continue;
            tt_buf_add_text(buf, "<tr>");
            add_count_cell(buf, render->report->summary.kinds[kind]);
            tt_buf_addf(buf,
                        "<td class=\"%s\">%s</td><td><button data-kind=\"%s\" title=\"show those "
                        "below\">%s</button></td><td>%s</td></tr>",
                        name, name, kind_name, kind_name, tt_kind_meaning((enum tt_kind)kind));
        }
    tt_buf_add_text(buf, "</tbody></table></div>\n");
}

/* ---- Lateness ---- */

enum { BASE = 132 }; /* from the chart's top to the base line */

/* As "12.5%" of the chart's width, from thousandths. */
static void add_percent(struct tt_buf *buf, const char *name, int thousandths)
{
    tt_buf_addf(buf, " %s=\"%d.%d%%\"", name, thousandths / 10, thousandths % 10);
}

static void add_bar(struct tt_buf *buf, int i, uint64_t count, uint64_t most)
{
    enum { HEIGHT = 110, STEP = 1000 / TT_LATENESS_BUCKETS, WIDTH = STEP * 5 / 6 };
    int height = (int)((double)count / (double)most * HEIGHT + 0.5), middle = i * STEP + STEP / 2;
    const char *odd = i % 2 == 1 ? " odd" : "";
    if (height == 0 && count > 0)
        height = 1;
    tt_buf_add_text(buf, "<rect class=\"bar\"");
    add_percent(buf, "x", middle - WIDTH / 2);
    add_percent(buf, "width", WIDTH);
    tt_buf_addf(buf, " y=\"%d\" height=\"%d\"/><text class=\"count%s\"", BASE - height, height,
                odd);
    add_percent(buf, "x", middle);
    tt_buf_addf(buf, " y=\"%d\" text-anchor=\"middle\">", BASE - height - 5);
    if (count > 0)
        tt_words_add_count(buf, count);
    tt_buf_addf(buf, "</text><text class=\"lane%s\"", odd);
    add_percent(buf, "x", middle);
    tt_buf_addf(buf, " y=\"%d\" text-anchor=\"middle\">", BASE + 17);
    tt_html_words(buf, tt_lateness_words(i));
    tt_buf_add_text(buf, "</text>");
}

/* Bars on a common base line, the count above, the bound below. As wide as the window allows: where
 * that is little, every second word goes into a row of its own (tt_html_style). */
static void add_bars(struct tt_buf *buf, const struct tt_summary *sum)
{
    uint64_t most = 1;
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++)
        most = sum->lateness_buckets[i] > most ? sum->lateness_buckets[i] : most;
    tt_buf_add_text(buf, "<svg class=\"bars\" role=\"img\" aria-label=\"late events by "
                         "lateness\">");
    for (int i = 0; i < TT_LATENESS_BUCKETS; i++)
        add_bar(buf, i, sum->lateness_buckets[i], most);
    tt_buf_addf(buf, "<line x1=\"0\" y1=\"%d\" x2=\"100%%\" y2=\"%d\"/></svg>\n", BASE, BASE);
}

static void add_wait(struct tt_buf *buf, const char *words, const struct tt_quantiles *values)
{
    const int64_t columns[] = {values->p99, values->p999, values->max};
    if (values->count == 0)
        return;
    tt_buf_addf(buf, "<tr><th scope=\"row\">%s</th>", words);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        tt_buf_add_text(buf, "<td class=\"n\">");
        tt_buf_add_duration(buf, columns[i]);
        tt_buf_add_text(buf, "</td>");
    }
    tt_buf_add_text(buf, "</tr>");
}

void tt_html_lateness(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    if (sum->lateness.count == 0)
        return;
    tt_buf_add_text(buf, "<h2>How late the late events were</h2>\n");
    add_bars(buf, sum);
    tt_buf_add_text(buf, "<div class=\"scroll\"><table><thead><tr><th>to see this share of events "
                         "in order</th><th class=\"n\">99 %</th><th class=\"n\">99.9 %</th><th "
                         "class=\"n\">all</th></tr></thead><tbody>");
    add_wait(buf, "a watermark must wait, in event time", &sum->watermark);
    add_wait(buf, "a buffer must hold each event, after receipt", &sum->hold);
    tt_buf_add_text(buf, "</tbody></table></div>\n<p>");
    tt_words_add_counted(buf, sum->moves, "event would have to move", "events would have to move");
    tt_buf_add_text(buf, " to put every task in order (");
    tt_words_add_counted(buf, sum->inversions, "pair is", "pairs are");
    tt_buf_add_text(buf, " the wrong way round).</p>\n");
}
