#include "core/model/tenants.h"

#include "tests/lib/suite.h"
#include <stdio.h>
#include <string.h>

static struct tt_tenants *parsed(const char *text)
{
    struct tt_tenants *set = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_tenants_parse(tt_str_from(text), &set, &fault) == TT_OK, "%s", fault.text);
    return set;
}

static enum tt_admission admission(const struct tt_tenants *set, const char *tenant,
                                   const char *type, const char *task)
{
    const struct tt_event event = {.tenant = tt_str_from(tenant),
                                   .task_type = tt_str_from(type),
                                   .task_id = tt_str_from(task)};
    return tt_tenant_admits(tt_tenants_for(set, event.tenant), &event);
}

TT_TEST(without_a_file_every_event_is_admitted)
{
    ck_assert_int_eq(admission(NULL, "a", "ANY", "1"), TT_ADMITTED);
    ck_assert_int_eq(tt_tenants_for(NULL, TT_STR("a"))->apply_order, TT_APPLY_ORDER_OF_FLEET);
}
TT_END

TT_TEST(a_tenant_takes_from_the_star_what_it_does_not_say_itself)
{
    struct tt_tenants *set =
        parsed("{\"tenants\":{\"acme\":{\"apply_order\":\"arrival\"},"
               "\"*\":{\"exclude\":[\"MERGE_TASKS\"],\"apply_order\":\"event_time\"},"
               "\"free\":{\"exclude\":[]},\"own\":{\"audit\":[\"MERGE_TASKS\"]}}}");
    ck_assert_int_eq(admission(set, "acme", "MERGE_TASKS", "1"), TT_EXCLUDED_TYPE);
    ck_assert_int_eq(admission(set, "unknown", "MERGE_TASKS", "1"), TT_EXCLUDED_TYPE);
    ck_assert_int_eq(admission(set, "unknown", "OTHER", "1"), TT_ADMITTED);
    ck_assert_int_eq(admission(set, "free", "MERGE_TASKS", "1"), TT_ADMITTED);
    ck_assert_int_eq(admission(set, "own", "MERGE_TASKS", "1"), TT_ADMITTED);
    ck_assert_int_eq(tt_tenants_for(set, TT_STR("acme"))->apply_order, TT_APPLY_ORDER_ARRIVAL);
    ck_assert_int_eq(tt_tenants_for(set, TT_STR("x"))->apply_order, TT_APPLY_ORDER_EVENT_TIME);
    tt_tenants_destroy(set);
}
TT_END

TT_TEST(where_types_are_listed_all_others_are_excluded_and_no_type_too)
{
    struct tt_tenants *set = parsed("{\"tenants\":{\"a\":{\"audit\":[\"X\",\"Y\"]}}}");
    ck_assert_int_eq(admission(set, "a", "Y", "1"), TT_ADMITTED);
    ck_assert_int_eq(admission(set, "a", "Z", "1"), TT_EXCLUDED_TYPE);
    ck_assert_int_eq(admission(set, "a", NULL, "1"), TT_EXCLUDED_TYPE);
    ck_assert_int_eq(admission(set, "b", "Z", "1"), TT_ADMITTED);
    tt_tenants_destroy(set);
}
TT_END

TT_TEST(sampling_keeps_about_its_share_and_each_task_whole)
{
    struct tt_tenants *set =
        parsed("{\"tenants\":{\"a\":{\"sampling\":0.25},\"none\":{\"sampling\":"
               "0},\"all\":{\"sampling\":1}}}");
    int kept = 0;
    for (int task = 0; task < 10000; task++) {
        char id[32];
        snprintf(id, sizeof id, "task-%d", task);
        enum tt_admission first = admission(set, "a", "X", id);
        ck_assert_int_eq(admission(set, "a", "ANOTHER", id), first);
        ck_assert_int_eq(admission(set, "none", "X", id), TT_SAMPLED_OUT);
        ck_assert_int_eq(admission(set, "all", "X", id), TT_ADMITTED);
        kept += first == TT_ADMITTED;
    }
    ck_assert_int_gt(kept, 2300);
    ck_assert_int_lt(kept, 2700);
    tt_tenants_destroy(set);
}
TT_END

TT_TEST(what_is_wrong_is_refused_with_its_place)
{
    static const char *const wrong[][2] = {
        {"[]", "expected {\"tenants\""},
        {"{}", "expected {\"tenants\""},
        {"{\"tenants\":{},\"x\":1}", "expected {\"tenants\""},
        {"{\"tenants\":{\"a\":1}}", "tenants.a: expected an object, found 1"},
        {"{\"tenants\":{\"\":{}}}", "not empty"},
        {"{\"tenants\":{\"a\":{\"audits\":[]}}}", "tenants.a: unknown key \"audits\""},
        {"{\"tenants\":{\"a\":{\"audit\":\"X\"}}}", "tenants.a.audit: expected an array"},
        {"{\"tenants\":{\"a\":{\"exclude\":[1]}}}", "tenants.a.exclude: expected an array"},
        {"{\"tenants\":{\"a\":{\"sampling\":1.5}}}", "a number from 0 to 1, found 1.5"},
        {"{\"tenants\":{\"a\":{\"sampling\":\"x\"}}}", "a number from 0 to 1, found \"x\""},
        {"{\"tenants\":{\"a\":{\"apply_order\":\"x\"}}}", "\"event_time\" or \"arrival\""},
        {"{\"tenants\":{\"a\":{\"lifecycle\":7}}}",
         "tenants.a.lifecycle: expected an object, as in a lifecycle file, found 7"},
        {"{\"tenants\":{\"a\":{\"lifecycle\":{\"initials\":[]}}}}",
         "tenants.a.lifecycle: lifecycle: unknown key \"initials\""},
        {"{\"tenants\":{\"a\":{\"on_dead\":\"x\"}}}", "on_dead: expected \"continue\" or \"park\""},
        {"{\"tenants\":{\"a\":{\"audit\":[\"X\"],\"exclude\":[\"X\"]}}}", "audited and excluded"},
        {"{\"tenants\":", "byte 11"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tt_tenants *set = NULL;
        struct tt_fault fault = {0};
        ck_assert_int_eq(tt_tenants_parse(tt_str_from(wrong[i][0]), &set, &fault), TT_ERR_INVALID);
        ck_assert_int_eq(fault.code, TT_ERR_INVALID);
        ck_assert_msg(strstr(fault.text, wrong[i][1]) != NULL, "%s: %s", wrong[i][0], fault.text);
        ck_assert_ptr_null(set);
    }
}
TT_END

static const char *name_for(const struct tt_lifecycle_set *set, const char *tenant,
                            const char *type)
{
    const struct tt_lifecycle *found =
        tt_lifecycle_for_in(set, tt_lifecycle_group(set, tt_str_from(tenant)), tt_str_from(type));
    return found == NULL ? "none" : tt_lifecycle_name(found).ptr;
}

TT_TEST(each_tenant_has_its_own_lifecycles_or_those_of_the_star_or_everybodys)
{
#define ONE(name, types)                                                                           \
    "{\"name\":\"" name "\",\"task_types\":[" types                                                \
    "],\"initial\":[\"A\"],\"transitions\":{\"A\":[]}}"
    struct tt_lifecycle_set *base = NULL, *set = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_lifecycle_set_parse(TT_STR(ONE("base", "\"*\"")), &base, &fault), TT_OK);
    struct tt_tenants *tenants = parsed("{\"tenants\":{\"a\":{\"lifecycle\":{\"lifecycles\":[" ONE(
        "a-x", "\"X\"") "," ONE("a-y", "\"Y\"") "]}},\"b\":{\"sampling\":1}}}");
    ck_assert_int_eq(tt_tenants_lifecycles(tenants, base, &set, &fault), TT_OK);
    ck_assert_str_eq(name_for(set, "a", "X"), "a-x");
    ck_assert_str_eq(name_for(set, "a", "Y"), "a-y");
    ck_assert_str_eq(name_for(set, "a", "Z"), "none"); /* its own say all there is to say */
    ck_assert_str_eq(name_for(set, "b", "X"), "base");
    ck_assert_str_eq(name_for(set, "c", NULL), "base");
    ck_assert(tt_lifecycle_for(set, TT_STR("X")) == tt_lifecycle_at(set, 0));
    tt_lifecycle_set_destroy(set);
    tt_tenants_destroy(tenants);

    tenants = parsed("{\"tenants\":{\"*\":{\"lifecycle\":" ONE("star", "\"*\"") "},\"a\":{}}}");
    ck_assert_int_eq(tt_tenants_lifecycles(tenants, base, &set, &fault), TT_OK);
    ck_assert_str_eq(name_for(set, "a", "X"), "star");
    ck_assert_str_eq(name_for(set, "z", "X"), "star");
    ck_assert_uint_eq(tt_lifecycle_count(set), 1);
    tt_lifecycle_set_destroy(set);
    ck_assert_int_eq(tt_tenants_lifecycles(NULL, NULL, &set, &fault), TT_OK);
    ck_assert_ptr_null(set);
    ck_assert_int_eq(tt_tenants_lifecycles(NULL, base, &set, &fault), TT_OK);
    ck_assert_str_eq(name_for(set, "any", "X"), "base");
    tt_lifecycle_set_destroy(set);
    tt_tenants_destroy(tenants);
    tt_lifecycle_set_destroy(base);
}
TT_END

static void gather(void *context, const char *line)
{
    struct tt_buf *told = context;
    tt_buf_add_text(told, line);
    tt_buf_add_char(told, '\n');
}

TT_TEST(changes_are_told_for_each_tenant_and_for_those_that_left)
{
    struct tt_tenants *before = parsed("{\"tenants\":{\"a\":{\"sampling\":0.5},\"gone\":{\"audit\":"
                                       "[\"X\"]},\"same\":{\"sampling\":0.1}}}");
    struct tt_tenants *now =
        parsed("{\"tenants\":{\"a\":{\"exclude\":[\"M\"]},\"same\":{\"sampling\":0.1},"
               "\"new\":{\"apply_order\":\"arrival\",\"on_dead\":\"park\"}}}");
    struct tt_buf told;
    tt_buf_init(&told, 0);
    ck_assert_int_eq(tt_tenants_changes(before, now, gather, &told), TT_OK);
    ck_assert_str_eq(told.data,
                     "a: exclude \"M\", was nothing; sampling 1, was 0.5\n"
                     "new: apply_order arrival, was the fleet's; on_dead park, was the fleet's\n"
                     "gone: audit every type, was \"X\"\n");
    tt_buf_clear(&told);
    ck_assert_int_eq(tt_tenants_changes(now, now, gather, &told), TT_OK);
    ck_assert_uint_eq(told.len, 0);
    struct tt_tenants *other =
        parsed("{\"tenants\":{\"a\":{\"exclude\":[\"M\"],\"lifecycle\":{\"name\":\"job\","
               "\"initial\":[\"A\"],\"transitions\":{\"A\":[]}}},\"same\":{\"sampling\":0.1},"
               "\"new\":{\"apply_order\":\"arrival\",\"on_dead\":\"park\"}}}");
    ck_assert_int_eq(tt_tenants_changes(now, other, gather, &told), TT_OK);
    ck_assert_ptr_nonnull(strstr(told.data, "a: lifecycle \"job\" ("));
    ck_assert_ptr_nonnull(strstr(told.data, "), was everybody's"));
    tt_tenants_destroy(other);
    tt_buf_clear(&told);
    ck_assert_int_eq(tt_tenants_changes(NULL, before, gather, &told), TT_OK);
    ck_assert_ptr_nonnull(strstr(told.data, "gone: audit \"X\", was every type"));
    tt_buf_done(&told);
    tt_tenants_destroy(before);
    tt_tenants_destroy(now);
}
TT_END

TT_TEST(each_of_many_tenants_is_found_and_no_other)
{
    enum { TENANTS = 1000, FACTOR = 389 }; /* in an order that is none */
    struct tt_buf text;
    char name[16];
    tt_buf_init(&text, 0);
    tt_buf_add_text(&text, "{\"tenants\":{\"*\":{\"exclude\":[\"X\"]}");
    for (unsigned i = 0; i < TENANTS; i++)
        tt_buf_addf(&text, ",\"t%u\":{\"audit\":[\"T%u\"]}", i * FACTOR % TENANTS,
                    i * FACTOR % TENANTS);
    tt_buf_add_text(&text, "}}");
    struct tt_tenants *set = parsed(text.data);
    for (unsigned i = 0; i < TENANTS; i++) {
        snprintf(name, sizeof name, "t%u", i);
        const struct tt_tenant *found = tt_tenants_for(set, tt_str_from(name));
        ck_assert(tt_str_equal(found->name, tt_str_from(name)));
        name[0] = 'T';
        ck_assert_int_eq(found->audited_count, 1);
        ck_assert(tt_str_equal(found->audited[0], tt_str_from(name)));
        ck_assert(tt_str_equal(tt_tenants_for(set, tt_str_from(name))->name, TT_STR("*")));
    }
    ck_assert(tt_str_equal(tt_tenants_for(set, TT_STR(""))->name, TT_STR("*")));
    ck_assert(tt_str_equal(tt_tenants_for(set, TT_STR("u"))->name, TT_STR("*")));
    tt_tenants_destroy(set);
    tt_buf_done(&text);
}
TT_END

TT_TEST(running_out_of_memory_is_told_wherever_it_happens)
{
    static const char text[] =
        "{\"tenants\":{\"*\":{\"audit\":[\"X\"]},\"a\":{\"exclude\":[\"Y\"]}}}";
    long nth = 0;
    for (;; nth++) {
        struct tt_tenants *set = NULL;
        struct tt_fault fault = {0};
        tt_mem_fail_after(nth, true);
        enum tt_err err = tt_tenants_parse(TT_STR(text), &set, &fault);
        tt_mem_fail_after(-1, false);
        tt_tenants_destroy(set);
        if (err == TT_OK)
            break;
        ck_assert_int_eq(err, TT_ERR_NO_MEMORY);
    }
    ck_assert_int_gt(nth, 2);
}
TT_END

TT_SUITE("core/model/tenants", without_a_file_every_event_is_admitted,
         a_tenant_takes_from_the_star_what_it_does_not_say_itself,
         where_types_are_listed_all_others_are_excluded_and_no_type_too,
         sampling_keeps_about_its_share_and_each_task_whole,
         what_is_wrong_is_refused_with_its_place,
         changes_are_told_for_each_tenant_and_for_those_that_left,
         each_of_many_tenants_is_found_and_no_other,
         running_out_of_memory_is_told_wherever_it_happens,
         each_tenant_has_its_own_lifecycles_or_those_of_the_star_or_everybodys)
