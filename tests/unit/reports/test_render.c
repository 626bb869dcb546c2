/* Reports where memory runs out: whole, or an error; never a report that lacks a word. */
#include "core/base/mem.h"
#include "replay/pass.h"
#include "reports/render.h"
#include "tests/lib/suite.h"

#include <stdlib.h>
#include <string.h>

static struct tt_buf written;

static enum tt_err keep(void *context, const char *bytes, size_t len, struct tt_fault *fault)
{
    (void)fault;
    tt_buf_add(context, bytes, len);
    return TT_OK;
}

/* A late event, a tie, and a task of another tenant. */
static const struct tt_report *make(struct tt_pass *pass)
{
    static const struct {
        const char *tenant, *task, *status;
        int64_t us;
    } rows[] = {{"default", "t 1", "CREATED", 1000000},
                {"default", "t 1", "DONE", 9000000},
                {"default", "t 1", "RUNNING with a name that is long", 5000000},
                {"default", "t 1", "RUNNING", 5000000},
                {"other", "x", "CREATED", 1000000}};
    struct tt_feeder *feeder = NULL;
    const struct tt_report *report = NULL;
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_feeder(pass, &feeder, &fault), TT_OK);
    ck_assert_int_eq(tt_feeder_chunk(feeder, 0, &fault), TT_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tt_event event = {.tenant = tt_str_from(rows[i].tenant),
                                 .task_id = tt_str_from(rows[i].task),
                                 .status = tt_str_from(rows[i].status),
                                 .event_time_us = rows[i].us,
                                 .received_at_us = rows[i].us + 500};
        ck_assert_int_eq(tt_feeder_add(feeder, &event, &fault), TT_OK);
    }
    ck_assert_int_eq(tt_pass_finish(pass, &report, &fault), TT_OK);
    return report;
}

static enum tt_err render(const struct tt_report *report, const struct tt_task_picture *picture,
                          enum tt_format format, struct tt_fault *fault)
{
    const struct tt_render_options options = {.format = format,
                                              .subject = "events",
                                              .unread = "gone",
                                              .how_to_list = "tasktrail check",
                                              .show_task = "tasktrail check",
                                              .show_task_flag = "--task"};
    const struct tt_output output = {&written, keep};
    tt_buf_clear(&written);
    return picture == NULL ? tt_render_report(report, &options, &output, fault)
                           : tt_render_task(picture, &options, &output, fault);
}

static void starve(const struct tt_report *report, const struct tt_task_picture *picture)
{
    for (int format = TT_FORMAT_TEXT; format <= TT_FORMAT_HTML; format++) {
        struct tt_fault fault = {0};
        ck_assert_int_eq(render(report, picture, (enum tt_format)format, &fault), TT_OK);
        char *whole = strdup(written.data);
        ck_assert_ptr_nonnull(whole);
        long nth = 0;
        for (;; nth++) {
            tt_mem_fail_after(nth, false);
            enum tt_err err = render(report, picture, (enum tt_format)format, &fault);
            tt_mem_fail_after(-1, false);
            if (err == TT_OK && strcmp(written.data, whole) == 0)
                break;
            ck_assert_msg(err == TT_ERR_NO_MEMORY, "format %d, allocation %ld: %s", format, nth,
                          tt_err_name(err));
        }
        free(whole);
    }
}

TT_TEST(a_report_without_memory_is_an_error_and_never_lacks_a_word)
{
    struct tt_pass_options options = {
        .now_us = TT_TIME_NONE, .max_future_us = 60000000, .threads = 1, .temp_dir = "/tmp"};
    struct tt_pass *pass = NULL;
    struct tt_fault fault = {0};
    tt_buf_init(&written, 0);
    ck_assert_ptr_nonnull(tt_buf_reserve(&written, 1 << 20)); /* fails no test by itself */
    ck_assert_int_eq(tt_pass_create(&options, &pass, &fault), TT_OK);
    starve(make(pass), NULL);
    tt_pass_destroy(pass);
    options.only_task = TT_STR("t 1");
    options.only_tenant = TT_STR("default");
    options.want_picture = true;
    ck_assert_int_eq(tt_pass_create(&options, &pass, &fault), TT_OK);
    const struct tt_report *report = make(pass);
    const struct tt_task_picture *picture = tt_pass_picture(pass);
    ck_assert_ptr_nonnull(picture);
    starve(report, picture);
    tt_pass_destroy(pass);
    tt_buf_done(&written);
}
TT_END

TT_SUITE("reports/render", a_report_without_memory_is_an_error_and_never_lacks_a_word)
