/* Shards of a report: each judged alone, carried as bytes, put together. */
#include "replay/shard.h"

#include "reports/render.h"
#include "tests/lib/history.h"
#include "tests/lib/suite.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_history history;
static struct tt_lifecycle_set *lifecycles;

static void set_up(uint64_t seed, int tasks)
{
    struct tt_chance chance = {seed};
    const struct tt_history_options options = {.tasks = tasks, .duplicates = true};
    struct tt_fault fault = {0};
    tt_history_make(&chance, &options, &history);
    char *text = tt_history_lifecycles(&chance);
    ck_assert_int_eq(tt_lifecycle_set_parse(tt_str_from(text), &lifecycles, &fault), TT_OK);
    json_free_t release; /* it came from the JSON library, which has its own */
    json_get_alloc_funcs(NULL, &release);
    release(text);
}

static void tear_down(void)
{
    tt_history_free(&history);
    tt_lifecycle_set_destroy(lifecycles);
}

static struct tt_pass_options options_of(unsigned shard, unsigned shards)
{
    return (struct tt_pass_options){.lifecycles = lifecycles,
                                    .from_store = true,
                                    .now_us = INT64_C(4000000000000000),
                                    .max_future_us = 60000000,
                                    .threads = 1 + shard % 3,
                                    .memory_bytes = 64 << 20,
                                    .temp_dir = "/tmp",
                                    .shard = shard,
                                    .shards = shards};
}

/* Every event; of every third task a wrong state, and a stay that never was. */
static struct tt_pass *fed(unsigned shard, unsigned shards)
{
    const struct tt_pass_options options = options_of(shard, shards);
    struct tt_pass *pass = NULL;
    struct tt_feeder *feeder = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&options, &pass, &fault), TT_OK);
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    for (size_t i = 0; i < history.count; i++) {
        const struct tt_history_event *from = &history.events[i];
        char task[32], id[32];
        snprintf(task, sizeof task, "task-%d", from->task);
        snprintf(id, sizeof id, "id-%d", from->id);
        const struct tt_event event = {
            .tenant = tt_str_from(from->tenant == NULL ? "default" : from->tenant),
            .task_id = tt_str_from(task),
            .task_type = tt_str_from(from->task_type),
            .status = tt_str_from(from->status),
            .source = tt_str_from(from->source),
            .stage = tt_str_from(from->stage),
            .event_id = from->id < 0 ? TT_STR_NONE : tt_str_from(id),
            .event_time_us = from->event_time_us,
            .received_at_us = from->has_received_at ? from->received_at_us : TT_TIME_NONE,
            .seq = from->seq,
            .has_seq = from->has_seq};
        const struct tt_interval stay = {1, TT_TIME_NONE, TT_STR("NEVER"), TT_STR("here")};
        ck_assert_int_eq(tt_feeder_add_applied(feeder, &event, (int64_t)(i ^ 1), 5, &fault), TT_OK);
        if (from->task % 3 == 0) {
            ck_assert_int_eq(
                tt_feeder_add_state(feeder, event.tenant, event.task_id, TT_STR("NEVER"), 1, NULL),
                TT_OK);
            ck_assert_int_eq(
                tt_feeder_add_interval(feeder, event.tenant, event.task_id, &stay, NULL), TT_OK);
        }
    }
    return pass;
}

static enum tt_err append(void *context, const char *bytes, size_t len, struct tt_fault *fault)
{
    (void)fault;
    tt_buf_add(context, bytes, len);
    return TT_OK;
}

static void render(struct tt_pass *pass, enum tt_format format, struct tt_buf *out)
{
    const struct tt_report *report = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_pass_finish(pass, &report, &fault) == TT_OK, "%s", fault.text);
    const struct tt_render_options options = {
        .format = format, .subject = "store", .how_to_list = "list", .show_task = "show"};
    const struct tt_output output = {out, append};
    tt_buf_init(out, 0);
    ck_assert_int_eq(tt_render_report(report, &options, &output, &fault), TT_OK);
}

static void export(unsigned shard, unsigned shards, struct tt_buf *ret_bytes)
{
    struct tt_pass *pass = fed(shard, shards);
    struct tt_fault fault = {0};
    tt_buf_init(ret_bytes, 0);
    ck_assert_int_eq(tt_pass_export(pass, TT_STR("store"), ret_bytes, &fault), TT_OK);
    tt_pass_destroy(pass);
}

static struct tt_pass *empty(void)
{
    const struct tt_pass_options options = options_of(0, 0);
    struct tt_pass *pass = NULL;
    ck_assert_int_eq(tt_pass_create(&options, &pass, NULL), TT_OK);
    return pass;
}

TT_TEST(shards_put_together_in_any_order_make_the_report_of_the_whole)
{
    static const unsigned counts[] = {1, 2, 7, TT_SHARDS_MAX};
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        set_up(20260301 + n, 150);
        struct tt_buf parts[TT_SHARDS_MAX];
        for (unsigned i = 0; i < counts[n]; i++)
            export(i, counts[n], &parts[i]);
        for (int format = TT_FORMAT_TEXT; format <= TT_FORMAT_HTML; format++) {
            struct tt_pass *whole = fed(0, 0), *merged = empty();
            struct tt_buf expected, got;
            struct tt_fault fault = {0};
            render(whole, (enum tt_format)format, &expected);
            for (unsigned i = counts[n]; i-- > 0;)
                ck_assert_msg(tt_pass_import(merged, tt_buf_str(&parts[i]), &fault) == TT_OK, "%s",
                              fault.text);
            ck_assert(tt_str_equal(tt_pass_subject(merged), TT_STR("store")));
            render(merged, (enum tt_format)format, &got);
            ck_assert_uint_gt(expected.len, 1000);
            ck_assert_msg(tt_str_equal(tt_buf_str(&expected), tt_buf_str(&got)),
                          "%u shards, format %d:\n%s\n---\n%s", counts[n], format, expected.data,
                          got.data);
            tt_buf_done(&expected);
            tt_buf_done(&got);
            tt_pass_destroy(whole);
            tt_pass_destroy(merged);
        }
        for (unsigned i = 0; i < counts[n]; i++)
            tt_buf_done(&parts[i]);
        tear_down();
    }
}
TT_END

static void assert_refused(struct tt_pass *pass, struct tt_str bytes, enum tt_err expected,
                           const char *why)
{
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_import(pass, bytes, &fault), expected);
    ck_assert_msg(strstr(fault.text, why) != NULL, "%s", fault.text);
}

TT_TEST(shards_that_do_not_go_together_are_refused)
{
    set_up(1, 20);
    struct tt_buf first, second, other;
    struct tt_fault fault = {0};
    const struct tt_report *report = NULL;
    export(0, 2, &first);
    export(1, 2, &second);
    export(1, 3, &other);
    struct tt_pass *pass = empty();
    ck_assert_int_eq(tt_pass_import(pass, tt_buf_str(&first), &fault), TT_OK);
    assert_refused(pass, tt_buf_str(&first), TT_ERR_INVALID, "shard 1 of 2 comes twice");
    assert_refused(pass, tt_buf_str(&other), TT_ERR_INVALID, "shard 2 of 3");
    assert_refused(pass, TT_STR("something else, and long enough"), TT_ERR_CORRUPT, "no shard");
    ck_assert_int_eq(tt_pass_finish(pass, &report, &fault), TT_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "shard 2 of 2 is missing"));
    tt_pass_destroy(pass);
    tt_buf_done(&first);
    tt_buf_done(&second);
    tt_buf_done(&other);
    tear_down();
}
TT_END

TT_TEST(damaged_bytes_are_refused_and_never_read_beyond)
{
    set_up(2, 12);
    struct tt_buf whole;
    export(0, 1, &whole);
    struct tt_chance chance = {7};
    for (int i = 0; i < 4000; i++) {
        /* In memory of its own size, so that a sanitizer sees the first byte beyond. */
        size_t len = i < 2000 ? whole.len : tt_chance_below(&chance, (unsigned)whole.len);
        char *bytes = malloc(len + 1);
        memcpy(bytes, whole.data, len);
        for (unsigned k = 0; k < 1 + tt_chance_below(&chance, 3) && len > 0; k++)
            bytes[tt_chance_below(&chance, (unsigned)len)] ^=
                (char)(1 + tt_chance_below(&chance, 255));
        bool sealed = i % 2 == 0 && len > 16; /* with a checksum that fits */
        uint64_t sum = sealed ? tt_str_hash((struct tt_str){bytes, len - 8}, 0) : 0;
        for (size_t k = 0; sealed && k < 8; k++)
            bytes[len - 8 + k] = (char)(sum >> 8 * k);
        struct tt_pass *pass = empty();
        const struct tt_report *report = NULL;
        struct tt_fault fault = {0};
        enum tt_err err = tt_pass_import(pass, (struct tt_str){bytes, len}, &fault);
        ck_assert(err != TT_OK || sealed);
        if (err == TT_OK) /* it may be another report, but it is one */
            err = tt_pass_finish(pass, &report, &fault);
        tt_pass_destroy(pass);
        free(bytes);
    }
    tt_buf_done(&whole);
    tear_down();
}
TT_END

TT_SUITE("replay/shard", shards_put_together_in_any_order_make_the_report_of_the_whole,
         shards_that_do_not_go_together_are_refused,
         damaged_bytes_are_refused_and_never_read_beyond)
