#include "core/model/tenants.h"

#include "core/base/json.h"
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 16, MILLION = 1000000 };

struct tt_tenants {
    struct tt_arena arena;
    struct tt_tenant *list;
    size_t count;
    const struct tt_tenant **by_name;     /* sorted: a name is looked for with each event */
    struct tt_tenant others;              /* "*", or what holds by default */
    struct tt_lifecycle_set **lifecycles; /* owned; those of tenants */
    size_t lifecycle_count, lifecycle_capacity;
};

static const struct tt_tenant by_default = {
    .name = {"*", 1}, .audits_all = true, .kept_per_million = MILLION};

/* ---- Reading */

struct parsing {
    struct tt_tenants *set;
    struct tt_fault *fault;
    struct tt_str tenant; /* in hand */
};

static enum tt_err no_memory(struct parsing *p)
{
    return tt_fault_set(p->fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err expected(struct parsing *p, const char *key, const char *what,
                            const struct tt_json *found)
{
    char value[64];
    enum tt_json_type type = tt_json_type(found);
    struct tt_str text = type == TT_JSON_TEXT ? tt_json_text(found) : TT_STR_NONE;
    if (type == TT_JSON_TEXT)
        snprintf(value, sizeof value, "\"%.*s\"", text.len < 40 ? (int)text.len : 40, text.ptr);
    else if (type == TT_JSON_INT || type == TT_JSON_REAL)
        snprintf(value, sizeof value, "%g", tt_json_real(found));
    else
        snprintf(value, sizeof value, "%s", tt_json_type_name(type));
    return tt_fault_set(p->fault, TT_ERR_INVALID, "tenants.%.*s%s%s: expected %s, found %s",
                        TT_STR_ARGS(p->tenant), key[0] == '\0' ? "" : ".", key, what, value);
}

static bool keep(struct parsing *p, struct tt_str text, struct tt_str *ret_kept)
{
    char *copy = tt_arena_copy(&p->set->arena, text.ptr, text.len);
    *ret_kept = (struct tt_str){copy, text.len};
    return copy != NULL;
}

static enum tt_err read_types(struct parsing *p, const char *key, const struct tt_json *list,
                              const struct tt_str **ret_types, size_t *ret_count)
{
    if (tt_json_type(list) != TT_JSON_ARRAY)
        return expected(p, key, "an array of task types", list);
    size_t count = tt_json_count(list);
    struct tt_str *types = tt_arena_alloc(&p->set->arena, (count + 1) * sizeof *types);
    if (types == NULL)
        return no_memory(p);
    for (size_t i = 0; i < count; i++) {
        const struct tt_json *item = tt_json_at(list, i);
        if (tt_json_type(item) != TT_JSON_TEXT)
            return expected(p, key, "an array of task types", item);
        if (!keep(p, tt_json_text(item), &types[i]))
            return no_memory(p);
    }
    *ret_types = types;
    *ret_count = count;
    return TT_OK;
}

static enum tt_err read_order(struct parsing *p, const struct tt_json *value,
                              enum tt_apply_order *ret_order)
{
    struct tt_str text = tt_json_type(value) == TT_JSON_TEXT ? tt_json_text(value) : TT_STR_NONE;
    if (tt_str_equal(text, TT_STR("event_time")))
        *ret_order = TT_APPLY_ORDER_EVENT_TIME;
    else if (tt_str_equal(text, TT_STR("arrival")))
        *ret_order = TT_APPLY_ORDER_ARRIVAL;
    else
        return expected(p, "apply_order", "\"event_time\" or \"arrival\"", value);
    return TT_OK;
}

static enum tt_err read_on_dead(struct parsing *p, const struct tt_json *value,
                                enum tt_on_dead *ret_on_dead)
{
    struct tt_str text = tt_json_type(value) == TT_JSON_TEXT ? tt_json_text(value) : TT_STR_NONE;
    if (tt_str_equal(text, TT_STR("continue")))
        *ret_on_dead = TT_ON_DEAD_CONTINUE;
    else if (tt_str_equal(text, TT_STR("park")))
        *ret_on_dead = TT_ON_DEAD_PARK;
    else
        return expected(p, "on_dead", "\"continue\" or \"park\"", value);
    return TT_OK;
}

static enum tt_err read_lifecycle(struct parsing *p, const struct tt_json *value,
                                  struct tt_tenant *tenant)
{
    struct tt_tenants *set = p->set;
    struct tt_lifecycle_set *lifecycles = NULL;
    struct tt_buf text;
    if (tt_json_type(value) != TT_JSON_OBJECT)
        return expected(p, "lifecycle", "an object, as in a lifecycle file", value);
    enum tt_err err = tt_lifecycle_set_read(value, &lifecycles, p->fault);
    if (err != TT_OK)
        return tt_fault_prefix(p->fault, "tenants.%.*s.lifecycle", TT_STR_ARGS(p->tenant));
    if (tt_mem_reserve((void **)&set->lifecycles, &set->lifecycle_capacity,
                       set->lifecycle_count + 1, sizeof(struct tt_lifecycle_set *)) != TT_OK) {
        tt_lifecycle_set_destroy(lifecycles);
        return no_memory(p);
    }
    set->lifecycles[set->lifecycle_count++] = lifecycles;
    tenant->lifecycles = lifecycles;
    tt_buf_init(&text, 0);
    tt_json_write(&text, value);
    bool kept = text.err == TT_OK && keep(p, tt_buf_str(&text), &tenant->lifecycle_text);
    tt_buf_done(&text);
    return kept ? TT_OK : no_memory(p);
}

static enum tt_err read_sampling(struct parsing *p, const struct tt_json *value,
                                 uint32_t *ret_kept_per_million)
{
    enum tt_json_type type = tt_json_type(value);
    double share = type == TT_JSON_INT || type == TT_JSON_REAL ? tt_json_real(value) : -1;
    if (!(share >= 0 && share <= 1))
        return expected(p, "sampling", "a number from 0 to 1", value);
    *ret_kept_per_million = (uint32_t)(share * MILLION + 0.5);
    return TT_OK;
}

static enum tt_err read_key(struct parsing *p, struct tt_str key, const struct tt_json *value,
                            struct tt_tenant *tenant)
{
    if (tt_str_equal(key, TT_STR("audit"))) {
        tenant->audits_all = false;
        return read_types(p, "audit", value, &tenant->audited, &tenant->audited_count);
    }
    if (tt_str_equal(key, TT_STR("exclude")))
        return read_types(p, "exclude", value, &tenant->excluded, &tenant->excluded_count);
    if (tt_str_equal(key, TT_STR("apply_order")))
        return read_order(p, value, &tenant->apply_order);
    if (tt_str_equal(key, TT_STR("sampling")))
        return read_sampling(p, value, &tenant->kept_per_million);
    if (tt_str_equal(key, TT_STR("on_dead")))
        return read_on_dead(p, value, &tenant->on_dead);
    if (tt_str_equal(key, TT_STR("lifecycle")))
        return read_lifecycle(p, value, tenant);
    return tt_fault_set(p->fault, TT_ERR_INVALID,
                        "tenants.%.*s: unknown key \"%.*s\"; expected audit, exclude, apply_order, "
                        "sampling, on_dead or lifecycle",
                        TT_STR_ARGS(p->tenant), TT_STR_ARGS(key));
}

static bool is_among(struct tt_str type, const struct tt_str *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tt_str_equal(types[i], type))
            return true;
    return false;
}

/* Fills in what *tenant does not have yet of a tenant's object. */
static enum tt_err read_tenant(struct parsing *p, struct tt_str name, const struct tt_json *object,
                               struct tt_tenant *tenant)
{
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    p->tenant = name;
    if (name.len == 0)
        return tt_fault_set(p->fault, TT_ERR_INVALID, "tenants: a tenant's name is not empty");
    if (tt_json_type(object) != TT_JSON_OBJECT)
        return expected(p, "", "an object", object);
    enum tt_err err = keep(p, name, &tenant->name) ? TT_OK : no_memory(p);
    while (err == TT_OK && tt_json_next(object, &iter, &key, &value))
        err = read_key(p, key, value, tenant);
    if (tt_json_get(object, "audit") != NULL && tt_json_get(object, "exclude") == NULL)
        tenant->excluded_count = 0; /* its own list says all there is to say about types */
    for (size_t i = 0; i < tenant->excluded_count && err == TT_OK; i++)
        if (!tenant->audits_all &&
            is_among(tenant->excluded[i], tenant->audited, tenant->audited_count))
            err = tt_fault_set(p->fault, TT_ERR_INVALID,
                               "tenants.%.*s: \"%.*s\" is audited and excluded at once",
                               TT_STR_ARGS(name), TT_STR_ARGS(tenant->excluded[i]));
    return err;
}

static int compare_names(const void *a, const void *b)
{
    const struct tt_tenant *const *left = a, *const *right = b;
    return tt_str_compare((*left)->name, (*right)->name);
}

static enum tt_err sort_by_name(struct parsing *p)
{
    struct tt_tenants *set = p->set;
    set->by_name = tt_arena_alloc(&set->arena, (set->count + 1) * sizeof *set->by_name);
    if (set->by_name == NULL)
        return no_memory(p);
    for (size_t i = 0; i < set->count; i++)
        set->by_name[i] = &set->list[i];
    qsort((void *)set->by_name, set->count, sizeof *set->by_name, compare_names);
    return TT_OK;
}

static enum tt_err read_all(struct parsing *p, const struct tt_json *root)
{
    struct tt_tenants *set = p->set;
    const struct tt_json *tenants =
        tt_json_type(root) == TT_JSON_OBJECT ? tt_json_get(root, "tenants") : NULL;
    if (tenants == NULL || tt_json_count(root) != 1 || tt_json_type(tenants) != TT_JSON_OBJECT)
        return tt_fault_set(p->fault, TT_ERR_INVALID,
                            "expected {\"tenants\": {\"name\": {...}, ...}} and nothing else");
    set->list = tt_arena_alloc(&set->arena, (tt_json_count(tenants) + 1) * sizeof *set->list);
    if (set->list == NULL)
        return no_memory(p);
    const struct tt_json *others = tt_json_get(tenants, "*");
    enum tt_err err = others == NULL ? TT_OK : read_tenant(p, TT_STR("*"), others, &set->others);
    void *iter = NULL;
    struct tt_str name;
    const struct tt_json *object;
    while (err == TT_OK && tt_json_next(tenants, &iter, &name, &object)) {
        set->list[set->count] = set->others;
        err = read_tenant(p, name, object, &set->list[set->count]);
        set->count++;
    }
    return err == TT_OK ? sort_by_name(p) : err;
}

enum tt_err tt_tenants_parse(struct tt_str text, struct tt_tenants **ret_tenants,
                             struct tt_fault *fault)
{
    struct tt_json *json = NULL;
    struct tt_tenants *set = tt_mem_zalloc(sizeof *set);
    if (set == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_arena_init(&set->arena, 0);
    set->others = by_default;
    struct parsing p = {.set = set, .fault = fault};
    enum tt_err err = tt_json_parse(text, DEPTH_MAX, &json, fault);
    if (err == TT_ERR_REJECT && fault != NULL)
        fault->code = TT_ERR_INVALID;
    if (err == TT_ERR_REJECT)
        err = TT_ERR_INVALID;
    if (err == TT_OK)
        err = read_all(&p, json);
    tt_json_free(json);
    if (err == TT_OK)
        *ret_tenants = set;
    else
        tt_tenants_destroy(set);
    return err;
}

void tt_tenants_destroy(struct tt_tenants *tenants)
{
    if (tenants == NULL)
        return;
    for (size_t i = 0; i < tenants->lifecycle_count; i++)
        tt_lifecycle_set_destroy(tenants->lifecycles[i]);
    tt_mem_free((void *)tenants->lifecycles);
    tt_arena_done(&tenants->arena);
    tt_mem_free(tenants);
}

/* ---- Asking */

const struct tt_tenant *tt_tenants_for(const struct tt_tenants *tenants, struct tt_str name)
{
    if (tenants == NULL)
        return &by_default;
    const struct tt_tenant wanted = {.name = name}, *const key = &wanted;
    const struct tt_tenant *const *found =
        bsearch(&key, tenants->by_name, tenants->count, sizeof *tenants->by_name, compare_names);
    return found == NULL ? &tenants->others : *found;
}

size_t tt_tenants_count(const struct tt_tenants *tenants)
{
    return tenants == NULL ? 0 : tenants->count;
}

const struct tt_tenant *tt_tenants_at(const struct tt_tenants *tenants, size_t index)
{
    return &tenants->list[index];
}

enum tt_admission tt_tenant_admits(const struct tt_tenant *tenant, const struct tt_event *event)
{
    if (is_among(event->task_type, tenant->excluded, tenant->excluded_count) ||
        (!tenant->audits_all &&
         !is_among(event->task_type, tenant->audited, tenant->audited_count)))
        return TT_EXCLUDED_TYPE;
    if (tenant->kept_per_million < MILLION &&
        tt_str_hash(event->task_id, tt_str_hash(event->tenant, 11)) % MILLION >=
            tenant->kept_per_million)
        return TT_SAMPLED_OUT;
    return TT_ADMITTED;
}
