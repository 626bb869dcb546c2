/* RFC 4180: a header, CRLF, cells quoted where needed. A cell that a spreadsheet would run as a
 * formula gets an apostrophe in front, which spreadsheets do not show. Evidence is one column of
 * JSON. */
#include "core/base/time.h"
#include "reports/record_json.h"
#include "reports/render_parts.h"

#include <string.h>

static void add_cell(struct tt_buf *buf, struct tt_str text, bool last)
{
    bool formula = text.len > 0 && memchr("=+-@\t\r", text.ptr[0], 6) != NULL;
    bool quote = formula;
    for (size_t i = 0; i < text.len && !quote; i++)
        quote =
            text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (quote)
        tt_buf_add_char(buf, '"');
    if (formula)
        tt_buf_add_char(buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            tt_buf_add_char(buf, '"');
        tt_buf_add_char(buf, text.ptr[i]);
    }
    if (quote)
        tt_buf_add_char(buf, '"');
    tt_buf_add_text(buf, last ? "\r\n" : ",");
}

static enum tt_err add_record(struct tt_render *render, const struct tt_finding *finding,
                              struct tt_buf *evidence)
{
    const struct tt_report_task *task = render->report->tasks[finding->task];
    struct tt_buf *buf = &render->buf;
    char time[TT_TIME_TEXT_BYTES];
    tt_buf_clear(evidence);
    tt_record_write_evidence(evidence, finding);
    if (evidence->err != TT_OK)
        return tt_fault_set(render->fault, evidence->err, "report: out of memory");
    tt_time_format(finding->event_time_us, time);
    add_cell(buf, tt_str_from(tt_kind_name(finding->kind)), false);
    add_cell(buf, tt_str_from(tt_severity_name(tt_kind_severity(finding->kind))), false);
    add_cell(buf, task->tenant, false);
    add_cell(buf, task->task_id, false);
    add_cell(buf, finding->event_id, false);
    tt_buf_add_uint(buf, finding->arrival);
    tt_buf_add_char(buf, ',');
    add_cell(buf, finding->status, false);
    add_cell(buf, tt_str_from(time), false);
    add_cell(buf, tt_buf_str(evidence), true);
    return tt_render_flush(render, false);
}

enum tt_err tt_render_csv(struct tt_render *render)
{
    struct tt_buf evidence;
    tt_buf_init(&evidence, 0);
    tt_buf_add_text(&render->buf,
                    "kind,severity,tenant,task_id,event_id,arrival,status,event_time,evidence\r\n");
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < render->report->finding_count && err == TT_OK; i++)
        err = add_record(render, render->report->findings[i], &evidence);
    tt_buf_done(&evidence);
    return err;
}
