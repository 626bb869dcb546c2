/* Every value of a report goes through here on its way into a page. */
#include "core/base/utf8.h"
#include "reports/html_parts.h"

/* Bytes that must not stand in a page: control characters, escaped or not; those that turn the
 * direction of writing round, and could make one text look like another; what is no UTF-8. */
static size_t forbidden(struct tt_str text, size_t at)
{
    size_t width = tt_utf8_width(text, at);
    if (width == 0)
        return 1;
    if (text.ptr[at] == '\t' || text.ptr[at] == '\n')
        return 0;
    return tt_utf8_is_control(text.ptr + at, width) ? width : 0;
}

void tt_html_text(struct tt_buf *buf, struct tt_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t skip = forbidden(text, i);
        if (skip > 0) {
            tt_buf_add_text(buf, "\xef\xbf\xbd");
            i += skip - 1;
            continue;
        }
        switch (text.ptr[i]) {
        case '&': tt_buf_add_text(buf, "&amp;"); break;
        case '<': tt_buf_add_text(buf, "&lt;"); break;
        case '>': tt_buf_add_text(buf, "&gt;"); break;
        case '"': tt_buf_add_text(buf, "&quot;"); break;
        case '\'': tt_buf_add_text(buf, "&#39;"); break;
        default: tt_buf_add_char(buf, text.ptr[i]);
        }
    }
}

void tt_html_words(struct tt_buf *buf, const char *text)
{
    tt_html_text(buf, tt_str_from(text));
}

void tt_html_cut(struct tt_buf *buf, struct tt_str text, size_t characters)
{
    size_t at = 0;
    while (at < text.len && characters > 0) {
        at++;
        while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
            at++;
        characters--;
    }
    tt_html_text(buf, (struct tt_str){text.ptr, at});
    if (at < text.len)
        tt_buf_add_text(buf, "...");
}
