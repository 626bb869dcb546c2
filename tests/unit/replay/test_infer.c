/* The rules by which counted steps become a lifecycle. */
#include "core/base/mem.h"
#include "replay/infer.h"
#include "tests/lib/suite.h"

#include <stdio.h>

enum { ROWS_MAX = 3000, PERCENT = TT_SHARE_WHOLE / 100 };

/* Counts written down by hand; tasks are as many as counts unless said otherwise. */
struct sheet {
    struct tt_step_count rows[ROWS_MAX];
    size_t count;
    uint64_t arrival;
};

static void put(struct sheet *sheet, enum tt_counted what, const char *from, const char *to,
                uint64_t count, uint64_t tasks)
{
    ck_assert_uint_lt(sheet->count, ROWS_MAX);
    sheet->rows[sheet->count++] = (struct tt_step_count){
        .what = what,
        .from = tt_str_from(from),
        .to = tt_str_from(to),
        .tenant = TT_STR("default"),
        .task_id = TT_STR("some task"),
        .arrival = ++sheet->arrival,
        .count = count,
        .tasks = tasks,
    };
}

static void begins(struct sheet *sheet, const char *status, uint64_t count)
{
    put(sheet, TT_COUNTED_BEGIN, NULL, status, count, count);
}

static void goes(struct sheet *sheet, const char *from, const char *to, uint64_t count)
{
    put(sheet, TT_COUNTED_STEP, from, to, count, count);
}

static void ends(struct sheet *sheet, const char *status, uint64_t count)
{
    put(sheet, TT_COUNTED_END, status, NULL, count, count);
}

static struct tt_inferred_set inferred_at(const struct sheet *sheet, uint32_t min_share)
{
    const struct tt_step_counts counts = {sheet->rows, sheet->count};
    struct tt_inferred_set set;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_infer(&counts, min_share, &set, &fault) == TT_OK, "%s", fault.text);
    return set;
}

static struct tt_inferred_set inferred_from(const struct sheet *sheet)
{
    return inferred_at(sheet, PERCENT);
}

/* What became of a step; from NULL: a beginning. */
static enum tt_inference fate(const struct tt_inferred_set *set, const char *from, const char *to)
{
    const struct tt_inferred *inferred = &set->lifecycles[0];
    for (size_t i = 0; i < inferred->step_count; i++) {
        const struct tt_inferred_step *step = &inferred->steps[i];
        if ((from == NULL) == (step->from == NULL) &&
            (from == NULL || tt_str_equal(step->from->name, tt_str_from(from))) &&
            tt_str_equal(step->to->name, tt_str_from(to)))
            return step->what;
    }
    ck_abort_msg("no step from %s to %s", from == NULL ? "nowhere" : from, to);
}

static const struct tt_inferred_status *status_of(const struct tt_inferred_set *set,
                                                  const char *name)
{
    const struct tt_inferred *inferred = &set->lifecycles[0];
    for (size_t i = 0; i < inferred->status_count; i++)
        if (tt_str_equal(inferred->statuses[i].name, tt_str_from(name)))
            return &inferred->statuses[i];
    ck_abort_msg("no status %s", name);
}

/* "A B C": the statuses of the lifecycle in its order. */
static const char *known(const struct tt_inferred_set *set)
{
    static char text[200];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->lifecycles[0].known_count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i == 0 ? "" : " ",
                                TT_STR_ARGS(set->lifecycles[0].known[i]->name));
    return text;
}

TT_TEST(a_step_is_kept_from_the_share_of_stays_on_and_asked_about_below)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "A", 1000);
    goes(&sheet, "A", "B", 990);
    goes(&sheet, "B", "A", 9);
    goes(&sheet, "A", "C", 10);
    goes(&sheet, "A", "A", 9);
    goes(&sheet, "C", "B", 10);
    ends(&sheet, "B", 991);
    ends(&sheet, "A", 9); /* 1,018 stays in A, 1,000 in B */
    struct tt_inferred_set set = inferred_at(&sheet, TT_SHARE_WHOLE / 1018 * 10);
    ck_assert_int_eq(fate(&set, NULL, "A"), TT_INFERRED_KEPT);
    ck_assert_int_eq(fate(&set, "A", "B"), TT_INFERRED_KEPT);
    ck_assert_int_eq(fate(&set, "A", "C"), TT_INFERRED_KEPT);
    ck_assert_int_eq(fate(&set, "A", "A"), TT_INFERRED_LEFT_OUT);
    ck_assert_int_eq(fate(&set, "B", "A"), TT_INFERRED_LEFT_OUT);
    ck_assert_uint_eq(status_of(&set, "A")->stays, 1018);
    ck_assert_uint_eq(status_of(&set, "B")->stays, 1000);
    tt_inferred_done(&set);
    set = inferred_at(&sheet, 0);
    ck_assert_int_eq(fate(&set, "B", "A"), TT_INFERRED_KEPT);
    tt_inferred_done(&set);
}
TT_END

/* A single task that comes back from the dead is all that ever leaves DONE: its share of the steps
 * out of DONE is the whole, of the stays in DONE next to nothing. */
TT_TEST(ending_counts_as_one_way_to_go_on)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "RUN", 5000);
    goes(&sheet, "RUN", "DONE", 5000);
    goes(&sheet, "DONE", "RUN", 1);
    ends(&sheet, "DONE", 4999);
    ends(&sheet, "RUN", 1);
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert_int_eq(fate(&set, "DONE", "RUN"), TT_INFERRED_LEFT_OUT);
    ck_assert(status_of(&set, "DONE")->terminal);
    ck_assert(!status_of(&set, "RUN")->terminal);
    tt_inferred_done(&set);
}
TT_END

TT_TEST(a_rare_step_is_kept_where_it_is_a_usual_way_in_for_three_tasks)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "RUN", 10000);
    goes(&sheet, "RUN", "DONE", 9994);
    goes(&sheet, "RUN", "TIMEOUT", 3);
    goes(&sheet, "RUN", "TYPO", 2);
    put(&sheet, TT_COUNTED_STEP, "RUN", "LOOP", 5, 2);
    goes(&sheet, "LOOP", "RUN", 4);
    ends(&sheet, "DONE", 9994);
    ends(&sheet, "TIMEOUT", 3);
    ends(&sheet, "TYPO", 2);
    ends(&sheet, "LOOP", 1);
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert_int_eq(fate(&set, "RUN", "TIMEOUT"), TT_INFERRED_RARE);
    ck_assert_int_eq(fate(&set, "RUN", "TYPO"), TT_INFERRED_LEFT_OUT);
    ck_assert_int_eq(fate(&set, "RUN", "LOOP"), TT_INFERRED_LEFT_OUT); /* five times, two tasks */
    ck_assert_str_eq(known(&set), "RUN DONE TIMEOUT");
    tt_inferred_done(&set);
}
TT_END

TT_TEST(what_no_kept_step_leads_to_is_cut_off_with_its_steps)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "A", 1000);
    begins(&sheet, "B", 1); /* half a history */
    goes(&sheet, "A", "Z", 1000);
    goes(&sheet, "B", "C", 1);
    goes(&sheet, "C", "Z", 1);
    ends(&sheet, "Z", 1001);
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert_int_eq(fate(&set, NULL, "B"), TT_INFERRED_LEFT_OUT);
    ck_assert_int_eq(fate(&set, "B", "C"), TT_INFERRED_CUT_OFF);
    ck_assert_int_eq(fate(&set, "C", "Z"), TT_INFERRED_CUT_OFF);
    ck_assert_str_eq(known(&set), "A Z");
    ck_assert(!status_of(&set, "B")->known && !status_of(&set, "B")->initial);
    tt_inferred_done(&set);
}
TT_END

TT_TEST(a_status_is_terminal_from_half_of_its_stays_on)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "A", 8);
    goes(&sheet, "A", "FAILED", 8);
    goes(&sheet, "FAILED", "B", 4);
    goes(&sheet, "B", "C", 4);
    goes(&sheet, "C", "D", 3);
    ends(&sheet, "C", 1);
    ends(&sheet, "D", 3);
    ends(&sheet, "FAILED", 4);
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert(status_of(&set, "FAILED")->terminal && status_of(&set, "D")->terminal);
    ck_assert(!status_of(&set, "A")->terminal && !status_of(&set, "C")->terminal);
    tt_inferred_done(&set);
}
TT_END

TT_TEST(statuses_stand_in_the_order_in_which_most_tasks_go_through_them)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "late start", 10);
    begins(&sheet, "start", 90);
    goes(&sheet, "late start", "b", 10);
    goes(&sheet, "start", "a", 30);
    goes(&sheet, "start", "z", 30); /* as often: by name */
    goes(&sheet, "start", "often", 40);
    ends(&sheet, "a", 30);
    ends(&sheet, "z", 30);
    ends(&sheet, "often", 40);
    ends(&sheet, "b", 10);
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert_str_eq(known(&set), "start late start often a z b");
    for (size_t i = 1; i < set.lifecycles[0].step_count; i++) {
        const struct tt_inferred_step *before = &set.lifecycles[0].steps[i - 1],
                                      *step = &set.lifecycles[0].steps[i];
        ck_assert(before->from == NULL || step->from->place >= before->from->place);
        ck_assert(before->from != step->from || step->counted->count <= before->counted->count);
    }
    tt_inferred_done(&set);
}
TT_END

TT_TEST(each_type_is_inferred_by_itself_and_the_one_without_comes_last)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "A", 2);
    ends(&sheet, "A", 2);
    begins(&sheet, "B", 5);
    ends(&sheet, "B", 5);
    put(&sheet, TT_COUNTED_UNUSED, NULL, "X", 7, 3);
    put(&sheet, TT_COUNTED_LATE, NULL, NULL, 3, 3);
    begins(&sheet, "C", 1);
    ends(&sheet, "C", 1);
    sheet.rows[0].type = sheet.rows[1].type = TT_STR("");
    for (size_t i = 2; i < 6; i++)
        sheet.rows[i].type = TT_STR("type");
    struct tt_inferred_set set = inferred_from(&sheet);
    ck_assert_uint_eq(set.count, 3);
    ck_assert(tt_str_equal(set.lifecycles[0].type, TT_STR("")));
    ck_assert_uint_eq(set.lifecycles[0].tasks, 2);
    ck_assert_uint_eq(set.lifecycles[1].tasks, 5);
    ck_assert_uint_eq(tt_inferred_left_out(&set.lifecycles[1]), 3);
    ck_assert_uint_eq(set.lifecycles[1].status_count, 2); /* B, and X of which nothing is known */
    ck_assert_uint_eq(set.lifecycles[1].known_count, 1);
    ck_assert_ptr_null(set.lifecycles[2].type.ptr);
    tt_inferred_done(&set);
}
TT_END

TT_TEST(more_statuses_than_a_lifecycle_holds_are_an_error_that_says_so)
{
    static struct sheet sheet;
    static char names[TT_LIFECYCLE_STATUSES_MAX + 1][16];
    const struct tt_step_counts counts = {sheet.rows, TT_LIFECYCLE_STATUSES_MAX + 1};
    struct tt_inferred_set set;
    struct tt_fault fault = {0};
    sheet.count = 0;
    for (int i = 0; i <= TT_LIFECYCLE_STATUSES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "row %d", i);
        begins(&sheet, names[i], 100);
    }
    ck_assert_int_eq(tt_infer(&counts, 0, &set, &fault), TT_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(fault.text, "1025 statuses"));
    tt_inferred_done(&set);
    const struct tt_step_counts fewer = {sheet.rows, TT_LIFECYCLE_STATUSES_MAX};
    ck_assert_int_eq(tt_infer(&fewer, 0, &set, NULL), TT_OK);
    tt_inferred_done(&set);
}
TT_END

TT_TEST(memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
{
    static struct sheet sheet;
    sheet.count = 0;
    begins(&sheet, "A", 2);
    goes(&sheet, "A", "B", 2);
    ends(&sheet, "B", 2);
    const struct tt_step_counts counts = {sheet.rows, sheet.count};
    bool failed = true;
    int tried = 0;
    for (; failed && tried < 100; tried++) {
        struct tt_inferred_set set;
        struct tt_fault fault = {0};
        tt_mem_fail_after(tried, true);
        enum tt_err err = tt_infer(&counts, PERCENT, &set, &fault);
        tt_mem_fail_after(-1, false);
        failed = err != TT_OK;
        ck_assert(!failed || err == TT_ERR_NO_MEMORY);
        tt_inferred_done(&set);
    }
    ck_assert_int_gt(tried, 1);
}
TT_END

TT_SUITE("replay/infer", a_step_is_kept_from_the_share_of_stays_on_and_asked_about_below,
         ending_counts_as_one_way_to_go_on,
         a_rare_step_is_kept_where_it_is_a_usual_way_in_for_three_tasks,
         what_no_kept_step_leads_to_is_cut_off_with_its_steps,
         a_status_is_terminal_from_half_of_its_stays_on,
         statuses_stand_in_the_order_in_which_most_tasks_go_through_them,
         each_type_is_inferred_by_itself_and_the_one_without_comes_last,
         more_statuses_than_a_lifecycle_holds_are_an_error_that_says_so,
         memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
