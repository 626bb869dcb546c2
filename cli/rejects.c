#include "cli/rejects.h"

#include "core/base/log.h"
#include "core/base/utf8.h"
#include <string.h>

enum tt_err tt_rejects_open(struct tt_rejects *rejects, const char *path, struct tt_fault *fault)
{
    *rejects = (struct tt_rejects){0};
    tt_buf_init(&rejects->line, 8 * TT_REJECT_TEXT_BYTES_MAX);
    return path == NULL ? TT_OK : tt_file_out_open(path, &rejects->out, fault);
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
    tt_utf8_add_json(buf, tt_str_from(file));
    tt_buf_add_text(buf, ",\"line\":");
    tt_buf_add_uint(buf, line);
    tt_buf_add_text(buf, ",\"reason\":");
    tt_utf8_add_json(buf, tt_str_from(reason));
    tt_buf_add_text(buf, ",\"text\":");
    tt_utf8_add_json(buf, text);
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
