#include "reports/short_names.h"
#include "tests/lib/suite.h"

#include <stdio.h>

static const char *shortened(struct tt_short_names *names, const char *full)
{
    static char text[4][140];
    static int at;
    struct tt_short_name name = tt_short_names_get(names, tt_str_from(full));
    ck_assert_uint_le(name.columns, names->columns);
    ck_assert_uint_eq(name.columns, tt_columns(tt_str_from(name.text)));
    at = (at + 1) % 4;
    snprintf(text[at], sizeof text[at], "%s", name.text);
    return text[at];
}

TT_TEST(what_fits_stays_and_words_lose_their_ends_alike)
{
    static struct tt_short_names names = {.columns = 12};
    ck_assert_str_eq(shortened(&names, "RUNNING"), "RUNNING");
    ck_assert_str_eq(shortened(&names, "submit.start"), "submit.start");
    ck_assert_str_eq(shortened(&names, "Accepted/In Progress"), "Acce/In Prog");
    ck_assert_str_eq(shortened(&names, "half-configured"), "half-configu");
    ck_assert_str_eq(shortened(&names, "JobWaitsForApproval"), "JobWaiForApp");
    ck_assert_str_eq(shortened(&names, "EXTRAORDINARILYLONG"), "EXTRAORDI...");
    ck_assert_str_eq(shortened(&names, "Überprüfung läuft noch"), "Über läu noc");
    ck_assert_str_eq(shortened(&names, "失敗した状態"), "失敗した状態");
    ck_assert_str_eq(shortened(&names, "失敗した状態の長い名前"), "失敗した...");
    ck_assert_str_eq(shortened(&names, "実行中/再試行待"), "実行中/再試");
    ck_assert_str_eq(shortened(&names, "a b c d e f g h i j k l m n o p q"), "a b c d e...");
}
TT_END

TT_TEST(different_names_stay_different_and_the_same_stays_the_same)
{
    static struct tt_short_names names = {.columns = 8};
    char first[40];
    snprintf(first, sizeof first, "%s", shortened(&names, "processing one"));
    ck_assert_str_eq(first, "proc one");
    ck_assert_str_eq(shortened(&names, "procedure one"), "proc on2");
    ck_assert_str_eq(shortened(&names, "proclaim one"), "proc on3");
    ck_assert_str_eq(shortened(&names, "processing one"), first);
    ck_assert_uint_eq(names.count, 3);
}
TT_END

TT_TEST(control_characters_do_not_reach_the_terminal)
{
    static struct tt_short_names names = {.columns = 12};
    ck_assert_str_eq(shortened(&names, "\x1b[31mred\x07"), "?[31mred?");
    ck_assert_ptr_null(strchr(shortened(&names, "long word \x1b[31m and more"), 0x1b));
}
TT_END

TT_TEST(more_names_than_are_remembered_are_still_shortened)
{
    static struct tt_short_names names = {.columns = 4};
    for (int i = 0; i < TT_SHORT_NAMES_MAX + 20; i++) {
        char full[40];
        snprintf(full, sizeof full, "status number %d", i);
        struct tt_short_name name = tt_short_names_get(&names, tt_str_from(full));
        ck_assert_uint_le(name.columns, 4);
        ck_assert(tt_short_name_lost(&name));
        if (names.count > 0) /* the list borrows: a text that stays */
            names.list[names.count - 1].full = TT_STR("kept");
    }
    ck_assert_uint_eq(names.count, TT_SHORT_NAMES_MAX);
}
TT_END

TT_SUITE("reports/short_names", what_fits_stays_and_words_lose_their_ends_alike,
         different_names_stay_different_and_the_same_stays_the_same,
         control_characters_do_not_reach_the_terminal,
         more_names_than_are_remembered_are_still_shortened)
