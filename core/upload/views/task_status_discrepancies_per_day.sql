-- How many discrepancies of each kind there are, by the day of the event and the type of the task.
SELECT
  DATE(event_time) AS day, task_type, kind, severity, COUNT(*) AS discrepancies,
  COUNT(DISTINCT CONCAT(tenant, '/', task_id)) AS tasks
FROM `${dataset}.task_status_discrepancy_current`
GROUP BY day, task_type, kind, severity
