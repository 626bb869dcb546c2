/* Words for people: wrapping, quoting, and which stories are shown. */
#include "core/base/utf8.h"
#include "reports/explain.h"
#include "reports/story_choice.h"
#include "reports/words.h"
#include "tests/lib/suite.h"

static struct tt_buf buf;

static const char *wrapped(const char *start, const char *words, size_t indent, size_t width)
{
    tt_buf_clear(&buf);
    tt_buf_add_text(&buf, start);
    tt_words_wrap(&buf, tt_str_from(words), indent, width);
    return buf.data;
}

TT_TEST(lines_end_at_spaces_and_not_between_a_number_and_its_unit)
{
    ck_assert_str_eq(wrapped("> ", "one two three", 2, 10), "> one two\n  three");
    ck_assert_str_eq(wrapped("", "it takes 10 m or 3 s more", 0, 12),
                     "it takes\n10 m or 3 s\nmore");
    ck_assert_str_eq(wrapped("", "morethanfits in", 1, 5), "morethanfits\n in");
    ck_assert_str_eq(wrapped("line\n\x1b[31mred\x1b[0m ", "ab cd", 0, 9),
                     "line\n\x1b[31mred\x1b[0m ab cd");
    ck_assert_str_eq(wrapped("", "äöü äöü", 0, 7), "äöü äöü");
    tt_buf_done(&buf);
}
TT_END

static const char *shown(struct tt_str text, size_t columns)
{
    tt_buf_clear(&buf);
    tt_words_add(&buf, text, columns);
    return buf.data;
}

TT_TEST(text_cannot_drive_a_terminal_nor_turn_a_line_round)
{
    ck_assert_str_eq(shown(TT_STR("a\x1b[31m\x7f\n"), 0), "a?[31m??");
    ck_assert_str_eq(shown(TT_STR("a\xc2\x9b"
                                  "b\xc2\xa0"),
                           0),
                     "a?b\xc2\xa0");
    ck_assert_str_eq(shown(TT_STR("\xe2\x80\xae"
                                  "evil\xe2\x80\xac \xe2\x81\xa6\xe2\x80\xa8"),
                           0),
                     "?evil? ??");
    ck_assert_str_eq(shown(TT_STR("\xd7\xa9\xe2\x80\x93\xe2\x81\xaa"), 0),
                     "\xd7\xa9\xe2\x80\x93\xe2\x81\xaa");
    ck_assert_str_eq(shown(TT_STR("\xd7\xa9\xe2\x80"), 0), "\xd7\xa9??");
    ck_assert_str_eq(shown(TT_STR("\xff\x1b[31m\xe2\x80\x8f\xd8\x9c."), 0), "??[31m??.");
    ck_assert_str_eq(shown(TT_STR("\xd7\xa9 and more"), 6), "\xd7\xa9 a...");
    tt_buf_done(&buf);
}
TT_END

TT_TEST(wide_characters_take_two_columns_and_marks_that_combine_none)
{
    ck_assert_uint_eq(tt_utf8_columns(TT_STR("実行中")), 6);
    ck_assert_uint_eq(tt_utf8_columns(TT_STR("한국 🚀 e\xcc\x81\x1b\xff")), 11);
    ck_assert_str_eq(shown(TT_STR("失敗した状態"), 8), "失敗...");
    ck_assert_str_eq(shown(TT_STR("失敗した状態"), 12), "失敗した状態");
    ck_assert_str_eq(shown(TT_STR("ab実行"), 6), "ab実行");
    ck_assert_str_eq(wrapped("\x1b[31m実行\x1b[0m ", "実行 a", 0, 8),
                     "\x1b[31m実行\x1b[0m 実行\na");
    tt_buf_done(&buf);
}
TT_END

TT_TEST(violations_beyond_the_two_orders_are_explained)
{
    struct tt_summary summary = {0};
    summary.legal[0][0] = 2;
    summary.verdicts[TT_VERDICT_VIOLATION] = 2;
    tt_buf_clear(&buf);
    tt_words_add_overruled(&buf, &summary);
    ck_assert_uint_eq(buf.len, 0);
    summary.verdicts[TT_VERDICT_VIOLATION] = 3;
    tt_words_add_overruled(&buf, &summary);
    ck_assert_str_eq(buf.data,
                     "1 task is a violation whatever the two orders say, by an unknown "
                     "status, copies that contradict each other, or a store that differs.");
    tt_buf_done(&buf);
}
TT_END

static const char *quoted(struct tt_str text)
{
    tt_buf_clear(&buf);
    tt_words_add_quoted(&buf, text);
    return buf.data;
}

TT_TEST(words_of_a_command_line_are_quoted_where_they_have_to_be)
{
    ck_assert_str_eq(quoted(TT_STR("sqlite3:amd64")), "sqlite3:amd64");
    ck_assert_str_eq(quoted(TT_STR("a/b-c_1.2@%+,=x")), "a/b-c_1.2@%+,=x");
    ck_assert_str_eq(quoted(TT_STR("Case 2975")), "'Case 2975'");
    ck_assert_str_eq(quoted(TT_STR("")), "''");
    ck_assert_str_eq(quoted(TT_STR("it's $HOME")), "'it'\\''s $HOME'");
    ck_assert_str_eq(quoted(TT_STR("#1")), "'#1'");
    ck_assert_str_eq(quoted(TT_STR("a\x1b"
                                   "b")),
                     "$'a\\033b'");
    ck_assert_str_eq(quoted(TT_STR("it's\n\\ \xe2\x80\xae")), "$'it\\'s\\012\\\\ \\342\\200\\256'");
    ck_assert_str_eq(quoted(TT_STR("\xe2\x80\x93 \xd7\xa9")), "'\xe2\x80\x93 \xd7\xa9'");
    tt_buf_done(&buf);
}
TT_END

TT_TEST(a_command_names_the_task_wherever_its_id_may_be_misread)
{
    struct tt_render_options options = {
        .show_task = "tasktrail check", .show_task_flag = "--task", .show_task_rest = " a.ndjson"};
    struct tt_report_task task = {.tenant = TT_STR("default"), .task_id = TT_STR("-8")};
    tt_buf_clear(&buf);
    tt_words_add_command(&buf, &options, &task);
    ck_assert_str_eq(buf.data, "tasktrail check --task -8 a.ndjson");
    tt_buf_clear(&buf);
    task.tenant = TT_STR("a b");
    options = (struct tt_render_options){.show_task = "tasktrail replay"};
    tt_words_add_command(&buf, &options, &task);
    ck_assert_str_eq(buf.data, "tasktrail replay --tenant 'a b' -- -8");
    tt_buf_done(&buf);
}
TT_END

static struct tt_story stories[100];

/* So many stories of each verdict, each told by ten tasks; the last `bare` of each without events.
 */
static struct tt_report told(size_t violation, size_t suspect, size_t reordered, size_t clean,
                             size_t bare)
{
    static const struct tt_lane_event event;
    const size_t counts[] = {violation, suspect, reordered, clean};
    static const enum tt_verdict verdicts[] = {TT_VERDICT_VIOLATION, TT_VERDICT_CLOCK_SUSPECT,
                                               TT_VERDICT_REORDERED, TT_VERDICT_CLEAN};
    size_t count = 0;
    for (size_t v = 0; v < 4; v++)
        for (size_t i = 0; i < counts[v]; i++)
            stories[count++] = (struct tt_story){
                .verdict = verdicts[v],
                .tasks = 10,
                .events = i + bare < counts[v] ? &event : NULL,
            };
    return (struct tt_report){.stories = stories, .story_count = count, .other_tasks = 1};
}

TT_TEST(the_worst_stories_are_shown_and_some_of_each_verdict)
{
    struct tt_report report = told(20, 1, 30, 10, 0);
    struct tt_story_choice choice = tt_stories_choose(&report, 8, 2);
    static const uint32_t expected[] = {0, 1, 2, 20, 21, 22, 51, 52};
    ck_assert_uint_eq(choice.count, 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(choice.stories[i], expected[i]);
    ck_assert_uint_eq(choice.more_stories, 53);
    ck_assert_uint_eq(choice.more_tasks, 531);

    report = told(3, 0, 0, 0, 0);
    choice = tt_stories_choose(&report, 8, 2);
    ck_assert_uint_eq(choice.count, 3);
    ck_assert_uint_eq(choice.more_stories, 0);
    ck_assert_uint_eq(choice.more_tasks, 1);

    report = told(10, 0, 4, 0, 3); /* what cannot be drawn is not shown, but counted */
    choice = tt_stories_choose(&report, 8, 2);
    ck_assert_uint_eq(choice.count, 8);
    ck_assert_uint_eq(choice.stories[6], 6);
    ck_assert_uint_eq(choice.stories[7], 10);
    ck_assert_uint_eq(choice.more_tasks, 61);
}
TT_END

TT_TEST(each_kind_has_a_meaning_a_definition_an_example_and_an_advice)
{
    for (int k = 0; k < TT_KIND_COUNT; k++) {
        const char *name = tt_kind_name((enum tt_kind)k);
        tt_buf_clear(&buf);
        ck_assert(tt_explain(tt_str_from(name), &buf));
        ck_assert_msg(strstr(buf.data, "\n  \n") == NULL, "%s", buf.data);
    }
    tt_buf_done(&buf);
}
TT_END

TT_SUITE("reports/words", text_cannot_drive_a_terminal_nor_turn_a_line_round,
         wide_characters_take_two_columns_and_marks_that_combine_none,
         violations_beyond_the_two_orders_are_explained,
         lines_end_at_spaces_and_not_between_a_number_and_its_unit,
         words_of_a_command_line_are_quoted_where_they_have_to_be,
         a_command_names_the_task_wherever_its_id_may_be_misread,
         the_worst_stories_are_shown_and_some_of_each_verdict,
         each_kind_has_a_meaning_a_definition_an_example_and_an_advice)
