#include "core/upload/maker_parts.h"

#include <stdio.h>
#include <string.h>

/* One more with every change to what is written into rows. */
#define ROWS_FORM "1"

void tt_maker_name(const struct tt_maker *maker, char name[static TT_MAKER_NAME_BYTES],
                   const unsigned char digest[static TT_UPLOAD_DIGEST_BYTES])
{
    memcpy(name, maker->owner, TT_MAKER_OWNER_DIGITS);
    for (size_t i = 0; i < TT_UPLOAD_DIGEST_BYTES; i++)
        snprintf(name + TT_MAKER_OWNER_DIGITS + 2 * i, 3, "%02x", digest[i]);
}

void tt_maker_note(struct tt_maker *maker, const unsigned char *digest)
{
    if (!tt_maker_noted(maker, digest))
        memcpy(maker->wrote[maker->wrote_count++ % TT_MAKER_WROTE], digest, TT_UPLOAD_DIGEST_BYTES);
}

bool tt_maker_noted(const struct tt_maker *maker, const unsigned char *digest)
{
    for (size_t i = 0; i < maker->wrote_count && i < TT_MAKER_WROTE; i++)
        if (memcmp(maker->wrote[i], digest, TT_UPLOAD_DIGEST_BYTES) == 0)
            return true;
    return false;
}

static void drop(void *context, const struct tt_upload_rows_made *made)
{
    struct tt_maker *maker = context;
    char name[TT_MAKER_NAME_BYTES];
    tt_maker_name(maker, name, made->digest);
    maker->options.spool->remove(maker->options.spool->context, name);
}

/* ---- What is not needed */

struct keeping {
    const struct tt_maker *maker;
    const struct tt_upload_batch *batches;
    size_t count;
};

static bool is_wanted(void *context, const char *name)
{
    const struct keeping *keeping = context;
    char of_batch[TT_MAKER_NAME_BYTES];
    for (size_t i = 0; i < keeping->count; i++) {
        tt_maker_name(keeping->maker, of_batch, keeping->batches[i].made.digest);
        if (strcmp(of_batch, name) == 0)
            return true;
    }
    return false;
}

static void keep(void *context, const struct tt_upload_batch *batches, size_t count)
{
    const struct tt_maker *maker = context;
    const struct tt_spool *spool = maker->options.spool;
    struct keeping keeping = {maker, batches, count};
    spool->sweep(spool->context, maker->owner, is_wanted, &keeping);
}

/* ---- Making */

static enum tt_err make_plan(struct tt_maker *maker, const struct tt_upload_plan *plan,
                             struct tt_upload_made *ret_made, struct tt_fault *fault)
{
    struct tt_upload_made made = {0};
    enum tt_err err = TT_OK;
    maker->plan = *plan;
    for (int t = 0; t < TT_UPLOAD_TABLES && err == TT_OK; t++)
        err = tt_out_begin(maker, &maker->outs[t], 0, UINT64_MAX, fault);
    if (err == TT_OK)
        err = tt_maker_go(maker, fault);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        if (err == TT_OK)
            err = tt_out_end(maker, &maker->outs[t], &made.tables[t], fault);
        else
            tt_out_abort(maker, &maker->outs[t]);
    for (int t = 0; t < TT_UPLOAD_TABLES && err != TT_OK; t++)
        if (made.tables[t].rows > 0)
            drop(maker, &made.tables[t]);
    if (err != TT_OK)
        return err;
    made.held = maker->held;
    made.held_count = maker->held_count;
    made.released = maker->released;
    made.released_count = maker->released_count;
    made.wanted = maker->wanted;
    made.wanted_count = maker->wanted_count;
    made.excluded = maker->excluded;
    *ret_made = made;
    return TT_OK;
}

static enum tt_err make(void *context, const struct tt_upload_plan *plan, uint64_t held_max,
                        struct tt_upload_made *ret_made, struct tt_fault *fault)
{
    struct tt_maker *maker = context;
    maker->again = false;
    maker->held_max = held_max;
    return make_plan(maker, plan, ret_made, fault);
}

static enum tt_err remake(void *context, const struct tt_upload_plan *plan,
                          struct tt_upload_made *ret_made, struct tt_fault *fault)
{
    struct tt_maker *maker = context;
    maker->again = true;
    return make_plan(maker, plan, ret_made, fault);
}

static void close_body(void *context)
{
    struct tt_maker *maker = context;
    maker->options.spool->close(maker->options.spool->context);
}

static void digest_rules(struct tt_maker *maker)
{
    const struct tt_maker_options *options = &maker->options;
    uint64_t high = tt_str_hash(TT_STR("rows " ROWS_FORM), 0), low;
    high = tt_str_hash(options->lifecycle_text, high);
    high = tt_str_hash(options->tenants_text, high + 1);
    low = high ^ (uint64_t)options->max_future_us;
    high = tt_str_hash(options->ties_by_arrival ? TT_STR("arrival") : TT_STR("lifecycle"), low);
    low = tt_str_hash(options->lifecycle_text, high);
    low = tt_str_hash(options->tenants_text, low + 1);
    snprintf(maker->rules, sizeof maker->rules, "%016llx%016llx", (unsigned long long)high,
             (unsigned long long)low);
}

static void maker_free(struct tt_maker *maker)
{
    tt_single_destroy(maker->single);
    tt_task_rows_done(&maker->rows);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        tt_buf_done(&maker->outs[t].buf);
    tt_buf_done(&maker->common);
    tt_arena_done(&maker->arena);
    tt_arena_done(&maker->key_arena);
    tt_mem_free(maker->holds);
    tt_mem_free(maker->visited);
    tt_mem_free(maker->held);
    tt_mem_free(maker->released);
    tt_mem_free(maker->wanted);
    tt_mem_free(maker);
}

enum tt_err tt_maker_create(const struct tt_maker_options *options, struct tt_upload_rows *ret_rows,
                            struct tt_fault *fault)
{
    struct tt_maker *maker = tt_mem_zalloc(sizeof *maker);
    if (maker == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    maker->options = *options;
    digest_rules(maker);
    snprintf(maker->owner, sizeof maker->owner, "%016llx",
             (unsigned long long)tt_str_hash(options->destination, tt_str_hash(options->store, 0)));
    tt_task_rows_init(&maker->rows);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        tt_buf_init(&maker->outs[t].buf, 0);
    tt_buf_init(&maker->common, 0);
    tt_arena_init(&maker->arena, 0);
    tt_arena_init(&maker->key_arena, 0);
    const struct tt_single_options judging = {.lifecycles = options->lifecycles,
                                              .ties_by_arrival = options->ties_by_arrival,
                                              .max_future_us = options->max_future_us};
    enum tt_err err = tt_single_create(&judging, &maker->single, fault);
    if (err != TT_OK) {
        maker_free(maker);
        return err;
    }
    *ret_rows = (struct tt_upload_rows){.context = maker,
                                        .rules = maker->rules,
                                        .make = make,
                                        .remake = remake,
                                        .cut = tt_maker_cut,
                                        .open = tt_maker_open,
                                        .close = close_body,
                                        .drop = drop,
                                        .keep = keep};
    return TT_OK;
}

void tt_maker_destroy(struct tt_upload_rows *rows)
{
    if (rows->context != NULL)
        maker_free(rows->context);
    *rows = (struct tt_upload_rows){0};
}
