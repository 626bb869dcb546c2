#include "core/model/csv.h"

#include <ctype.h>

enum tt_err tt_csv_init(struct tt_csv *csv, const char *delimiter, struct tt_fault *fault)
{
    *csv = (struct tt_csv){.delimiter = ','};
    if (delimiter == NULL)
        return TT_OK;
    unsigned char c = (unsigned char)delimiter[0];
    if (strcmp(delimiter, "tab") == 0 || strcmp(delimiter, "\\t") == 0)
        c = '\t';
    else if (delimiter[0] == '\0' || delimiter[1] != '\0' || (c != '\t' && !isprint(c)) ||
             isalnum(c) || c == '"')
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "--delimiter: \"%.40s\" is not one character such as ; or |, or tab",
                            delimiter);
    csv->delimiter = (char)c;
    return TT_OK;
}

static enum tt_span broken(const char *what, size_t cell, struct tt_fault *fault)
{
    tt_fault_set(fault, TT_ERR_REJECT, "cell %zu: %s", cell, what);
    return TT_SPAN_BROKEN;
}

enum tt_span tt_csv_look(struct tt_csv *csv, struct tt_str line, bool first, struct tt_fault *fault)
{
    const char *at = line.ptr, *end = line.ptr + line.len;
    if (first) {
        csv->cell = 1;
        csv->in_quotes = false;
        if (line.len == 0 || memchr(at, '"', line.len) == NULL)
            return TT_SPAN_WHOLE;
    }
    for (;;) {
        if (!csv->in_quotes && at < end && *at == '"') {
            csv->in_quotes = true;
            at++;
        }
        if (csv->in_quotes) {
            at = at == end ? NULL : memchr(at, '"', (size_t)(end - at));
            if (at == NULL)
                return TT_SPAN_MORE;
            at++;
            if (at < end && *at == '"') {
                at++;
                continue;
            }
            csv->in_quotes = false;
            if (at < end && *at != csv->delimiter)
                return broken("text behind its closing quote (a quote within quotes is written "
                              "twice)",
                              csv->cell, fault);
        } else {
            while (at < end && *at != csv->delimiter && *at != '"')
                at++;
            if (at < end && *at == '"')
                return broken("a quote within a cell that does not begin with one", csv->cell,
                              fault);
        }
        if (at == end)
            return TT_SPAN_WHOLE;
        at++;
        csv->cell++;
    }
}

/* The text with each doubled quote written once; NULL when out of memory. */
static struct tt_str halve_quotes(struct tt_str text, struct tt_arena *arena)
{
    char *copy = tt_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; copy != NULL && i < text.len; i++) {
        copy[len++] = text.ptr[i];
        i += text.ptr[i] == '"';
    }
    return (struct tt_str){copy, copy == NULL ? 0 : len};
}

bool tt_csv_next(const struct tt_csv *csv, struct tt_str *rest, struct tt_arena *arena,
                 struct tt_str *ret_cell)
{
    if (rest->ptr == NULL)
        return false;
    const char *at = rest->ptr, *end = at + rest->len;
    bool doubled = false;
    if (at < end && *at == '"') {
        const char *start = ++at;
        for (; (at = memchr(at, '"', (size_t)(end - at))) + 1 < end && at[1] == '"'; at += 2)
            doubled = true;
        *ret_cell = (struct tt_str){start, (size_t)(at - start)};
        if (doubled)
            *ret_cell = halve_quotes(*ret_cell, arena);
        at++;
    } else {
        const char *delimiter = at == end ? NULL : memchr(at, csv->delimiter, (size_t)(end - at));
        const char *start = at;
        at = delimiter == NULL ? end : delimiter;
        *ret_cell = (struct tt_str){start, (size_t)(at - start)};
    }
    *rest = at == end ? TT_STR_NONE : (struct tt_str){at + 1, (size_t)(end - at - 1)};
    return true;
}
