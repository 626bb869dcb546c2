-- Discrepancy rows out of messages, each once.
-- In place of the table, where rows come through Pub/Sub: T_messages has their JSON as bytes.
SELECT
  JSON_VALUE(message, '$.row_uid') AS `row_uid`,
  SAFE_CAST(JSON_VALUE(message, '$.written_at') AS TIMESTAMP) AS `written_at`,
  JSON_VALUE(message, '$.tenant') AS `tenant`,
  JSON_VALUE(message, '$.task_id') AS `task_id`,
  JSON_VALUE(message, '$.task_type') AS `task_type`,
  JSON_VALUE(message, '$.finding_uid') AS `finding_uid`,
  SAFE_CAST(JSON_VALUE(message, '$.withdrawn') AS BOOL) AS `withdrawn`,
  SAFE_CAST(JSON_VALUE(message, '$.judged_to') AS INT64) AS `judged_to`,
  JSON_VALUE(message, '$.kind') AS `kind`,
  JSON_VALUE(message, '$.severity') AS `severity`,
  JSON_VALUE(message, '$.event_id') AS `event_id`,
  SAFE_CAST(JSON_VALUE(message, '$.arrival') AS INT64) AS `arrival`,
  JSON_VALUE(message, '$.status') AS `status`,
  SAFE_CAST(JSON_VALUE(message, '$.event_time') AS TIMESTAMP) AS `event_time`,
  JSON_QUERY(message, '$.evidence') AS `evidence`,
  JSON_VALUE(message, '$.verdict') AS `verdict`,
  publish_time
FROM (
  SELECT
    publish_time, message_id,
    SAFE.PARSE_JSON(SAFE_CONVERT_BYTES_TO_STRING(data), wide_number_mode => 'round') AS message
  FROM `${dataset}.task_status_discrepancy_messages`
)
WHERE message IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY JSON_VALUE(message, '$.row_uid') ORDER BY publish_time, message_id
) = 1
