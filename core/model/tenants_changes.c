/* What another set of tenants makes different, in words. */
#include "core/base/json.h"
#include "core/model/tenants.h"

enum { MILLION = 1000000 };

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
