#include "core/model/csv_columns.h"

#include "core/base/limits.h"
#include <stdio.h>

enum { LISTED_BYTES_MAX = 280 }; /* of columns named in a message */

/* The length of "name=" at the start of a text, a to z and '_'; 0 where there is none. */
static size_t name_width(const char *at)
{
    size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
    return len > 0 && at[len] == '=' ? len + 1 : 0;
}

static enum tt_err unknown_field(const char *at, size_t len, struct tt_fault *fault)
{
    char known[LISTED_BYTES_MAX];
    size_t used = 0;
    for (int i = 0; i < TT_EVENT_FIELDS && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                                 tt_event_field_name(i));
    return tt_fault_set(fault, TT_ERR_INVALID, "--map: \"%.*s\" is no field; expected one of %s",
                        (int)(len < 60 ? len : 60), at, known);
}

enum tt_err tt_csv_map_parse(const char *text, struct tt_csv_map *ret_map, struct tt_fault *fault)
{
    struct tt_csv_map map = {0};
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t width = name_width(at);
        if (width == 0)
            return tt_fault_set(fault, TT_ERR_INVALID,
                                "--map: expected FIELD=COLUMN, such as task_id=Job, found "
                                "\"%.60s\"",
                                at);
        int field = tt_event_field((struct tt_str){at, width - 1});
        if (field < 0)
            return unknown_field(at, width - 1, fault);
        if (map.columns[field].ptr != NULL)
            return tt_fault_set(fault, TT_ERR_INVALID, "--map: %s stands there twice",
                                tt_event_field_name(field));
        const char *end = at += width;
        while (*end != '\0' && !(*end == ',' && (end[1] == '\0' || name_width(end + 1) > 0)))
            end++;
        if (end == at)
            return tt_fault_set(fault, TT_ERR_INVALID, "--map: %s: expected a column behind it",
                                tt_event_field_name(field));
        map.columns[field] = (struct tt_str){at, (size_t)(end - at)};
        at = *end == '\0' ? NULL : end + 1;
    }
    *ret_map = map;
    return TT_OK;
}

/* ---- The header ---------------------------------------------------------------------------- */

struct header {
    struct tt_csv_columns columns;
    const struct tt_csv_map *map;
    struct tt_arena *arena;
    struct tt_fault *fault;
};

static enum tt_err no_memory(const struct header *h)
{
    return tt_fault_set(h->fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* "id", "state", ...: as many as fit. */
static const char *list_names(const struct header *h, char text[static LISTED_BYTES_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < h->columns.count; i++) {
        size_t left = LISTED_BYTES_MAX - used, len = strlen(h->columns.list[i].name);
        if (len + 10 > left) {
            snprintf(text + used, left, "%s...", i == 0 ? "" : ", ");
            break;
        }
        used += (size_t)snprintf(text + used, left, "%s\"%s\"", i == 0 ? "" : ", ",
                                 h->columns.list[i].name);
    }
    return text;
}

static size_t find_column(const struct header *h, struct tt_str name, size_t *ret_times)
{
    size_t found = 0;
    *ret_times = 0;
    for (size_t i = h->columns.count; i-- > 0;)
        if (tt_str_equal(tt_str_from(h->columns.list[i].name), name)) {
            found = i;
            ++*ret_times;
        }
    return found;
}

static bool is_mapped(const struct header *h, struct tt_str name)
{
    for (int i = 0; i < TT_EVENT_FIELDS; i++)
        if (tt_str_equal(h->map->columns[i], name))
            return true;
    return false;
}

/* Gives the field its column: the one the map names, else the one of its own name that the map does
 * not give to another field. */
static enum tt_err assign(struct header *h, int field)
{
    char listed[LISTED_BYTES_MAX];
    const char *field_name = tt_event_field_name(field);
    struct tt_str name = h->map->columns[field];
    bool mapped = name.ptr != NULL;
    size_t times, index = find_column(h, mapped ? name : tt_str_from(field_name), &times);
    h->columns.of_field[field] = -1;
    if (!mapped && times > 0 && is_mapped(h, tt_str_from(field_name)))
        return TT_OK;
    if (times > 1)
        return tt_fault_set(h->fault, TT_ERR_INVALID,
                            "the header has the column \"%s\" %zu times, which is to be %s",
                            h->columns.list[index].name, times, field_name);
    if (times == 0 && mapped)
        return tt_fault_set(h->fault, TT_ERR_INVALID,
                            "--map %s=%.*s: there is no such column; there are %s", field_name,
                            (int)(name.len < 60 ? name.len : 60), name.ptr, list_names(h, listed));
    if (times == 0)
        return TT_OK;
    struct tt_column *column = &h->columns.list[index];
    h->columns.of_field[field] = (int)index;
    column->is_attribute = false;
    if (!mapped || column->place.ptr != NULL)
        return TT_OK;
    size_t bytes = strlen(field_name) + name.len + sizeof " (column )";
    char *place = tt_arena_alloc(h->arena, bytes);
    if (place == NULL)
        return no_memory(h);
    int len = snprintf(place, bytes, "%s (column %s)", field_name, column->name);
    column->place = (struct tt_str){place, (size_t)len};
    return TT_OK;
}

/* A header of one column cannot do, and looks as if it were meant to be several. */
static enum tt_err check_delimiter(const struct header *h)
{
    static const struct {
        char c;
        const char *name;
    } others[] = {{';', "';'"}, {'\t', "tab"}, {'|', "'|'"}, {',', "','"}};
    const char *only = h->columns.list[0].name;
    for (size_t i = 0; h->columns.count == 1 && i < sizeof others / sizeof *others; i++)
        if (strchr(only, others[i].c) != NULL)
            return tt_fault_set(h->fault, TT_ERR_INVALID,
                                "the header is one column, \"%.100s\"; --delimiter %s may be what "
                                "is missing",
                                only, others[i].name);
    return TT_OK;
}

static enum tt_err check_required(const struct header *h)
{
    static const char *const required[] = {"task_id", "status", "event_time"};
    char listed[LISTED_BYTES_MAX], missing[48] = "";
    const char *example = NULL;
    for (size_t i = 0; i < 3; i++)
        if (h->columns.of_field[tt_event_field(tt_str_from(required[i]))] < 0) {
            size_t used = strlen(missing);
            snprintf(missing + used, sizeof missing - used, "%s%s", used == 0 ? "" : ", ",
                     required[i]);
            example = example == NULL ? required[i] : example;
        }
    if (example == NULL)
        return TT_OK;
    return tt_fault_set(h->fault, TT_ERR_INVALID,
                        "no column for %s (--map %s=COLUMN names it); there are %s", missing,
                        example, list_names(h, listed));
}

static struct tt_str without_blanks(struct tt_str text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static enum tt_err read_names(struct header *h, const struct tt_csv *csv, struct tt_str header)
{
    struct tt_str rest = header, cell;
    size_t count = 0;
    while (tt_csv_next(csv, &rest, h->arena, &cell))
        count++;
    if (count > TT_CSV_COLUMNS_MAX)
        return tt_fault_set(h->fault, TT_ERR_INVALID, "%zu columns; at most %d are read", count,
                            TT_CSV_COLUMNS_MAX);
    h->columns.list = tt_arena_alloc(h->arena, count * sizeof *h->columns.list);
    if (h->columns.list == NULL)
        return no_memory(h);
    rest = header;
    for (size_t i = 0; tt_csv_next(csv, &rest, h->arena, &cell); i++) {
        char number[32];
        if (cell.ptr == NULL)
            return no_memory(h);
        cell = without_blanks(cell);
        int len = snprintf(number, sizeof number, "column %zu", i + 1);
        if (cell.len == 0)
            cell = (struct tt_str){number, (size_t)len};
        const char *name = tt_arena_copy(h->arena, cell.ptr, cell.len);
        if (name == NULL)
            return no_memory(h);
        h->columns.list[i] = (struct tt_column){.name = name, .is_attribute = true};
    }
    h->columns.count = count;
    return TT_OK;
}

/* Attributes have each name once: a column whose name has come before, or is that of an attribute's
 * column before it, gets a name by its number. */
static enum tt_err name_apart(struct header *h)
{
    for (size_t i = 0; i < h->columns.count; i++) {
        struct tt_column *column = &h->columns.list[i];
        bool taken = false;
        for (size_t j = 0; j < i && column->is_attribute && !taken; j++)
            taken = h->columns.list[j].is_attribute &&
                    strcmp(h->columns.list[j].name, column->name) == 0;
        if (!taken)
            continue;
        size_t bytes = strlen(column->name) + 32;
        char *name = tt_arena_alloc(h->arena, bytes);
        if (name == NULL)
            return no_memory(h);
        snprintf(name, bytes, "%s (column %zu)", column->name, i + 1);
        column->name = name;
        for (size_t j = 0; j < h->columns.count; j++)
            if (j != i && strcmp(h->columns.list[j].name, name) == 0)
                return tt_fault_set(h->fault, TT_ERR_INVALID,
                                    "the header has the columns of attributes named alike, as "
                                    "\"%.60s\"",
                                    name);
    }
    return TT_OK;
}

enum tt_err tt_csv_columns_read(const struct tt_csv *csv, struct tt_str header,
                                const struct tt_csv_map *map, struct tt_arena *arena,
                                struct tt_csv_columns *ret_columns, struct tt_fault *fault)
{
    struct header h = {.map = map, .arena = arena, .fault = fault};
    if (!tt_str_is_utf8(header) || memchr(header.ptr, '\0', header.len) != NULL)
        return tt_fault_set(fault, TT_ERR_INVALID, "the header is not UTF-8 text");
    enum tt_err err = read_names(&h, csv, header);
    if (err == TT_OK)
        err = check_delimiter(&h);
    for (int field = 0; field < TT_EVENT_FIELDS && err == TT_OK; field++)
        err = assign(&h, field);
    if (err == TT_OK)
        err = check_required(&h);
    if (err == TT_OK)
        err = name_apart(&h);
    for (size_t i = 0; i < h.columns.count && err == TT_OK; i++)
        if (h.columns.list[i].place.ptr == NULL)
            h.columns.list[i].place = tt_str_from(h.columns.list[i].name);
    if (err == TT_OK)
        *ret_columns = h.columns;
    return err;
}
