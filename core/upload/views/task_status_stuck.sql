-- Tasks that have been for more than a day in a status that other tasks of their type leave.
SELECT
  tenant, task_id, task_type, status, event_time,
  TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), event_time, SECOND) AS age_s, verdict
FROM `${dataset}.task_status_current` AS c
WHERE TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), event_time, SECOND) > 86400
  AND EXISTS (
    SELECT 1
    FROM `${dataset}.task_status_history` AS h
    WHERE h.next_status IS NOT NULL AND h.status = c.status
      AND COALESCE(h.task_type, '') = COALESCE(c.task_type, '')
  )
