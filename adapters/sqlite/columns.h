/* Columns in the one order that writing and reading share. Inside adapters/sqlite only. */
#ifndef TT_ADAPTERS_SQLITE_COLUMNS_H
#define TT_ADAPTERS_SQLITE_COLUMNS_H

#define TT_AUDIT_COLUMNS                                                                           \
    "epoch, partition, entry_ms, entry_seq, tenant, task_id, task_type, status, stage, "           \
    "event_time, event_id, source, seq, correlation_id, dataset_id, message, error_code, "         \
    "error_code_is_int, attributes, received_at, enqueued_at, read_started_at, "                   \
    "write_started_at, worker, fence, attempt, apply_seq, duplicate, identity"

#define TT_CURRENT_COLUMNS                                                                         \
    "tenant, task_id, task_type, status, stage, event_time, last_seq, first_seen_at, "             \
    "updated_at, events, fence, newest_event_time, correlation_id, dataset_id, stays, "            \
    "stay_status"

enum { TT_CURRENT_COLUMN_COUNT = 16 };

#define TT_INTERVAL_COLUMNS "tenant, task_id, position, valid_from, valid_to, status, stage"

#define TT_PROGRESS_COLUMNS                                                                        \
    "tenant, correlation_id, dataset_id, records_expected, records_finished, succeeded, "          \
    "failed, first_failure, first_failure_at, last_stage"

#endif
