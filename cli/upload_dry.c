#include "cli/upload_dry.h"

#include "cli/upload_cost.h"
#include <stdio.h>

struct dry {
    struct tt_uploader_counts counts;
    uint64_t bytes[TT_UPLOAD_TABLES];
    int64_t next, last; /* of the store: not counted yet */
};

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
    printf("%llu batches of the store, %llu rows excluded, %llu held, %llu released\n",
           (unsigned long long)counts->plans, (unsigned long long)counts->excluded,
           (unsigned long long)counts->held_rows, (unsigned long long)counts->released_rows);
    tell_costs(dry, prices);
}

/* What is too many bytes is halved, as the uploader does. */
static enum tt_err make(const struct tt_upload_rows *rows, struct tt_upload_plan *plan,
                        struct tt_upload_made *made, struct tt_fault *fault)
{
    uint64_t held_max = (uint64_t)(plan->last - plan->first + 1);
    for (;;) {
        struct tt_fault trouble = {0};
        enum tt_err err = rows->make(rows->context, plan, held_max, made, &trouble);
        int64_t span = plan->last - plan->first + 1;
        if (err != TT_ERR_LIMIT || (span <= 1 && held_max == 0))
            return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "%s", trouble.text);
        plan->last = plan->first + (span > 1 ? span / 2 : 1) - 1;
        held_max /= 2;
    }
}

static void count(struct dry *dry, const struct tt_upload_rows *rows,
                  const struct tt_upload_made *made)
{
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
    for (size_t i = 0; i < made->released_count; i++)
        dry->counts.released_rows += made->released[i].rows;
    dry->counts.excluded += made->excluded;
    dry->counts.plans++;
}

static enum tt_err count_all(struct tt_upload_parts *parts, int64_t plans, int64_t batch_rows,
                             struct dry *dry, const volatile int *stop, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    while (err == TT_OK && dry->next <= dry->last && *stop == 0) {
        int64_t left = dry->last - dry->next + 1;
        struct tt_upload_plan plan = {
            .number = plans + 1,
            .first = dry->next,
            .last = dry->next + (left < batch_rows ? left : batch_rows) - 1,
            .written_at_us = parts->clock.wall_us(parts->clock.context),
        };
        struct tt_upload_made made;
        err = make(&parts->rows, &plan, &made, fault);
        if (err != TT_OK)
            return err;
        count(dry, &parts->rows, &made);
        dry->next = plan.last + 1;
    }
    return err;
}

enum tt_err tt_upload_dry_run(struct tt_upload_parts *parts, const struct tt_settings *settings,
                              const struct tt_prices *prices, const volatile int *stop,
                              struct tt_fault *fault)
{
    const struct tt_outbox *outbox = &parts->outbox.outbox;
    struct tt_outbox_view view = {0};
    struct dry dry = {.bytes = {0}};
    enum tt_err err =
        outbox->look(outbox->context, tt_str_from(parts->chosen.destination), &view, fault);
    if (err == TT_OK)
        err = outbox->horizon(outbox->context, &dry.last, fault);
    dry.next = view.planned_to + 1;
    if (err == TT_OK)
        err = count_all(parts, view.plans, (int64_t)tt_setting_u64(settings, TT_OPT_BATCH_ROWS),
                        &dry, stop, fault);
    if (err != TT_OK)
        return err;
    tell(&dry, prices);
    return dry.next <= dry.last
               ? tt_fault_set(fault, TT_ERR_STOPPED, "asked to stop before everything was counted")
               : TT_OK;
}
