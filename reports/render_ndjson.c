#include "reports/record_json.h"
#include "reports/render_parts.h"

enum tt_err tt_render_ndjson(struct tt_render *render)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < render->report->finding_count && err == TT_OK; i++) {
        tt_record_write(&render->buf, render->report, render->report->findings[i]);
        tt_buf_add_char(&render->buf, '\n');
        err = tt_render_flush(render, false);
    }
    return err;
}
