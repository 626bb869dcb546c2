#include "cli/upload_dry.h"

#include "cli/upload_cost.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <stdlib.h>

struct dry {
    struct tt_uploader_counts counts;
    uint64_t bytes[TT_UPLOAD_TABLES];
    int64_t next, last, batch_rows; /* of the store: not counted yet */
    struct tt_outbox outbox;        /* the real one */
    uint64_t *released;             /* names of holds, in order */
    size_t released_count, released_capacity;
};

/* ---- Holds: no plan is stored, so what one has released has to be kept from the next */

static uint64_t name_hold(const struct tt_upload_hold *hold)
{
    return tt_str_hash(hold->task_id, tt_str_hash(hold->tenant, (uint64_t)hold->plan));
}

static int compare_names(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct passing {
    const struct dry *dry;
    enum tt_err (*hold)(void *hold_context, const struct tt_upload_hold *hold);
    void *hold_context;
};

static enum tt_err pass_on(void *context, const struct tt_upload_hold *hold)
{
    const struct passing *passing = context;
    const struct dry *dry = passing->dry;
    uint64_t name = name_hold(hold);
    bool gone = dry->released_count > 0 && bsearch(&name, dry->released, dry->released_count,
                                                   sizeof name, compare_names) != NULL;
    return gone ? TT_OK : passing->hold(passing->hold_context, hold);
}

static enum tt_err holds(void *context, struct tt_str destination, enum tt_outbox_holds which,
                         int64_t plan,
                         enum tt_err (*hold)(void *hold_context, const struct tt_upload_hold *hold),
                         void *hold_context, struct tt_fault *fault)
{
    const struct dry *dry = context;
    struct passing passing = {dry, hold, hold_context};
    return dry->outbox.holds(dry->outbox.context, destination, which, plan, pass_on, &passing,
                             fault);
}

/* ---- Telling */

static void tell_costs(const struct dry *dry, const struct tt_prices *prices)
{
    struct tt_buf text;
    tt_buf_init(&text, 0);
    for (int path = 0; path < TT_COST_PATHS; path++) {
        tt_buf_add_text(&text, "cost");
        tt_upload_cost_write(&text, prices, &dry->counts, (enum tt_cost_path)path);
        tt_buf_add_char(&text, '\n');
    }
    tt_buf_addf(&text, "(list prices of %s, %s, before any free tier; keeping and asking: cost)\n",
                prices->date, prices->region);
    if (text.err == TT_OK)
        fwrite(text.data, 1, text.len, stdout);
    tt_buf_done(&text);
}

static void tell(const struct dry *dry, const struct tt_prices *prices)
{
    const struct tt_uploader_counts *counts = &dry->counts;
    if (dry->next <= dry->last)
        printf("interrupted: counted up to row %lld of %lld of the store\n",
               (long long)dry->next - 1, (long long)dry->last);
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        printf("%s: %llu rows, %llu bytes compressed\n", tt_upload_tables[t].name,
               (unsigned long long)counts->rows[t], (unsigned long long)dry->bytes[t]);
    printf("%llu bytes as lines, %llu as BigQuery counts them\n",
           (unsigned long long)counts->line_bytes, (unsigned long long)counts->column_bytes);
    printf("%llu %s of the store, %llu rows excluded, %llu held, %llu released\n",
           (unsigned long long)counts->plans, counts->plans == 1 ? "batch" : "batches",
           (unsigned long long)counts->excluded, (unsigned long long)counts->held_rows,
           (unsigned long long)counts->released_rows);
    tell_costs(dry, prices);
}

/* ---- Counting */

/* What is too many bytes is halved, as the uploader does. */
static enum tt_err make(const struct tt_upload_rows *rows, uint64_t held_max,
                        struct tt_upload_plan *plan, struct tt_upload_made *made,
                        struct tt_fault *fault)
{
    for (;;) {
        struct tt_fault trouble = {0};
        enum tt_err err = rows->make(rows->context, plan, held_max, made, &trouble);
        int64_t span = plan->last - plan->first + 1;
        if (err != TT_ERR_LIMIT || (span <= 1 && held_max == 0))
            return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "%s", trouble.text);
        if (span > 1)
            plan->last = plan->first + span / 2 - 1;
        held_max /= 2;
    }
}

static enum tt_err count(struct dry *dry, const struct tt_upload_rows *rows,
                         const struct tt_upload_made *made, struct tt_fault *fault)
{
    size_t known = dry->released_count;
    for (int t = 0; t < TT_UPLOAD_TABLES; t++) {
        dry->counts.rows[t] += made->tables[t].rows;
        dry->counts.line_bytes += made->tables[t].line_bytes;
        dry->counts.column_bytes += made->tables[t].column_bytes;
        dry->bytes[t] += made->tables[t].bytes;
        if (made->tables[t].rows > 0)
            rows->drop(rows->context, &made->tables[t]);
    }
    for (size_t i = 0; i < made->held_count; i++)
        dry->counts.held_rows += made->held[i].rows;
    dry->counts.excluded += made->excluded;
    dry->counts.plans++;
    if (made->released_count == 0)
        return TT_OK;
    if (tt_mem_reserve((void **)&dry->released, &dry->released_capacity,
                       known + made->released_count, sizeof *dry->released) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < made->released_count; i++) {
        dry->counts.released_rows += made->released[i].rows;
        dry->released[known + i] = name_hold(&made->released[i]);
    }
    dry->released_count += made->released_count;
    qsort(dry->released, dry->released_count, sizeof *dry->released, compare_names);
    return TT_OK;
}

/* Plans what is new; once nothing is, held rows that are wanted, until none is left. */
static enum tt_err count_all(struct tt_upload_parts *parts, const struct tt_outbox_view *view,
                             struct dry *dry, const volatile int *stop, struct tt_fault *fault)
{
    bool more = dry->next <= dry->last || view->wanted_rows > 0;
    enum tt_err err = TT_OK;
    while (err == TT_OK && more && *stop == 0) {
        int64_t left = dry->last - dry->next + 1;
        struct tt_upload_plan plan = {
            .number = view->plans + 1,
            .first = dry->next,
            .last = dry->next + (left < dry->batch_rows ? left : dry->batch_rows) - 1,
            .written_at_us = parts->clock.wall_us(parts->clock.context),
        };
        struct tt_upload_made made;
        err = make(&parts->rows, (uint64_t)dry->batch_rows, &plan, &made, fault);
        if (err != TT_OK)
            return err;
        more = left > 0 || made.released_count > 0;
        if (more)
            err = count(dry, &parts->rows, &made, fault);
        dry->next = plan.last + 1;
        more = more && (dry->next <= dry->last || view->wanted_rows > 0);
    }
    return err;
}

enum tt_err tt_upload_dry_run(struct tt_upload_parts *parts, const struct tt_settings *settings,
                              const struct tt_prices *prices, const volatile int *stop,
                              struct tt_fault *fault)
{
    const struct tt_outbox *outbox = &parts->outbox.outbox;
    struct tt_outbox_view view = {0};
    struct dry dry = {.batch_rows = (int64_t)tt_setting_u64(settings, TT_OPT_BATCH_ROWS)};
    enum tt_err err =
        outbox->look(outbox->context, tt_str_from(parts->chosen.destination), &view, fault);
    if (err == TT_OK)
        err = outbox->horizon(outbox->context, &dry.last, fault);
    if (err != TT_OK)
        return err;
    dry.next = view.planned_to + 1;
    dry.outbox = parts->outbox.outbox;
    parts->outbox.outbox = (struct tt_outbox){.context = &dry, .holds = holds};
    err = count_all(parts, &view, &dry, stop, fault);
    parts->outbox.outbox = dry.outbox;
    tt_mem_free(dry.released);
    if (err != TT_OK)
        return err;
    tell(&dry, prices);
    return dry.next <= dry.last
               ? tt_fault_set(fault, TT_ERR_STOPPED, "asked to stop before everything was counted")
               : TT_OK;
}
