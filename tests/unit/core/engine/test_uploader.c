/* The uploader against a sink that fails at every call, before and after its effect, by an error
 * and by the death of the process: afterwards every row is there once. */
#include "tests/lib/suite.h"
#include "tests/lib/upload_runs.h"
#include <string.h>

/* Every trouble at every call of a run that would go well. */
static void trouble_everywhere(struct tt_upload_world like)
{
    struct tt_upload_world smooth = tt_upload_world_new();
    memcpy(like.destination, smooth.destination, sizeof like.destination);
    smooth = like;
    tt_upload_run_to_end(&smooth);
    tt_upload_assert_once(&smooth);
    ck_assert_int_gt(smooth.calls, 10);
    for (int trouble = 1; trouble < TT_TROUBLES; trouble++)
        for (int at = 1; at <= smooth.calls; at++) {
            struct tt_upload_world fresh = tt_upload_world_new(), world = like;
            memcpy(world.destination, fresh.destination, sizeof world.destination);
            world.trouble = trouble;
            world.trouble_at = at;
            tt_upload_run_to_end(&world);
            ck_assert_int_ge(world.calls, at);
            tt_upload_assert_once(&world);
        }
}

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_of_one_step)
{
    tt_upload_outbox_open();
    trouble_everywhere(tt_upload_world_new());
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_that_takes_its_time)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.runs_for = 3;
    trouble_everywhere(world);
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_of_a_sink_with_commit)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.needs_commit = true;
    world.runs_for = 1;
    trouble_everywhere(world);
}
TT_END

TT_TEST(every_row_is_there_once_whatever_call_fails_while_attempts_fail)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.fails_for = 2;
    trouble_everywhere(world);
    world.needs_commit = true;
    trouble_everywhere(world);
}
TT_END

TT_TEST(good_rows_are_there_once_whatever_call_fails_while_bad_ones_are_looked_for)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.bad_rows[0] = 2;
    trouble_everywhere(world);
}
TT_END

TT_TEST(good_rows_are_there_once_whatever_call_fails_when_the_bad_row_is_named)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.bad_rows[0] = 1;
    world.bad_rows[1] = 8;
    world.bad_rows[2] = 12;
    world.names_bad_row = true;
    trouble_everywhere(world);
}
TT_END

TT_TEST(good_rows_are_there_once_whatever_call_fails_while_refusals_are_doubtful)
{
    tt_upload_outbox_open();
    struct tt_upload_world world = tt_upload_world_new();
    world.doubts = true;
    world.batch_rows = 3;
    world.rows_in_store = 6;
    world.bad_rows[0] = 2;
    world.needs_commit = true;
    trouble_everywhere(world);
}
TT_END

TT_TEST(an_answer_too_long_to_be_read_is_an_unknown_outcome)
{
    tt_upload_outbox_open();
    for (int way = 0; way < 2; way++)
        for (int count = 1; count < 6; count++) {
            struct tt_upload_world world = tt_upload_world_new();
            world.needs_commit = way == 1;
            world.runs_for = 1;
            world.too_long_for = count;
            tt_upload_run_to_end(&world);
            tt_upload_assert_once(&world);
            ck_assert_int_lt(world.too_long_for, 1);
        }
}
TT_END

TT_SUITE("core/engine/uploader", every_row_is_there_once_whatever_call_fails_of_a_sink_of_one_step,
         every_row_is_there_once_whatever_call_fails_of_a_sink_that_takes_its_time,
         every_row_is_there_once_whatever_call_fails_of_a_sink_with_commit,
         every_row_is_there_once_whatever_call_fails_while_attempts_fail,
         good_rows_are_there_once_whatever_call_fails_while_bad_ones_are_looked_for,
         good_rows_are_there_once_whatever_call_fails_when_the_bad_row_is_named,
         good_rows_are_there_once_whatever_call_fails_while_refusals_are_doubtful,
         an_answer_too_long_to_be_read_is_an_unknown_outcome)
