/* Rendering: a report in, bytes out, in one of the documented formats. Pure: no clock, no files, no
 * terminal. Errors: NO_MEMORY, or the output's own.
 */
#ifndef TT_REPORTS_RENDER_H
#define TT_REPORTS_RENDER_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "replay/report.h"

enum tt_format { TT_FORMAT_TEXT, TT_FORMAT_JSON, TT_FORMAT_NDJSON, TT_FORMAT_CSV, TT_FORMAT_HTML };

/* False for an unknown name. */
bool tt_format_parse(struct tt_str name, enum tt_format *ret_format) TT_MUST_CHECK;

/* Where rendered bytes go, in pieces, in order. */
struct tt_output {
    void *context;
    enum tt_err (*write)(void *context, const char *bytes, size_t len, struct tt_fault *fault);
};

struct tt_render_options {
    enum tt_format format;
    bool colour;             /* text alone: ANSI colours */
    int width;               /* text alone: columns, 0 = 80 */
    const char *subject;     /* what was checked ("events.ndjson", "sqlite:demo.db"); borrowed */
    const char *unread;      /* what of it could not be read; borrowed, NULL: nothing */
    const char *how_to_list; /* command line that lists every discrepancy; borrowed, may be NULL */
    /* Command line that shows one task: up to its id, the flag in front of the id (NULL: none), and
     * what follows, with a space in front. Borrowed; show_task may be NULL. */
    const char *show_task, *show_task_flag, *show_task_rest;
};

enum tt_err tt_render_report(const struct tt_report *report,
                             const struct tt_render_options *options,
                             const struct tt_output *output, struct tt_fault *fault) TT_MUST_CHECK;

/* One task: two lanes, the contradiction in words, the table of its events. In json, ndjson and csv
 * the same shapes as a report of that one task. */
enum tt_err tt_render_task(const struct tt_task_picture *picture,
                           const struct tt_render_options *options, const struct tt_output *output,
                           struct tt_fault *fault) TT_MUST_CHECK;

#endif
