#include "cli/rejects.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include <string.h>

enum tt_err tt_rejects_open(struct tt_rejects *rejects, const char *path, struct tt_fault *fault)
{
    *rejects = (struct tt_rejects){0};
    tt_buf_init(&rejects->line, 8 * TT_REJECT_TEXT_BYTES_MAX);
    return path == NULL ? TT_OK : tt_file_out_open(path, &rejects->out, fault);
}

/* The text as JSON, with U+FFFD for each byte that is not part of well-formed UTF-8. */
static void add_repaired(struct tt_buf *buf, struct tt_str text)
{
    struct tt_buf repaired;
    tt_buf_init(&repaired, 4 * TT_REJECT_TEXT_BYTES_MAX);
    for (size_t at = 0; at < text.len;) {
        size_t width = 1;
        while (width <= 4 && at + width <= text.len &&
               !tt_str_is_utf8((struct tt_str){text.ptr + at, width}))
            width++;
        bool well_formed = width <= 4 && at + width <= text.len;
        if (well_formed)
            tt_buf_add(&repaired, text.ptr + at, width);
        else
            tt_buf_add_text(&repaired, "\xef\xbf\xbd");
        at += well_formed ? width : 1;
    }
    tt_json_add_text(buf, tt_buf_str(&repaired));
    tt_buf_done(&repaired);
}

enum tt_err tt_rejects_add(struct tt_rejects *rejects, const char *file, uint64_t line,
                           const char *reason, struct tt_str text, struct tt_fault *fault)
{
    if (rejects->count++ < TT_REJECTS_TOLD_MAX)
        tt_log(TT_LOG_WARNING, "reject", "%s:%llu: rejected: %s",
               strcmp(file, "-") == 0 ? "stdin" : file, (unsigned long long)line, reason);
    if (rejects->out == NULL)
        return TT_OK;
    if (text.len > TT_REJECT_TEXT_BYTES_MAX)
        text.len = TT_REJECT_TEXT_BYTES_MAX;
    struct tt_buf *buf = &rejects->line;
    tt_buf_clear(buf);
    tt_buf_add_text(buf, "{\"file\":");
    add_repaired(buf, tt_str_from(file));
    tt_buf_add_text(buf, ",\"line\":");
    tt_buf_add_uint(buf, line);
    tt_buf_add_text(buf, ",\"reason\":");
    add_repaired(buf, tt_str_from(reason));
    tt_buf_add_text(buf, ",\"text\":");
    add_repaired(buf, text);
    tt_buf_add_text(buf, "}\n");
    if (buf->err != TT_OK)
        return tt_fault_set(fault, buf->err, "out of memory");
    return tt_file_out_write(rejects->out, buf->data, buf->len, fault);
}

enum tt_err tt_rejects_close(struct tt_rejects *rejects, struct tt_fault *fault)
{
    if (rejects->count > TT_REJECTS_TOLD_MAX)
        tt_log(TT_LOG_WARNING, "rejects", "%llu lines rejected in all%s",
               (unsigned long long)rejects->count,
               rejects->out == NULL ? " (--rejects FILE keeps them)" : "");
    enum tt_err err = rejects->out == NULL ? TT_OK : tt_file_out_commit(rejects->out, fault);
    rejects->out = NULL;
    tt_buf_done(&rejects->line);
    return err;
}

void tt_rejects_abort(struct tt_rejects *rejects)
{
    tt_file_out_abort(rejects->out);
    rejects->out = NULL;
    tt_buf_done(&rejects->line);
}
