/* Rows of the tables, field by field in the order of their columns. */
#include "adapters/postgres/rows.h"

#include "adapters/postgres/columns.h"

void tt_wire_add_audit(struct tt_wire *wire, const struct tt_audit_row *row)
{
    const struct tt_event *event = &row->event;
    tt_wire_row(wire, TT_PG_AUDIT_FIELDS);
    tt_wire_int8(wire, row->place.epoch);
    tt_wire_int8(wire, row->place.partition);
    tt_wire_int8(wire, row->place.entry_ms);
    tt_wire_int8(wire, row->place.entry_seq);
    tt_wire_text(wire, event->tenant);
    tt_wire_text(wire, event->task_id);
    tt_wire_text(wire, event->task_type);
    tt_wire_text(wire, event->status);
    tt_wire_text(wire, event->stage);
    tt_wire_time(wire, event->event_time_us);
    tt_wire_text(wire, event->event_id);
    tt_wire_text(wire, event->source);
    tt_wire_seq(wire, event->has_seq, event->seq);
    tt_wire_text(wire, event->correlation_id);
    tt_wire_text(wire, event->dataset_id);
    tt_wire_text(wire, event->message);
    tt_wire_text(wire, event->error_code);
    tt_wire_int2(wire, event->error_code_is_int);
    tt_wire_text(wire, event->attributes);
    tt_wire_time(wire, event->received_at_us);
    tt_wire_time(wire, row->enqueued_at_us);
    tt_wire_time(wire, row->read_started_at_us);
    tt_wire_time(wire, row->write_started_at_us);
    tt_wire_text(wire, row->worker);
    tt_wire_int8(wire, row->fence);
    tt_wire_int8(wire, row->attempt);
    tt_wire_int2(wire, row->duplicate);
    tt_wire_int4(wire, (int32_t)tt_event_identity(event));
    tt_wire_row_end(wire);
}

void tt_wire_add_current(struct tt_wire *wire, const struct tt_current_row *row)
{
    tt_wire_row(wire, TT_PG_CURRENT_FIELDS);
    tt_wire_text(wire, row->tenant);
    tt_wire_text(wire, row->task_id);
    tt_wire_text(wire, row->task_type);
    tt_wire_text(wire, row->status);
    tt_wire_text(wire, row->stage);
    tt_wire_time(wire, row->event_time_us);
    tt_wire_time(wire, row->first_seen_at_us);
    tt_wire_time(wire, row->updated_at_us);
    tt_wire_int8(wire, row->events);
    tt_wire_int8(wire, row->fence);
    tt_wire_seq(wire, row->has_seq, row->seq);
    tt_wire_time(wire, row->newest_event_time_us);
    tt_wire_text(wire, row->correlation_id);
    tt_wire_text(wire, row->dataset_id);
    tt_wire_int8(wire, row->stays);
    tt_wire_text(wire, row->stay_status);
    tt_wire_row_end(wire);
}

void tt_wire_add_stay(struct tt_wire *wire, const struct tt_store_stays *stays,
                      const struct tt_interval_row *row)
{
    tt_wire_row(wire, TT_PG_INTERVAL_FIELDS);
    tt_wire_text(wire, stays->tenant);
    tt_wire_text(wire, stays->task_id);
    tt_wire_int8(wire, row->position);
    tt_wire_time(wire, row->valid_from_us);
    tt_wire_time(wire, row->valid_to_us);
    tt_wire_text(wire, row->status);
    tt_wire_text(wire, row->stage);
    tt_wire_row_end(wire);
}

void tt_wire_add_progress(struct tt_wire *wire, const struct tt_progress_row *row)
{
    tt_wire_row(wire, TT_PG_PROGRESS_FIELDS);
    tt_wire_text(wire, row->tenant);
    tt_wire_text(wire, row->correlation_id);
    tt_wire_text(wire, row->dataset_id);
    tt_wire_seq(wire, row->records_expected >= 0, row->records_expected);
    tt_wire_int8(wire, row->finished);
    tt_wire_int8(wire, row->succeeded);
    tt_wire_int8(wire, row->failed);
    tt_wire_text(wire, row->first_failure);
    tt_wire_text(wire, row->last_stage);
    tt_wire_time(wire, row->first_failure_at_us);
    tt_wire_row_end(wire);
}
