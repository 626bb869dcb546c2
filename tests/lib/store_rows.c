#include "tests/lib/store_rows.h"

#include <check.h>

struct tt_event tt_test_event(const char *status, int64_t event_time_us)
{
    return (struct tt_event){.tenant = TT_STR("default"),
                             .task_id = TT_STR("t"),
                             .status = tt_str_from(status),
                             .event_time_us = event_time_us,
                             .received_at_us = TT_TIME_NONE};
}

struct tt_event tt_test_event_seq(const char *status, int64_t event_time_us, int64_t seq)
{
    struct tt_event event = tt_test_event(status, event_time_us);
    event.seq = seq;
    event.has_seq = true;
    return event;
}

struct tt_audit_row tt_test_row(const struct tt_event *event, int64_t entry_ms, int64_t entry_seq)
{
    return (struct tt_audit_row){.place = {1, 3, entry_ms, entry_seq},
                                 .event = *event,
                                 .enqueued_at_us = entry_ms * 1000,
                                 .read_started_at_us = entry_ms * 1000 + 1,
                                 .write_started_at_us = entry_ms * 1000 + 2,
                                 .worker = TT_STR("w"),
                                 .fence = 7,
                                 .attempt = 1};
}

void tt_test_write(const struct tt_store *store, const struct tt_store_changes *changes)
{
    struct tt_fault fault = {0};
    ck_assert_msg(store->begin(store->context, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(store->write(store->context, changes, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(store->commit(store->context, &fault) == TT_OK, "%s", fault.text);
}

void tt_test_write_row(const struct tt_store *store, const struct tt_audit_row *row)
{
    const struct tt_store_changes changes = {.audit = row, .audit_count = 1};
    tt_test_write(store, &changes);
}

uint64_t tt_test_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}
