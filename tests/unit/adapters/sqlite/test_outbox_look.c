/* What an uploader asks each second reads what is open, and nothing of what was ever done. */
#include "adapters/sqlite/outbox.h"
#include "adapters/sqlite/outbox_sql.h"
#include "core/base/buf.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdlib.h>
#include <string.h>

TT_TEST(what_is_asked_again_and_again_costs_the_same_whatever_was_done_before)
{
    static const struct {
        enum tt_outbox_sql which;
        const char *uses;
    } cases[] = {
        {TT_OUTBOX_SQL_COUNT_OPEN, "USING INDEX upload_batch_open (destination=?)"},
        {TT_OUTBOX_SQL_BATCHES_OPEN, "USING INDEX upload_batch_open (destination=?)"},
        {TT_OUTBOX_SQL_COUNT_WANTED, "USING INDEX upload_hold_wanted (destination=?)"},
        {TT_OUTBOX_SQL_DESTINATION_GET, "USING PRIMARY KEY (destination=?)"},
        {TT_OUTBOX_SQL_LOADS,
         "INDEX upload_load_began (destination=? AND table_name=? AND began_at>? AND began_at<?)"},
    };
    const char *path = tt_tmpfile("outbox.db");
    struct tt_outbox outbox;
    ck_assert_int_eq(tt_sqlite_outbox_open(path, 60000, &outbox, NULL), TT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tt_buf sql;
        tt_buf_init(&sql, 0);
        tt_buf_addf(&sql, "EXPLAIN QUERY PLAN %s", tt_sqlite_outbox_sql(cases[i].which));
        char *plan = tt_test_sql_text(path, sql.data);
        ck_assert_msg(strstr(plan, cases[i].uses) != NULL && strstr(plan, "SCAN") == NULL, "%s\n%s",
                      tt_sqlite_outbox_sql(cases[i].which), plan);
        free(plan);
        tt_buf_done(&sql);
    }
    tt_sqlite_outbox_done(&outbox);
}
TT_END

TT_SUITE("adapters/sqlite/outbox_look",
         what_is_asked_again_and_again_costs_the_same_whatever_was_done_before)
