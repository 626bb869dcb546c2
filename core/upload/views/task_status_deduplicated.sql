-- Audit rows, each once.
-- Where a sink delivers at least once, an answer that was lost may have doubled some.
SELECT * EXCEPT (copy)
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY row_uid ORDER BY written_at, judged_to) AS copy
  FROM `${dataset}.task_status_audit`
)
WHERE copy = 1
