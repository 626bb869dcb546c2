#include "reports/render.h"

#include "reports/render_parts.h"

enum { FLUSH_BYTES = 64 * 1024, PIECE_BYTES_MAX = 1 << 30 };

static const char *const format_names[] = {"text", "json", "ndjson", "csv", "html"};

bool tt_format_parse(struct tt_str name, enum tt_format *ret_format)
{
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (tt_str_equal(name, tt_str_from(format_names[i]))) {
            *ret_format = (enum tt_format)i;
            return true;
        }
    return false;
}

enum tt_err tt_render_flush(struct tt_render *render, bool all)
{
    if (render->buf.err != TT_OK)
        return tt_fault_set(render->fault, render->buf.err, "report: out of memory");
    if (render->buf.len == 0 || (!all && render->buf.len < FLUSH_BYTES))
        return TT_OK;
    enum tt_err err = render->output->write(render->output->context, render->buf.data,
                                            render->buf.len, render->fault);
    tt_buf_clear(&render->buf);
    return err;
}

static enum tt_err render(const struct tt_report *report, const struct tt_task_picture *picture,
                          const struct tt_render_options *options, const struct tt_output *output,
                          struct tt_fault *fault)
{
    static enum tt_err (*const formats[])(struct tt_render *) = {
        [TT_FORMAT_NDJSON] = tt_render_ndjson, [TT_FORMAT_JSON] = tt_render_json,
        [TT_FORMAT_TEXT] = tt_render_text,     [TT_FORMAT_CSV] = tt_render_csv,
        [TT_FORMAT_HTML] = tt_render_html,
    };
    struct tt_render work = {
        .report = report, .picture = picture, .options = options, .output = output, .fault = fault};
    uint64_t failures = tt_buf_failures();
    tt_buf_init(&work.buf, PIECE_BYTES_MAX);
    enum tt_err err = formats[options->format](&work);
    if (err == TT_OK && tt_buf_failures() != failures) /* a word, a number is missing somewhere */
        err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "report: out of memory");
    if (err == TT_OK)
        err = tt_render_flush(&work, true);
    tt_buf_done(&work.buf);
    return err;
}

enum tt_err tt_render_report(const struct tt_report *report,
                             const struct tt_render_options *options,
                             const struct tt_output *output, struct tt_fault *fault)
{
    return render(report, NULL, options, output, fault);
}

enum tt_err tt_render_task(const struct tt_task_picture *picture,
                           const struct tt_render_options *options, const struct tt_output *output,
                           struct tt_fault *fault)
{
    return render(picture->report, picture, options, output, fault);
}
