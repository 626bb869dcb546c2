-- Audit rows out of messages, each once.
-- In place of the table, where rows come through Pub/Sub: T_messages has their JSON as bytes.
SELECT
  JSON_VALUE(message, '$.row_uid') AS `row_uid`,
  SAFE_CAST(JSON_VALUE(message, '$.written_at') AS TIMESTAMP) AS `written_at`,
  JSON_VALUE(message, '$.tenant') AS `tenant`,
  JSON_VALUE(message, '$.task_id') AS `task_id`,
  JSON_VALUE(message, '$.task_type') AS `task_type`,
  JSON_VALUE(message, '$.status') AS `status`,
  JSON_VALUE(message, '$.stage') AS `stage`,
  SAFE_CAST(JSON_VALUE(message, '$.event_time') AS TIMESTAMP) AS `event_time`,
  JSON_VALUE(message, '$.event_id') AS `event_id`,
  JSON_VALUE(message, '$.source') AS `source`,
  SAFE_CAST(JSON_VALUE(message, '$.seq') AS INT64) AS `seq`,
  JSON_VALUE(message, '$.correlation_id') AS `correlation_id`,
  JSON_VALUE(message, '$.dataset_id') AS `dataset_id`,
  JSON_VALUE(message, '$.message') AS `message`,
  JSON_VALUE(message, '$.error_code') AS `error_code`,
  JSON_QUERY(message, '$.attributes') AS `attributes`,
  SAFE_CAST(JSON_VALUE(message, '$.received_at') AS TIMESTAMP) AS `received_at`,
  SAFE_CAST(JSON_VALUE(message, '$.enqueued_at') AS TIMESTAMP) AS `enqueued_at`,
  SAFE_CAST(JSON_VALUE(message, '$.read_started_at') AS TIMESTAMP) AS `read_started_at`,
  SAFE_CAST(JSON_VALUE(message, '$.write_started_at') AS TIMESTAMP) AS `write_started_at`,
  JSON_VALUE(message, '$.worker') AS `worker`,
  SAFE_CAST(JSON_VALUE(message, '$.fence') AS INT64) AS `fence`,
  SAFE_CAST(JSON_VALUE(message, '$.attempt') AS INT64) AS `attempt`,
  SAFE_CAST(JSON_VALUE(message, '$.epoch') AS INT64) AS `epoch`,
  SAFE_CAST(JSON_VALUE(message, '$.partition') AS INT64) AS `partition`,
  SAFE_CAST(JSON_VALUE(message, '$.entry_ms') AS INT64) AS `entry_ms`,
  SAFE_CAST(JSON_VALUE(message, '$.entry_seq') AS INT64) AS `entry_seq`,
  SAFE_CAST(JSON_VALUE(message, '$.apply_seq') AS INT64) AS `apply_seq`,
  SAFE_CAST(JSON_VALUE(message, '$.judged_to') AS INT64) AS `judged_to`,
  JSON_VALUE(message, '$.verdict') AS `verdict`,
  SAFE_CAST(JSON_VALUE(message, '$.arrival_rank') AS INT64) AS `arrival_rank`,
  SAFE_CAST(JSON_VALUE(message, '$.time_rank') AS INT64) AS `time_rank`,
  SAFE_CAST(JSON_VALUE(message, '$.late') AS BOOL) AS `late`,
  SAFE_CAST(JSON_VALUE(message, '$.lateness_us') AS INT64) AS `lateness_us`,
  SAFE_CAST(JSON_VALUE(message, '$.duplicate') AS BOOL) AS `duplicate`,
  SAFE_CAST(JSON_VALUE(message, '$.transition_legal') AS BOOL) AS `transition_legal`,
  JSON_VALUE(message, '$.previous_status') AS `previous_status`,
  publish_time
FROM (
  SELECT
    publish_time, message_id,
    SAFE.PARSE_JSON(SAFE_CONVERT_BYTES_TO_STRING(data), wide_number_mode => 'round') AS message
  FROM `${dataset}.task_status_audit_messages`
)
WHERE message IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY JSON_VALUE(message, '$.row_uid') ORDER BY publish_time, message_id
) = 1
