/* The table of discrepancies. A page that lists everything would not open: of many, those of the
 * drawn stories' examples come first, then the errors, the warnings, the rest, until there are
 * RECORDS_MAX or the table is TABLE_BYTES_MAX long. What is left out is counted, with the command
 * that lists it. */
#include "core/base/mem.h"
#include "core/base/time.h"
#include "reports/html_parts.h"
#include "reports/record_json.h"
#include "reports/story_choice.h"
#include "reports/words.h"

enum {
    RECORDS_MAX = 2000,
    TABLE_BYTES_MAX = 3 << 20,
    ID_CHARACTERS = 120,
    EVIDENCE_CHARACTERS = 400
};

struct listing {
    struct tt_render *render;
    unsigned char *listed; /* by finding */
    size_t count;
    uint64_t bytes;
    struct tt_buf evidence, words;
};

/* The span bounds what a long name asks for: a cell has no greatest width. */
static void add_name_cell(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add_text(buf, "<td class=\"w\"><span>");
    tt_html_cut(buf, text, ID_CHARACTERS);
    tt_buf_add_text(buf, "</span></td>");
}

/* {"a":1,"b":"x"} as a: 1, b: "x": the outer braces and the quotes of its keys go, and there is
 * room for line breaks. */
static void spell_out(struct tt_buf *to, struct tt_str json)
{
    int depth = 0;
    bool text = false, key = false;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.ptr[i], before = i == 0 ? '\0' : json.ptr[i - 1];
        if (text && c == '\\' && i + 1 < json.len) {
            tt_buf_add(to, json.ptr + i++, 2);
            continue;
        }
        if (c == '"') {
            key = text ? key : depth == 1 && before != ':';
            text = !text;
            if (key)
                continue;
        }
        if (!text && (c == '{' || c == '['))
            depth++;
        bool outer = !text && depth == 1 && (c == '{' || c == '}');
        if (!text && (c == '}' || c == ']'))
            depth--;
        if (!outer)
            tt_buf_add_char(to, c);
        if (!text && (c == ',' || c == ':'))
            tt_buf_add_char(to, ' ');
    }
}

static void add_row(struct listing *listing, const struct tt_finding *finding)
{
    struct tt_buf *buf = &listing->render->buf;
    const struct tt_report_task *task = listing->render->report->tasks[finding->task];
    enum tt_severity severity = tt_kind_severity(finding->kind);
    const char *name = tt_severity_name(severity);
    tt_buf_clear(&listing->evidence);
    tt_record_write_evidence(&listing->evidence, finding);
    tt_buf_addf(buf, "<tr><td class=\"t\">%s</td><td class=\"t %s\" data-v=\"%d\">%s</td>",
                tt_kind_name(finding->kind), name, (int)severity, name);
    add_name_cell(buf, task->tenant);
    add_name_cell(buf, task->task_id);
    tt_buf_addf(buf, "<td class=\"n\">%llu</td>", (unsigned long long)finding->arrival);
    add_name_cell(buf, finding->status);
    tt_buf_add_text(buf, "<td class=\"t\">");
    tt_buf_add_time(buf, finding->event_time_us);
    tt_buf_add_text(buf, "</td><td class=\"e\"><code>");
    tt_buf_clear(&listing->words);
    spell_out(&listing->words, tt_buf_str(&listing->evidence));
    tt_html_cut(buf, tt_buf_str(&listing->words), EVIDENCE_CHARACTERS);
    tt_buf_add_text(buf, "</code></td></tr>\n");
}

/* Lists findings [first, first + count) that have one of the severities and are not listed yet. */
static enum tt_err list(struct listing *listing, size_t first, size_t count, int least)
{
    const struct tt_report *report = listing->render->report;
    enum tt_err err = TT_OK;
    for (size_t i = first; i < first + count && err == TT_OK; i++) {
        if (listing->count >= RECORDS_MAX || listing->bytes > TABLE_BYTES_MAX)
            break;
        if (listing->listed[i] || (int)tt_kind_severity(report->findings[i]->kind) < least)
            continue;
        size_t before = listing->render->buf.len;
        add_row(listing, report->findings[i]);
        listing->listed[i] = 1;
        listing->count++;
        listing->bytes += listing->render->buf.len - before;
        err = tt_render_flush(listing->render, false);
    }
    return err;
}

static enum tt_err list_all(struct listing *listing)
{
    const struct tt_report *report = listing->render->report;
    const struct tt_story_choice choice =
        tt_stories_choose(report, TT_HTML_STORIES, TT_HTML_STORIES_EACH);
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < choice.count && err == TT_OK; i++) {
        const struct tt_report_task *task =
            report->tasks[report->stories[choice.stories[i]].example];
        err = list(listing, task->first_finding, task->finding_count, TT_SEVERITY_INFO);
    }
    for (int least = TT_SEVERITY_ERROR; least >= TT_SEVERITY_INFO && err == TT_OK; least--)
        err = list(listing, 0, report->finding_count, least);
    return err;
}

static void add_head(struct tt_buf *buf, size_t findings)
{
    static const char *const names[] = {"kind",    "severity", "tenant",     "task",
                                        "arrival", "status",   "event time", "evidence"};
    tt_buf_add_text(buf, "<h2>Discrepancies</h2>\n");
    if (findings > RECORDS_MAX) {
        tt_buf_add_text(buf, "<p class=\"soft\">There are ");
        tt_words_add_count(buf, findings);
        tt_buf_add_text(buf, ". Listed here are those of the stories above, then errors, then "
                             "warnings, then the rest, as far as a page can hold them.</p>\n");
    }
    tt_buf_add_text(buf,
                    "<p><label>Filter <input id=\"filter\" type=\"search\" "
                    "placeholder=\"words of any column\"></label> <span class=\"soft\"><span "
                    "id=\"shown\"></span> of <span id=\"listed\"></span> shown</span></p>\n<div "
                    "class=\"scroll\"><table id=\"records\"><thead><tr>");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tt_buf_addf(buf, "<th%s><button>%s</button></th>", i == 4 ? " class=\"n\"" : "", names[i]);
    tt_buf_add_text(buf, "</tr></thead><tbody>\n");
}

enum tt_err tt_html_records(struct tt_render *render)
{
    const struct tt_report *report = render->report;
    struct tt_buf *buf = &render->buf;
    struct listing listing = {.render = render};
    if (report->finding_count == 0)
        return TT_OK;
    listing.listed = tt_mem_zalloc(report->finding_count);
    if (listing.listed == NULL)
        return tt_fault_set(render->fault, TT_ERR_NO_MEMORY, "report: out of memory");
    tt_buf_init(&listing.evidence, 0);
    tt_buf_init(&listing.words, 0);
    add_head(buf, report->finding_count);
    enum tt_err err = list_all(&listing);
    tt_buf_done(&listing.evidence);
    tt_buf_done(&listing.words);
    tt_mem_free(listing.listed);
    tt_buf_add_text(buf, "</tbody></table></div>\n");
    return err;
}
