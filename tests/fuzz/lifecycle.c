/* The lifecycle file. What is read can be asked anything, and its answers fit each other. */
#include "core/model/lifecycle.h"
#include "tests/fuzz/fuzz.h"

enum { STATUSES_ASKED = 16 };

static void check_pair(const struct tt_lifecycle *lifecycle, int from, int to)
{
    static int path[TT_LIFECYCLE_STATUSES_MAX];
    int statuses = tt_lifecycle_status_count(lifecycle);
    enum tt_step step = tt_lifecycle_judge(lifecycle, from, to);
    bool allowed = tt_lifecycle_allows(lifecycle, from, to);
    tt_fuzz_check(allowed == (step == TT_STEP_ALLOWED));
    tt_fuzz_check(tt_lifecycle_step_violates(lifecycle, from, to) == !allowed);
    int len = tt_lifecycle_path(lifecycle, from, to, path);
    tt_fuzz_check(len >= -1 && len <= statuses);
    tt_fuzz_check(step != TT_STEP_SKIPPED || len >= 1);
    for (int i = 0; i < len; i++)
        tt_fuzz_check(path[i] >= 0 && path[i] < statuses);
}

static void check_lifecycle(const struct tt_lifecycle *lifecycle)
{
    static int path[TT_LIFECYCLE_STATUSES_MAX];
    int statuses = tt_lifecycle_status_count(lifecycle);
    tt_fuzz_check(statuses <= TT_LIFECYCLE_STATUSES_MAX);
    for (size_t i = 0; i < tt_lifecycle_type_count(lifecycle); i++)
        tt_fuzz_check(tt_lifecycle_type(lifecycle, i).ptr != NULL);
    for (int from = 0; from < statuses && from < STATUSES_ASKED; from++) {
        struct tt_str name = tt_lifecycle_status_name(lifecycle, from);
        tt_fuzz_check(tt_lifecycle_status(lifecycle, name) == from);
        tt_fuzz_check(tt_lifecycle_max_age_us(lifecycle, from) >= -1);
        tt_fuzz_check(tt_lifecycle_start_violates(lifecycle, from) ==
                      !tt_lifecycle_is_initial(lifecycle, from));
        tt_fuzz_check(tt_lifecycle_path_from_start(lifecycle, from, path) <= statuses);
        for (size_t i = 0; i < tt_lifecycle_target_count(lifecycle, from); i++)
            tt_fuzz_check(
                tt_lifecycle_allows(lifecycle, from, tt_lifecycle_target(lifecycle, from, i)));
        for (int to = 0; to < statuses && to < STATUSES_ASKED; to++)
            check_pair(lifecycle, from, to);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tt_lifecycle_set *set = NULL;
    struct tt_fault fault = {0};
    enum tt_err err =
        tt_lifecycle_set_parse((struct tt_str){(const char *)data, size}, &set, &fault);
    if (err != TT_OK) {
        tt_fuzz_check(fault.code == err && fault.text[0] != '\0' && set == NULL);
        return 0;
    }
    for (size_t i = 0; i < tt_lifecycle_count(set); i++)
        check_lifecycle(tt_lifecycle_at(set, i));
    (void)tt_lifecycle_for(set, TT_STR("T"));
    (void)tt_lifecycle_for(set, TT_STR_NONE);
    tt_lifecycle_set_destroy(set);
    return 0;
}
