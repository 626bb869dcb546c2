#include "adapters/bigquery/sent.h"

#include "adapters/bigquery/sink_answer.h"
#include "core/base/assert.h"
#include "core/base/mem.h"
#include <stdio.h>

enum tt_err tt_sent_of(struct tt_sent *sent, struct tt_str id, uint64_t rows,
                       struct tt_fault *fault)
{
    if (sent->rows != NULL && sent->count == rows && tt_str_equal(tt_buf_str(&sent->id), id))
        return TT_OK;
    tt_sent_done(sent);
    tt_buf_add_str(&sent->id, id);
    sent->rows = tt_mem_zalloc(rows / 8 + 1);
    if (sent->rows == NULL || sent->id.err != TT_OK) {
        tt_sent_done(sent);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    sent->count = rows;
    return TT_OK;
}

bool tt_sent_has(const struct tt_sent *sent, uint64_t row)
{
    tt_assert(row < sent->count);
    return (sent->rows[row / 8] >> (row % 8) & 1) != 0;
}

void tt_sent_set(struct tt_sent *sent, uint64_t row)
{
    if (tt_sent_has(sent, row))
        return;
    sent->rows[row / 8] |= (unsigned char)(1u << (row % 8));
    sent->done++;
}

bool tt_sent_is_whole(const struct tt_sent *sent, struct tt_str id)
{
    return sent->rows != NULL && sent->done == sent->count &&
           tt_str_equal(tt_buf_str(&sent->id), id);
}

void tt_sent_done(struct tt_sent *sent)
{
    tt_buf_done(&sent->id);
    tt_mem_free(sent->rows);
    *sent = (struct tt_sent){0};
}

static enum tt_err check_way(const struct tt_sink_batch *batch, const char *way,
                             struct tt_fault *fault)
{
    char begins[40];
    snprintf(begins, sizeof begins, "%s:", way);
    return tt_sink_check_handle(batch->handle, begins, way, fault);
}

enum tt_err tt_sent_begin(const char *way, const struct tt_sink_batch *batch, struct tt_buf *handle,
                          struct tt_fault *fault)
{
    tt_buf_add_text(handle, way);
    tt_buf_add_char(handle, ':');
    tt_buf_add_str(handle, batch->id);
    return handle->err == TT_OK ? TT_OK : tt_fault_set(fault, handle->err, "out of memory");
}

enum tt_err tt_sent_ask(const struct tt_sent *sent, const char *way,
                        const struct tt_sink_batch *batch, struct tt_sink_answer *ret_answer,
                        struct tt_fault *fault)
{
    enum tt_err err = check_way(batch, way, fault);
    if (err != TT_OK)
        return err;
    bool whole = tt_sent_is_whole(sent, batch->id);
    tt_sink_say(ret_answer, whole ? TT_SINK_DONE : TT_SINK_ABSENT);
    ret_answer->rows = whole ? sent->done : 0;
    return TT_OK;
}

enum tt_err tt_sent_start(struct tt_sent *sent, const char *way, const struct tt_sink_batch *batch,
                          struct tt_fault *fault)
{
    enum tt_err err = check_way(batch, way, fault);
    return err == TT_OK ? tt_sent_of(sent, batch->id, batch->body->rows, fault) : err;
}

enum tt_err tt_sent_end(const struct tt_sent *sent, enum tt_err err, struct tt_sink_answer *answer,
                        struct tt_sink_answer *ret_answer)
{
    if (err == TT_OK) {
        tt_sink_say(answer, TT_SINK_DONE);
        answer->rows = sent->done;
    }
    if (err == TT_ERR_STOPPED && answer->state == TT_SINK_REFUSED)
        err = TT_OK;
    if (err == TT_OK)
        *ret_answer = *answer;
    return err;
}
