#include "adapters/bigquery/sent.h"

#include "core/base/assert.h"
#include "core/base/mem.h"

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
