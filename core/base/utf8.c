#include "core/base/utf8.h"

#include "core/base/json.h"

size_t tt_utf8_width(struct tt_str text, size_t at)
{
    unsigned char lead = (unsigned char)text.ptr[at];
    size_t width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    bool whole = width <= text.len - at && tt_str_is_utf8((struct tt_str){text.ptr + at, width});
    return whole ? width : 0;
}

bool tt_utf8_is_control(const char *at, size_t width)
{
    const unsigned char *c = (const unsigned char *)at;
    if (width == 1)
        return c[0] < 0x20 || c[0] == 0x7f;
    if (width == 2)
        return (c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c); /* U+061C */
    return width == 3 && c[0] == 0xe2 &&
           ((c[1] == 0x80 && ((c[2] >= 0xa8 && c[2] <= 0xae) || c[2] == 0x8e || c[2] == 0x8f)) ||
            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void tt_utf8_add(struct tt_buf *buf, struct tt_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t width = tt_utf8_width(text, at);
        if (width > 0)
            tt_buf_add(buf, text.ptr + at, width);
        else
            tt_buf_add_text(buf, "\xef\xbf\xbd");
        at += width > 0 ? width : 1;
    }
}

void tt_utf8_add_json(struct tt_buf *buf, struct tt_str text)
{
    struct tt_buf repaired;
    if (text.len == 0 || tt_str_is_utf8(text)) {
        tt_json_add_text(buf, text);
        return;
    }
    tt_buf_init(&repaired, 0);
    tt_utf8_add(&repaired, text);
    tt_json_add_text(buf, tt_buf_str(&repaired));
    if (repaired.err != TT_OK)
        buf->err = repaired.err;
    tt_buf_done(&repaired);
}
