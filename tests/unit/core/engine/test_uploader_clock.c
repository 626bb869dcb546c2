/* A wall clock that was wrong for a while keeps nobody waiting once it is right. */
#include "tests/lib/suite.h"
#include "tests/lib/upload_runs.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

/* Some loads, a failure and a death, all in another year. */
static struct tt_upload_world leave_traces(int64_t ahead_us)
{
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    int64_t right_us = world.now_us;
    world.now_us += ahead_us;
    world.loads_per_day = 6;
    world.rows_in_store = 3;
    ck_assert_int_eq(tt_upload_world_run(&world, "first", &counts, NULL), TT_OK);
    world.rows_in_store = 9;
    world.batch_rows = 6;
    world.quota_for = 2; /* of each table */
    world.quota_wait_us = 400 * SECOND;
    ck_assert_int_eq(tt_upload_world_run(&world, "first", &counts, NULL), TT_ERR_UNAVAILABLE);
    world.quota_for = 0;
    world.trouble = TT_TROUBLE_DEATH_AFTER;
    world.trouble_at = world.calls + 2; /* with the lease */
    ck_assert_int_eq(tt_upload_world_run(&world, "first", &counts, NULL), TT_ERR_IO);
    world.trouble = TT_TROUBLE_NONE;
    world.now_us = right_us;
    world.rows_in_store = TT_UPLOAD_WORLD_ROWS;
    return world;
}

TT_TEST(what_a_clock_far_ahead_has_left_behind_does_not_keep_the_rows_back)
{
    tt_upload_outbox_open();
    for (int days = 3; days < 4000; days *= 10) {
        struct tt_upload_world world = leave_traces(days * DAY);
        struct tt_uploader_counts counts;
        struct tt_fault fault = {0};
        int64_t begun_us = world.now_us;
        world.loads_per_day = 2;
        enum tt_err err = tt_upload_world_run(&world, "second", &counts, &fault);
        ck_assert_msg(err == TT_OK, "%d days: %s", days, fault.text);
        tt_upload_assert_once(&world);
        ck_assert_int_lt(world.now_us - begun_us, 300 * SECOND);
    }
}
TT_END

TT_TEST(a_daemon_whose_clock_is_set_back_goes_on)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    struct tt_uploader_counts counts;
    world.daemon = true;
    world.batch_rows = 100;
    world.now_us += 40 * DAY;
    world.set_back_at_us = world.now_us + 100 * SECOND;
    world.set_back_us = 30 * DAY;
    world.stop_at_us = world.set_back_at_us + 1000 * SECOND;
    ck_assert_int_eq(tt_upload_world_run(&world, "me", &counts, NULL), TT_OK);
    tt_upload_assert_once(&world);
}
TT_END

TT_SUITE("core/engine/uploader_clock",
         what_a_clock_far_ahead_has_left_behind_does_not_keep_the_rows_back,
         a_daemon_whose_clock_is_set_back_goes_on)
