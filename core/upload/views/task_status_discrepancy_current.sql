-- The discrepancies that hold by now.
-- The newest row of each says whether it was withdrawn.
SELECT
  tenant, task_id, task_type, kind, severity, event_id, arrival, status, event_time, evidence,
  verdict, written_at, judged_to, finding_uid
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY tenant, task_id, finding_uid ORDER BY judged_to DESC, written_at DESC
    ) AS from_end
  FROM `${dataset}.task_status_discrepancy`
)
WHERE from_end = 1 AND NOT withdrawn
