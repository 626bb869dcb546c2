/* label: threads */
#include "replay/rank.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <stdio.h>
#include <stdlib.h>

enum { COLLECTORS = 3, TASKS_MAX = 400, NAME_BYTES = 40 };

struct made {
    struct tt_found_task tasks[TASKS_MAX], *list[TASKS_MAX];
    char names[TASKS_MAX][2][NAME_BYTES];
};

static struct tt_str name(uint64_t *seed, char *room, const char *beginning, uint64_t variety)
{
    int len = snprintf(room, NAME_BYTES, "%s%llu", beginning,
                       (unsigned long long)(tt_test_next(seed) % variety));
    return (struct tt_str){room, (size_t)len};
}

static void expect_sorted(const char *tenant_beginning, const char *task_beginning)
{
    uint64_t seed = tt_chance_seed("rank");
    struct made *made = calloc(COLLECTORS, sizeof *made);
    struct tt_collector *collectors = calloc(COLLECTORS, sizeof *collectors);
    struct tt_ranked *ranked = calloc(COLLECTORS * TASKS_MAX, sizeof *ranked);
    for (int round = 0; round < 60; round++) {
        size_t all = 0;
        uint64_t variety = round % 2 ? 30 : 1000000000;
        for (size_t c = 0; c < COLLECTORS; c++) {
            collectors[c].tasks = made[c].list;
            collectors[c].task_count = tt_test_next(&seed) % TASKS_MAX;
            for (size_t t = 0; t < collectors[c].task_count; t++) {
                made[c].list[t] = &made[c].tasks[t];
                made[c].tasks[t].task.tenant =
                    name(&seed, made[c].names[t][0], tenant_beginning, 5);
                made[c].tasks[t].task.task_id =
                    name(&seed, made[c].names[t][1], task_beginning, variety);
            }
            all += collectors[c].task_count;
        }
        ck_assert_int_eq(tt_rank(collectors, COLLECTORS, ranked), TT_OK);
        for (size_t i = 0; i < all; i++) {
            const struct made *from = &made[ranked[i].collector];
            ck_assert(ranked[i].task >= from->tasks &&
                      ranked[i].task < from->tasks + collectors[ranked[i].collector].task_count);
            if (i == 0)
                continue;
            const struct tt_report_task *a = &ranked[i - 1].task->task, *b = &ranked[i].task->task;
            int order = tt_str_compare(a->tenant, b->tenant);
            ck_assert_int_le(order != 0 ? order : tt_str_compare(a->task_id, b->task_id), 0);
        }
    }
    free(ranked);
    free(collectors);
    free(made);
}

TT_TEST(short_names_are_sorted_by_their_bytes)
{
    expect_sorted("t", "");
}
TT_END

TT_TEST(names_that_begin_alike_are_sorted_by_what_follows)
{
    expect_sorted("", "a-common-beginning/");
}
TT_END

TT_TEST(long_tenants_are_told_apart_beyond_their_first_bytes)
{
    expect_sorted("long-tenant-", "x");
}
TT_END

TT_TEST(no_tasks_are_sorted_too)
{
    struct tt_collector none = {0};
    struct tt_ranked ranked;
    ck_assert_int_eq(tt_rank(&none, 1, &ranked), TT_OK);
}
TT_END

TT_SUITE("replay/rank", short_names_are_sorted_by_their_bytes,
         names_that_begin_alike_are_sorted_by_what_follows,
         long_tenants_are_told_apart_beyond_their_first_bytes, no_tasks_are_sorted_too)
