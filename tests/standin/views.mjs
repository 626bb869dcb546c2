// What a table of ours holds, be it a table or the view over messages of Pub/Sub, which is read out of
// its SQL: one column a line, the raw table behind FROM, each row_uid once, the first by publish_time.
const column = /^ {2}(?:SAFE_CAST\()?JSON_(VALUE|QUERY)\(message, '\$\.(\w+)'\)(?: AS (\w+)\))? AS `(\w+)`,$/gm;
const types = { INT64: 'INTEGER', BOOL: 'BOOLEAN', TIMESTAMP: 'TIMESTAMP' };

export function columnsOf(table) {
  if (table.resource.view === undefined) return table.resource.schema.fields;
  return [...table.resource.view.query.matchAll(column)].map(([, how, from, type, name]) => {
    if (from !== name) throw new Error(`view: ${from} becomes ${name}`);
    return { name, type: how === 'QUERY' ? 'JSON' : types[type] ?? 'STRING' };
  });
}

// The rows as NDJSON.
export function linesOf(world, table) {
  if (table.resource.view === undefined) return table.rows.map(({ line }) => line);
  const { query } = table.resource.view;
  const raw = world.tables.get(/FROM `([^`]+)`/.exec(query)?.[1]);
  if (raw === undefined || !/PARTITION BY JSON_VALUE\(message, '\$\.row_uid'\) ORDER BY publish_time, message_id\n\) = 1/.test(query))
    throw new Error('view: nothing that the stand-in knows');
  const uids = new Set();
  return raw.rows.map(({ line }) => JSON.parse(line))
    .sort((a, b) => (a.publish_time < b.publish_time ? -1 : a.publish_time > b.publish_time ? 1 : a.message_id < b.message_id ? -1 : 1))
    .map(message => Buffer.from(message.data, 'base64').toString())
    .filter(line => {
      const uid = JSON.parse(line).row_uid;
      return !uids.has(uid) && uids.add(uid);
    });
}
