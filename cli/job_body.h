/* What is asked of idle workers, as text: a JSON object of version 1. A worker answers from its own
 * store, by the rules that travel with the question. */
#ifndef TT_CLI_JOB_BODY_H
#define TT_CLI_JOB_BODY_H

#include "core/base/buf.h"
#include "core/base/json.h"
#include "reports/render.h"

enum tt_job_kind {
    TT_JOB_KIND_REPORT, /* each part is a shard of the report (replay/shard.h) */
    TT_JOB_KIND_REPLAY, /* one part: the task, rendered; in front of it the kinds found, a bit set
                           in decimal, and a line end */
};

struct tt_job_body {
    enum tt_job_kind kind;
    unsigned shards;
    struct tt_str lifecycle, tenants; /* texts of the files; absent: none */
    bool ties_by_arrival, apply_by_arrival;
    int64_t now_us, max_future_us;
    struct tt_str tenant, task_id;   /* replay */
    struct tt_render_options render; /* replay; texts borrow from the JSON */
    struct tt_json *json;            /* owned by one that was read */
};

void tt_job_body_write(struct tt_buf *buf, const struct tt_job_body *body);
/* Errors: UNSUPPORTED (another version or kind), INVALID, NO_MEMORY. tt_job_body_done frees. */
enum tt_err tt_job_body_read(struct tt_str text, struct tt_job_body *ret_body,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_job_body_done(struct tt_job_body *body);

#endif
