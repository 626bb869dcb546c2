-- How long each task was in each status.
-- left_at and duration_us are null while it still is.
SELECT
  tenant, task_id, task_type, position, status, stage, event_time AS entered_at,
  next_event_time AS left_at,
  TIMESTAMP_DIFF(next_event_time, event_time, MICROSECOND) AS duration_us
FROM `${dataset}.task_status_history`
