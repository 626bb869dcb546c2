#include "core/model/tenants.h"

#include "core/base/json.h"
#include <stdio.h>

enum { DEPTH_MAX = 16, MILLION = 1000000 };

struct tt_tenants {
    struct tt_arena arena;
    struct tt_tenant *list;
    size_t count;
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
    return err;
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
    for (size_t i = 0; i < tenants->count; i++)
        if (tt_str_equal(tenants->list[i].name, name))
            return &tenants->list[i];
    return &tenants->others;
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

/* ---- Changes */

static void add_types(struct tt_buf *buf, const struct tt_str *types, size_t count,
                      const char *none)
{
    if (count == 0)
        tt_buf_add_text(buf, none);
    for (size_t i = 0; i < count; i++) {
        tt_buf_add_text(buf, i == 0 ? "" : " ");
        tt_json_add_text(buf, types[i]);
    }
}

/* Not the whole of it, but another text for another lifecycle. */
static void add_lifecycle(struct tt_buf *buf, const struct tt_tenant *tenant)
{
    if (tenant->lifecycles == NULL) {
        tt_buf_add_text(buf, "everybody's");
        return;
    }
    for (size_t i = 0; i < tt_lifecycle_count(tenant->lifecycles); i++) {
        struct tt_str name = tt_lifecycle_name(tt_lifecycle_at(tenant->lifecycles, i));
        tt_buf_add_text(buf, i == 0 ? "" : ", ");
        tt_json_add_text(buf, name.ptr == NULL ? TT_STR("unnamed") : name);
    }
    tt_buf_addf(buf, " (%08x)", (unsigned)tt_str_hash(tenant->lifecycle_text, 0));
}

/* One setting as text; equal settings have equal texts. */
static void describe(struct tt_buf *buf, const struct tt_tenant *tenant, int setting)
{
    static const char *const orders[] = {"the fleet's", "event_time", "arrival"};
    static const char *const on_dead[] = {"the fleet's", "continue", "park"};
    switch (setting) {
    case 0:
        add_types(buf, tenant->audited, tenant->audits_all ? 0 : tenant->audited_count,
                  tenant->audits_all ? "every type" : "no type");
        break;
    case 1: add_types(buf, tenant->excluded, tenant->excluded_count, "nothing"); break;
    case 2: tt_buf_add_text(buf, orders[tenant->apply_order]); break;
    case 3: tt_buf_add_text(buf, on_dead[tenant->on_dead]); break;
    case 4: add_lifecycle(buf, tenant); break;
    default: tt_buf_addf(buf, "%g", tenant->kept_per_million / (double)MILLION); break;
    }
}

static enum tt_err compare(const struct tt_tenant *before, const struct tt_tenant *now,
                           struct tt_str name, void (*tell)(void *, const char *), void *context)
{
    static const char *const settings[] = {"audit",   "exclude",   "apply_order",
                                           "on_dead", "lifecycle", "sampling"};
    struct tt_buf line, was, is;
    bool differs = false;
    tt_buf_init(&line, 0);
    tt_buf_init(&was, 0);
    tt_buf_init(&is, 0);
    tt_buf_add_str(&line, name);
    for (int s = 0; s < (int)(sizeof settings / sizeof *settings); s++) {
        tt_buf_clear(&was);
        tt_buf_clear(&is);
        describe(&was, before, s);
        describe(&is, now, s);
        if (tt_str_equal(tt_buf_str(&was), tt_buf_str(&is)))
            continue;
        tt_buf_addf(&line, "%s %s ", differs ? ";" : ":", settings[s]);
        tt_buf_add_str(&line, tt_buf_str(&is));
        tt_buf_add_text(&line, ", was ");
        tt_buf_add_str(&line, tt_buf_str(&was));
        differs = true;
    }
    enum tt_err err = line.err != TT_OK ? line.err : was.err != TT_OK ? was.err : is.err;
    if (err == TT_OK && differs)
        tell(context, line.data);
    tt_buf_done(&line);
    tt_buf_done(&was);
    tt_buf_done(&is);
    return err;
}

static bool names(const struct tt_tenants *tenants, struct tt_str name)
{
    return tt_str_equal(tt_tenants_for(tenants, name)->name, name);
}

enum tt_err tt_tenants_changes(const struct tt_tenants *before, const struct tt_tenants *now,
                               void (*tell)(void *context, const char *line), void *context)
{
    const struct tt_str others = TT_STR("*");
    enum tt_err err =
        compare(tt_tenants_for(before, others), tt_tenants_for(now, others), others, tell, context);
    for (size_t i = 0; i < tt_tenants_count(now) && err == TT_OK; i++) {
        const struct tt_tenant *tenant = tt_tenants_at(now, i);
        if (!tt_str_equal(tenant->name, others))
            err =
                compare(tt_tenants_for(before, tenant->name), tenant, tenant->name, tell, context);
    }
    for (size_t i = 0; i < tt_tenants_count(before) && err == TT_OK; i++) {
        const struct tt_tenant *tenant = tt_tenants_at(before, i);
        if (!tt_str_equal(tenant->name, others) && !names(now, tenant->name))
            err = compare(tenant, tt_tenants_for(now, tenant->name), tenant->name, tell, context);
    }
    return err;
}
