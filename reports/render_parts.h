/* Inside of rendering: a bounded buffer in front of the output, one function per format. */
#ifndef TT_REPORTS_RENDER_PARTS_H
#define TT_REPORTS_RENDER_PARTS_H

#include "reports/render.h"

struct tt_render {
    const struct tt_report *report;
    const struct tt_task_picture *picture; /* NULL: a report */
    const struct tt_render_options *options;
    const struct tt_output *output;
    struct tt_buf buf;
    struct tt_fault *fault;
    bool has_letters; /* a lane of the text did: its marks say what they mean */
};

/* Hands the buffer on when it is large, or always with `all`. */
enum tt_err tt_render_flush(struct tt_render *render, bool all) TT_MUST_CHECK;

enum tt_err tt_render_ndjson(struct tt_render *render) TT_MUST_CHECK;
enum tt_err tt_render_json(struct tt_render *render) TT_MUST_CHECK;
enum tt_err tt_render_csv(struct tt_render *render) TT_MUST_CHECK;
enum tt_err tt_render_text(struct tt_render *render) TT_MUST_CHECK;
enum tt_err tt_render_html(struct tt_render *render) TT_MUST_CHECK;

#endif
