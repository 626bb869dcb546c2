#include "replay/finding.h"

#include "core/base/assert.h"

static const struct {
    const char *name;
    enum tt_severity severity;
} kinds[] = {
#define TT_KIND_ROW(upper, lower, severity) {#lower, TT_SEVERITY_##severity},
    TT_KINDS(TT_KIND_ROW)
#undef TT_KIND_ROW
};

const char *tt_kind_name(enum tt_kind kind)
{
    tt_assert(kind < TT_KIND_COUNT);
    return kinds[kind].name;
}

enum tt_severity tt_kind_severity(enum tt_kind kind)
{
    tt_assert(kind < TT_KIND_COUNT);
    return kinds[kind].severity;
}

const char *tt_severity_name(enum tt_severity severity)
{
    static const char *const names[] = {"info", "warning", "error"};
    return names[severity];
}
