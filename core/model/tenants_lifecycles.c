/* The lifecycles of all tenants as one set, each tenant's in a group. */
#include "core/model/lifecycle_parts.h"
#include "core/model/tenants.h"

#include <string.h>

static const struct tt_str nobody = {"", 0}; /* no tenant is called so: what is not named */

/* Adds another's lifecycles as a group; NULL is one without any. A set that is there already is not
 * added again: tenants take over what "*" has. */
static size_t add_group(struct tt_lifecycle_set *set, const struct tt_lifecycle_set **from,
                        const struct tt_lifecycle_set *other)
{
    for (size_t i = 0; i < set->group_count; i++)
        if (from[i] == other)
            return i;
    size_t group = set->group_count++, count = other == NULL ? 0 : other->count;
    from[group] = other;
    set->groups[group] = (struct tt_lifecycle_group){set->count, count};
    if (count > 0)
        memcpy(set->lifecycles + set->count, other->lifecycles, count * sizeof *set->lifecycles);
    set->count += count;
    return group;
}

static const struct tt_lifecycle_set *of(const struct tt_tenant *tenant,
                                         const struct tt_lifecycle_set *base)
{
    return tenant->lifecycles != NULL ? tenant->lifecycles : base;
}

/* How many lifecycles there may be, counting some twice. */
static size_t count_all(const struct tt_tenants *tenants, const struct tt_lifecycle_set *base)
{
    const struct tt_lifecycle_set *others = tt_tenants_for(tenants, nobody)->lifecycles;
    size_t all = (base == NULL ? 0 : base->count) + (others == NULL ? 0 : others->count);
    for (size_t i = 0; i < tt_tenants_count(tenants); i++) {
        const struct tt_tenant *tenant = tt_tenants_at(tenants, i);
        all += tenant->lifecycles == NULL ? 0 : tenant->lifecycles->count;
    }
    return all;
}

static enum tt_err fill(struct tt_lifecycle_set *set, const struct tt_tenants *tenants,
                        const struct tt_lifecycle_set *base, size_t all)
{
    size_t named = tt_tenants_count(tenants);
    const struct tt_lifecycle_set **from =
        tt_arena_alloc(&set->arena, (named + 2) * sizeof(const struct tt_lifecycle_set *));
    set->lifecycles = tt_arena_alloc(&set->arena, (all + 1) * sizeof *set->lifecycles);
    set->groups = tt_arena_alloc(&set->arena, (named + 2) * sizeof *set->groups);
    set->scopes = tt_arena_alloc(&set->arena, (named + 1) * sizeof *set->scopes);
    if (from == NULL || set->lifecycles == NULL || set->groups == NULL || set->scopes == NULL)
        return TT_ERR_NO_MEMORY;
    set->others = add_group(set, from, of(tt_tenants_for(tenants, nobody), base));
    for (size_t i = 0; i < named; i++) {
        const struct tt_tenant *tenant = tt_tenants_at(tenants, i);
        if (tt_str_equal(tenant->name, TT_STR("*")))
            continue;
        size_t group = add_group(set, from, of(tenant, base));
        if (group != set->others)
            set->scopes[set->scope_count++] = (struct tt_lifecycle_scope){tenant->name, group};
    }
    return TT_OK;
}

enum tt_err tt_tenants_lifecycles(const struct tt_tenants *tenants,
                                  const struct tt_lifecycle_set *base,
                                  struct tt_lifecycle_set **ret_set, struct tt_fault *fault)
{
    size_t all = count_all(tenants, base);
    if (all == 0 && base == NULL) {
        *ret_set = NULL;
        return TT_OK;
    }
    struct tt_lifecycle_set *set = tt_mem_zalloc(sizeof *set);
    if (set == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_arena_init(&set->arena, 0);
    enum tt_err err = fill(set, tenants, base, all);
    if (err != TT_OK) {
        tt_lifecycle_set_destroy(set);
        return tt_fault_set(fault, err, "out of memory");
    }
    *ret_set = set;
    return TT_OK;
}
