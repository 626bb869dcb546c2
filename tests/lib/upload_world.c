#include "tests/lib/upload_world_parts.h"

#include <stdio.h>
#include <string.h>

/* The lease ends, and another uploader does all there is to do. */
static void stand_still(struct tt_upload_world *w)
{
    const struct tt_upload_world before = *w;
    struct tt_uploader_counts counts;
    struct tt_fault fault = {0};
    w->is_other = true;
    w->now_us += INT64_C(200) * 1000000;
    if (tt_upload_world_run(w, "other", &counts, &fault) != TT_OK)
        snprintf(w->broken, sizeof w->broken, "the other: %.150s", fault.text);
    w->is_other = false;
    w->calls = before.calls;
    w->body_from = before.body_from;
    w->body_rows = before.body_rows;
    w->body_first = before.body_first;
    w->body_table = before.body_table;
}

/* Whether a port's call may have its effect; *ret_err: what it says in the end. */
bool tt_upload_world_may(struct tt_upload_world *w, enum tt_err *ret_err, struct tt_fault *fault)
{
    bool now = !w->dead && ++w->calls == w->trouble_at && w->trouble != TT_TROUBLE_NONE;
    if (now && w->trouble == TT_TROUBLE_PAUSE && !w->is_other)
        stand_still(w);
    now = now && w->trouble != TT_TROUBLE_PAUSE;
    bool dies = w->trouble == TT_TROUBLE_DEATH_BEFORE || w->trouble == TT_TROUBLE_DEATH_AFTER;
    *ret_err = TT_OK;
    if (w->dead || (now && dies))
        *ret_err = tt_fault_set(fault, TT_ERR_IO, "dead");
    else if (now)
        *ret_err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "away at call %d", w->calls);
    bool effect = !w->dead && (!now || w->trouble == TT_TROUBLE_AWAY_AFTER ||
                               w->trouble == TT_TROUBLE_DEATH_AFTER);
    w->dead = w->dead || (now && dies);
    return effect;
}

/* ---- The outbox: the real one, behind trouble */

#define THROUGH(call)                                                                              \
    struct tt_upload_world *w = context;                                                           \
    const struct tt_outbox *real = w->outbox;                                                      \
    enum tt_err said;                                                                              \
    if (!tt_upload_world_may(w, &said, fault))                                                     \
        return said;                                                                               \
    enum tt_err err = real->call;                                                                  \
    return said == TT_OK ? err : said

static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (tt_upload_world_may(w, &said, fault))
        *ret_seq = w->rows_in_store;
    return said;
}

static enum tt_err lease(void *context, struct tt_str destination, struct tt_str holder,
                         int64_t now_us, int64_t until_us, int64_t *ret_fence,
                         struct tt_fault *fault)
{
    int64_t fence = 0;
    struct tt_upload_world *world = context;
    if (world->has_rival)
        (void)!world->outbox->lease(world->outbox->context, destination, TT_STR("somebody"), now_us,
                                    until_us, &fence, NULL);
    THROUGH(lease(real->context, destination, holder, now_us, until_us, ret_fence, fault));
}

static enum tt_err unlease(void *context, const struct tt_outbox_turn *turn, struct tt_fault *fault)
{
    THROUGH(unlease(real->context, turn, fault));
}

static enum tt_err look(void *context, struct tt_str destination, struct tt_outbox_view *ret_view,
                        struct tt_fault *fault)
{
    THROUGH(look(real->context, destination, ret_view, fault));
}

static enum tt_err open_batches(void *context, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    THROUGH(open(real->context, destination, batch, batch_context, fault));
}

static enum tt_err plan(void *context, const struct tt_outbox_turn *turn,
                        const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    THROUGH(plan(real->context, turn, plan, fault));
}

static enum tt_err change(void *context, const struct tt_outbox_turn *turn,
                          struct tt_upload_batch *batch, int64_t load_at_us, int64_t now_us,
                          struct tt_fault *fault)
{
    THROUGH(change(real->context, turn, batch, load_at_us, now_us, fault));
}

static enum tt_err split(void *context, const struct tt_outbox_turn *turn,
                         const struct tt_upload_batch *batch,
                         const struct tt_upload_batch *children, size_t child_count,
                         const struct tt_upload_bad_row *bad, int64_t now_us,
                         struct tt_fault *fault)
{
    THROUGH(split(real->context, turn, batch, children, child_count, bad, now_us, fault));
}

static enum tt_err loads(void *context, struct tt_str destination, enum tt_upload_table_id table,
                         int64_t since_us, int64_t until_us, uint64_t *ret_count,
                         int64_t *ret_newest_us, struct tt_fault *fault)
{
    THROUGH(loads(real->context, destination, table, since_us, until_us, ret_count, ret_newest_us,
                  fault));
}

/* ---- Rows: row n of the store is line {"row_uid":"n"}; every third has a discrepancy */

int64_t tt_upload_world_step(enum tt_upload_table_id table)
{
    return table == TT_UPLOAD_AUDIT ? 1 : 3;
}

/* The number of the store's row that stands at a place of a plan's rows. */
int64_t tt_upload_world_number(int64_t first, enum tt_upload_table_id table, uint64_t place)
{
    int64_t step = tt_upload_world_step(table), start = (first + step - 1) / step * step;
    return start + (int64_t)place * step;
}

static uint64_t rows_between(int64_t first, int64_t last, enum tt_upload_table_id table)
{
    int64_t start = tt_upload_world_number(first, table, 0);
    return start > last ? 0 : (uint64_t)((last - start) / tt_upload_world_step(table) + 1);
}

static struct tt_upload_rows_made made_of(int64_t first, enum tt_upload_table_id table,
                                          uint64_t from, uint64_t rows)
{
    struct tt_upload_rows_made made = {.row_from = from, .rows = rows, .bytes = rows * 100};
    snprintf((char *)made.digest, sizeof made.digest, "%d-%d", (int)table,
             (int)tt_upload_world_number(first, table, from));
    return made;
}

static enum tt_err make(void *context, const struct tt_upload_plan *plan, uint64_t held_max,
                        struct tt_upload_made *ret_made, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    (void)held_max;
    if (w->limit_rows > 0 && plan->last - plan->first + 1 > w->limit_rows)
        return tt_fault_set(fault, TT_ERR_LIMIT, "too much");
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    *ret_made = (struct tt_upload_made){0};
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        ret_made->tables[t] = made_of(plan->first, t, 0, rows_between(plan->first, plan->last, t));
    return said;
}

static enum tt_err cut(void *context, const struct tt_upload_batch *batch, uint64_t row_from,
                       uint64_t rows, struct tt_upload_rows_made *ret_made, struct tt_fault *fault)
{
    enum tt_err said;
    if (tt_upload_world_may(context, &said, fault))
        *ret_made = made_of(batch->plan.first, batch->table, row_from, rows);
    return said;
}

static enum tt_err body_lines(void *context, uint64_t first,
                              enum tt_err (*line)(void *, uint64_t, struct tt_str),
                              void *line_context, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err err = TT_OK;
    (void)fault;
    for (uint64_t i = first; i < w->body_rows && err == TT_OK; i++) {
        char text[60];
        int len =
            snprintf(text, sizeof text, "{\"row_uid\":\"%d\"}",
                     (int)tt_upload_world_number(w->body_first, w->body_table, w->body_from + i));
        err = line(line_context, i, (struct tt_str){text, (size_t)len});
    }
    return err;
}

static struct tt_body body;

static enum tt_err open_rows(void *context, const struct tt_upload_batch *batch,
                             const struct tt_body **ret_body, struct tt_fault *fault)
{
    struct tt_upload_world *w = context;
    enum tt_err said;
    if (!tt_upload_world_may(w, &said, fault))
        return said;
    w->body_from = batch->made.row_from;
    w->body_rows = batch->made.rows;
    w->body_first = batch->plan.first;
    w->body_table = batch->table;
    body = (struct tt_body){
        .context = w, .bytes = batch->made.bytes, .rows = batch->made.rows, .lines = body_lines};
    *ret_body = &body;
    return said;
}

static void close_rows(void *context)
{
    (void)context;
}

static void drop_rows(void *context, const struct tt_upload_rows_made *made)
{
    (void)context;
    (void)made;
}

static void keep_rows(void *context, const struct tt_upload_batch *batches, size_t count)
{
    struct tt_upload_world *w = context;
    (void)batches;
    w->kept = count;
}

/* ---- Time, and the run */

static int64_t wall_us(void *context)
{
    struct tt_upload_world *w = context;
    return w->now_us;
}

static void sleep_us(void *context, int64_t us)
{
    struct tt_upload_world *w = context;
    w->now_us += us < 1000 ? 1000 : us;
    if (w->set_back_at_us > 0 && w->now_us >= w->set_back_at_us) {
        w->now_us -= w->set_back_us;
        w->stop_at_us -= w->set_back_us;
        w->set_back_at_us = 0;
    }
    if (w->stop_at_us > 0 && w->now_us >= w->stop_at_us)
        w->stop = 1;
}

static uint64_t next_random(void *context)
{
    struct tt_upload_world *w = context;
    return (uint64_t)w->now_us * UINT64_C(0x9e3779b97f4a7c15);
}

enum tt_err tt_upload_world_run(struct tt_upload_world *w, const char *holder,
                                struct tt_uploader_counts *counts, struct tt_fault *fault)
{
    const struct tt_outbox outbox = {.context = w,
                                     .horizon = horizon,
                                     .lease = lease,
                                     .unlease = unlease,
                                     .look = look,
                                     .open = open_batches,
                                     .plan = plan,
                                     .change = change,
                                     .split = split,
                                     .loads = loads};
    const struct tt_sink sink = tt_upload_world_sink(w);
    const struct tt_upload_rows rows = {.context = w,
                                        .rules = "rules",
                                        .make = make,
                                        .cut = cut,
                                        .open = open_rows,
                                        .close = close_rows,
                                        .drop = drop_rows,
                                        .keep = keep_rows};
    const struct tt_clock clock = {.context = w, .wall_us = wall_us, .sleep_us = sleep_us};
    const struct tt_random random = {.context = w, .next = next_random};
    const struct tt_uploader_options options = {
        .outbox = &outbox,
        .sink = &sink,
        .rows = &rows,
        .clock = &clock,
        .random = &random,
        .destination = tt_str_from(w->destination),
        .holder = tt_str_from(holder),
        .batch_rows = w->batch_rows,
        .max_age_us = 300000000,
        .min_interval_us = 60000000,
        .lease_us = 60000000,
        .once = !w->daemon,
        .tries_max = 8,
        .stop = &w->stop,
    };
    w->dead = false;
    w->stop = 0;
    return tt_uploader_run(&options, counts, fault);
}
