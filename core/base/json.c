#include "core/base/json.h"

#include "core/base/assert.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <jansson.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *vendor(const struct tt_json *json)
{
    return (json_t *)(uintptr_t)json;
}

/* The library takes its memory here. When that runs out it goes on with a text that lost its end,
 * and writes beyond its own blocks; so it does not get to see a failure: the parser is left by
 * longjmp, and what it had taken is freed from a list. A block stays in the list of its own text
 * for life. */
struct block {
    struct block *older, *newer;
    _Alignas(16) char data[];
};
static _Thread_local struct block *newest; /* of the text being parsed; else NULL */
static _Thread_local jmp_buf *escape;      /* set while parsing */

static void *vendor_alloc(size_t bytes)
{
    struct block *block =
        bytes > SIZE_MAX - sizeof *block ? NULL : tt_mem_alloc(sizeof *block + bytes);
    if (block == NULL) {
        if (escape != NULL)
            longjmp(*escape, 1);
        return NULL;
    }
    block->older = newest;
    block->newer = NULL;
    if (newest != NULL)
        newest->newer = block;
    newest = escape != NULL ? block : NULL;
    return block->data;
}

static void vendor_free(void *data)
{
    if (data == NULL)
        return;
    struct block *block = (struct block *)((char *)data - offsetof(struct block, data));
    if (block->older != NULL)
        block->older->newer = block->newer;
    if (block->newer != NULL)
        block->newer->older = block->older;
    if (newest == block)
        newest = block->older;
    tt_mem_free(block);
}

__attribute__((constructor)) static void use_our_memory(void)
{
    json_set_alloc_funcs(vendor_alloc, vendor_free);
}

/* The library's parser; NULL with *ret_out_of_memory where that is the reason. */
static json_t *parse(struct tt_str text, json_error_t *error, bool *ret_out_of_memory)
{
    jmp_buf out;
    json_t *volatile root = NULL;
    newest = NULL;
    escape = &out;
    *ret_out_of_memory = setjmp(out) != 0;
    if (*ret_out_of_memory)
        while (newest != NULL)
            vendor_free(newest->data);
    else
        root = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len,
                          JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, error);
    escape = NULL;
    newest = NULL;
    return root;
}

/* Levels of nesting, found before parsing so that a hostile line cannot make the parser recurse. */
static int depth_of(struct tt_str text, int depth_max)
{
    int depth = 0, deepest = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.len && deepest <= depth_max; i++) {
        char c = text.ptr[i];
        if (in_text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest)
                deepest = depth;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return deepest;
}

enum tt_err tt_json_parse(struct tt_str text, int depth_max, struct tt_json **ret_json,
                          struct tt_fault *fault)
{
    tt_assert(depth_max <= TT_JSON_DEPTH_MAX);
    if (depth_of(text, depth_max) > depth_max)
        return tt_fault_set(fault, TT_ERR_REJECT, "nested deeper than %d levels", depth_max);
    /* The library loses a NUL that stands behind a number or literal; no JSON text has one. */
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "a NUL byte in the text");
    if (!tt_str_is_utf8(text))
        return tt_fault_set(fault, TT_ERR_REJECT, "not UTF-8");
    json_error_t error;
    bool out_of_memory;
    json_t *root = parse(text, &error, &out_of_memory);
    if (out_of_memory)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (root == NULL && error.line > 1) /* a file that a person writes, most often */
        return tt_fault_set(fault, TT_ERR_REJECT, "%s (line %d, byte %d)", error.text, error.line,
                            error.position);
    if (root == NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "%s (byte %d)", error.text, error.position);
    *ret_json = (struct tt_json *)root;
    return TT_OK;
}

void tt_json_free(struct tt_json *json)
{
    json_decref(vendor(json));
}

enum tt_json_type tt_json_type(const struct tt_json *json)
{
    switch (json_typeof(vendor(json))) {
    case JSON_OBJECT: return TT_JSON_OBJECT;
    case JSON_ARRAY: return TT_JSON_ARRAY;
    case JSON_STRING: return TT_JSON_TEXT;
    case JSON_INTEGER: return TT_JSON_INT;
    case JSON_REAL: return TT_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE: return TT_JSON_BOOL;
    case JSON_NULL: break;
    }
    return TT_JSON_NULL;
}

const char *tt_json_type_name(enum tt_json_type type)
{
    static const char *const names[] = {
        "null", "a boolean", "an integer", "a number with a fraction or exponent",
        "text", "an array",  "an object"};
    return names[type];
}

bool tt_json_bool(const struct tt_json *json)
{
    return json_is_true(vendor(json));
}

int64_t tt_json_int(const struct tt_json *json)
{
    return json_integer_value(vendor(json));
}

double tt_json_real(const struct tt_json *json)
{
    return json_number_value(vendor(json));
}

struct tt_str tt_json_text(const struct tt_json *json)
{
    return (struct tt_str){json_string_value(vendor(json)), json_string_length(vendor(json))};
}

size_t tt_json_count(const struct tt_json *json)
{
    return json_is_array(vendor(json)) ? json_array_size(vendor(json))
                                       : json_object_size(vendor(json));
}

const struct tt_json *tt_json_at(const struct tt_json *array, size_t index)
{
    return (const struct tt_json *)json_array_get(vendor(array), index);
}

const struct tt_json *tt_json_get(const struct tt_json *object, const char *key)
{
    return (const struct tt_json *)json_object_get(vendor(object), key);
}

bool tt_json_next(const struct tt_json *object, void **iter, struct tt_str *ret_key,
                  const struct tt_json **ret_value)
{
    *iter = *iter == NULL ? json_object_iter(vendor(object))
                          : json_object_iter_next(vendor(object), *iter);
    if (*iter == NULL)
        return false;
    *ret_key = tt_str_from(json_object_iter_key(*iter));
    *ret_value = (const struct tt_json *)json_object_iter_value(*iter);
    return true;
}

/* Whether any of the eight bytes is a quote, a backslash or below 0x20; sometimes true for others
 * behind such a byte. */
static bool needs_escape(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
    return (((eight - ones * 0x20) | (quote - ones) | (backslash - ones)) & ~eight & high) != 0;
}

/* How many bytes from `at` on may stand as they are, at most to `end`. */
static const char *skip_plain(const char *at, const char *end)
{
    for (uint64_t eight; end - at >= 8; at += 8) {
        memcpy(&eight, at, sizeof eight);
        if (needs_escape(eight))
            break;
    }
    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static void add_escape(struct tt_buf *buf, unsigned char c)
{
    static const char short_forms[] = "btn\0fr"; /* for U+0008 to U+000D, U+000B has none */
    if (c == '"' || c == '\\') {
        char pair[2] = {'\\', (char)c};
        tt_buf_add(buf, pair, 2);
    } else if (c >= 8 && c <= 13 && c != 11) {
        char pair[2] = {'\\', short_forms[c - 8]};
        tt_buf_add(buf, pair, 2);
    } else {
        tt_buf_addf(buf, "\\u%04x", c);
    }
}

void tt_json_add_text(struct tt_buf *buf, struct tt_str text)
{
    if (text.ptr == NULL) {
        tt_buf_add_text(buf, "null");
        return;
    }
    const char *at = text.ptr, *end = at + text.len, *stop = skip_plain(at, end);
    char *whole = stop == end ? tt_buf_reserve(buf, text.len + 2) : NULL;
    if (whole != NULL) { /* most texts stand as they are */
        *whole = '"';
        memcpy(whole + 1, at, text.len);
        memcpy(whole + 1 + text.len, "\"", sizeof "\"");
        buf->len += text.len + 2;
        return;
    }
    tt_buf_add_char(buf, '"');
    for (; stop < end; stop = skip_plain(at, end)) {
        tt_buf_add(buf, at, (size_t)(stop - at));
        add_escape(buf, (unsigned char)*stop);
        at = stop + 1;
    }
    tt_buf_add(buf, at, (size_t)(end - at));
    tt_buf_add_char(buf, '"');
}

void tt_json_add_real(struct tt_buf *buf, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    tt_buf_add_text(buf, text);
    if (strpbrk(text, ".eEn") == NULL)
        tt_buf_add_text(buf, ".0"); /* stays a real when read back */
}

void tt_json_add_key(struct tt_buf *buf, const char *key)
{
    if (buf->len > 0 && buf->data[buf->len - 1] != '{' && buf->data[buf->len - 1] != '[')
        tt_buf_add_char(buf, ',');
    tt_json_add_text(buf, tt_str_from(key));
    tt_buf_add_char(buf, ':');
}

void tt_json_write(struct tt_buf *buf, const struct tt_json *json)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    switch (tt_json_type(json)) {
    case TT_JSON_NULL: tt_buf_add_text(buf, "null"); break;
    case TT_JSON_BOOL: tt_buf_add_text(buf, tt_json_bool(json) ? "true" : "false"); break;
    case TT_JSON_INT: tt_buf_add_int(buf, tt_json_int(json)); break;
    case TT_JSON_REAL: tt_json_add_real(buf, tt_json_real(json)); break;
    case TT_JSON_TEXT: tt_json_add_text(buf, tt_json_text(json)); break;
    case TT_JSON_ARRAY:
        tt_buf_add_char(buf, '[');
        for (size_t i = 0; i < tt_json_count(json); i++) {
            if (i > 0)
                tt_buf_add_char(buf, ',');
            tt_json_write(buf, tt_json_at(json, i));
        }
        tt_buf_add_char(buf, ']');
        break;
    case TT_JSON_OBJECT:
        tt_buf_add_char(buf, '{');
        for (bool first = true; tt_json_next(json, &iter, &key, &value); first = false) {
            if (!first)
                tt_buf_add_char(buf, ',');
            tt_json_add_text(buf, key);
            tt_buf_add_char(buf, ':');
            tt_json_write(buf, value);
        }
        tt_buf_add_char(buf, '}');
        break;
    }
}
