/* The lifecycle file, read strictly: every error says where. */
#include "core/model/lifecycle_parts.h"

#include "core/base/json.h"
#include "core/base/time.h"
#include <stdio.h>

struct parsing {
    struct tt_arena *arena;
    struct tt_lifecycle *lifecycle;
    size_t status_capacity;
    char place[96]; /* "lifecycles[2]" or "lifecycle" */
    struct tt_fault *fault;
};

static enum tt_err no_memory(struct parsing *p)
{
    return tt_fault_set(p->fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err expected(struct parsing *p, const char *key, const char *what,
                            const struct tt_json *found)
{
    return tt_fault_set(p->fault, TT_ERR_INVALID, "%s.%s: expected %s, found %s", p->place, key,
                        what, tt_json_type_name(tt_json_type(found)));
}

static enum tt_err keep(struct parsing *p, struct tt_str text, struct tt_str *ret_text)
{
    char *copy = tt_arena_copy(p->arena, text.ptr, text.len);
    if (copy == NULL)
        return no_memory(p);
    *ret_text = (struct tt_str){copy, text.len};
    return TT_OK;
}

static enum tt_err status_number(struct parsing *p, const char *key, struct tt_str name,
                                 int *ret_status)
{
    struct tt_lifecycle *lifecycle = p->lifecycle;
    int known = tt_lifecycle_status(lifecycle, name);
    if (known >= 0) {
        *ret_status = known;
        return TT_OK;
    }
    if (name.len == 0)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "%s.%s: a status is empty", p->place, key);
    if (lifecycle->status_count == TT_LIFECYCLE_STATUSES_MAX)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "%s.%s: more than %d statuses", p->place, key,
                            TT_LIFECYCLE_STATUSES_MAX);
    struct tt_lifecycle_status *status = &lifecycle->statuses[lifecycle->status_count];
    *status = (struct tt_lifecycle_status){.max_age_us = -1};
    enum tt_err err = keep(p, name, &status->name);
    if (err == TT_OK)
        *ret_status = lifecycle->status_count++;
    return err;
}

/* A list of statuses, none twice. */
static enum tt_err read_statuses(struct parsing *p, const char *key, const struct tt_json *list,
                                 int **ret_numbers, size_t *ret_count)
{
    if (tt_json_type(list) != TT_JSON_ARRAY)
        return expected(p, key, "an array of statuses", list);
    size_t count = tt_json_count(list);
    int *numbers = tt_arena_alloc(p->arena, (count + 1) * sizeof *numbers);
    if (numbers == NULL)
        return no_memory(p);
    for (size_t i = 0; i < count; i++) {
        const struct tt_json *item = tt_json_at(list, i);
        if (tt_json_type(item) != TT_JSON_TEXT)
            return expected(p, key, "an array of statuses", item);
        enum tt_err err = status_number(p, key, tt_json_text(item), &numbers[i]);
        if (err != TT_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            if (numbers[k] == numbers[i])
                return tt_fault_set(p->fault, TT_ERR_INVALID, "%s.%s: \"%.*s\" stands there twice",
                                    p->place, key, TT_STR_ARGS(tt_json_text(item)));
    }
    *ret_numbers = numbers;
    *ret_count = count;
    return TT_OK;
}

static enum tt_err read_types(struct parsing *p, const struct tt_json *list)
{
    struct tt_lifecycle *lifecycle = p->lifecycle;
    size_t count = list == NULL ? 1 : tt_json_count(list);
    if (list != NULL && (tt_json_type(list) != TT_JSON_ARRAY || count == 0))
        return expected(p, "task_types", "an array of texts, not empty", list);
    lifecycle->types = tt_arena_alloc(p->arena, count * sizeof *lifecycle->types);
    if (lifecycle->types == NULL)
        return no_memory(p);
    for (size_t i = 0; i < count; i++) {
        const struct tt_json *item = list == NULL ? NULL : tt_json_at(list, i);
        if (item != NULL && tt_json_type(item) != TT_JSON_TEXT)
            return expected(p, "task_types", "an array of texts", item);
        enum tt_err err =
            keep(p, item == NULL ? TT_STR("*") : tt_json_text(item), &lifecycle->types[i]);
        if (err != TT_OK)
            return err;
    }
    lifecycle->type_count = count;
    return TT_OK;
}

static enum tt_err read_transitions(struct parsing *p, const struct tt_json *object)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    if (object == NULL)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "%s: transitions is missing", p->place);
    if (tt_json_type(object) != TT_JSON_OBJECT)
        return expected(p, "transitions", "an object", object);
    while (tt_json_next(object, &iter, &key, &value)) {
        char place[128];
        snprintf(place, sizeof place, "transitions.%.100s", key.ptr);
        int from;
        enum tt_err err = status_number(p, "transitions", key, &from);
        int *targets;
        size_t count;
        if (err == TT_OK)
            err = read_statuses(p, place, value, &targets, &count);
        if (err != TT_OK)
            return err;
        p->lifecycle->statuses[from].targets = targets;
        p->lifecycle->statuses[from].target_count = count;
    }
    return TT_OK;
}

static enum tt_err read_max_age(struct parsing *p, const struct tt_json *object)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    if (object == NULL)
        return TT_OK;
    if (tt_json_type(object) != TT_JSON_OBJECT)
        return expected(p, "max_age", "an object", object);
    while (tt_json_next(object, &iter, &key, &value)) {
        int status = tt_lifecycle_status(p->lifecycle, key);
        if (status < 0)
            return tt_fault_set(p->fault, TT_ERR_INVALID,
                                "%s.max_age: \"%.*s\" is no status of this lifecycle", p->place,
                                TT_STR_ARGS(key));
        if (tt_json_type(value) != TT_JSON_TEXT ||
            !tt_duration_parse(tt_json_text(value), &p->lifecycle->statuses[status].max_age_us))
            return tt_fault_set(p->fault, TT_ERR_INVALID,
                                "%s.max_age.%.*s: expected a duration such as \"6h\"", p->place,
                                TT_STR_ARGS(key));
    }
    return TT_OK;
}

static enum tt_err check_keys(struct parsing *p, const struct tt_json *object)
{
    static const char *const known[] = {
        "name",        "task_types", "initial", "terminal",
        "transitions", "max_age",    "note"}; /* for people; not read */
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    while (tt_json_next(object, &iter, &key, &value)) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || tt_str_equal(key, tt_str_from(known[i]));
        if (!found)
            return tt_fault_set(p->fault, TT_ERR_INVALID,
                                "%s: unknown key \"%.*s\"; expected name, task_types, initial, "
                                "terminal, transitions, max_age or note",
                                p->place, TT_STR_ARGS(key));
    }
    return TT_OK;
}

static enum tt_err read_ends(struct parsing *p, const struct tt_json *object)
{
    struct tt_lifecycle *lifecycle = p->lifecycle;
    const struct tt_json *initial = tt_json_get(object, "initial"),
                         *terminal = tt_json_get(object, "terminal");
    int *terminals = NULL;
    size_t terminal_count = 0;
    if (initial == NULL)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "%s: initial is missing", p->place);
    enum tt_err err =
        read_statuses(p, "initial", initial, &lifecycle->initials, &lifecycle->initial_count);
    if (err == TT_OK && terminal != NULL)
        err = read_statuses(p, "terminal", terminal, &terminals, &terminal_count);
    for (size_t i = 0; i < lifecycle->initial_count && err == TT_OK; i++)
        lifecycle->statuses[lifecycle->initials[i]].initial = true;
    for (size_t i = 0; i < terminal_count && err == TT_OK; i++)
        lifecycle->statuses[terminals[i]].terminal = true;
    return err;
}

static enum tt_err read_lifecycle(struct parsing *p, const struct tt_json *object)
{
    struct tt_lifecycle *lifecycle = p->lifecycle;
    if (tt_json_type(object) != TT_JSON_OBJECT)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "%s: expected an object, found %s", p->place,
                            tt_json_type_name(tt_json_type(object)));
    const struct tt_json *name = tt_json_get(object, "name");
    lifecycle->statuses =
        tt_arena_alloc(p->arena, TT_LIFECYCLE_STATUSES_MAX * sizeof *lifecycle->statuses);
    if (lifecycle->statuses == NULL)
        return no_memory(p);
    enum tt_err err = check_keys(p, object);
    if (err == TT_OK && name != NULL && tt_json_type(name) != TT_JSON_TEXT)
        err = expected(p, "name", "text", name);
    if (err == TT_OK && name != NULL)
        err = keep(p, tt_json_text(name), &lifecycle->name);
    if (err == TT_OK)
        err = read_types(p, tt_json_get(object, "task_types"));
    if (err == TT_OK)
        err = read_ends(p, object);
    if (err == TT_OK)
        err = read_transitions(p, tt_json_get(object, "transitions"));
    if (err == TT_OK)
        err = read_max_age(p, tt_json_get(object, "max_age"));
    if (err == TT_OK && tt_lifecycle_close(lifecycle, p->arena) != TT_OK)
        err = no_memory(p);
    return err;
}

static enum tt_err read_set(struct tt_lifecycle_set *set, const struct tt_json *root,
                            struct tt_fault *fault)
{
    const struct tt_json *list =
        tt_json_type(root) == TT_JSON_OBJECT ? tt_json_get(root, "lifecycles") : NULL;
    if (tt_json_type(root) != TT_JSON_OBJECT ||
        (list != NULL && tt_json_type(list) != TT_JSON_ARRAY))
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "expected {\"lifecycles\": [...]} or one lifecycle object");
    if (list != NULL && tt_json_count(root) != 1)
        return tt_fault_set(fault, TT_ERR_INVALID, "expected no other key beside \"lifecycles\"");
    size_t count = list == NULL ? 1 : tt_json_count(list);
    set->lifecycles = tt_arena_alloc(&set->arena, (count + 1) * sizeof *set->lifecycles);
    if (set->lifecycles == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct parsing p = {.arena = &set->arena, .lifecycle = &set->lifecycles[i], .fault = fault};
        if (list == NULL)
            snprintf(p.place, sizeof p.place, "lifecycle");
        else
            snprintf(p.place, sizeof p.place, "lifecycles[%zu]", i);
        *p.lifecycle = (struct tt_lifecycle){0};
        enum tt_err err = read_lifecycle(&p, list == NULL ? root : tt_json_at(list, i));
        if (err != TT_OK)
            return err;
        set->count = i + 1;
    }
    return TT_OK;
}

enum tt_err tt_lifecycle_set_read(const struct tt_json *root, struct tt_lifecycle_set **ret_set,
                                  struct tt_fault *fault)
{
    struct tt_lifecycle_set *set = tt_mem_zalloc(sizeof *set);
    if (set == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_arena_init(&set->arena, 0);
    enum tt_err err = read_set(set, root, fault);
    if (err == TT_OK)
        *ret_set = set;
    else
        tt_lifecycle_set_destroy(set);
    return err;
}

enum tt_err tt_lifecycle_set_parse(struct tt_str text, struct tt_lifecycle_set **ret_set,
                                   struct tt_fault *fault)
{
    struct tt_json *root = NULL;
    enum tt_err err = tt_json_parse(text, TT_JSON_DEPTH_DEFAULT, &root, fault);
    if (err == TT_ERR_REJECT) {
        err = TT_ERR_INVALID;
        if (fault != NULL)
            fault->code = TT_ERR_INVALID;
    }
    if (err != TT_OK)
        return err;
    err = tt_lifecycle_set_read(root, ret_set, fault);
    tt_json_free(root);
    return err;
}

void tt_lifecycle_set_destroy(struct tt_lifecycle_set *set)
{
    if (set == NULL)
        return;
    tt_arena_done(&set->arena);
    tt_mem_free(set);
}
