-- The status each task has by now, and what the newest judgement says of the task.
SELECT
  tenant, task_id, task_type, status, stage, event_time, correlation_id, dataset_id, message,
  error_code, events, verdict, judged_to
FROM (
  SELECT
    tenant, task_id, task_type, status, stage, event_time, correlation_id, dataset_id, message,
    error_code,
    COUNT(*) OVER (PARTITION BY tenant, task_id) AS events,
    FIRST_VALUE(verdict) OVER newest_judgement AS verdict,
    FIRST_VALUE(judged_to) OVER newest_judgement AS judged_to,
    ROW_NUMBER() OVER (
      PARTITION BY tenant, task_id ORDER BY event_time DESC, time_rank DESC, apply_seq DESC
    ) AS from_end
  FROM `${dataset}.task_status_deduplicated`
  WHERE NOT duplicate
  WINDOW newest_judgement AS (
    PARTITION BY tenant, task_id ORDER BY judged_to DESC, apply_seq DESC
  )
)
WHERE from_end = 1
