#include "cli/upload_verify.h"

#include "core/base/mem.h"
#include "core/upload/read_back.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows of one table with one written_at: those of one plan. */
struct group {
    enum tt_upload_table_id table;
    int64_t written_at_us, plan;
    uint64_t rows, digest;
    bool unknown; /* cannot be made again */
    uint64_t there, distinct, there_digest;
};

struct verifying {
    const struct tt_verify *verify;
    struct group *groups;
    size_t count, capacity;
    struct tt_fault *fault;
    struct tt_fault unmade; /* of the first batch that cannot be made again */
    struct tt_buf scratch;
    /* of the batch or the query in hand */
    struct group *group;
    enum tt_upload_table_id table;
    uint64_t others; /* rows of batches that the outbox does not know */
    uint64_t bytes;
};

/* ---- The store's side */

static enum tt_err add_line(void *context, uint64_t row, struct tt_str json)
{
    struct verifying *verifying = context;
    uint64_t digest;
    (void)row;
    enum tt_err err = tt_read_back_digest(&tt_upload_tables[verifying->group->table], json,
                                          verifying->verify->crypto, &verifying->scratch, &digest,
                                          verifying->fault);
    if (err == TT_OK) {
        verifying->group->digest ^= digest;
        verifying->group->rows++;
    }
    return err;
}

/* Batches come by number, those of a plan near each other. */
static struct group *group_of(struct verifying *verifying, const struct tt_upload_batch *batch)
{
    for (size_t i = verifying->count; i > 0; i--) {
        struct group *group = &verifying->groups[i - 1];
        if (group->table == batch->table && group->plan == batch->plan.number)
            return group;
    }
    if (tt_mem_reserve((void **)&verifying->groups, &verifying->capacity, verifying->count + 1,
                       sizeof *verifying->groups) != TT_OK)
        return NULL;
    struct group *group = &verifying->groups[verifying->count++];
    *group = (struct group){.table = batch->table,
                            .written_at_us = batch->plan.written_at_us,
                            .plan = batch->plan.number};
    return group;
}

static enum tt_err add_batch(void *context, const struct tt_upload_batch *batch)
{
    struct verifying *verifying = context;
    const struct tt_upload_rows *rows = verifying->verify->rows;
    const struct tt_body *body = NULL;
    struct tt_fault why = {0};
    verifying->group = group_of(verifying, batch);
    if (verifying->group == NULL)
        return tt_fault_set(verifying->fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = rows->open(rows->context, batch, &body, &why);
    if (err == TT_OK) {
        err = body->lines(body->context, 0, add_line, verifying, &why);
        rows->close(rows->context);
        rows->drop(rows->context, &batch->made);
    }
    if (err == TT_OK)
        return TT_OK;
    if (err != TT_ERR_CORRUPT)
        return tt_fault_set(verifying->fault, err, "%s", why.text);
    verifying->group->unknown = true;
    verifying->group->rows += batch->made.rows;
    printf("%s batch %" PRId64 ": its rows cannot be made again: %s\n",
           tt_upload_tables[batch->table].name, batch->number, why.text);
    tt_fault_set(&verifying->unmade, err, "%s", why.text);
    return TT_OK;
}

static int by_table_and_time(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    return x->written_at_us < y->written_at_us ? -1 : x->written_at_us > y->written_at_us;
}

/* ---- BigQuery's side */

static enum tt_err take_row(void *context, const struct tt_str *cells, size_t count)
{
    struct verifying *verifying = context;
    int64_t values[TT_READ_BACK_VERIFY_COLUMNS];
    if (count != TT_READ_BACK_VERIFY_COLUMNS)
        return tt_fault_set(verifying->fault, TT_ERR_CORRUPT, "verify: %zu columns", count);
    for (size_t i = 0; i < count; i++)
        if (!tt_str_to_int(cells[i], &values[i]))
            return tt_fault_set(verifying->fault, TT_ERR_CORRUPT, "verify: no number in column %zu",
                                i);
    struct group key = {.table = verifying->table, .written_at_us = values[0]};
    struct group *group =
        bsearch(&key, verifying->groups, verifying->count, sizeof key, by_table_and_time);
    if (group == NULL) {
        verifying->others += (uint64_t)values[1];
        return TT_OK;
    }
    group->there = (uint64_t)values[1];
    group->distinct = (uint64_t)values[2];
    group->there_digest = (uint64_t)values[3];
    return TT_OK;
}

static enum tt_err ask(struct verifying *verifying, enum tt_upload_table_id table, int64_t from_us,
                       int64_t to_us)
{
    struct tt_bigquery *bigquery = verifying->verify->bigquery;
    char from[TT_TIME_TEXT_BYTES], to[TT_TIME_TEXT_BYTES];
    struct tt_buf sql;
    tt_time_format(from_us, from);
    tt_time_format(to_us, to);
    const struct tt_bq_parameter parameters[] = {{"from", "TIMESTAMP", tt_str_from(from)},
                                                 {"to", "TIMESTAMP", tt_str_from(to)}};
    tt_buf_init(&sql, 0);
    tt_read_back_verify(&sql, &tt_upload_tables[table], tt_str_from(bigquery->name));
    verifying->table = table;
    struct tt_bq_query query = {.sql = sql.data,
                                .parameters = parameters,
                                .parameter_count = 2,
                                .row = take_row,
                                .row_context = verifying};
    enum tt_err err = sql.err == TT_OK ? tt_bq_query(bigquery->bq, &query, verifying->fault)
                                       : tt_fault_set(verifying->fault, sql.err, "out of memory");
    verifying->bytes += query.ret_bytes;
    tt_buf_done(&sql);
    return err;
}

static enum tt_err ask_all(struct verifying *verifying)
{
    const struct group *groups = verifying->groups;
    enum tt_err err = TT_OK;
    for (size_t i = 0, end; i < verifying->count && err == TT_OK; i = end) {
        for (end = i; end < verifying->count && groups[end].table == groups[i].table;)
            end++;
        err =
            ask(verifying, groups[i].table, groups[i].written_at_us, groups[end - 1].written_at_us);
    }
    return err;
}

/* ---- Telling */

static bool differs(const struct group *group)
{
    return group->rows != group->there || group->there != group->distinct ||
           (!group->unknown && group->digest != group->there_digest);
}

static void tell_group(const struct group *group)
{
    char time[TT_TIME_TEXT_BYTES];
    tt_time_format(group->written_at_us, time);
    printf("%s plan %" PRId64 " (written %s) differs: %" PRIu64 " rows in the store, %" PRIu64
           " in BigQuery, %" PRIu64 " of them distinct%s\n",
           tt_upload_tables[group->table].name, group->plan, time, group->rows, group->there,
           group->distinct,
           group->rows == group->there && group->there == group->distinct
               ? "; their columns are not the same"
               : "");
}

#define DAY_US (86400 * INT64_C(1000000))

static int64_t day_of(int64_t us)
{
    return us / DAY_US - (us % DAY_US < 0);
}

static uint64_t tell(const struct verifying *verifying)
{
    const struct group *groups = verifying->groups;
    uint64_t all = 0;
    for (size_t i = 0, end; i < verifying->count; i = end) {
        uint64_t rows = 0, there = 0, distinct = 0, differ = 0;
        char time[TT_TIME_TEXT_BYTES];
        for (end = i; end < verifying->count && groups[end].table == groups[i].table &&
                      day_of(groups[end].written_at_us) == day_of(groups[i].written_at_us);
             end++) {
            rows += groups[end].rows;
            there += groups[end].there;
            distinct += groups[end].distinct;
            if (differs(&groups[end])) {
                differ++;
                tell_group(&groups[end]);
            }
        }
        tt_time_format(groups[i].written_at_us, time);
        printf("%s %.10s: %" PRIu64 " rows in the store, %" PRIu64 " in BigQuery, %" PRIu64
               " of them distinct; %zu %s, %" PRIu64 " differ\n",
               tt_upload_tables[groups[i].table].name, time, rows, there, distinct, end - i,
               end - i == 1 ? "batch" : "batches", differ);
        all += differ;
    }
    if (verifying->others > 0)
        printf("%" PRIu64 " rows in BigQuery are of other stores\n", verifying->others);
    if (verifying->count == 0)
        printf("nothing of this store was uploaded to %.*s\n",
               TT_STR_ARGS(verifying->verify->destination));
    printf("queries looked at %" PRIu64 " bytes\n", verifying->bytes);
    return all;
}

enum tt_err tt_upload_verify(const struct tt_verify *verify, uint64_t *ret_differ,
                             struct tt_fault *fault)
{
    struct verifying verifying = {.verify = verify, .fault = fault};
    tt_buf_init(&verifying.scratch, 0);
    const struct tt_outbox *outbox = verify->outbox;
    enum tt_err err =
        outbox->done(outbox->context, verify->destination, add_batch, &verifying, fault);
    if (err == TT_OK && verifying.count > 0) {
        qsort(verifying.groups, verifying.count, sizeof *verifying.groups, by_table_and_time);
        err = ask_all(&verifying);
    }
    if (err == TT_OK)
        *ret_differ = tell(&verifying);
    if (err == TT_OK && verifying.unmade.code != TT_OK)
        err = tt_fault_set(fault, verifying.unmade.code, "verify: %s", verifying.unmade.text);
    tt_buf_done(&verifying.scratch);
    tt_mem_free(verifying.groups);
    return err;
}
