/* The audit row's columns, in the one order that writing and reading share. */
#ifndef TT_ADAPTERS_SQLITE_COLUMNS_H
#define TT_ADAPTERS_SQLITE_COLUMNS_H

#define TT_AUDIT_COLUMNS                                                                           \
    "epoch, partition, entry_ms, entry_seq, tenant, task_id, task_type, status, stage, "           \
    "event_time, "                                                                                 \
    "event_id, source, seq, correlation_id, dataset_id, message, error_code, error_code_is_int, "  \
    "attributes, received_at, enqueued_at, read_started_at, write_started_at, worker, fence, "     \
    "attempt, "                                                                                    \
    "apply_seq, duplicate"
enum { TT_AUDIT_COLUMN_COUNT = 28 };

#endif
