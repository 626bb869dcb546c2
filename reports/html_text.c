/* Every value of a report goes through here on its way into a page. */
#include "reports/html_parts.h"

/* Control characters are not allowed in HTML, escaped or not; those that turn the direction of
 * writing around could make one text look like another. */
static size_t forbidden(struct tt_str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
        return 1;
    if (c == 0xc2 && text.len - at > 1 && (unsigned char)text.ptr[at + 1] < 0xa0)
        return 2;
    if (c == 0xe2 && text.len - at > 2) {
        unsigned char second = (unsigned char)text.ptr[at + 1],
                      third = (unsigned char)text.ptr[at + 2];
        bool turns = (second == 0x80 && third >= 0xaa && third <= 0xae) ||
                     (second == 0x81 && third >= 0xa6 && third <= 0xa9);
        return turns ? 3 : 0;
    }
    return 0;
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
