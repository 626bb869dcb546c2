/* Audit rows, whatever comes again: over every store. */
#include "tests/lib/applying.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/stores.h"
#include <stdio.h>
#include <stdlib.h>

static struct tt_test_store test;
static struct tt_applying applying;

static void setup(int kind)
{
    tt_test_store_make(&test, kind);
    tt_applying_begin(&applying, &test.store, false);
}

static void teardown(void)
{
    tt_applying_done(&applying);
    tt_test_store_done(&test);
}

static uint64_t apply(struct tt_event event, int64_t id_ms)
{
    return tt_apply_one(&applying, &event, id_ms);
}

#define ROWS "SELECT epoch, partition, entry_ms, status, duplicate FROM task_status_audit"

TT_TEST(a_redelivered_entry_is_known_and_makes_no_second_row)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10);
    ck_assert_uint_eq(apply(event, 100), 1);
    ck_assert_uint_eq(apply(event, 100), 0);
    tt_applying_add(&applying, &event, 3, 100, 0);
    applying.entries[0].deliveries = 2; /* delivered once more, to a later holder */
    applying.fences[3] = 9;
    ck_assert_uint_eq(tt_applying_run(&applying), 0);
    ck_assert_uint_eq(applying.reused, 0);
    ck_assert_rows(&test, "SELECT count(*), max(attempt), max(fence) FROM task_status_audit",
                   "1|1|1");
    ck_assert_rows(&test, "SELECT events FROM task_status_current", "1");
    teardown();
}
TT_END

TT_TEST(an_entry_that_is_twice_in_a_batch_makes_one_row)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10), other = tt_test_event("DONE", 20);
    tt_applying_add(&applying, &event, 3, 100, 0);
    tt_applying_add(&applying, &other, 3, 101, 0);
    tt_applying_add(&applying, &event, 3, 100, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 2);
    ck_assert_uint_eq(applying.reused, 0);
    ck_assert_rows(&test, ROWS " ORDER BY apply_seq", "1|3|100|QUEUED|0\n1|3|101|DONE|0");
    teardown();
}
TT_END

TT_TEST(an_entry_id_with_other_content_goes_under_a_new_epoch)
{
    setup(_i);
    struct tt_event first = tt_test_event("QUEUED", 10), other = tt_test_event("RUNNING", 20);
    ck_assert_uint_eq(apply(first, 100), 1);
    ck_assert_uint_eq(applying.reused, 0);
    ck_assert_uint_eq(apply(other, 100), 1);
    ck_assert_uint_eq(applying.reused, 1);
    ck_assert_uint_eq(apply(other, 100), 0);
    ck_assert_uint_eq(apply(first, 100), 0);
    ck_assert_uint_eq(applying.reused, 0);
    other.status = TT_STR("DONE");
    ck_assert_uint_eq(apply(other, 100), 1);
    ck_assert_uint_eq(applying.reused, 1);
    ck_assert_rows(&test, "SELECT epoch, status FROM task_status_audit ORDER BY epoch",
                   "1|QUEUED\n2|RUNNING\n3|DONE");
    teardown();
}
TT_END

TT_TEST(an_entry_id_that_comes_with_other_content_in_one_batch_is_kept_apart_as_well)
{
    setup(_i);
    struct tt_event first = tt_test_event("A", 10), other = tt_test_event("B", 20),
                    third = tt_test_event("C", 30);
    tt_applying_add(&applying, &first, 3, 100, 0);
    tt_applying_add(&applying, &other, 3, 100, 0);
    tt_applying_add(&applying, &first, 3, 100, 0);
    tt_applying_add(&applying, &third, 3, 101, 0);
    tt_applying_add(&applying, &third, 4, 100, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 4);
    ck_assert_uint_eq(applying.reused, 1);
    ck_assert_rows(&test, ROWS " ORDER BY apply_seq",
                   "1|3|100|A|0\n2|3|100|B|0\n2|3|101|C|0\n1|4|100|C|1");
    teardown();
}
TT_END

TT_TEST(what_comes_behind_a_reused_id_stays_behind_it_in_its_partition_alone)
{
    setup(_i);
    struct tt_event event = tt_test_event("A", 10);
    apply(event, 100);
    apply(event, 101);
    event.status = TT_STR("B");
    ck_assert_uint_eq(apply(event, 100), 1);
    ck_assert_uint_eq(applying.reused, 1);
    ck_assert_uint_eq(apply(event, 102), 1);
    ck_assert_uint_eq(applying.reused, 0);
    ck_assert_uint_eq(apply(event, 102), 0);
    event.status = TT_STR("A");
    ck_assert_uint_eq(apply(event, 101), 0);
    tt_applying_add(&applying, &event, 4, 103, 0);
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    ck_assert_rows(&test,
                   "SELECT epoch, partition, entry_ms, status FROM task_status_audit"
                   " ORDER BY apply_seq",
                   "1|3|100|A\n1|3|101|A\n2|3|100|B\n2|3|102|B\n1|4|103|A");
    teardown();
}
TT_END

TT_TEST(an_older_id_that_was_never_seen_gets_its_row_among_newer_ones)
{
    setup(_i);
    struct tt_event event = tt_test_event("A", 10);
    apply(event, 100);
    apply(event, 102);
    ck_assert_uint_eq(apply(event, 101), 1);
    ck_assert_uint_eq(applying.reused, 0);
    ck_assert_rows(&test, "SELECT epoch, entry_ms FROM task_status_audit ORDER BY apply_seq",
                   "1|100\n1|102\n1|101");
    teardown();
}
TT_END

TT_TEST(every_field_of_the_event_tells_one_entry_from_another)
{
    setup(_i);
    struct tt_event base = tt_test_event_seq("QUEUED", 10, 1), changed;
    base.error_code = TT_STR("7");
    ck_assert_uint_eq(apply(base, 100), 1);
#define CHANGED(member, value)                                                                     \
    changed = base;                                                                                \
    changed.member = value;                                                                        \
    ck_assert_msg(apply(changed, 100) == 1, #member);                                              \
    ck_assert_msg(applying.reused == 1, #member);
#define TEXT(member) CHANGED(member, TT_STR("changed"))
    TT_EVENT_TEXT_FIELDS(TEXT)
    TEXT(error_code)
    CHANGED(attributes, TT_STR("{\"a\":1}"))
    CHANGED(event_time_us, 11)
    CHANGED(received_at_us, 11)
    CHANGED(seq, 2)
    CHANGED(has_seq, false)
    CHANGED(error_code_is_int, true)
    CHANGED(message, TT_STR("")) /* empty is not absent */
#undef TEXT
#undef CHANGED
    ck_assert_rows(&test, "SELECT count(*), max(epoch) FROM task_status_audit", "19|19");
    teardown();
}
TT_END

TT_TEST(an_audit_row_says_when_by_whom_and_under_which_fence_it_was_written)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10);
    tt_applying_add(&applying, &event, 3, 100, 7);
    applying.entries[0].deliveries = 2;
    applying.fences[3] = 12;
    ck_assert_uint_eq(tt_applying_run(&applying), 1);
    ck_assert_rows(&test,
                   "SELECT entry_seq, US(enqueued_at), US(read_started_at), US(write_started_at),"
                   " worker, fence, attempt FROM task_status_audit",
                   "7|100000|5000000|5000000|w|12|2");
    teardown();
}
TT_END

TT_TEST(apply_seq_grows_through_every_row_and_transaction_and_reopening)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10);
    apply(event, 100);
    for (int64_t i = 0; i < 3; i++)
        tt_applying_add(&applying, &event, 3, 200 + i, 0);
    applying.fences[3] = 0; /* as without locking */
    ck_assert_uint_eq(tt_applying_run(&applying), 3);
    tt_applying_done(&applying);
    tt_test_store_close(&test, &test.store);
    tt_test_store_open_again(&test, &test.store);
    tt_applying_begin(&applying, &test.store, false);
    apply(event, 50);
    ck_assert_rows(&test, "SELECT entry_ms FROM task_status_audit ORDER BY apply_seq",
                   "100\n200\n201\n202\n50");
    ck_assert_rows(&test, "SELECT count(DISTINCT apply_seq), min(apply_seq) FROM task_status_audit",
                   "5|1");
    teardown();
}
TT_END

/* One letter for each row, in order: d for a duplicate. */
static const char *duplicates(void)
{
    static char text[64];
    char *all = tt_test_store_text(&test, "SELECT duplicate FROM task_status_audit"
                                          " ORDER BY apply_seq");
    size_t count = 0;
    for (const char *at = all; *at != '\0'; at++)
        if (*at != '\n')
            text[count++] = *at == '0' ? '-' : 'd';
    text[count] = '\0';
    free(all);
    return text;
}

/* Each event in a batch of its own, or all in one; it must not matter. */
static void give(const struct tt_event *events, size_t count, bool together)
{
    for (size_t i = 0; i < count; i++) {
        tt_applying_add(&applying, &events[i], 3, 100 + (int64_t)i, 0);
        if (!together)
            tt_applying_run(&applying);
    }
    if (together)
        tt_applying_run(&applying);
}

TT_TEST(an_event_with_an_id_is_a_duplicate_by_the_id_of_its_task_alone)
{
    for (int together = 0; together < 2; together++) {
        setup(_i);
        struct tt_event event = tt_test_event("QUEUED", 10);
        event.event_id = TT_STR("e1");
        struct tt_event conflicting = tt_test_event("DONE", 99), task = event, tenant = event,
                        id = event, none = event;
        conflicting.event_id = TT_STR("e1");
        task.task_id = TT_STR("u");
        tenant.tenant = TT_STR("another");
        id.event_id = TT_STR("e2");
        none.event_id = TT_STR_NONE;
        const struct tt_event events[] = {event, event, conflicting, task, tenant, id, none};
        give(events, 7, together);
        ck_assert_str_eq(duplicates(), "-dd----");
        ck_assert_rows(&test,
                       "SELECT status, events FROM task_status_current WHERE task_id = 't'"
                       " AND tenant = 'default'",
                       "QUEUED|3");
        teardown();
    }
}
TT_END

TT_TEST(an_event_without_id_is_a_duplicate_by_status_time_stage_source_and_seq)
{
    for (int together = 0; together < 2; together++) {
        setup(_i);
        struct tt_event event = tt_test_event_seq("QUEUED", 10, 1), events[12];
        size_t count = 0;
        event.source = TT_STR("host");
        events[count++] = event;
        events[count] = event;
        events[count++].message = TT_STR("again");
#define DIFFERS(member, value)                                                                     \
    events[count] = event;                                                                         \
    events[count++].member = value;
        DIFFERS(status, TT_STR("DONE"))
        DIFFERS(event_time_us, 11)
        DIFFERS(stage, TT_STR(""))
        DIFFERS(source, TT_STR("other"))
        DIFFERS(source, TT_STR_NONE)
        DIFFERS(seq, 2)
        DIFFERS(has_seq, false)
        DIFFERS(event_id, TT_STR("e"))
#undef DIFFERS
        give(events, count, together);
        ck_assert_str_eq(duplicates(), "-d--------");
        teardown();
    }
}
TT_END

/* A batch that the store refuses at the end leaves nothing. */
TT_TEST(what_is_rolled_back_was_never_there)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10);
    struct tt_audit_row row = tt_test_row(&event, 100, 0);
    const struct tt_store_changes changes = {.audit = &row, .audit_count = 1};
    struct tt_store *store = &test.store;
    ck_assert_int_eq(store->begin(store->context, NULL), TT_OK);
    ck_assert_int_eq(store->write(store->context, &changes, NULL), TT_OK);
    store->rollback(store->context);
    ck_assert_rows(&test, "SELECT count(*) FROM task_status_audit", "0");
    ck_assert_uint_eq(apply(event, 100), 1);
    ck_assert_str_eq(duplicates(), "-");
    teardown();
}
TT_END

TT_TEST(text_that_looks_like_sql_is_text)
{
    setup(_i);
    struct tt_event event = tt_test_event("QUEUED", 10);
    event.task_id = TT_STR("'; DROP TABLE task_status_audit; --");
    event.message = TT_STR("\\N\t\\x41 {\"a\",NULL} \xc3\xa4\xf0\x9f\x98\x80 \x01");
    ck_assert_uint_eq(apply(event, 100), 1);
    ck_assert_uint_eq(apply(event, 100), 0);
    ck_assert_rows(&test, "SELECT task_id, message FROM task_status_audit",
                   "'; DROP TABLE task_status_audit; --|\\N\t\\x41 {\"a\",NULL} "
                   "\xc3\xa4\xf0\x9f\x98\x80 \x01");
    teardown();
}
TT_END

TT_STORE_SUITE("adapters/stores/rows", a_redelivered_entry_is_known_and_makes_no_second_row,
               an_entry_that_is_twice_in_a_batch_makes_one_row,
               an_entry_id_with_other_content_goes_under_a_new_epoch,
               an_entry_id_that_comes_with_other_content_in_one_batch_is_kept_apart_as_well,
               what_comes_behind_a_reused_id_stays_behind_it_in_its_partition_alone,
               an_older_id_that_was_never_seen_gets_its_row_among_newer_ones,
               every_field_of_the_event_tells_one_entry_from_another,
               an_audit_row_says_when_by_whom_and_under_which_fence_it_was_written,
               apply_seq_grows_through_every_row_and_transaction_and_reopening,
               an_event_with_an_id_is_a_duplicate_by_the_id_of_its_task_alone,
               an_event_without_id_is_a_duplicate_by_status_time_stage_source_and_seq,
               what_is_rolled_back_was_never_there, text_that_looks_like_sql_is_text)
