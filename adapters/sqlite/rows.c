#include "adapters/sqlite/rows.h"

int tt_row_bind_place(sqlite3_stmt *s, const struct tt_place *place)
{
    return tt_db_bind_int(s, 1, place->epoch) | tt_db_bind_int(s, 2, place->partition) |
           tt_db_bind_int(s, 3, place->entry_ms) | tt_db_bind_int(s, 4, place->entry_seq);
}

int tt_row_bind_task(sqlite3_stmt *s, struct tt_str tenant, struct tt_str task_id)
{
    return tt_db_bind_text(s, 1, tenant) | tt_db_bind_text(s, 2, task_id);
}

int tt_row_bind_seq(sqlite3_stmt *s, int place, bool has_seq, int64_t seq)
{
    return has_seq ? tt_db_bind_int(s, place, seq) : sqlite3_bind_null(s, place);
}

int tt_row_bind_audit(sqlite3_stmt *s, const struct tt_audit_row *row, int64_t apply_seq)
{
    const struct tt_event *event = &row->event;
    return tt_row_bind_place(s, &row->place) | tt_db_bind_text(s, 5, event->tenant) |
           tt_db_bind_text(s, 6, event->task_id) | tt_db_bind_text(s, 7, event->task_type) |
           tt_db_bind_text(s, 8, event->status) | tt_db_bind_text(s, 9, event->stage) |
           tt_db_bind_time(s, 10, event->event_time_us) | tt_db_bind_text(s, 11, event->event_id) |
           tt_db_bind_text(s, 12, event->source) |
           tt_row_bind_seq(s, 13, event->has_seq, event->seq) |
           tt_db_bind_text(s, 14, event->correlation_id) |
           tt_db_bind_text(s, 15, event->dataset_id) | tt_db_bind_text(s, 16, event->message) |
           tt_db_bind_text(s, 17, event->error_code) |
           tt_db_bind_int(s, 18, event->error_code_is_int) |
           tt_db_bind_text(s, 19, event->attributes) |
           tt_db_bind_time(s, 20, event->received_at_us) |
           tt_db_bind_time(s, 21, row->enqueued_at_us) |
           tt_db_bind_time(s, 22, row->read_started_at_us) |
           tt_db_bind_time(s, 23, row->write_started_at_us) | tt_db_bind_text(s, 24, row->worker) |
           tt_db_bind_int(s, 25, row->fence) | tt_db_bind_int(s, 26, row->attempt) |
           tt_db_bind_int(s, 27, apply_seq) | tt_db_bind_int(s, 28, row->duplicate) |
           tt_db_bind_int(s, 29, tt_event_identity(event));
}

void tt_row_audit(sqlite3_stmt *s, struct tt_audit_row *row)
{
    *row = (struct tt_audit_row){
        .place = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
                  sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)},
        .event =
            {
                .tenant = tt_db_text(s, 4),
                .task_id = tt_db_text(s, 5),
                .task_type = tt_db_text(s, 6),
                .status = tt_db_text(s, 7),
                .stage = tt_db_text(s, 8),
                .event_time_us = tt_db_time(s, 9),
                .event_id = tt_db_text(s, 10),
                .source = tt_db_text(s, 11),
                .has_seq = !tt_db_is_null(s, 12),
                .seq = sqlite3_column_int64(s, 12),
                .correlation_id = tt_db_text(s, 13),
                .dataset_id = tt_db_text(s, 14),
                .message = tt_db_text(s, 15),
                .error_code = tt_db_text(s, 16),
                .error_code_is_int = sqlite3_column_int(s, 17) != 0,
                .attributes = tt_db_text(s, 18),
                .received_at_us = tt_db_time(s, 19),
            },
        .enqueued_at_us = tt_db_time(s, 20),
        .read_started_at_us = tt_db_time(s, 21),
        .write_started_at_us = tt_db_time(s, 22),
        .worker = tt_db_text(s, 23),
        .fence = sqlite3_column_int64(s, 24),
        .attempt = sqlite3_column_int64(s, 25),
        .apply_seq = sqlite3_column_int64(s, 26),
        .duplicate = sqlite3_column_int(s, 27) != 0,
    };
}

int tt_row_bind_current(sqlite3_stmt *s, const struct tt_current_row *row)
{
    return tt_row_bind_task(s, row->tenant, row->task_id) | tt_db_bind_text(s, 3, row->task_type) |
           tt_db_bind_text(s, 4, row->status) | tt_db_bind_text(s, 5, row->stage) |
           tt_db_bind_time(s, 6, row->event_time_us) |
           tt_row_bind_seq(s, 7, row->has_seq, row->seq) |
           tt_db_bind_time(s, 8, row->first_seen_at_us) |
           tt_db_bind_time(s, 9, row->updated_at_us) | tt_db_bind_int(s, 10, row->events) |
           tt_db_bind_int(s, 11, row->fence) | tt_db_bind_time(s, 12, row->newest_event_time_us) |
           tt_db_bind_text(s, 13, row->correlation_id) | tt_db_bind_text(s, 14, row->dataset_id) |
           tt_db_bind_int(s, 15, row->stays) | tt_db_bind_text(s, 16, row->stay_status);
}

void tt_row_current(sqlite3_stmt *s, struct tt_current_row *row)
{
    *row = (struct tt_current_row){
        .tenant = tt_db_text(s, 0),
        .task_id = tt_db_text(s, 1),
        .task_type = tt_db_text(s, 2),
        .status = tt_db_text(s, 3),
        .stage = tt_db_text(s, 4),
        .event_time_us = tt_db_time(s, 5),
        .has_seq = !tt_db_is_null(s, 6),
        .seq = sqlite3_column_int64(s, 6),
        .first_seen_at_us = tt_db_time(s, 7),
        .updated_at_us = tt_db_time(s, 8),
        .events = sqlite3_column_int64(s, 9),
        .fence = sqlite3_column_int64(s, 10),
        .newest_event_time_us = tt_db_time(s, 11),
        .correlation_id = tt_db_text(s, 12),
        .dataset_id = tt_db_text(s, 13),
        .stays = sqlite3_column_int64(s, 14),
        .stay_status = tt_db_text(s, 15),
    };
}

int tt_row_bind_interval(sqlite3_stmt *s, struct tt_str tenant, struct tt_str task_id,
                         const struct tt_interval_row *row)
{
    return tt_row_bind_task(s, tenant, task_id) | tt_db_bind_int(s, 3, row->position) |
           tt_db_bind_time(s, 4, row->valid_from_us) | tt_db_bind_time(s, 5, row->valid_to_us) |
           tt_db_bind_text(s, 6, row->status) | tt_db_bind_text(s, 7, row->stage);
}

void tt_row_interval(sqlite3_stmt *s, struct tt_interval_row *row)
{
    *row = (struct tt_interval_row){
        .position = sqlite3_column_int64(s, 2),
        .valid_from_us = tt_db_time(s, 3),
        .valid_to_us = tt_db_time(s, 4),
        .status = tt_db_text(s, 5),
        .stage = tt_db_text(s, 6),
    };
}

int tt_row_bind_progress(sqlite3_stmt *s, const struct tt_progress_row *row)
{
    return tt_db_bind_text(s, 1, row->tenant) | tt_db_bind_text(s, 2, row->correlation_id) |
           tt_db_bind_text(s, 3, row->dataset_id) |
           tt_row_bind_seq(s, 4, row->records_expected >= 0, row->records_expected) |
           tt_db_bind_int(s, 5, row->finished) | tt_db_bind_int(s, 6, row->succeeded) |
           tt_db_bind_int(s, 7, row->failed) | tt_db_bind_text(s, 8, row->first_failure) |
           tt_db_bind_time(s, 9, row->first_failure_at_us) |
           tt_db_bind_text(s, 10, row->last_stage);
}
