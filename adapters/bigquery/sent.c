#include "adapters/bigquery/sent.h"

#include "adapters/bigquery/sink_answer.h"
#include "core/base/assert.h"
#include "core/base/mem.h"
#include <stdio.h>

static void forget(struct tt_sent_batch *batch)
{
    tt_buf_done(&batch->id);
    tt_mem_free(batch->rows);
    *batch = (struct tt_sent_batch){0};
}

/* NULL: nothing is known of it. */
static struct tt_sent_batch *find(struct tt_sent *sent, struct tt_str id)
{
    for (size_t i = 0; i < TT_SENT_BATCHES_MAX; i++) {
        struct tt_sent_batch *batch = &sent->batches[i];
        if (batch->used == 0 || !tt_str_equal(tt_buf_str(&batch->id), id))
            continue;
        batch->used = ++sent->uses;
        return batch;
    }
    return NULL;
}

static struct tt_sent_batch *find_oldest(struct tt_sent *sent)
{
    struct tt_sent_batch *oldest = sent->batches;
    for (size_t i = 1; i < TT_SENT_BATCHES_MAX; i++)
        if (sent->batches[i].used < oldest->used)
            oldest = &sent->batches[i];
    return oldest;
}

static enum tt_err take(struct tt_sent *sent, struct tt_str id, uint64_t rows,
                        struct tt_fault *fault)
{
    struct tt_sent_batch *batch = find(sent, id);
    if (batch == NULL || batch->count != rows) {
        batch = batch == NULL ? find_oldest(sent) : batch;
        forget(batch);
        tt_buf_add_str(&batch->id, id);
        batch->rows = tt_mem_zalloc(rows / 8 + 1);
        if (batch->rows == NULL || batch->id.err != TT_OK) {
            forget(batch);
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        }
        batch->count = rows;
        batch->used = ++sent->uses;
    }
    sent->now = batch;
    return TT_OK;
}

bool tt_sent_has(const struct tt_sent *sent, uint64_t row)
{
    tt_assert(row < sent->now->count);
    return (sent->now->rows[row / 8] >> (row % 8) & 1) != 0;
}

void tt_sent_set(struct tt_sent *sent, uint64_t row)
{
    if (tt_sent_has(sent, row))
        return;
    sent->now->rows[row / 8] |= (unsigned char)(1u << (row % 8));
    sent->now->done++;
}

void tt_sent_done(struct tt_sent *sent)
{
    for (size_t i = 0; i < TT_SENT_BATCHES_MAX; i++)
        forget(&sent->batches[i]);
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

enum tt_err tt_sent_ask(struct tt_sent *sent, const char *way, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault)
{
    enum tt_err err = check_way(batch, way, fault);
    if (err != TT_OK)
        return err;
    const struct tt_sent_batch *known = find(sent, batch->id);
    bool whole = known != NULL && known->done == known->count;
    tt_sink_say(ret_answer, whole ? TT_SINK_DONE : TT_SINK_ABSENT);
    ret_answer->rows = whole ? known->done : 0;
    return TT_OK;
}

enum tt_err tt_sent_start(struct tt_sent *sent, const char *way, const struct tt_sink_batch *batch,
                          struct tt_fault *fault)
{
    enum tt_err err = check_way(batch, way, fault);
    return err == TT_OK ? take(sent, batch->id, batch->body->rows, fault) : err;
}

enum tt_err tt_sent_end(const struct tt_sent *sent, enum tt_err err, struct tt_sink_answer *answer,
                        struct tt_sink_answer *ret_answer)
{
    if (err == TT_OK) {
        tt_sink_say(answer, TT_SINK_DONE);
        answer->rows = sent->now->done;
    }
    if (err == TT_ERR_STOPPED && answer->state == TT_SINK_REFUSED)
        err = TT_OK;
    if (err == TT_OK)
        *ret_answer = *answer;
    return err;
}
