#include "core/upload/json_parts.h"

#include "core/base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct part {
    const char *base; /* of all parts' text, once it is whole */
    size_t at, len;
};

struct parts {
    struct tt_buf text;
    struct part *list;
    size_t count, capacity;
    enum tt_err err;
};

#define LARGE  INT64_C(1000000000000000) /* the first integer of 16 digits */
#define NUMBER "%.16e"                   /* means the same to C and to GoogleSQL */

static void add_number(struct tt_buf *text, const struct tt_json *value)
{
    bool is_int = tt_json_type(value) == TT_JSON_INT;
    int64_t number = is_int ? tt_json_int(value) : 0;
    if (number >= LARGE || number <= -LARGE)
        tt_buf_addf(text, "%" PRId64, number);
    else
        tt_buf_addf(text, NUMBER, tt_json_real(value) + 0.0); /* no negative zero */
}

static void add_value(struct parts *parts, struct tt_str key, const struct tt_json *value)
{
    struct tt_buf *text = &parts->text;
    const size_t began = text->len;
    const enum tt_json_type type = tt_json_type(value);
    if (key.ptr != NULL) {
        tt_buf_add_str(text, key);
        tt_buf_add_char(text, '\x1d');
    }
    switch (type) {
    case TT_JSON_NULL: tt_buf_add_text(text, "null"); break;
    case TT_JSON_BOOL: tt_buf_add_text(text, tt_json_bool(value) ? "true" : "false"); break;
    case TT_JSON_INT:
    case TT_JSON_REAL: add_number(text, value); break;
    case TT_JSON_TEXT:
        tt_buf_add_char(text, '"');
        tt_buf_add_str(text, tt_json_text(value));
        break;
    case TT_JSON_ARRAY: tt_buf_add_char(text, '['); break;
    case TT_JSON_OBJECT: tt_buf_add_char(text, '{'); break;
    }
    if (parts->err == TT_OK)
        parts->err = tt_mem_reserve((void **)&parts->list, &parts->capacity, parts->count + 1,
                                    sizeof *parts->list);
    if (parts->err != TT_OK)
        return;
    parts->list[parts->count++] = (struct part){.at = began, .len = text->len - began};
    if (type == TT_JSON_ARRAY)
        for (size_t i = 0; i < tt_json_count(value); i++)
            add_value(parts, TT_STR_NONE, tt_json_at(value, i));
    void *iter = NULL;
    const struct tt_json *member;
    if (type == TT_JSON_OBJECT)
        while (tt_json_next(value, &iter, &key, &member))
            add_value(parts, key, member);
}

static int by_bytes(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    size_t less = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->base + x->at, y->base + y->at, less);
    return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

enum tt_err tt_json_parts_write(struct tt_buf *text, const struct tt_json *value)
{
    struct parts parts = {0};
    tt_buf_init(&parts.text, 0);
    add_value(&parts, TT_STR_NONE, value);
    bool good = parts.err == TT_OK && parts.text.err == TT_OK;
    if (good) {
        for (size_t i = 0; i < parts.count; i++)
            parts.list[i].base = parts.text.data;
        qsort(parts.list, parts.count, sizeof *parts.list, by_bytes);
        for (size_t i = 0; i < parts.count; i++) {
            if (i > 0)
                tt_buf_add_char(text, '\x1e');
            tt_buf_add(text, parts.list[i].base + parts.list[i].at, parts.list[i].len);
        }
    }
    good = good && text->err == TT_OK;
    tt_mem_free(parts.list);
    tt_buf_done(&parts.text);
    return good ? TT_OK : TT_ERR_NO_MEMORY;
}

#define QUOTED "\"(?:[^\"\\\\]|\\\\.)*\""
#define VALUE  "(?:" QUOTED "|-?[0-9][-+.0-9eE]*|true|false|null|[{\\[])"

/* Pieces of the text that TO_JSON_STRING gives: a key with what follows it, or an element.
 * JSON_VALUE takes the quotes and escapes of a key or text away. */
void tt_json_parts_sql(struct tt_buf *sql, const char *column)
{
    tt_buf_add_text(sql, "(SELECT STRING_AGG(part, '\\x1e' ORDER BY part) FROM (SELECT CONCAT("
                         "IF(key IS NULL, '', CONCAT(JSON_VALUE(key), '\\x1d')), CASE "
                         "WHEN STARTS_WITH(value, '\"') THEN CONCAT('\"', JSON_VALUE(value)) "
                         "WHEN REGEXP_CONTAINS(value, r'^-?[0-9]{16,20}$') THEN value "
                         "WHEN REGEXP_CONTAINS(value, r'^-?[0-9]') THEN "
                         "IFNULL(FORMAT('");
    tt_buf_add_text(sql, NUMBER);
    tt_buf_add_text(sql, "', SAFE_CAST(value AS FLOAT64) + 0.0), value) "
                         "ELSE value END) AS part FROM (SELECT "
                         "REGEXP_EXTRACT(piece, r'^(" QUOTED ")\\s*:') AS key, "
                         "REGEXP_REPLACE(piece, r'^" QUOTED "\\s*:\\s*', '') AS value "
                         "FROM UNNEST(REGEXP_EXTRACT_ALL(TO_JSON_STRING(`");
    tt_buf_add_text(sql, column);
    tt_buf_add_text(sql, "`), r'" QUOTED "\\s*:\\s*" VALUE "|" VALUE "')) AS piece)))");
}
