/* Each '{' that a quote follows may begin an object, and is read as one, with a place on a stack
 * for each level of nesting. Where the text goes on as no JSON would, that '{' was none, or the
 * object is cut off; the search goes on behind the '{': what looked like quotes may have been none.
 */
#include "core/model/json_find.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

struct tt_json_level {
    const char *start;
    bool is_object, has_task, has_status;
    bool *pending; /* has_task or has_status, while the value of that member is awaited */
};

enum expect { KEY_OR_END, KEY, COLON, VALUE_OR_END, VALUE, COMMA_OR_END };

/* An object in hand. */
struct walk {
    struct tt_json_find *find;
    const char *at, *end;
    int depth;
    enum expect expect;
};

enum tt_err tt_json_find_init(struct tt_json_find *find, int depth_max)
{
    *find = (struct tt_json_find){.depth_max = depth_max};
    find->levels = tt_mem_array((size_t)depth_max + 1, sizeof *find->levels);
    return find->levels == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

void tt_json_find_done(struct tt_json_find *find)
{
    tt_mem_free(find->levels);
    tt_mem_free(find->list);
    *find = (struct tt_json_find){0};
}

static enum tt_err add_found(struct tt_json_find *find, const char *start, const char *end,
                             bool is_whole)
{
    while (find->count > 0 && find->list[find->count - 1].text.ptr > start)
        find->count--; /* within this one */
    if (tt_mem_reserve((void **)&find->list, &find->capacity, find->count + 1,
                       sizeof *find->list) != TT_OK)
        return TT_ERR_NO_MEMORY;
    find->list[find->count++] = (struct tt_json_found){{start, (size_t)(end - start)}, is_whole};
    return TT_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Behind the closing quote; NULL where there is none. */
static const char *skip_text(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\')
            at++;
    }
    return NULL;
}

static bool is_scalar(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static bool wants_value(const struct walk *w)
{
    return w->expect == VALUE || w->expect == VALUE_OR_END;
}

static bool open_level(struct walk *w, bool is_object)
{
    if (w->depth == w->find->depth_max)
        return false;
    w->find->levels[w->depth++] = (struct tt_json_level){.start = w->at, .is_object = is_object};
    w->expect = is_object ? KEY_OR_END : VALUE_OR_END;
    w->at++;
    return true;
}

static bool is_event(const struct tt_json_level *level)
{
    return level->has_task && level->has_status;
}

/* A quote: a key, or a value. */
static bool read_text(struct walk *w)
{
    struct tt_json_level *level = &w->find->levels[w->depth - 1];
    const char *start = w->at, *behind = skip_text(w->at + 1, w->end);
    if (behind == NULL)
        return false;
    w->at = behind;
    if (wants_value(w)) {
        w->expect = COMMA_OR_END;
        return true;
    }
    if (w->expect != KEY && w->expect != KEY_OR_END)
        return false;
    struct tt_str key = {start + 1, (size_t)(behind - start - 2)};
    level->pending = tt_str_equal(key, TT_STR("task_id"))  ? &level->has_task
                     : tt_str_equal(key, TT_STR("status")) ? &level->has_status
                                                           : NULL;
    if (level->pending != NULL)
        *level->pending = true;
    w->expect = COLON;
    return true;
}

static bool read_scalar(struct walk *w)
{
    struct tt_json_level *level = &w->find->levels[w->depth - 1];
    const char *start = w->at;
    while (w->at < w->end && is_scalar(*w->at))
        w->at++;
    if (w->at == start || !wants_value(w))
        return false;
    if (level->pending != NULL &&
        tt_str_equal((struct tt_str){start, (size_t)(w->at - start)}, TT_STR("null")))
        *level->pending = false;
    w->expect = COMMA_OR_END;
    return true;
}

/* Reads one token. False: this is no JSON, or its end is missing. */
static bool step(struct walk *w, enum tt_err *err)
{
    struct tt_json_level *level = &w->find->levels[w->depth - 1];
    switch (*w->at) {
    case '{': return wants_value(w) && open_level(w, true);
    case '[': return wants_value(w) && open_level(w, false);
    case '"': return read_text(w);
    case ':':
        if (w->expect != COLON)
            return false;
        w->expect = VALUE;
        break;
    case ',':
        if (w->expect != COMMA_OR_END)
            return false;
        level->pending = NULL;
        w->expect = level->is_object ? KEY : VALUE;
        break;
    case '}':
    case ']':
        if (level->is_object != (*w->at == '}') ||
            (w->expect != COMMA_OR_END &&
             w->expect != (level->is_object ? KEY_OR_END : VALUE_OR_END)))
            return false;
        if (is_event(level))
            *err = add_found(w->find, level->start, w->at + 1, true);
        w->depth--;
        w->expect = COMMA_OR_END;
        break;
    default: return read_scalar(w);
    }
    w->at++;
    return true;
}

/* Reads the object that may begin here. Where to go on: behind it; else where it went wrong, if it
 * is an event cut off, or if events were found within it; else behind its brace. */
static enum tt_err walk_object(struct tt_json_find *find, const char *start, const char *end,
                               const char **ret_looked, const char **ret_next)
{
    struct walk w = {.find = find, .at = start, .end = end, .expect = VALUE};
    size_t found_before = find->count;
    bool is_json = open_level(&w, true);
    enum tt_err err = TT_OK;
    while (is_json && w.depth > 0 && err == TT_OK) {
        while (w.at < end && is_blank(*w.at))
            w.at++;
        is_json = w.at < end && step(&w, &err);
    }
    *ret_looked = w.at < end ? w.at + 1 : end;
    *ret_next = is_json || find->count > found_before ? w.at : start + 1;
    for (int i = 0; !is_json && i < w.depth && err == TT_OK; i++)
        if (is_event(&find->levels[i])) {
            *ret_next = w.at;
            return add_found(find, find->levels[i].start, end, false);
        }
    return err;
}

enum tt_err tt_json_find_events(struct tt_json_find *find, struct tt_str text)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    uint64_t looks = 0, looks_max = (uint64_t)text.len * TT_LOG_LOOKS_MAX;
    enum tt_err err = TT_OK;
    find->count = 0;
    find->gave_up = false;
    while (err == TT_OK && at < end && (at = memchr(at, '{', (size_t)(end - at))) != NULL) {
        const char *quote = at + 1, *looked = at;
        while (quote < end && is_blank(*quote))
            quote++;
        if (quote == end || *quote != '"') {
            looks += (uint64_t)(quote - at);
            at++;
        } else {
            const char *start = at;
            err = walk_object(find, start, end, &looked, &at);
            looks += (uint64_t)(looked - start);
        }
        if (looks > looks_max) {
            find->gave_up = true;
            break;
        }
    }
    return err;
}
