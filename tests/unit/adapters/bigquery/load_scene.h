/* A small table, the stand-in for BigQuery, and load jobs to it: the scene of the tests about
 * tables and loads. For test programs alone, each of which has it once. */
#ifndef TT_LOAD_SCENE_H
#define TT_LOAD_SCENE_H

#include "adapters/bigquery/bq.h"

#include "adapters/http/http.h"
#include "adapters/system/clock.h"
#include "tests/lib/standin.h"
#include "tests/lib/suite.h"

static const struct tt_upload_column columns[] = {
    {"row_uid", TT_COLUMN_STRING, true, "the row"},
    {"written_at", TT_COLUMN_TIMESTAMP, true, "when"},
    {"number", TT_COLUMN_INT64, false, "a number"},
    {"flag", TT_COLUMN_BOOL, false, "yes or no"},
    {"more", TT_COLUMN_JSON, false, "the rest"},
    {"added", TT_COLUMN_STRING, false, "came later"},
};
static struct tt_upload_table table = {
    .name = "t",
    .description = "of the test",
    .columns = columns,
    .column_count = 5,
    .partition_by = "written_at",
    .cluster_by = {"row_uid"},
    .row_uid = "row_uid",
};
static const struct tt_upload_table *const tables[] = {&table};

static struct tt_standin standin;
static struct tt_http http;
static struct tt_clock clock_port;
static struct tt_bq *bq;
static struct tt_sink sink;
static struct tt_fault fault;
static struct tt_bq_options options;

static inline void open_bq(void)
{
    ck_assert_int_eq(tt_bq_open(&options, &bq, &fault), TT_OK);
    sink = tt_bq_load_sink(bq);
}

static inline void begin_bq(void)
{
    struct tt_http_settings settings = {0};
    tt_standin_start(&standin);
    ck_assert_int_eq(tt_http_open(&settings, &http, NULL), TT_OK);
    clock_port = tt_system_clock(NULL);
    options = (struct tt_bq_options){.access = {.http = &http, .direct = true},
                                     .clock = &clock_port,
                                     .endpoint = standin.url,
                                     .project = "p",
                                     .dataset = "d",
                                     .location = "EU"};
    open_bq();
}

static inline void end_bq(void)
{
    tt_bq_close(bq);
    tt_http_close(&http);
    tt_standin_stop(&standin);
}

#endif
