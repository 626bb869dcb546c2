#include "adapters/redis/task_key.h"
#include "tests/lib/suite.h"

TT_TEST(keys_are_read_in_place_only_where_nothing_is_in_doubt)
{
    static const struct {
        const char *payload, *key;
    } cases[] = {
        {"{\"task_id\":\"a\"}", "default/a"},
        {"{\"tenant\" : \"t\",\"task_id\"\t:\n\"a\"}", "t/a"},
        {"{\"task_id\":\"a\",\"tenant\":\"\"}", "/a"},
        {"{\"task_id\":\"a\",\"attributes\":{\"x\":1}}", "default/a"},
        {"{\"task_id\":\"a\",\"attributes\":{\"tenant\":\"x\"}}", ""},
        {"{\"task_id\":\"a\",\"x\":\"\\n\"}", ""},
        {"{\"task_id\":\"a\",\"attributes\":{\"task_id\":\"b\"}}", ""},
        {"{\"task_id\":7}", ""},
        {"{\"task_id\":\"a\x7f\"}", ""},
        {"{\"x\":\"task_id\"}", ""},
        {"no event", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char key[TT_TASK_KEY_BYTES + 1] = "";
        size_t len = tt_redis_task_key(tt_str_from(cases[i].payload), key);
        key[len] = '\0';
        ck_assert_str_eq(key, cases[i].key);
    }
}
TT_END

TT_SUITE("adapters/redis/task_key", keys_are_read_in_place_only_where_nothing_is_in_doubt)
