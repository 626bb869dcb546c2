/* What an uploader asks each second reads what is open, and nothing of what was ever done. */
#include "adapters/postgres/outbox.h"
#include "adapters/postgres/outbox_sql.h"
#include "core/base/buf.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/suite.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TT_TEST(what_is_asked_again_and_again_costs_the_same_whatever_was_done_before)
{
    static const struct {
        enum tt_outbox_sql which;
        const char *values, *index;
    } cases[] = {
        {TT_OUTBOX_SQL_COUNT_OPEN, "NULL", "using upload_batch_open on upload_batch"},
        {TT_OUTBOX_SQL_BATCHES_OPEN, "NULL", "using upload_batch_open on upload_batch"},
        {TT_OUTBOX_SQL_COUNT_WANTED, "NULL", "using upload_hold_wanted on upload_hold"},
        {TT_OUTBOX_SQL_DESTINATION_GET, "NULL", "using upload_destination_pkey"},
        {TT_OUTBOX_SQL_LOADS, "NULL, NULL, NULL, NULL", "using upload_load_began on upload_load"},
    };
    struct tt_postgres_server server;
    struct tt_outbox outbox;
    struct tt_fault fault = {0};
    tt_postgres_server_start(&server, "outbox-look", NULL);
    const char *url = tt_postgres_new_url(&server);
    ck_assert_msg(tt_pg_outbox_open(url, NULL, &outbox, &fault) == TT_OK, "%s", fault.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        /* Small tables are read as a whole, whatever indexes they have. */
        tt_buf_add_text(&sql, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
                              "SET enable_bitmapscan = off; PREPARE p AS ");
        tt_buf_add_text(&sql, tt_pg_outbox_sql(cases[i].which));
        tt_buf_add_text(&sql, "; EXPLAIN (COSTS off) EXECUTE p (");
        tt_buf_add_text(&sql, cases[i].values);
        tt_buf_add_text(&sql, ")");
        char *plan = tt_postgres_text(url, sql.data);
        ck_assert_msg(strstr(plan, cases[i].index) != NULL && strstr(plan, "Seq Scan") == NULL,
                      "%s\n%s", tt_pg_outbox_sql(cases[i].which), plan);
        free(plan);
        tt_buf_done(&sql);
    }
    tt_pg_outbox_done(&outbox);
    tt_postgres_server_stop(&server, SIGINT);
}
TT_END

TT_SUITE("adapters/postgres/outbox_look",
         what_is_asked_again_and_again_costs_the_same_whatever_was_done_before)
