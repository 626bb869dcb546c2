#include "core/base/base64.h"

void tt_base64_add(struct tt_buf *to, const void *bytes, size_t len, enum tt_base64_form form)
{
    static const char *const digits[] = {
        [TT_BASE64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        [TT_BASE64URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    };
    const unsigned char *from = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)from[i] << 16;
        bits |= have > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        bits |= have > 2 ? (uint32_t)from[i + 2] : 0;
        char four[] = "====";
        for (size_t digit = 0; digit <= have; digit++)
            four[digit] = digits[form][bits >> (18 - 6 * digit) & 63];
        tt_buf_add(to, four, form == TT_BASE64 ? 4 : have + 1);
    }
}
