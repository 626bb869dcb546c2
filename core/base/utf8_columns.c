/* Columns by the C library's tables, in a locale of our own: the user's may be one without UTF-8.
 */
#include "core/base/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <wchar.h>

static locale_t utf8; /* 0 where there is no such locale: every character takes one column then */

static void find_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Of a well-formed character of two bytes or more. */
static size_t columns_of(const char *at, size_t width)
{
    wchar_t c = (wchar_t)((unsigned char)at[0] & (0x7fu >> width));
    for (size_t i = 1; i < width; i++)
        c = c << 6 | (wchar_t)((unsigned char)at[i] & 0x3f);
    int columns = wcwidth(c);
    return columns < 0 ? 1 : (size_t)columns; /* not assigned yet */
}

size_t tt_utf8_columns(struct tt_str text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t columns = 0;
    pthread_once(&once, find_locale);
    locale_t before = utf8 == (locale_t)0 ? utf8 : uselocale(utf8);
    for (size_t at = 0; at < text.len;) {
        size_t width = tt_utf8_width(text, at);
        columns += width < 2 || tt_utf8_is_control(text.ptr + at, width)
                       ? 1
                       : columns_of(text.ptr + at, width);
        at += width > 0 ? width : 1;
    }
    if (before != (locale_t)0)
        uselocale(before);
    return columns;
}
