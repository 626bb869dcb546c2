/* Words broken at spaces so that lines end at the terminal's width. */
#include "reports/text_parts.h"
#include "reports/words.h"

/* Where the line stands: columns since its start, colours not counted. */
static size_t column_of(const struct tt_buf *buf)
{
    size_t start = buf->len, columns = 0;
    while (start > 0 && buf->data[start - 1] != '\n')
        start--;
    while (start < buf->len) {
        size_t end = start;
        while (end < buf->len && buf->data[end] != '\x1b')
            end++;
        columns += tt_columns((struct tt_str){buf->data + start, end - start});
        while (end < buf->len && buf->data[end] != 'm')
            end++;
        start = end + 1;
    }
    return columns;
}

/* Whether a line may end at the space at `at`: not between a number and its unit ("10 m"). */
static bool may_break(struct tt_str words, size_t at)
{
    size_t letters = 0;
    if (at == 0 || words.ptr[at - 1] < '0' || words.ptr[at - 1] > '9')
        return true;
    while (at + 1 + letters < words.len && words.ptr[at + 1 + letters] >= 'a' &&
           words.ptr[at + 1 + letters] <= 'z')
        letters++;
    return letters == 0 || letters > 2;
}

void tt_words_wrap(struct tt_buf *buf, struct tt_str words, size_t indent, size_t width)
{
    size_t column = column_of(buf);
    bool first = true; /* of the line: no space in front */
    for (size_t at = 0; at < words.len;) {
        size_t end = at;
        while (end < words.len && (words.ptr[end] != ' ' || !may_break(words, end)))
            end++;
        size_t columns = tt_columns((struct tt_str){words.ptr + at, end - at});
        if (!first && column + 1 + columns > width) {
            tt_buf_add_char(buf, '\n');
            for (size_t i = 0; i < indent; i++)
                tt_buf_add_char(buf, ' ');
            column = indent;
            first = true;
        }
        if (!first)
            tt_buf_add_char(buf, ' ');
        tt_buf_add(buf, words.ptr + at, end - at);
        column += columns + !first;
        first = false;
        at = end + (end < words.len);
    }
}

void tt_text_wrap(struct tt_render *render, struct tt_str words, size_t indent)
{
    tt_words_wrap(&render->buf, words, indent, (size_t)tt_text_width(render));
}
