/* Short ways to make events and rows. */
#ifndef TT_TESTS_LIB_STORE_ROWS_H
#define TT_TESTS_LIB_STORE_ROWS_H

#include "core/port/store.h"

/* An event of task "default/t" with this status at this microsecond. */
struct tt_event tt_test_event(const char *status, int64_t event_time_us);
struct tt_event tt_test_event_seq(const char *status, int64_t event_time_us, int64_t seq);

/* The event's audit row at (epoch 1, partition 3, entry_ms, entry_seq), as a worker would write it.
 */
struct tt_audit_row tt_test_row(const struct tt_event *event, int64_t entry_ms, int64_t entry_seq);

/* One transaction with these changes; fails the test on an error. */
void tt_test_write(const struct tt_store *store, const struct tt_store_changes *changes);
/* One with this audit row alone. */
void tt_test_write_row(const struct tt_store *store, const struct tt_audit_row *row);

/* xorshift64*: the next number of a printed seed. */
uint64_t tt_test_next(uint64_t *state);

#endif
