/* Columns of the two lanes: who keeps its place, who moved, what is left out. */
#include "core/base/mem.h"
#include "reports/lanes.h"
#include "tests/lib/suite.h"

#include <stdio.h>

enum { EVENTS_MAX = 200 };

static struct tt_lane_event events[EVENTS_MAX];

/* Events in arrival order with these places in time order (-1: a copy), and times to match. */
static size_t given(const int *ranks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        events[i] = (struct tt_lane_event){
            .status = TT_STR("S"),
            .arrival = i + 1,
            .arrival_rank = (uint32_t)i,
            .time_rank = ranks[i] < 0 ? 0 : (uint32_t)ranks[i],
            .event_time_us = ranks[i] < 0 ? 0 : ranks[i] * 1000,
            .duplicate = ranks[i] < 0,
            .late = false,
        };
    return count;
}

/* "1 2/- 3 ..5..": the arrival number above, and below where it differs ("-": none). */
static const char *columns_of(const struct tt_lanes *lanes)
{
    static char text[2000];
    size_t len = 0;
    text[0] = '\0';
    for (size_t c = 0; c < lanes->count; c++) {
        const struct tt_lane_column *column = &lanes->columns[c];
        char above[24] = "-", below[24] = "-";
        if (column->above != NULL)
            snprintf(above, sizeof above, "%llu", (unsigned long long)column->above->arrival);
        if (column->below != NULL)
            snprintf(below, sizeof below, "%llu", (unsigned long long)column->below->arrival);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", c == 0 ? "" : " ");
        if (column->skipped > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "..%zu..", column->skipped);
        else if (column->above == column->below)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s", above);
        else
            len += (size_t)snprintf(text + len, sizeof text - len, "%s/%s", above, below);
    }
    return text;
}

static void expect(const int *ranks, size_t count, const char *columns, size_t moved)
{
    struct tt_lanes lanes;
    ck_assert_int_eq(tt_lanes_make(events, given(ranks, count), &lanes), TT_OK);
    ck_assert_str_eq(columns_of(&lanes), columns);
    ck_assert_uint_eq(lanes.moved, moved);
    tt_lanes_done(&lanes);
}

#define EXPECT(columns, moved, ...)                                                                \
    expect((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int), columns,  \
           moved)

TT_TEST(events_in_order_stand_in_one_column_each)
{
    EXPECT("1 2 3", 0, 0, 1, 2);
    EXPECT("1", 0, 0);
}
TT_END

TT_TEST(one_late_event_is_the_one_that_moved)
{
    EXPECT("-/2 1 2/-", 1, 1, 0);
    EXPECT("1 -/4 2 3 4/- 5", 1, 0, 2, 3, 1, 4);
}
TT_END

TT_TEST(as_few_as_possible_moved)
{
    EXPECT("1 2/- 3 4 -/2", 1, 0, 3, 1, 2); /* one came early, not two late */
    EXPECT("1/- 2 3 -/1", 1, 2, 0, 1);
    EXPECT("1/- 2/- 3 4 5 -/1 -/2", 2, 3, 4, 0, 1, 2);
}
TT_END

TT_TEST(a_copy_stands_above_alone_and_has_not_moved)
{
    EXPECT("1 2/- 3", 0, 0, -1, 1);
}
TT_END

TT_TEST(long_stretches_are_counted_and_what_is_to_be_seen_stays_with_its_neighbours)
{
    struct tt_lanes lanes;
    int ranks[40];
    for (int i = 0; i < 40; i++)
        ranks[i] = i;
    given(ranks, 40);
    events[20].violates = true;
    ck_assert_int_eq(tt_lanes_make(events, 40, &lanes), TT_OK);
    ck_assert_str_eq(columns_of(&lanes), "1 ..18.. 20 21 22 ..17.. 40");
    tt_lanes_done(&lanes);
    given(ranks, 40);
    events[21].event_time_us = events[20].event_time_us; /* nothing but equal times */
    ck_assert_int_eq(tt_lanes_make(events, 40, &lanes), TT_OK);
    ck_assert_str_eq(columns_of(&lanes), "1 ..18.. 20 21 22 23 ..16.. 40");
    ck_assert(lanes.columns[3].tied && lanes.columns[4].tied);
    ck_assert(!lanes.columns[2].tied && !lanes.columns[5].tied);
    tt_lanes_done(&lanes);
    EXPECT("1 2 3", 0, 0, 1, 2); /* two in between are drawn */
}
TT_END

TT_TEST(an_event_is_tied_to_one_that_is_not_drawn_too)
{
    struct tt_lanes lanes;
    int ranks[40];
    for (int i = 0; i < 40; i++)
        ranks[i] = i;
    given(ranks, 40);
    events[20].violates = true; /* so that equal times alone are not drawn */
    events[1].event_time_us = events[0].event_time_us;
    events[22].event_time_us = events[21].event_time_us;
    events[37].event_time_us = events[38].event_time_us; /* neither of them drawn */
    ck_assert_int_eq(tt_lanes_make(events, 40, &lanes), TT_OK);
    ck_assert_str_eq(columns_of(&lanes), "1 ..18.. 20 21 22 ..17.. 40");
    for (size_t c = 0; c < lanes.count; c++)
        ck_assert_msg(lanes.columns[c].tied == (c == 0 || c == 4), "column %zu", c);
    tt_lanes_done(&lanes);
}
TT_END

/* Every event stands above once, every original below once, in the two orders. */
TT_TEST(any_order_keeps_both_lanes_complete)
{
    unsigned state = 7;
    for (int round = 0; round < 300; round++) {
        int ranks[30];
        struct tt_lanes lanes;
        size_t count = 1 + (size_t)round % 30;
        for (size_t i = 0; i < count; i++)
            ranks[i] = (int)i;
        for (size_t i = count; i > 1; i--) {
            state = state * 1103515245u + 12345u;
            size_t k = (state >> 8) % i;
            int kept = ranks[i - 1];
            ranks[i - 1] = ranks[k];
            ranks[k] = kept;
        }
        given(ranks, count);
        for (size_t i = 0; i < count; i++)
            events[i].late = true; /* so that nothing is skipped */
        ck_assert_int_eq(tt_lanes_make(events, count, &lanes), TT_OK);
        size_t above = 0, below = 0, both = 0;
        for (size_t c = 0; c < lanes.count; c++) {
            const struct tt_lane_column *column = &lanes.columns[c];
            ck_assert_uint_eq(column->skipped, 0);
            if (column->above != NULL)
                ck_assert_uint_eq(column->above->arrival_rank, above++);
            if (column->below != NULL)
                ck_assert_uint_eq(column->below->time_rank, below++);
            both += column->above != NULL && column->above == column->below;
        }
        ck_assert(above == count && below == count);
        ck_assert_uint_eq(both + lanes.moved, count);
        tt_lanes_done(&lanes);
    }
}
TT_END

TT_TEST(memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
{
    static const int ranks[] = {0, 2, 1};
    bool failed = true;
    int tried = 0;
    given(ranks, 3);
    for (; failed && tried < 50; tried++) {
        struct tt_lanes lanes;
        tt_mem_fail_after(tried, true);
        enum tt_err err = tt_lanes_make(events, 3, &lanes);
        tt_mem_fail_after(-1, false);
        failed = err != TT_OK;
        ck_assert(!failed || err == TT_ERR_NO_MEMORY);
        if (!failed)
            tt_lanes_done(&lanes);
    }
    ck_assert_int_gt(tried, 1);
}
TT_END

TT_SUITE("reports/lanes", events_in_order_stand_in_one_column_each,
         one_late_event_is_the_one_that_moved, as_few_as_possible_moved,
         a_copy_stands_above_alone_and_has_not_moved,
         long_stretches_are_counted_and_what_is_to_be_seen_stays_with_its_neighbours,
         an_event_is_tied_to_one_that_is_not_drawn_too, any_order_keeps_both_lanes_complete,
         memory_that_runs_out_anywhere_is_an_error_and_leaks_nothing)
