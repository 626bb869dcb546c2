/* Columns in the one order that the tables, writing and reading share. Inside adapters/postgres
 * only. Arrays of rows are of the types ..._written, which have these columns in this order and
 * nothing else: a new column goes to their end, too. Others may add columns to the tables. */
#ifndef TT_ADAPTERS_POSTGRES_COLUMNS_H
#define TT_ADAPTERS_POSTGRES_COLUMNS_H

/* All but apply_seq, which the table fills in. */
#define TT_PG_AUDIT_WRITTEN                                                                        \
    "epoch, partition, entry_ms, entry_seq, tenant, task_id, task_type, status, stage, "           \
    "event_time, event_id, source, seq, correlation_id, dataset_id, message, error_code, "         \
    "error_code_is_int, attributes, received_at, enqueued_at, read_started_at, "                   \
    "write_started_at, worker, fence, attempt, duplicate, identity"
enum { TT_PG_AUDIT_FIELDS = 28 };

#define TT_PG_AUDIT_EVENT                                                                          \
    "tenant, task_id, task_type, status, stage, event_time, event_id, source, seq, "               \
    "correlation_id, dataset_id, message, error_code, error_code_is_int, attributes, received_at"

#define TT_PG_CURRENT_COLUMNS                                                                      \
    "tenant, task_id, task_type, status, stage, event_time, first_seen_at, updated_at, events, "   \
    "fence, last_seq, newest_event_time, correlation_id, dataset_id, stays, stay_status"
enum { TT_PG_CURRENT_FIELDS = 16 };

#define TT_PG_INTERVAL_COLUMNS "tenant, task_id, position, valid_from, valid_to, status, stage"
enum { TT_PG_INTERVAL_FIELDS = 7 };

#define TT_PG_PROGRESS_COLUMNS                                                                     \
    "tenant, correlation_id, dataset_id, records_expected, records_finished, succeeded, failed, "  \
    "first_failure, last_stage, first_failure_at"
enum { TT_PG_PROGRESS_FIELDS = 10 };

#endif
