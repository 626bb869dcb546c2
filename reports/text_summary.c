/* The report's numbers for a terminal: verdict, the table of the two orders, kinds, lateness. */
#include "core/base/time.h"
#include "reports/text_parts.h"
#include "reports/words.h"

enum { BAR_COLUMNS = 40, MEANING_INDENT = 42 };

static void add_cell(struct tt_buf *buf, uint64_t count, int width)
{
    struct tt_buf cell;
    tt_buf_init(&cell, 64);
    tt_words_add_count(&cell, count);
    tt_buf_addf(buf, "%*s", width, cell.len == 0 ? "" : cell.data);
    tt_buf_done(&cell);
}

/* ---- Head ---- */

static void add_fact(struct tt_render *render, const char *label)
{
    tt_buf_addf(&render->buf, "  %-9s ", label);
}

void tt_text_unread(struct tt_render *render)
{
    if (render->options->unread == NULL)
        return;
    struct tt_buf words;
    tt_buf_init(&words, 4096);
    tt_buf_add_text(&words, "INCOMPLETE, not all could be read: ");
    tt_words_add(&words, tt_str_from(render->options->unread), 0);
    tt_text_colour(render, TT_COLOUR_RED);
    tt_text_wrap(render, tt_buf_str(&words), 0);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_add_char(&render->buf, '\n');
    tt_buf_done(&words);
}

void tt_text_head(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    bool bad = sum->verdicts[TT_VERDICT_CLEAN] != sum->tasks;
    struct tt_buf words;
    tt_buf_init(&words, 4096);
    tt_words_add_verdict(&words, render->report);
    tt_text_colour(render, bad ? TT_COLOUR_YELLOW : TT_COLOUR_GREEN);
    tt_text_wrap(render, tt_buf_str(&words), 0);
    tt_text_colour(render, TT_COLOUR_PLAIN);
    tt_buf_done(&words);
    tt_buf_add_char(buf, '\n');
    if (render->options->subject != NULL) {
        add_fact(render, "checked");
        tt_words_add(buf, tt_str_from(render->options->subject), 0);
        tt_buf_add_char(buf, '\n');
    }
    if (sum->first_event_time_us == TT_TIME_NONE)
        return;
    add_fact(render, "from");
    tt_buf_add_time(buf, sum->first_event_time_us);
    tt_buf_add_text(buf, "  (event time)\n");
    add_fact(render, "to");
    tt_buf_add_time(buf, sum->last_event_time_us);
    tt_buf_add_char(buf, '\n');
}

/* ---- The two orders ---- */

static void add_sentence(struct tt_render *render, uint64_t count, const char *one,
                         const char *many)
{
    if (count == 0)
        return;
    struct tt_buf words;
    tt_buf_init(&words, 4096);
    tt_words_add_counted(&words, count, one, many);
    tt_buf_add_text(&render->buf, "  ");
    tt_text_wrap(render, tt_buf_str(&words), 4);
    tt_buf_add_char(&render->buf, '\n');
    tt_buf_done(&words);
}

static void add_verdicts(struct tt_render *render)
{
    static const char *const meanings[TT_VERDICT_COUNT] = {
        [TT_VERDICT_CLEAN] = "legal, and in order",
        [TT_VERDICT_REORDERED] = "legal by event time; arrived out of order",
        [TT_VERDICT_CLOCK_SUSPECT] = "legal by arrival, not by event time",
        [TT_VERDICT_VIOLATION] = "not legal, and order does not explain it",
    };
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    tt_text_heading(render, "Verdicts");
    for (int v = 0; v < TT_VERDICT_COUNT; v++) {
        enum tt_verdict verdict = (enum tt_verdict)v;
        tt_buf_add_text(buf, "  ");
        if (sum->verdicts[v] > 0)
            tt_text_colour(render, tt_text_verdict_colour(verdict));
        tt_buf_addf(buf, "%-13s", tt_verdict_name(verdict));
        tt_text_colour(render, TT_COLOUR_PLAIN);
        add_cell(buf, sum->verdicts[v], 12);
        struct tt_buf share;
        tt_buf_init(&share, 64);
        tt_words_add_share(&share, sum->verdicts[v], sum->tasks);
        tt_buf_addf(buf, "  %8s  %s\n", share.len == 0 ? "" : share.data, meanings[v]);
        tt_buf_done(&share);
    }
    struct tt_buf words;
    tt_buf_init(&words, 4096);
    tt_words_add_overruled(&words, sum);
    if (words.len > 0) {
        tt_buf_add_text(buf, "  ");
        tt_text_wrap(render, tt_buf_str(&words), 4);
        tt_buf_add_char(buf, '\n');
    }
    tt_buf_done(&words);
}

void tt_text_orders(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    tt_text_heading(render, "Tasks by the two orders");
    tt_buf_add_text(buf, "                              legal in event time  not legal in event "
                         "time\n  legal in arrival order      ");
    add_cell(buf, sum->legal[1][1], 19);
    add_cell(buf, sum->legal[1][0], 25);
    tt_buf_add_text(buf, "\n  not legal in arrival order  ");
    add_cell(buf, sum->legal[0][1], 19);
    add_cell(buf, sum->legal[0][0], 25);
    tt_buf_add_char(buf, '\n');
    add_sentence(render, sum->legal[0][1],
                 "task is legal as it happened, not as it arrived: explained by reordering.",
                 "tasks are legal as they happened, not as they arrived: explained by reordering.");
    add_sentence(render, sum->legal[1][0],
                 "task is legal as it arrived, not as it happened: its clocks are suspect.",
                 "tasks are legal as they arrived, not as they happened: their clocks are "
                 "suspect.");
    add_sentence(render, sum->legal[0][0], "task is not legal either way.",
                 "tasks are not legal either way.");
    if (!render->report->has_lifecycle && sum->tasks > 0)
        tt_buf_add_text(buf, "  No lifecycle was given: every step counts as legal.\n");
    else
        add_sentence(render, sum->without_lifecycle,
                     "of these tasks has a type that no lifecycle names, and counts as legal.",
                     "of these tasks have a type that no lifecycle names, and count as legal.");
    add_verdicts(render);
}

/* ---- Kinds ---- */

void tt_text_kinds(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    tt_text_heading(render, "What was found");
    for (int severity = TT_SEVERITY_ERROR; severity >= TT_SEVERITY_INFO; severity--)
        for (int kind = 0; kind < TT_KIND_COUNT; kind++) {
            uint64_t count = render->report->summary.kinds[kind];
            if (count == 0 || (int)tt_kind_severity((enum tt_kind)kind) != severity)
                continue;
            add_cell(buf, count, 9);
            tt_buf_add_text(buf, "  ");
            tt_text_colour(render, tt_text_severity_colour((enum tt_severity)severity));
            tt_buf_addf(buf, "%-7s", tt_severity_name((enum tt_severity)severity));
            tt_text_colour(render, TT_COLOUR_PLAIN);
            tt_buf_addf(buf, "  %-21s ", tt_kind_name((enum tt_kind)kind));
            tt_text_wrap(render, tt_str_from(tt_kind_meaning((enum tt_kind)kind)), MEANING_INDENT);
            tt_buf_add_char(buf, '\n');
        }
    if (render->report->finding_count == 0)
        tt_buf_add_text(buf, "  Nothing.\n");
}

/* ---- Lateness ---- */

static void add_bucket(struct tt_render *render, int bucket, uint64_t most)
{
    uint64_t count = render->report->summary.lateness_buckets[bucket];
    unsigned length = (unsigned)((double)count / (double)most * BAR_COLUMNS + 0.999);
    tt_buf_addf(&render->buf, "  %9s", tt_lateness_words(bucket));
    add_cell(&render->buf, count, 13);
    tt_buf_add_text(&render->buf, length > 0 ? "  " : "");
    for (unsigned i = 0; i < length; i++)
        tt_buf_add_char(&render->buf, '#');
    tt_buf_add_char(&render->buf, '\n');
}

static void add_wait(struct tt_buf *buf, const char *who, const struct tt_quantiles *values)
{
    const int64_t columns[] = {values->p99, values->p999, values->max};
    if (values->count == 0)
        return;
    tt_buf_addf(buf, "    %-38s", who);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct tt_buf cell;
        tt_buf_init(&cell, 64);
        tt_buf_add_duration(&cell, columns[i]);
        tt_buf_addf(buf, " %11s", cell.len == 0 ? "" : cell.data);
        tt_buf_done(&cell);
    }
    tt_buf_add_char(buf, '\n');
}

void tt_text_lateness(struct tt_render *render)
{
    struct tt_buf *buf = &render->buf;
    const struct tt_summary *sum = &render->report->summary;
    uint64_t most = 0;
    int first = TT_LATENESS_BUCKETS, last = -1;
    if (sum->lateness.count == 0)
        return;
    for (int bucket = 0; bucket < TT_LATENESS_BUCKETS; bucket++) {
        if (sum->lateness_buckets[bucket] == 0)
            continue;
        first = bucket < first ? bucket : first;
        last = bucket;
        most = sum->lateness_buckets[bucket] > most ? sum->lateness_buckets[bucket] : most;
    }
    tt_text_heading(render, "How late the late events were");
    for (int bucket = first; bucket <= last; bucket++)
        add_bucket(render, bucket, most);
    tt_buf_add_text(buf, "  To see this share of events in order         99 %      99.9 %         "
                         "all\n");
    add_wait(buf, "a watermark must wait, in event time", &sum->watermark);
    add_wait(buf, "a buffer must hold each, after receipt", &sum->hold);
    struct tt_buf words;
    tt_buf_init(&words, 4096);
    tt_words_add_counted(&words, sum->moves, "event would have to move",
                         "events would have to move");
    tt_buf_add_text(&words, " to put every task in order (");
    tt_words_add_counted(&words, sum->inversions, "pair is", "pairs are");
    tt_buf_add_text(&words, " the wrong way round).");
    tt_buf_add_text(buf, "  ");
    tt_text_wrap(render, tt_buf_str(&words), 4);
    tt_buf_add_char(buf, '\n');
    tt_buf_done(&words);
}
