-- Every event of every task in time order, duplicates left out.
-- The order is that of all that is uploaded by now, so it also holds for events that came late.
SELECT
  tenant, task_id, task_type, status, stage, event_time, event_id, source, seq, correlation_id,
  dataset_id, message, error_code, attributes, received_at, write_started_at, apply_seq, row_uid,
  late, lateness_us, transition_legal,
  ROW_NUMBER() OVER task AS position,
  LAG(status) OVER task AS previous_status,
  LEAD(status) OVER task AS next_status,
  LEAD(event_time) OVER task AS next_event_time
FROM `${dataset}.task_status_deduplicated`
WHERE NOT duplicate
WINDOW task AS (PARTITION BY tenant, task_id ORDER BY event_time, time_rank, apply_seq)
