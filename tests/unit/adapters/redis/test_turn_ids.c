/* Which events have a turn in common: ids however they are spelled, and entries that have none. */
#include "core/base/limits.h"
#include "tests/unit/adapters/redis/turns_scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

TT_TEST(ids_that_are_spelled_differently_are_one_id)
{
    static const char *const spellings[] = {
        "{\"task_id\":\"ab\"}",
        "{\"task_id\":\"\\u0061b\"}",
        "{ \"task_id\" : \"ab\" }",
        "{\"\\u0074ask_id\":\"ab\"}",
        "{\"attributes\":{\"task_id\":\"z\"},\"task_id\":\"ab\"}",
        "{\"attributes\":{\"tenant\":\"z\"},\"task_id\":\"ab\"}",
        "{\"task_id\":\"ab\",\"tenant\":\"default\"}",
        "{\"task_id\":\"ab\",\"stage\":\"task_id\"}",
        "{\"task_id\":\"ab\",\"message\":\"\\\"{\"}"};
    enum { COUNT = sizeof spellings / sizeof *spellings };
    set_up("spelled");
    for (size_t i = 0; i < COUNT; i++)
        tt_redis_ask(&server, "XADD {t:0}:events * e %s", spellings[i]);
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", "{\"task_id\":\"ab\",\"tenant\":\"other\"}");
    claim(&a, 1);
    ck_assert_uint_eq(batch.count, 1);
    claim(&b, 100);
    ck_assert_uint_eq(batch.count, 1); /* the other tenant's */
    finish(&a);
    finish(&b);
    claim(&c, 100);
    ck_assert_uint_eq(batch.count, COUNT - 1);
    tear_down();
}
TT_END

TT_TEST(ids_with_control_characters_and_very_long_ones_keep_their_turns)
{
    char id[600], payload[700];
    set_up("odd");
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    snprintf(payload, sizeof payload, "{\"task_id\":\"%s\"}", id);
    const char *const payloads[] = {"{\"task_id\":\"p\"}", "{\"task_id\":\"p\\u0000q\"}", payload};
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < 3; i++)
            tt_redis_ask(&server, "XADD {t:0}:events * e %s", payloads[i]);
    claim(&a, 3);
    ck_assert_uint_eq(batch.count, 3);
    claim(&b, 9);
    ck_assert_uint_eq(batch.count, 0);
    finish(&a);
    claim(&b, 9);
    ck_assert_uint_eq(batch.count, 3);
    tear_down();
}
TT_END

/* The script looks for the id in JSON, which its parser must get through. */
TT_TEST(an_event_nested_as_deep_as_a_worker_reads_has_the_turn_of_its_id)
{
    enum { INSIDE = TT_EVENT_DEPTH_MAX - 1 };
    static const char head[] = "{\"task_id\":\"\\u0061\",\"x\":";
    char deep[sizeof head + 2 * INSIDE + 1];
    set_up("deep");
    memcpy(deep, head, sizeof head - 1);
    memset(deep + sizeof head - 1, '[', INSIDE);
    memset(deep + sizeof head - 1 + INSIDE, ']', INSIDE);
    memcpy(deep + sizeof head - 1 + 2 * INSIDE, "}", 2);
    add("a", 1);
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", deep);
    ck_assert_str_eq(claim(&a, 1), "a1*1 ");
    ck_assert_str_eq(claim(&b, 9), "");
    finish(&a);
    claim(&b, 9);
    ck_assert_uint_eq(batch.count, 1);
    tear_down();
}
TT_END

TT_TEST(entries_that_are_no_events_are_handed_out_at_once)
{
    set_up("none");
    add("x", 1);
    for (int i = 0; i < 3; i++)
        tt_redis_ask(&server, "XADD {t:0}:events * e %s", "no event");
    tt_redis_ask(&server, "XADD {t:0}:events * other %s", "field");
    ck_assert_str_eq(claim(&a, 2), "x1*1 no event*1 ");
    ck_assert_str_eq(claim(&b, 9), "no event*1 no event*1 *1 ");
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/turn_ids", ids_that_are_spelled_differently_are_one_id,
         ids_with_control_characters_and_very_long_ones_keep_their_turns,
         an_event_nested_as_deep_as_a_worker_reads_has_the_turn_of_its_id,
         entries_that_are_no_events_are_handed_out_at_once)
