/* Words lose their ends alike, so that what is left of a long name is still read as it. */
#include "reports/short_names.h"

#include "core/base/assert.h"
#include "core/base/utf8.h"
#include "reports/words.h"
#include <stdio.h>

enum { WORDS_MAX = 16 };

/* Letters of one word, and the sign in front of it ('\0': none). */
struct word {
    struct tt_str letters;
    size_t columns;
    char joint;
};

size_t tt_columns(struct tt_str text)
{
    return tt_utf8_columns(text);
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || is_upper(c) || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9');
}

/* Runs of letters; camelCase begins a new one. 0: too many. */
static size_t split(struct tt_str name, struct word *words)
{
    size_t count = 0, at = 0;
    while (at < name.len) {
        char joint = '\0';
        for (; at < name.len && !is_letter(name.ptr[at]); at++)
            if (joint == '\0' || joint == ' ')
                joint = name.ptr[at];
        size_t start = at;
        while (at < name.len && is_letter(name.ptr[at]) &&
               !(at > start && is_upper(name.ptr[at]) && !is_upper(name.ptr[at - 1])))
            at++;
        if (count == WORDS_MAX)
            return 0;
        struct tt_str letters = {name.ptr + start, at - start};
        words[count++] = (struct word){letters, tt_columns(letters), joint};
    }
    return count;
}

/* Columns when words keep so many letters each. */
static size_t columns_at(const struct word *words, size_t count, size_t letters)
{
    size_t columns = 0;
    for (size_t i = 0; i < count; i++)
        columns +=
            (words[i].joint != '\0') + (words[i].columns < letters ? words[i].columns : letters);
    return columns;
}

/* What of it fits into so many columns. */
static struct tt_str cut(struct tt_str text, size_t columns)
{
    size_t at = 0, used = 0;
    while (at < text.len) {
        size_t width = tt_utf8_width(text, at), bytes = width > 0 ? width : 1;
        used += tt_utf8_columns((struct tt_str){text.ptr + at, bytes});
        if (used > columns)
            break;
        at += bytes;
    }
    text.len = at;
    return text;
}

static void shorten(struct tt_buf *buf, struct tt_str full, size_t columns)
{
    struct word words[WORDS_MAX];
    size_t count = split(full, words), letters = columns;
    if (tt_columns(full) <= columns) {
        tt_words_add(buf, full, 0);
        return;
    }
    while (letters > 0 && columns_at(words, count, letters) > columns)
        letters--;
    if (count < 2 || letters == 0) {
        tt_words_add(buf, full, columns);
        return;
    }
    size_t spare = columns - columns_at(words, count, letters);
    for (size_t i = 0; i < count; i++) {
        bool longer = spare > 0 && words[i].columns > letters;
        if (words[i].joint != '\0')
            tt_words_add(buf, (struct tt_str){&words[i].joint, 1}, 0);
        tt_words_add(buf, cut(words[i].letters, letters + longer), 0);
        spare -= longer;
    }
}

/* Different names stay different: the last character becomes a number. */
static void tell_apart(const struct tt_short_names *names, struct tt_short_name *name)
{
    char number = '2';
    for (size_t i = 0; i < names->count && number <= '9'; i++) {
        if (strcmp(names->list[i].text, name->text) != 0)
            continue;
        size_t end = strlen(name->text);
        while (end > 0 && ((unsigned char)name->text[--end] & 0xc0) == 0x80)
            continue;
        name->text[end] = number++;
        name->text[end + 1] = '\0';
        i = SIZE_MAX; /* the new form may be taken as well: from the start again */
    }
}

struct tt_short_name tt_short_names_get(struct tt_short_names *names, struct tt_str full)
{
    struct tt_short_name name = {.full = full};
    struct tt_buf text;
    tt_assert(names->columns >= 4 && names->columns <= TT_SHORT_COLUMNS_MAX);
    for (size_t i = 0; i < names->count; i++)
        if (tt_str_equal(names->list[i].full, full))
            return names->list[i];
    tt_buf_init(&text, 0);
    shorten(&text, full, names->columns);
    if (text.len >= sizeof name.text) { /* very many marks without a column of their own */
        text.len = sizeof name.text - 1;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80)
            text.len--;
        text.data[text.len] = '\0';
    }
    snprintf(name.text, sizeof name.text, "%s", text.len == 0 ? "" : text.data);
    tt_buf_done(&text);
    tell_apart(names, &name);
    name.columns = tt_columns(tt_str_from(name.text));
    if (names->count < TT_SHORT_NAMES_MAX)
        names->list[names->count++] = name;
    return name;
}

bool tt_short_name_lost(const struct tt_short_name *name)
{
    return !tt_str_equal(name->full, tt_str_from(name->text));
}
