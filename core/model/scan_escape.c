/* Texts with escapes. They are rare, but a line that the library reads costs as much as fifty plain
 * ones. */
#include "core/model/scan_parts.h"

/* Four hexadecimal digits, or -1. */
static int32_t four_digits(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* What stands behind "\u", two of them where the first is half a pair. The position behind, or
 * NULL: no digits, half a pair alone, or U+0000. */
static const char *code_point(const char *at, const char *end, uint32_t *ret_code)
{
    int32_t first = four_digits(at, end);
    at += 4;
    if (first <= 0 || (first >= 0xdc00 && first <= 0xdfff))
        return NULL;
    *ret_code = (uint32_t)first;
    if (first < 0xd800 || first > 0xdfff)
        return at;
    if (end - at < 2 || at[0] != '\\' || at[1] != 'u')
        return NULL;
    int32_t second = four_digits(at + 2, end);
    if (second < 0xdc00 || second > 0xdfff)
        return NULL;
    *ret_code = 0x10000 + (((uint32_t)first - 0xd800) << 10) + ((uint32_t)second - 0xdc00);
    return at + 6;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(leads[more] | code >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
    return to;
}

/* The letter behind a backslash; 0 for one that means nothing. */
static char letter(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

const char *tt_scan_escaped(struct tt_scan *scan, const char *start, const char *end)
{
    enum { LONGEST = 4 }; /* bytes that one escape becomes */
    char *const text = scan->unescaped + scan->unescaped_len;
    const char *const full = scan->unescaped + sizeof scan->unescaped - LONGEST;
    char *to = text;
    const char *at = start;
    for (;;) {
        if (at >= end || to > full || (unsigned char)*at < 0x20)
            return NULL;
        if (*at == '"')
            break;
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        if (end - at < 2)
            return NULL;
        if (at[1] == 'u') {
            uint32_t code;
            at = code_point(at + 2, end, &code);
            if (at == NULL)
                return NULL;
            to = put_utf8(to, code);
        } else {
            *to = letter(at[1]);
            if (*to++ == 0)
                return NULL;
            at += 2;
        }
    }
    /* Checked as a whole: what an escape became is complete in itself, so bytes beside it that are
     * no UTF-8 stay so. */
    scan->text = (struct tt_str){text, (size_t)(to - text)};
    if (!tt_str_is_utf8(scan->text))
        return NULL;
    scan->unescaped_len += scan->text.len;
    return at + 1;
}
