/* Happy path: somebody is there -> ask, in parts -> take answers as they come -> put them together.
 *
 * Failure modes: nobody takes jobs: said at once, and while waiting; a worker dies: another takes
 * its part; an answer is an error: said, and the rest is forgotten; not all come in time
 * (--timeout): said. Whatever happens, what was asked is taken away again, and ends by itself if we
 * cannot. */
#include "cli/fleet_ask.h"

#include "adapters/redis/jobs.h"
#include "adapters/system/clock.h"
#include "adapters/system/file.h"
#include "cli/commands.h"
#include "cli/how_to.h"
#include "cli/job_run.h"
#include "cli/output.h"
#include "cli/queue_view.h"
#include "cli/secret.h"
#include "cli/stop.h"
#include "cli/tenants_file.h"
#include "core/base/limits.h"
#include "replay/shard.h"
#include <stdlib.h>

enum { LOOK_EVERY_US = 20 * 1000, ALIVE_EVERY_US = 1000 * 1000 };

struct asking {
    const struct tt_settings *settings;
    struct tt_redis_jobs *jobs;
    struct tt_clock clock;
    struct tt_random random;
    const volatile int *stop;
    struct tt_buf secret, lifecycle, tenants, body, answer;
    struct tt_job_body question;
    char id[TT_JOB_ID_BYTES];
    unsigned parts; /* asked; 0: nothing yet */
};

/* ---- Opening */

static enum tt_err read_text(const char *path, size_t max, struct tt_buf *buf,
                             struct tt_str *ret_text, struct tt_fault *fault)
{
    tt_buf_init(buf, max);
    if (path == NULL)
        return TT_OK;
    enum tt_err err = tt_file_read(path, buf, fault);
    *ret_text = buf->len == 0 ? TT_STR("") : tt_buf_str(buf);
    return err;
}

/* What is wrong with a file is told here, with its name, not by a worker. */
static enum tt_err check_rules(const struct asking *asking, struct tt_fault *fault)
{
    struct tt_job_rules rules = {0};
    const struct tt_settings *settings = asking->settings;
    struct tt_job_body lifecycle = {.lifecycle = asking->question.lifecycle};
    struct tt_job_body tenants = {.tenants = asking->question.tenants};
    enum tt_err err = tt_job_rules_read(&lifecycle, &rules, fault);
    if (err != TT_OK)
        return tt_fault_prefix(fault, "%s", tt_setting_text(settings, TT_OPT_LIFECYCLE));
    tt_job_rules_done(&rules);
    err = tt_job_rules_read(&tenants, &rules, fault);
    if (err != TT_OK)
        return tt_fault_prefix(fault, "%s", tt_setting_text(settings, TT_OPT_TENANTS));
    tt_job_rules_done(&rules);
    return TT_OK;
}

static enum tt_err open_jobs(struct asking *asking, struct tt_fault *fault)
{
    const struct tt_settings *settings = asking->settings;
    const char *password = NULL;
    struct tt_redis_view *view = NULL;
    enum tt_err err = tt_queue_view_open(settings, &view, fault); /* makes sure that there is one */
    tt_redis_view_close(view);
    if (err == TT_OK)
        err = tt_secret_read("TASKTRAIL_REDIS_PASSWORD", &asking->secret, &password, fault);
    const struct tt_redis_jobs_options options = {
        .url = tt_setting_text(settings, TT_OPT_REDIS),
        .password = password,
        .prefix = tt_setting_text(settings, TT_OPT_PREFIX),
        .random = &asking->random,
    };
    return err == TT_OK ? tt_redis_jobs_create(&options, &asking->jobs, fault) : err;
}

static enum tt_err open_asking(struct asking *asking, struct tt_fault *fault)
{
    const struct tt_settings *settings = asking->settings;
    asking->stop = tt_stop_listen();
    asking->clock = tt_system_clock(asking->stop);
    asking->random = tt_system_random();
    tt_buf_init(&asking->body, TT_JOB_BODY_BYTES_MAX);
    tt_buf_init(&asking->answer, TT_JOB_ANSWER_BYTES_MAX);
    tt_buf_init(&asking->tenants, TT_JOB_BODY_BYTES_MAX / 2);
    asking->question = (struct tt_job_body){
        .shards = 1,
        .ties_by_arrival = tt_setting_on(settings, TT_OPT_TIES),
        .apply_by_arrival = tt_setting_on(settings, TT_OPT_APPLY_ORDER),
        .now_us = tt_setting_has(settings, TT_OPT_NOW) ? tt_setting_us(settings, TT_OPT_NOW)
                                                       : TT_TIME_NONE,
        .max_future_us = tt_setting_us(settings, TT_OPT_MAX_FUTURE),
    };
    enum tt_err err =
        read_text(tt_setting_text(settings, TT_OPT_LIFECYCLE), TT_LIFECYCLE_FILE_BYTES_MAX,
                  &asking->lifecycle, &asking->question.lifecycle, fault);
    if (err == TT_OK && tt_setting_text(settings, TT_OPT_TENANTS) != NULL) {
        err = tt_tenants_file_text(tt_setting_text(settings, TT_OPT_TENANTS), &asking->tenants,
                                   fault);
        asking->question.tenants = tt_buf_str(&asking->tenants);
    }
    if (err == TT_OK)
        err = check_rules(asking, fault);
    return err == TT_OK ? open_jobs(asking, fault) : err;
}

static void close_asking(struct asking *asking)
{
    if (asking->parts > 0)
        tt_redis_jobs_forget(asking->jobs, asking->id, asking->parts);
    tt_redis_jobs_destroy(asking->jobs);
    tt_buf_done(&asking->secret);
    tt_buf_done(&asking->lifecycle);
    tt_buf_done(&asking->tenants);
    tt_buf_done(&asking->body);
    tt_buf_done(&asking->answer);
}

/* ---- Asking */

static enum tt_err somebody(struct asking *asking, unsigned *ret_alive, struct tt_fault *fault)
{
    enum tt_err err = tt_redis_jobs_alive(asking->jobs, ret_alive, fault);
    if (err == TT_OK && *ret_alive == 0)
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                           "no worker is alive that could answer: start one (without "
                           "--until-idle), or give this command the --store itself");
    return err;
}

static enum tt_err ask(struct asking *asking, unsigned parts, struct tt_fault *fault)
{
    asking->question.shards = parts;
    tt_job_body_write(&asking->body, &asking->question);
    if (asking->body.err != TT_OK)
        return tt_fault_set(fault, asking->body.err, "the files to send are too large");
    enum tt_err err = tt_redis_jobs_ask(asking->jobs, tt_buf_str(&asking->body), parts,
                                        tt_setting_us(asking->settings, TT_OPT_TIMEOUT) / 1000,
                                        asking->id, fault);
    asking->parts = err == TT_OK ? parts : 0;
    return err;
}

/* The next answer, which stands in asking->answer. */
static enum tt_err next_answer(struct asking *asking, unsigned came, struct tt_fault *fault)
{
    const struct tt_clock *clock = &asking->clock;
    static int64_t until_us = 0; /* of the one question of this process */
    int64_t now = clock->mono(clock->context).us, look_us = now + ALIVE_EVERY_US;
    unsigned part, alive;
    bool has = false;
    if (until_us == 0)
        until_us = now + tt_setting_us(asking->settings, TT_OPT_TIMEOUT);
    for (;;) {
        enum tt_err err =
            tt_redis_jobs_next(asking->jobs, asking->id, &part, &asking->answer, &has, fault);
        if (err != TT_OK || has)
            return err;
        if (*asking->stop != 0)
            return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "asked to stop");
        now = clock->mono(clock->context).us;
        if (now >= until_us)
            return tt_fault_set(fault, TT_ERR_UNAVAILABLE,
                                "%u of %u answers came in time (--timeout); are the workers busy?",
                                came, asking->parts);
        if (now >= look_us) {
            err = somebody(asking, &alive, fault);
            if (err != TT_OK)
                return err;
            look_us = now + ALIVE_EVERY_US;
        }
        clock->sleep_us(clock->context, LOOK_EVERY_US);
    }
}

/* ---- report --fleet */

static enum tt_err gather(struct asking *asking, struct tt_pass *pass, struct tt_fault *fault)
{
    unsigned alive = 0;
    enum tt_err err = somebody(asking, &alive, fault);
    if (err != TT_OK)
        return err;
    unsigned shards = tt_setting_has(asking->settings, TT_OPT_SHARDS)
                          ? (unsigned)tt_setting_u64(asking->settings, TT_OPT_SHARDS)
                          : alive;
    err = ask(asking, shards > TT_SHARDS_MAX ? TT_SHARDS_MAX : shards, fault);
    for (unsigned came = 0; err == TT_OK && came < asking->parts; came++) {
        err = next_answer(asking, came, fault);
        if (err == TT_OK)
            err = tt_pass_import(pass, tt_buf_str(&asking->answer), fault);
    }
    return err;
}

int tt_fleet_report(const struct tt_settings *settings)
{
    struct tt_fault fault = {0};
    struct asking asking = {.settings = settings};
    struct tt_pass *pass = NULL;
    const struct tt_report *report = NULL;
    const struct tt_pass_options options = {
        .now_us = TT_TIME_NONE, .threads = 1, .memory_bytes = 1 << 20, .temp_dir = "/tmp"};
    enum tt_err err = open_asking(&asking, &fault);
    if (err == TT_OK)
        err = tt_pass_create(&options, &pass, &fault);
    if (err == TT_OK)
        err = gather(&asking, pass, &fault);
    if (err == TT_OK)
        err = tt_pass_finish(pass, &report, &fault);
    close_asking(&asking);
    int status = err == TT_OK
                     ? tt_output_report(settings, report, NULL, tt_pass_subject(pass).ptr, NULL)
                     : tt_exit_with(&fault);
    tt_pass_destroy(pass);
    return status;
}

/* ---- replay --remote */

/* "KINDS\n", then the task as the worker rendered it. */
static int show(const struct asking *asking)
{
    struct tt_str text = tt_buf_str(&asking->answer);
    const char *end = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
    if (end == NULL) {
        struct tt_fault fault = {0};
        tt_fault_set(&fault, TT_ERR_IO, "an answer of unexpected shape");
        return tt_exit_with(&fault);
    }
    uint64_t kinds = strtoull(text.ptr, NULL, 10);
    size_t head = (size_t)(end + 1 - text.ptr);
    return tt_output_bytes(asking->settings, (struct tt_str){end + 1, text.len - head}, kinds);
}

int tt_fleet_replay(const struct tt_settings *settings, const char *task_id)
{
    struct tt_fault fault = {0};
    struct asking asking = {.settings = settings};
    struct tt_how_to how_to;
    unsigned alive = 0;
    enum tt_err err = tt_how_to_make(&how_to, settings, &fault);
    if (err == TT_OK)
        err = open_asking(&asking, &fault);
    asking.question.kind = TT_JOB_KIND_REPLAY;
    asking.question.tenant = tt_str_from(tt_setting_text(settings, TT_OPT_TENANT));
    asking.question.task_id = tt_str_from(task_id);
    asking.question.render = tt_output_options(settings, &how_to, NULL);
    if (err == TT_OK)
        err = somebody(&asking, &alive, &fault);
    if (err == TT_OK)
        err = ask(&asking, 1, &fault);
    if (err == TT_OK)
        err = next_answer(&asking, 0, &fault);
    int status = err == TT_OK ? show(&asking) : tt_exit_with(&fault);
    close_asking(&asking);
    tt_how_to_done(&how_to);
    return status;
}
