#include "adapters/sqlite/writer.h"
#include "tests/lib/store_file.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tt_store store;
static const char *path;

static void setup(void)
{
    path = tt_tmpfile("audit.db");
    store = tt_test_store_open(path);
}

static void teardown(void)
{
    tt_sqlite_store_done(&store);
}

static bool is_duplicate(struct tt_event event)
{
    bool duplicate = false;
    struct tt_fault fault = {0};
    ck_assert_msg(store.is_duplicate(store.context, &event, &duplicate, &fault) == TT_OK, "%s",
                  fault.text);
    return duplicate;
}

static enum tt_insert insert(const struct tt_event *event, int64_t entry_ms,
                             struct tt_audit_row *row)
{
    *row = tt_test_row(event, entry_ms, 0);
    return tt_test_store_insert(&store, row);
}

TT_TEST(a_redelivered_entry_is_known_and_makes_no_second_row)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_audit_row row = tt_test_row(&event, 100, 0);
    ck_assert_int_eq(insert(&event, 100, &row), TT_INSERTED);
    ck_assert_int_eq(row.apply_seq, 1);
    struct tt_audit_row again = tt_test_row(&event, 100, 0);
    again.worker = TT_STR("another"); /* delivered once more, to somebody else */
    again.attempt = 2;
    ck_assert_int_eq(tt_test_store_insert(&store, &again), TT_INSERT_KNOWN);
    ck_assert_int_eq(again.place.epoch, 1);
    ck_assert_sql(path, "SELECT count(*), max(attempt), max(worker) FROM task_status_audit",
                  "1|1|w");
    teardown();
}
TT_END

TT_TEST(an_entry_id_with_other_content_goes_under_a_new_epoch)
{
    setup();
    struct tt_event first = tt_test_event("QUEUED", 10), other = tt_test_event("RUNNING", 20);
    struct tt_audit_row row;
    ck_assert_int_eq(insert(&first, 100, &row), TT_INSERTED);
    ck_assert_int_eq(insert(&other, 100, &row), TT_INSERT_REUSED);
    ck_assert_int_eq(row.place.epoch, 2);
    ck_assert_int_eq(insert(&other, 100, &row), TT_INSERT_KNOWN);
    ck_assert_int_eq(row.place.epoch, 2);
    ck_assert_int_eq(insert(&first, 100, &row), TT_INSERT_KNOWN);
    ck_assert_int_eq(row.place.epoch, 1);
    other.status = TT_STR("DONE");
    ck_assert_int_eq(insert(&other, 100, &row), TT_INSERT_REUSED);
    ck_assert_int_eq(row.place.epoch, 3);
    ck_assert_sql(path, "SELECT epoch, status FROM task_status_audit ORDER BY epoch",
                  "1|QUEUED\n2|RUNNING\n3|DONE");
    teardown();
}
TT_END

TT_TEST(what_comes_behind_a_reused_id_stays_behind_it_in_its_partition_alone)
{
    setup();
    struct tt_event event = tt_test_event("A", 10);
    struct tt_audit_row row;
    insert(&event, 100, &row);
    insert(&event, 101, &row);
    event.status = TT_STR("B");
    ck_assert_int_eq(insert(&event, 100, &row), TT_INSERT_REUSED);
    ck_assert_int_eq(insert(&event, 102, &row), TT_INSERTED);
    ck_assert_int_eq(row.place.epoch, 2);
    ck_assert_int_eq(insert(&event, 102, &row), TT_INSERT_KNOWN);
    event.status = TT_STR("A");
    ck_assert_int_eq(insert(&event, 101, &row), TT_INSERT_KNOWN);
    row = tt_test_row(&event, 103, 0);
    row.place.partition = 4;
    ck_assert_int_eq(tt_test_store_insert(&store, &row), TT_INSERTED);
    ck_assert_int_eq(row.place.epoch, 1);
    ck_assert_sql(path,
                  "SELECT epoch, partition, entry_ms, status FROM task_status_audit"
                  " ORDER BY apply_seq",
                  "1|3|100|A\n1|3|101|A\n2|3|100|B\n2|3|102|B\n1|4|103|A");
    teardown();
}
TT_END

TT_TEST(every_field_of_the_event_tells_one_entry_from_another)
{
    setup();
    struct tt_event base = tt_test_event_seq("QUEUED", 10, 1);
    struct tt_audit_row row;
    ck_assert_int_eq(insert(&base, 100, &row), TT_INSERTED);
    int64_t epoch = 1;
    struct tt_event changed;
#define CHANGED(member, value)                                                                     \
    changed = base;                                                                                \
    changed.member = value;                                                                        \
    ck_assert_msg(insert(&changed, 100, &row) == TT_INSERT_REUSED, #member);                       \
    ck_assert_int_eq(row.place.epoch, ++epoch);
#define TEXT(member) CHANGED(member, TT_STR("changed"))
    TT_EVENT_TEXT_FIELDS(TEXT)
    TEXT(error_code)
    TEXT(attributes)
    CHANGED(event_time_us, 11)
    CHANGED(received_at_us, 11)
    CHANGED(seq, 2)
    CHANGED(has_seq, false)
    CHANGED(error_code_is_int, true)
    CHANGED(message, TT_STR("")) /* empty is not absent */
#undef TEXT
#undef CHANGED
    teardown();
}
TT_END

TT_TEST(apply_seq_grows_through_every_row_and_transaction_and_reopening)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_audit_row row;
    enum tt_insert done;
    insert(&event, 100, &row);
    ck_assert_int_eq(store.begin(store.context, NULL), TT_OK);
    for (int i = 0; i < 3; i++) {
        row = tt_test_row(&event, 200 + i, 0);
        ck_assert_int_eq(store.insert_audit(store.context, &row, &done, NULL), TT_OK);
        ck_assert_int_eq(row.apply_seq, 2 + i);
    }
    store.rollback(store.context);
    insert(&event, 300, &row);
    ck_assert_int_eq(row.apply_seq, 2);
    teardown();
    store = tt_test_store_open(path);
    insert(&event, 50, &row);
    ck_assert_int_eq(row.apply_seq, 3);
    teardown();
}
TT_END

TT_TEST(an_event_with_an_id_is_a_duplicate_by_the_id_of_its_task_alone)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10), other = event;
    struct tt_audit_row row;
    event.event_id = TT_STR("e1");
    ck_assert(!is_duplicate(event));
    insert(&event, 100, &row);
    ck_assert(is_duplicate(event));
    other = tt_test_event("DONE", 99);
    other.event_id = TT_STR("e1");
    ck_assert(is_duplicate(other)); /* conflicting, and the same all the same */
    other.task_id = TT_STR("u");
    ck_assert(!is_duplicate(other));
    other = event;
    other.tenant = TT_STR("another");
    ck_assert(!is_duplicate(other));
    other = event;
    other.event_id = TT_STR("e2");
    ck_assert(!is_duplicate(other));
    other.event_id = TT_STR_NONE;
    ck_assert(!is_duplicate(other)); /* the same content, but the one has an id */
    teardown();
}
TT_END

TT_TEST(an_event_without_id_is_a_duplicate_by_status_time_stage_source_and_seq)
{
    setup();
    struct tt_event event = tt_test_event_seq("QUEUED", 10, 1), other;
    struct tt_audit_row row;
    event.source = TT_STR("host");
    insert(&event, 100, &row);
    other = event;
    other.message = TT_STR("again");
    ck_assert(is_duplicate(other));
#define DIFFERS(member, value)                                                                     \
    other = event;                                                                                 \
    other.member = value;                                                                          \
    ck_assert_msg(!is_duplicate(other), #member);
    DIFFERS(status, TT_STR("DONE"))
    DIFFERS(event_time_us, 11)
    DIFFERS(stage, TT_STR(""))
    DIFFERS(source, TT_STR("other"))
    DIFFERS(source, TT_STR_NONE)
    DIFFERS(seq, 2)
    DIFFERS(has_seq, false)
    DIFFERS(event_id, TT_STR("e"))
#undef DIFFERS
    teardown();
}
TT_END

TT_TEST(what_is_inserted_in_a_transaction_is_a_duplicate_within_it)
{
    setup();
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_audit_row row = tt_test_row(&event, 100, 0);
    enum tt_insert done;
    ck_assert_int_eq(store.begin(store.context, NULL), TT_OK);
    ck_assert_int_eq(store.insert_audit(store.context, &row, &done, NULL), TT_OK);
    ck_assert(is_duplicate(event));
    store.rollback(store.context);
    ck_assert(!is_duplicate(event));
    teardown();
}
TT_END

TT_TEST(an_older_fence_is_refused_and_a_newer_one_remembered)
{
    setup();
    struct tt_fault fault = {0};
    int64_t known = -1;
    ck_assert_int_eq(store.fence_known(store.context, 3, &known, &fault), TT_OK);
    ck_assert_int_eq(known, 0);
    ck_assert_int_eq(store.begin(store.context, &fault), TT_OK);
    ck_assert_int_eq(store.fence(store.context, 3, 5, &fault), TT_OK);
    ck_assert_int_eq(store.fence(store.context, 3, 5, &fault), TT_OK);
    ck_assert_int_eq(store.commit(store.context, &fault), TT_OK);
    ck_assert_int_eq(store.begin(store.context, &fault), TT_OK);
    ck_assert_int_eq(store.fence(store.context, 3, 4, &fault), TT_ERR_FENCED);
    ck_assert_ptr_nonnull(strstr(fault.text, "partition 3"));
    tt_fault_clear(&fault);
    ck_assert_int_eq(store.fence(store.context, 4, 1, &fault), TT_OK);
    store.rollback(store.context);
    ck_assert_int_eq(store.fence_known(store.context, 3, &known, &fault), TT_OK);
    ck_assert_int_eq(known, 5);
    ck_assert_int_eq(store.fence_known(store.context, 4, &known, &fault), TT_OK);
    ck_assert_int_eq(known, 0);
    teardown();
}
TT_END

TT_TEST(a_full_disk_is_told_and_leaves_nothing_of_the_transaction)
{
    setup();
    struct tt_fault fault = {0};
    struct tt_writer *writer = store.context;
    struct tt_event event = tt_test_event("QUEUED", 10);
    static char text[3000];
    memset(text, 'x', sizeof text);
    event.message = (struct tt_str){text, sizeof text};
    struct tt_audit_row row;
    insert(&event, 1, &row);
    ck_assert_int_eq(tt_db_run(&writer->db, "PRAGMA max_page_count = 30", &fault), TT_OK);
    ck_assert_int_eq(store.begin(store.context, &fault), TT_OK);
    enum tt_err err = TT_OK;
    enum tt_insert done;
    for (int i = 2; i < 100 && err == TT_OK; i++) {
        row = tt_test_row(&event, i, 0);
        err = store.insert_audit(store.context, &row, &done, &fault);
    }
    ck_assert_int_eq(err, TT_ERR_NO_SPACE);
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    store.rollback(store.context);
    ck_assert_sql(path, "SELECT count(*) FROM task_status_audit", "1");
    tt_fault_clear(&fault);
    ck_assert_int_eq(tt_db_run(&writer->db, "PRAGMA max_page_count = 100000", &fault), TT_OK);
    ck_assert_int_eq(insert(&event, 2, &row), TT_INSERTED); /* room again: it goes on */
    ck_assert_int_eq(row.apply_seq, 2);
    teardown();
}
TT_END

enum { WRITERS = 2, TRANSACTIONS = 60, ROWS = 5 };

/* A child that writes its own partition. */
static void write_many(int64_t partition)
{
    struct tt_store mine = {0};
    struct tt_event event = tt_test_event("QUEUED", 10);
    enum tt_insert done;
    if (tt_sqlite_store_open(path, 60 * 1000, &mine, NULL) != TT_OK)
        _exit(2);
    for (int i = 0; i < TRANSACTIONS; i++) {
        if (mine.begin(mine.context, NULL) != TT_OK)
            _exit(3);
        for (int k = 0; k < ROWS; k++) {
            struct tt_audit_row row = tt_test_row(&event, i, k);
            row.place.partition = partition;
            if (mine.insert_audit(mine.context, &row, &done, NULL) != TT_OK || done != TT_INSERTED)
                _exit(4);
        }
        if (mine.commit(mine.context, NULL) != TT_OK)
            _exit(5);
    }
    tt_sqlite_store_done(&mine);
    _exit(0);
}

TT_TEST(two_processes_write_one_file_and_share_one_apply_seq)
{
    setup();
    teardown();
    fflush(stdout);
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            write_many(i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_sql(path,
                  "SELECT count(*), min(apply_seq), max(apply_seq), count(DISTINCT apply_seq)"
                  " FROM task_status_audit",
                  "600|1|600|600");
    /* Within a partition the write sequence is the entries' order. */
    ck_assert_sql(path,
                  "SELECT count(*) FROM (SELECT apply_seq, lag(apply_seq) OVER"
                  " (PARTITION BY partition ORDER BY entry_ms, entry_seq) AS before"
                  " FROM task_status_audit) WHERE before > apply_seq",
                  "0");
}
TT_END

TT_SUITE("adapters/sqlite/store_audit", a_redelivered_entry_is_known_and_makes_no_second_row,
         an_entry_id_with_other_content_goes_under_a_new_epoch,
         what_comes_behind_a_reused_id_stays_behind_it_in_its_partition_alone,
         every_field_of_the_event_tells_one_entry_from_another,
         apply_seq_grows_through_every_row_and_transaction_and_reopening,
         an_event_with_an_id_is_a_duplicate_by_the_id_of_its_task_alone,
         an_event_without_id_is_a_duplicate_by_status_time_stage_source_and_seq,
         what_is_inserted_in_a_transaction_is_a_duplicate_within_it,
         an_older_fence_is_refused_and_a_newer_one_remembered,
         a_full_disk_is_told_and_leaves_nothing_of_the_transaction,
         two_processes_write_one_file_and_share_one_apply_seq)
