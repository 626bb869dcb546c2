#include "cli/job_run.h"

#include "cli/store_url.h"
#include "replay/shard.h"

enum tt_err tt_job_rules_read(const struct tt_job_body *body, struct tt_job_rules *ret_rules,
                              struct tt_fault *fault)
{
    struct tt_job_rules rules = {0};
    enum tt_err err = TT_OK;
    if (body->lifecycle.ptr != NULL)
        err = tt_lifecycle_set_parse(body->lifecycle, &rules.file, fault);
    if (err == TT_OK && body->tenants.ptr != NULL)
        err = tt_tenants_parse(body->tenants, &rules.tenants, fault);
    if (err == TT_OK)
        err = tt_tenants_lifecycles(rules.tenants, rules.file, &rules.lifecycles, fault);
    if (err == TT_OK)
        *ret_rules = rules;
    else
        tt_job_rules_done(&rules);
    return err;
}

void tt_job_rules_done(struct tt_job_rules *rules)
{
    tt_lifecycle_set_destroy(rules->lifecycles);
    tt_lifecycle_set_destroy(rules->file);
    tt_tenants_destroy(rules->tenants);
    *rules = (struct tt_job_rules){0};
}

static enum tt_err append(void *context, const char *bytes, size_t len, struct tt_fault *fault)
{
    struct tt_buf *buf = context;
    tt_buf_add(buf, bytes, len);
    return buf->err == TT_OK ? TT_OK
                             : tt_fault_set(fault, buf->err,
                                            "the answer is too large, or memory "
                                            "is out");
}

static enum tt_err show_task(const struct tt_job_place *place, const struct tt_job_body *body,
                             struct tt_pass *pass, struct tt_buf *answer, struct tt_fault *fault)
{
    const struct tt_report *report = NULL;
    struct tt_render_options options = body->render;
    const struct tt_output output = {answer, append};
    uint64_t kinds = 0;
    enum tt_err err = tt_pass_finish(pass, &report, fault);
    if (err != TT_OK)
        return err;
    const struct tt_task_picture *picture = tt_pass_picture(pass);
    if (picture == NULL)
        return tt_fault_set(fault, TT_ERR_NOT_FOUND, "no event of task %.*s of tenant %.*s in %s",
                            TT_STR_ARGS(body->task_id), TT_STR_ARGS(body->tenant), place->store);
    for (int kind = 0; kind < TT_KIND_COUNT; kind++)
        kinds |= (uint64_t)(report->summary.kinds[kind] > 0) << kind;
    tt_buf_add_uint(answer, kinds);
    tt_buf_add_char(answer, '\n');
    options.subject = place->store;
    return tt_render_task(picture, &options, &output, fault);
}

static enum tt_err run(const struct tt_job_place *place, const struct tt_job_body *body,
                       const struct tt_job_rules *rules, unsigned part, struct tt_buf *answer,
                       struct tt_fault *fault)
{
    bool replay = body->kind == TT_JOB_KIND_REPLAY;
    struct tt_pass *pass = NULL;
    struct tt_pass_options options = {
        .lifecycles = rules->lifecycles,
        .tenants = rules->tenants,
        .ties_by_arrival = body->ties_by_arrival,
        .apply_by_arrival = body->apply_by_arrival,
        .from_store = true,
        .now_us = body->now_us,
        .max_future_us = body->max_future_us,
        .threads = 1, /* the others are for what the worker is there for */
        .memory_bytes = place->memory_bytes,
        .temp_dir = place->temp_dir,
        .shard = part,
        .shards = body->shards,
        .rules_digest = tt_str_hash(body->lifecycle, tt_str_hash(body->tenants, 3)),
    };
    if (replay) {
        options.only_tenant = body->tenant;
        options.only_task = body->task_id;
        options.want_picture = true;
    }
    enum tt_err err = tt_pass_create(&options, &pass, fault);
    if (err == TT_OK)
        err = tt_store_feed_until(place->store, replay ? body->tenant : TT_STR_NONE,
                                  replay ? body->task_id : TT_STR_NONE, pass, place->stop, fault);
    if (err == TT_OK)
        err = replay ? show_task(place, body, pass, answer, fault)
                     : tt_pass_export(pass, tt_str_from(place->store), answer, fault);
    tt_pass_destroy(pass);
    return err;
}

enum tt_err tt_job_run(const struct tt_job_place *place, struct tt_str text, unsigned part,
                       struct tt_buf *answer, struct tt_fault *fault)
{
    struct tt_job_body body;
    struct tt_job_rules rules;
    enum tt_err err = tt_job_body_read(text, &body, fault);
    if (err != TT_OK)
        return err;
    err = part < body.shards ? tt_job_rules_read(&body, &rules, fault)
                             : tt_fault_set(fault, TT_ERR_UNSUPPORTED, "there is no part %u of %u",
                                            part + 1, body.shards);
    if (err == TT_OK) {
        err = run(place, &body, &rules, part, answer, fault);
        tt_job_rules_done(&rules);
    }
    tt_job_body_done(&body);
    return err;
}
