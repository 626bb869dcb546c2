/* What was made before, brought back: from its file, or made anew where that is gone, and in both
 * cases held against the digest that the outbox knows. */
#include "core/upload/maker_parts.h"
#include <string.h>

static enum tt_err other_rows(const struct tt_upload_batch *batch, const char *why,
                              struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_CORRUPT,
                        "batch %lld (rows %lld to %lld of the store): its file is gone or damaged, "
                        "and what can be made now is not what was planned%s; nothing is sent",
                        (long long)batch->number, (long long)batch->plan.first,
                        (long long)batch->plan.last, why);
}

static enum tt_err make_again(struct tt_maker *maker, const struct tt_upload_batch *batch,
                              struct tt_fault *fault)
{
    if (strcmp(maker->rules, batch->plan.rules) != 0)
        return other_rows(batch,
                          batch->state == TT_UPLOAD_DONE
                              ? ": lifecycles, tenants or options are others than then"
                              : ": lifecycles, tenants or options are others than then (set them "
                                "back, or plan it anew: upload --replan)",
                          fault);
    struct tt_upload_rows_made made[TT_UPLOAD_TABLES];
    enum tt_err err = TT_OK;
    maker->plan = batch->plan;
    maker->again = true;
    for (int t = 0; t < TT_UPLOAD_TABLES && err == TT_OK; t++) {
        bool wanted = t == (int)batch->table;
        err = tt_out_begin(maker, &maker->outs[t], wanted ? batch->made.row_from : 0,
                           wanted ? batch->made.row_from + batch->made.rows : 0, fault);
    }
    if (err == TT_OK)
        err = tt_maker_go(maker, fault);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        if (err == TT_OK)
            err = tt_out_end(maker, &maker->outs[t], &made[t], fault);
        else
            tt_out_abort(maker, &maker->outs[t]);
    if (err != TT_OK)
        return err;
    const struct tt_upload_rows_made *is = &made[batch->table];
    if (is->rows == batch->made.rows &&
        memcmp(is->digest, batch->made.digest, sizeof is->digest) == 0)
        return TT_OK;
    if (is->rows > 0) {
        char name[TT_MAKER_NAME_BYTES];
        tt_maker_name(maker, name, is->digest);
        maker->options.spool->remove(maker->options.spool->context, name);
    }
    return other_rows(batch, "", fault);
}

/* ---- Reading a file through */

struct checking {
    struct tt_maker *maker;
    struct tt_digest *digest;
    uint64_t rows;
};

static enum tt_err add_line(void *context, uint64_t row, struct tt_str line)
{
    struct checking *checking = context;
    const struct tt_crypto *crypto = checking->maker->options.crypto;
    crypto->digest_add(checking->digest, line.ptr, line.len + 1); /* with its end */
    checking->rows = row + 1;
    return TT_OK;
}

static enum tt_err is_whole(struct tt_maker *maker, const struct tt_upload_batch *batch,
                            bool *ret_whole, struct tt_fault *fault)
{
    const struct tt_crypto *crypto = maker->options.crypto;
    struct checking checking = {.maker = maker};
    unsigned char digest[TT_UPLOAD_DIGEST_BYTES];
    struct tt_fault damage = {0};
    enum tt_err err = crypto->digest_begin(crypto->context, &checking.digest, fault);
    if (err != TT_OK)
        return err;
    err = maker->body.lines(maker->body.context, 0, add_line, &checking, &damage);
    crypto->digest_end(checking.digest, digest);
    *ret_whole = err == TT_OK && checking.rows == batch->made.rows &&
                 memcmp(digest, batch->made.digest, sizeof digest) == 0;
    return TT_OK;
}

enum tt_err tt_maker_open(void *context, const struct tt_upload_batch *batch,
                          const struct tt_body **ret_body, struct tt_fault *fault)
{
    struct tt_maker *maker = context;
    const struct tt_spool *spool = maker->options.spool;
    char name[TT_MAKER_NAME_BYTES];
    bool whole = false;
    struct tt_fault missing = {0};
    tt_maker_name(maker, name, batch->made.digest);
    enum tt_err err = spool->open(spool->context, name, batch->made.rows, &maker->body, &missing);
    if (err == TT_OK && tt_maker_noted(maker, batch->made.digest))
        whole = true;
    else if (err == TT_OK)
        err = is_whole(maker, batch, &whole, fault);
    else if (err != TT_ERR_NOT_FOUND)
        return tt_fault_set(fault, err, "%s", missing.text);
    if (err == TT_OK && whole) {
        tt_maker_note(maker, batch->made.digest);
        *ret_body = &maker->body;
        return TT_OK;
    }
    if (err != TT_OK && err != TT_ERR_NOT_FOUND)
        return err;
    err = make_again(maker, batch, fault);
    if (err == TT_OK)
        err = spool->open(spool->context, name, batch->made.rows, &maker->body, fault);
    if (err == TT_OK)
        *ret_body = &maker->body;
    return err;
}

/* ---- Cutting */

struct cutting {
    struct tt_maker *maker;
    struct tt_out *out;
    struct tt_fault *fault;
};

static enum tt_err cut_line(void *context, uint64_t row, struct tt_str line)
{
    struct cutting *cutting = context;
    struct tt_out *out = cutting->out;
    if (row >= out->upto)
        return TT_ERR_STOPPED;
    tt_buf_add_str(&out->buf, (struct tt_str){line.ptr, line.len + 1});
    out->rows = row + 1;
    return tt_out_flush(cutting->maker, out, false, cutting->fault);
}

enum tt_err tt_maker_cut(void *context, const struct tt_upload_batch *batch, uint64_t row_from,
                         uint64_t rows, struct tt_upload_rows_made *ret_made,
                         struct tt_fault *fault)
{
    struct tt_maker *maker = context;
    struct tt_out *out = &maker->outs[batch->table];
    const struct tt_body *body = NULL;
    uint64_t skip = row_from - batch->made.row_from;
    enum tt_err err = tt_maker_open(maker, batch, &body, fault);
    if (err != TT_OK)
        return err;
    struct cutting cutting = {.maker = maker, .out = out, .fault = fault};
    maker->again = true; /* it is no larger than what it is cut from */
    err = tt_out_begin(maker, out, skip, skip + rows, fault);
    if (err == TT_OK)
        err = body->lines(body->context, skip, cut_line, &cutting, fault);
    if (err == TT_ERR_STOPPED)
        err = TT_OK;
    struct tt_upload_rows_made made = {0};
    if (err == TT_OK)
        err = tt_out_end(maker, out, &made, fault);
    else
        tt_out_abort(maker, out);
    if (err == TT_OK) {
        made.row_from = row_from;
        *ret_made = made;
    }
    return err;
}
