#include "core/upload/maker_parts.h"

#include <string.h>

enum { FLUSH_BYTES = 256 * 1024 };

static const struct tt_crypto *crypto_of(const struct tt_maker *maker)
{
    return maker->options.crypto;
}

enum tt_err tt_out_begin(struct tt_maker *maker, struct tt_out *out, uint64_t from, uint64_t upto,
                         struct tt_fault *fault)
{
    const struct tt_spool *spool = maker->options.spool;
    const struct tt_crypto *crypto = crypto_of(maker);
    out->rows = out->line_bytes = out->sample_lines = out->sample_columns = 0;
    out->from = from;
    out->upto = upto;
    tt_buf_clear(&out->buf);
    enum tt_err err = spool->begin(spool->context, &out->file, fault);
    return err == TT_OK ? crypto->digest_begin(crypto->context, &out->digest, fault) : err;
}

static enum tt_err check_bytes(const struct tt_maker *maker, uint64_t bytes, struct tt_fault *fault)
{
    uint64_t max =
        maker->options.batch_bytes_max == 0 ? TT_UPLOAD_BYTES_MAX : maker->options.batch_bytes_max;
    /* Held rows of one task, of one plan, do not get less. */
    bool alone = maker->plan.first > maker->plan.last && maker->released_count == 1;
    if (maker->again || alone || bytes <= max)
        return TT_OK;
    return tt_fault_set(
        fault, TT_ERR_LIMIT, "rows %lld to %lld of the store take more than %llu bytes",
        (long long)maker->plan.first, (long long)maker->plan.last, (unsigned long long)max);
}

/* A line of each buffer stands for the others: they tell what the rows cost, no more. */
static void sample(const struct tt_maker *maker, struct tt_out *out)
{
    const struct tt_upload_table *table = &tt_upload_tables[out - maker->outs];
    const char *end = memchr(out->buf.data, '\n', out->buf.len);
    const struct tt_str line = {out->buf.data, (size_t)(end - out->buf.data)};
    out->line_bytes += out->buf.len;
    out->sample_lines += line.len + 1;
    out->sample_columns += tt_column_bytes(table, line);
}

enum tt_err tt_out_flush(struct tt_maker *maker, struct tt_out *out, bool all,
                         struct tt_fault *fault)
{
    if (out->buf.err != TT_OK)
        return tt_fault_set(fault, out->buf.err, "out of memory");
    if (out->buf.len == 0 || (!all && out->buf.len < FLUSH_BYTES))
        return TT_OK;
    const struct tt_spool *spool = maker->options.spool;
    sample(maker, out);
    crypto_of(maker)->digest_add(out->digest, out->buf.data, out->buf.len);
    enum tt_err err = spool->write(out->file, out->buf.data, out->buf.len, fault);
    tt_buf_clear(&out->buf);
    return err == TT_OK ? check_bytes(maker, spool->bytes(out->file), fault) : err;
}

void tt_out_line(struct tt_out *out, struct tt_str line)
{
    if (out->rows >= out->from && out->rows < out->upto)
        tt_buf_add_str(&out->buf, line);
    out->rows++;
}

void tt_out_abort(struct tt_maker *maker, struct tt_out *out)
{
    if (out->digest != NULL)
        crypto_of(maker)->digest_end(out->digest, NULL);
    maker->options.spool->abort(out->file);
    out->digest = NULL;
    out->file = NULL;
}

enum tt_err tt_out_end(struct tt_maker *maker, struct tt_out *out,
                       struct tt_upload_rows_made *ret_made, struct tt_fault *fault)
{
    char name[TT_MAKER_NAME_BYTES];
    uint64_t last = out->rows < out->upto ? out->rows : out->upto;
    struct tt_upload_rows_made made = {.row_from = out->from,
                                       .rows = last > out->from ? last - out->from : 0};
    enum tt_err err = tt_out_flush(maker, out, true, fault);
    if (err != TT_OK || made.rows == 0) {
        tt_out_abort(maker, out);
        if (err == TT_OK)
            *ret_made = made;
        return err;
    }
    made.line_bytes = out->line_bytes;
    made.column_bytes = (uint64_t)((double)out->line_bytes * (double)out->sample_columns /
                                   (double)out->sample_lines);
    crypto_of(maker)->digest_end(out->digest, made.digest);
    out->digest = NULL;
    tt_maker_name(maker, name, made.digest);
    err = maker->options.spool->end(out->file, name, &made.bytes, fault);
    out->file = NULL;
    if (err != TT_OK)
        return err;
    /* Compressing may have held back what made it too many. */
    err = check_bytes(maker, made.bytes, fault);
    if (err != TT_OK) {
        maker->options.spool->remove(maker->options.spool->context, name);
        return err;
    }
    tt_maker_note(maker, made.digest);
    *ret_made = made;
    return TT_OK;
}
