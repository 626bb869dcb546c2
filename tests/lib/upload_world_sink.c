/* The sink of an uploader's world. */
#include "tests/lib/upload_world_parts.h"

#include <stdio.h>
#include <string.h>

static struct tt_upload_attempt *attempt_of(struct tt_upload_world *w,
                                            const struct tt_sink_batch *batch)
{
    for (size_t i = 0; i < w->attempt_count; i++)
        if (tt_str_equal(batch->handle, tt_str_from(w->attempts[i].handle)))
            return &w->attempts[i];
    snprintf(w->broken, sizeof w->broken, "a handle that was never given: %.*s",
             TT_STR_ARGS(batch->handle));
    return &w->attempts[0];
}

static bool is_live(const struct tt_upload_attempt *attempt)
{
    return attempt->sent && attempt->state != TT_SINK_FAILED && attempt->state != TT_SINK_REFUSED;
}

static enum tt_err tables(void *context, const struct tt_upload_table *const *list, size_t count,
                          bool create, struct tt_fault *fault)
{
    const struct tt_upload_world *w = context;
    if (count != 1 || list[0] == NULL || create)
        return tt_fault_set(fault, TT_ERR_INVALID, "the wrong question");
    return w->tables_fail == TT_OK ? TT_OK : tt_fault_set(fault, w->tables_fail, "no such column");
}

static enum tt_err begin(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (w->begin_fails != TT_OK && !w->dead)
        return tt_fault_set(fault, w->begin_fails, "no table for it");
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    struct tt_upload_attempt *a = NULL;
    char text[160];
    /* With commit: a stream of a name of its own; else a job whose name is the id. */
    snprintf(text, sizeof text, w->needs_commit ? "%.*s/%d" : "%.*s", TT_STR_ARGS(batch->id),
             (int)w->attempt_count);
    for (size_t i = 0; i < w->attempt_count; i++)
        if (strcmp(w->attempts[i].handle, text) == 0)
            a = &w->attempts[i];
    if (a == NULL) {
        a = &w->attempts[w->attempt_count++];
        *a = (struct tt_upload_attempt){.state = TT_SINK_ABSENT};
        snprintf(a->handle, sizeof a->handle, "%s", text);
        snprintf(a->id, sizeof a->id, "%.*s", TT_STR_ARGS(batch->id));
        a->table = w->body_table;
        a->first = tt_upload_world_number(w->body_first, w->body_table, w->body_from);
        a->last =
            tt_upload_world_number(w->body_first, w->body_table, w->body_from + w->body_rows - 1);
    }
    tt_buf_add_text(handle, text);
    return said;
}

static void tell(struct tt_upload_world *w, struct tt_upload_attempt *a,
                 struct tt_sink_answer *answer)
{
    if (a->state == TT_SINK_RUNNING && a->committed == w->needs_commit && a->polls++ >= w->runs_for)
        a->state = TT_SINK_DONE;
    *answer = (struct tt_sink_answer){.state = a->state, .bad_row = -1, .rows = w->miscounts};
    if (a->state == TT_SINK_REFUSED && w->doubts) {
        answer->state = TT_SINK_FAILED;
        answer->doubt = true;
    }
    if (a->state == TT_SINK_DONE)
        answer->rows += (uint64_t)((a->last - a->first) / tt_upload_world_step(a->table) + 1);
    if (a->state == TT_SINK_REFUSED || a->state == TT_SINK_FAILED)
        snprintf(answer->reason, sizeof answer->reason, "%s",
                 a->state == TT_SINK_FAILED ? "backendError" : "invalid");
    for (int i = 0; i < 3 && answer->state == TT_SINK_REFUSED && w->names_bad_row; i++)
        if (w->bad_rows[i] >= a->first && w->bad_rows[i] <= a->last)
            answer->bad_row = w->bad_rows[i] - a->first;
}

/* What was done is done, but nobody learns of it. */
static enum tt_err answer_of(struct tt_upload_world *w, enum tt_err said, struct tt_fault *fault)
{
    return said == TT_OK && w->too_long_for-- > 0
               ? tt_fault_set(fault, TT_ERR_LIMIT, "an answer that is too long")
               : said;
}

static enum tt_sink_state outcome(struct tt_upload_world *w, const struct tt_upload_attempt *a)
{
    if (w->table_refuses && w->tables_fail != TT_OK)
        return TT_SINK_REFUSED;
    for (int i = 0; i < 3 && a->table == TT_UPLOAD_AUDIT; i++)
        if (w->bad_rows[i] > 0 && w->bad_rows[i] >= a->first && w->bad_rows[i] <= a->last)
            return TT_SINK_REFUSED;
    return w->fails_for-- > 0 ? TT_SINK_FAILED : TT_SINK_RUNNING;
}

static enum tt_err send(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    struct tt_upload_attempt *a = attempt_of(w, batch);
    if (w->quota_for > 0) {
        w->quota_for--;
        *ret_answer =
            (struct tt_sink_answer){.state = TT_SINK_RUNNING,
                                    .bad_row = -1,
                                    .wait_us = w->quota_wait_us == 0 ? 60000000 : w->quota_wait_us,
                                    .message = "quota"};
        return said;
    }
    /* What has failed for good stays so, however often it is sent. */
    bool lives = !a->sent || is_live(a);
    for (size_t i = 0; i < w->attempt_count; i++) {
        const struct tt_upload_attempt *other = &w->attempts[i];
        if (lives && other != a && is_live(other) && other->table == a->table &&
            other->first <= a->last && other->last >= a->first)
            snprintf(w->broken, sizeof w->broken, "%.80s is sent while %.80s lives", a->handle,
                     other->handle);
    }
    if (strcmp(a->id, batch->id.ptr) != 0)
        snprintf(w->broken, sizeof w->broken, "%.80s with the handle of %.80s", batch->id.ptr,
                 a->id);
    if (!a->sent)
        a->state = outcome(w, a);
    a->sent = true;
    tell(w, a, ret_answer);
    if (w->stops_in_send) {
        w->stop = 1;
        return tt_fault_set(fault, TT_ERR_STOPPED, "asked to stop");
    }
    return answer_of(w, said, fault);
}

static enum tt_err commit(void *context, const struct tt_sink_batch *batch,
                          struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    struct tt_upload_attempt *a = attempt_of(w, batch);
    if (!batch->commit_sent || !a->sent)
        snprintf(w->broken, sizeof w->broken, "%.80s is committed too early", a->handle);
    a->committed = true;
    tell(w, a, ret_answer);
    return answer_of(w, said, fault);
}

static enum tt_err ask(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    struct tt_upload_attempt *a = attempt_of(w, batch);
    if (w->needs_commit && batch->commit_sent && !a->committed)
        *ret_answer = (struct tt_sink_answer){.state = TT_SINK_ABSENT, .bad_row = -1};
    else
        tell(w, a, ret_answer);
    return answer_of(w, said, fault);
}

struct tt_sink tt_upload_world_sink(struct tt_upload_world *w)
{
    return (struct tt_sink){.context = w,
                            .name = "simulated",
                            .loads_per_day = w->loads_per_day,
                            .at_least_once = w->at_least_once,
                            .tables = tables,
                            .begin = begin,
                            .send = send,
                            .commit = w->needs_commit ? commit : NULL,
                            .ask = ask};
}

int tt_upload_world_seen(const struct tt_upload_world *w, enum tt_upload_table_id table,
                         int64_t row)
{
    int seen = 0;
    for (size_t i = 0; i < w->attempt_count; i++) {
        const struct tt_upload_attempt *a = &w->attempts[i];
        seen += a->table == table && a->first <= row && a->last >= row && is_live(a) &&
                a->committed == w->needs_commit && row % tt_upload_world_step(table) == 0;
    }
    return seen;
}
