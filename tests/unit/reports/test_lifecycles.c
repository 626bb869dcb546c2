/* Lifecycles written out: as a file that reads back, as text, as a graph; whatever statuses are
 * called. */
#include "reports/lifecycles.h"
#include "tests/lib/suite.h"

#define ODD "sp ace \"quoted\" \\ & <é完>\n"

static const struct tt_step_count rows[] = {
    {.what = TT_COUNTED_BEGIN,
     .to = {"NEW", 3},
     .count = 500,
     .tasks = 500,
     .task_id = {"t1", 2},
     .tenant = {"default", 7},
     .arrival = 1},
    {.what = TT_COUNTED_STEP,
     .from = {"NEW", 3},
     .to = {ODD, sizeof ODD - 1},
     .count = 499,
     .tasks = 499,
     .task_id = {"t1", 2},
     .tenant = {"default", 7},
     .arrival = 2},
    {.what = TT_COUNTED_STEP,
     .from = {"NEW", 3},
     .to = {"LOST", 4},
     .count = 1,
     .tasks = 1,
     .task_id = {"t\x1b[31m", 6},
     .tenant = {"acme", 4},
     .arrival = 3},
    {.what = TT_COUNTED_END,
     .from = {"LOST", 4},
     .count = 1,
     .tasks = 1,
     .task_id = {"t1", 2},
     .tenant = {"default", 7},
     .arrival = 3},
    {.what = TT_COUNTED_END,
     .from = {ODD, sizeof ODD - 1},
     .count = 499,
     .tasks = 499,
     .task_id = {"t1", 2},
     .tenant = {"default", 7},
     .arrival = 4},
    {.what = TT_COUNTED_UNUSED,
     .to = {"SEEN", 4},
     .count = 7,
     .tasks = 2,
     .task_id = {"t3", 2},
     .tenant = {"default", 7},
     .arrival = 9},
    {.what = TT_COUNTED_TIE,
     .count = 2,
     .tasks = 2,
     .task_id = {"t3", 2},
     .tenant = {"default", 7},
     .arrival = 9},
};

static void infer(struct tt_inferred_set *set, uint32_t min_share)
{
    const struct tt_step_counts counts = {rows, sizeof rows / sizeof *rows};
    ck_assert_int_eq(tt_infer(&counts, min_share, set, NULL), TT_OK);
}

static struct tt_lifecycle_set *parsed(struct tt_str text)
{
    struct tt_lifecycle_set *set = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_lifecycle_set_parse(text, &set, &fault) == TT_OK, "%s: %.*s", fault.text,
                  TT_STR_ARGS(text));
    return set;
}

TT_TEST(what_was_inferred_reads_back_as_a_lifecycle_with_the_same_odd_names)
{
    struct tt_inferred_set set;
    struct tt_buf text;
    tt_buf_init(&text, 0);
    infer(&set, TT_SHARE_WHOLE / 100);
    tt_inferred_add_json(&text, &set, TT_SHARE_WHOLE / 100);
    struct tt_lifecycle_set *lifecycles = parsed(tt_buf_str(&text));
    const struct tt_lifecycle *lifecycle = tt_lifecycle_for(lifecycles, TT_STR("any"));
    ck_assert_ptr_nonnull(lifecycle);
    ck_assert_int_eq(tt_lifecycle_status_count(lifecycle), 2);
    int first = tt_lifecycle_status(lifecycle, TT_STR("NEW")),
        odd = tt_lifecycle_status(lifecycle, TT_STR(ODD));
    ck_assert_int_ge(odd, 0);
    ck_assert(tt_lifecycle_is_initial(lifecycle, first) &&
              tt_lifecycle_is_terminal(lifecycle, odd));
    ck_assert(tt_lifecycle_allows(lifecycle, first, odd));
    tt_lifecycle_set_destroy(lifecycles);
    tt_buf_done(&text);
    tt_inferred_done(&set);
}
TT_END

struct heard {
    struct tt_buf text;
    int count;
};

static void hear(void *context, struct tt_str question)
{
    struct heard *heard = context;
    tt_buf_add_str(&heard->text, question);
    tt_buf_add_char(&heard->text, '\n');
    heard->count++;
}

static bool says(const struct heard *heard, const char *text)
{
    return strstr(heard->text.data, text) != NULL;
}

TT_TEST(what_is_rare_or_unknown_becomes_a_question_safe_for_a_terminal)
{
    struct tt_inferred_set set;
    struct heard heard = {0};
    const struct tt_question_sink sink = {&heard, hear};
    tt_buf_init(&heard.text, 0);
    infer(&set, TT_SHARE_WHOLE / 100);
    ck_assert_int_eq(tt_inferred_questions(&set.lifecycles[0], TT_SHARE_WHOLE / 100, &sink), TT_OK);
    ck_assert(says(&heard, "NEW -> LOST: 1 of 500 stays (0.2 %), task t?[31m (acme): is that "
                           "allowed?\n"));
    ck_assert(says(&heard, "LOST: 1 stay, and no usual step leads there"));
    ck_assert(says(&heard, "SEEN: 7 events, all in tasks that were left out"));
    ck_assert_int_eq(heard.count, 3);
    ck_assert_ptr_null(strchr(heard.text.data, 0x1b));
    tt_buf_clear(&heard.text);
    tt_inferred_add_evidence(&heard.text, &set.lifecycles[0]);
    ck_assert_str_eq(heard.text.data, "learned from 500 tasks of 1,000 events; left out 2 tasks "
                                      "whose order is in doubt (2 with equal times)");
    tt_buf_done(&heard.text);
    tt_inferred_done(&set);
}
TT_END

static const char file[] =
    "{\"lifecycles\":[{\"name\":\"jobs \\\"x\\\" & \\u001b\",\"task_types\":[\"SQL\",\"ETL\"],"
    "\"initial\":[\"CREATED\"],\"terminal\":[\"DONE\",\"CANCELLED\"],"
    "\"transitions\":{\"CREATED\":[\"RUNNING \\\\N\",\"CANCELLED\"],\"RUNNING \\\\N\":[\"DONE\"],"
    "\"CANCELLED\":[\"CREATED\"],\"TRAP\":[\"TRAP\"]},\"max_age\":{\"CREATED\":\"90m\"}},"
    "{\"initial\":[\"A\"],\"transitions\":{\"A\":[\"B\"]}}]}";

TT_TEST(a_lifecycle_as_text_is_aligned_and_names_slips_of_the_pen)
{
    struct tt_buf text;
    struct tt_lifecycle_set *set = parsed(TT_STR(file));
    tt_buf_init(&text, 0);
    tt_lifecycle_add_text(&text, set);
    ck_assert_str_eq(text.data, "jobs \"x\" & ?\n"
                                "  task types    SQL\n"
                                "                ETL\n"
                                "  begins with   CREATED\n"
                                "  ends with     DONE\n"
                                "                CANCELLED\n"
                                "  steps         CREATED    -> RUNNING \\N\n"
                                "                           -> CANCELLED\n"
                                "                CANCELLED  -> CREATED\n"
                                "                RUNNING \\N -> DONE\n"
                                "                TRAP       -> TRAP\n"
                                "  stuck after   1 h 30 m in CREATED\n"
                                "  end, goes on  CANCELLED\n"
                                "  no way to     TRAP\n"
                                "  no end from   TRAP\n"
                                "\n"
                                "(no name)\n"
                                "  task types    *  (every type that no other one names)\n"
                                "  begins with   A\n"
                                "  steps         A -> B\n");
    tt_buf_done(&text);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_TEST(a_graph_keeps_names_inside_their_quotes)
{
    struct tt_buf text;
    struct tt_lifecycle_set *set = parsed(TT_STR(file));
    tt_buf_init(&text, 0);
    tt_lifecycle_add_graphviz(&text, set);
    ck_assert_ptr_nonnull(strstr(text.data, "label=\"jobs \\\"x\\\" &amp; ?\";"));
    ck_assert_ptr_nonnull(strstr(text.data, "s0_3 [label=\"RUNNING \\\\N\"];"));
    ck_assert_ptr_nonnull(strstr(text.data, "s0_1 [label=\"DONE\", peripheries=2];"));
    ck_assert_ptr_nonnull(strstr(text.data, "b0_0 -> s0_0;"));
    ck_assert_ptr_nonnull(strstr(text.data, "s0_0 -> s0_3;"));
    ck_assert_ptr_nonnull(strstr(text.data, "s1_0 -> s1_1;"));
    tt_buf_done(&text);
    tt_lifecycle_set_destroy(set);
}
TT_END

TT_SUITE("reports/lifecycles", what_was_inferred_reads_back_as_a_lifecycle_with_the_same_odd_names,
         what_is_rare_or_unknown_becomes_a_question_safe_for_a_terminal,
         a_lifecycle_as_text_is_aligned_and_names_slips_of_the_pen,
         a_graph_keeps_names_inside_their_quotes)
