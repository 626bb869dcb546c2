/* A store on a real PostgreSQL, and an applier over it: the scene of the tests about writing. For
 * test programs alone, each of which has it once. */
#ifndef TT_STORE_SCENE_H
#define TT_STORE_SCENE_H

#include "adapters/postgres/store.h"
#include "tests/lib/applying.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/suite.h"

#include <stdio.h>

static struct tt_postgres_server server;
static struct tt_applying applying;
static struct tt_store store;
static char url[500];

static inline void setup(void)
{
    struct tt_fault fault = {0};
    snprintf(url, sizeof url, "%s", tt_postgres_new_url(&server));
    ck_assert_msg(tt_pg_store_open(url, NULL, &store, &fault) == TT_OK, "%s", fault.text);
    tt_applying_begin(&applying, &store, false);
}

static inline void teardown(void)
{
    tt_applying_done(&applying);
    tt_pg_store_done(&store);
}

#define ck_assert_count(sql, expected) ck_assert_int_eq(tt_postgres_count(url, sql), expected)

#endif
