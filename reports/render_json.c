#include "core/base/json.h"
#include "core/base/utf8.h"
#include "reports/record_json.h"
#include "reports/render_parts.h"

static void add_count(struct tt_buf *buf, const char *key, uint64_t value)
{
    tt_json_add_key(buf, key);
    tt_buf_add_uint(buf, value);
}

static void add_quantile(struct tt_buf *buf, const char *key, const struct tt_quantiles *of,
                         int64_t value)
{
    tt_json_add_key(buf, key);
    if (of->count == 0)
        tt_buf_add_text(buf, "null");
    else
        tt_buf_add_int(buf, value);
}

static void add_bound(struct tt_buf *buf, const char *key, const struct tt_quantiles *of)
{
    tt_json_add_key(buf, key);
    tt_buf_add_char(buf, '{');
    add_quantile(buf, "p99", of, of->p99);
    add_quantile(buf, "p999", of, of->p999);
    add_quantile(buf, "max", of, of->max);
    tt_buf_add_char(buf, '}');
}

/* `unread`: what could not be read; NULL: nothing. */
static void add_summary(struct tt_buf *buf, const struct tt_summary *sum, const char *unread)
{
    tt_buf_add_char(buf, '{');
    add_count(buf, "events", sum->events);
    add_count(buf, "rejected", sum->rejected);
    add_count(buf, "tasks", sum->tasks);
    tt_json_add_key(buf, "kinds");
    tt_buf_add_char(buf, '{');
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        if (sum->kinds[kind] > 0)
            add_count(buf, tt_kind_name((enum tt_kind)kind), sum->kinds[kind]);
    tt_buf_add_char(buf, '}');
    tt_json_add_key(buf, "verdicts");
    tt_buf_add_char(buf, '{');
    for (int verdict = 0; verdict < TT_VERDICT_COUNT; verdict++)
        add_count(buf, tt_verdict_name((enum tt_verdict)verdict), sum->verdicts[verdict]);
    tt_buf_add_char(buf, '}');
    add_count(buf, "explained_by_reordering", sum->explained_by_reordering);
    add_count(buf, "inversions", sum->inversions);
    add_count(buf, "moves", sum->moves);
    tt_json_add_key(buf, "lateness_us");
    tt_buf_add_char(buf, '{');
    add_quantile(buf, "p50", &sum->lateness, sum->lateness.p50);
    add_quantile(buf, "p90", &sum->lateness, sum->lateness.p90);
    add_quantile(buf, "p99", &sum->lateness, sum->lateness.p99);
    add_quantile(buf, "max", &sum->lateness, sum->lateness.max);
    tt_buf_add_char(buf, '}');
    add_bound(buf, "watermark_us", &sum->watermark);
    add_bound(buf, "hold_us", &sum->hold);
    if (unread != NULL) {
        tt_json_add_key(buf, "incomplete");
        tt_utf8_add_json(buf, tt_str_from(unread));
    }
    tt_buf_add_char(buf, '}');
}

enum tt_err tt_render_json(struct tt_render *render)
{
    enum tt_err err = TT_OK;
    tt_buf_add_text(&render->buf, "{\"summary\":");
    add_summary(&render->buf, &render->report->summary, render->options->unread);
    tt_buf_add_text(&render->buf, ",\n\"discrepancies\":[");
    for (size_t i = 0; i < render->report->finding_count && err == TT_OK; i++) {
        tt_buf_add_text(&render->buf, i == 0 ? "\n" : ",\n");
        tt_record_write(&render->buf, render->report, render->report->findings[i]);
        err = tt_render_flush(render, false);
    }
    tt_buf_add_text(&render->buf, "]}\n");
    return err;
}
