// What the queries of tasktrail give, worked out over the rows: a second reading of their SQL.
import { createHash } from 'node:crypto';
import { parse, parts } from './exact.mjs';
import { columnsOf, linesOf } from './views.mjs';

// Microseconds since 1970 of RFC 3339 text in UTC.
export function microseconds(text) {
  const [, seconds, fraction = ''] = /^([^.Z]+)(?:\.(\d{1,6}))?Z$/.exec(text);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

const asText = {
  STRING: value => value,
  INTEGER: value => BigInt(value).toString(),
  BOOLEAN: value => (value ? 'true' : 'false'),
  TIMESTAMP: value => microseconds(value).toString(),
};

// The first 60 bits of SHA-256 over every column, "-" or "+" and text, each with 0x1f behind.
function digestOf(line, row, fields) {
  const hash = createHash('sha256');
  let exact;
  for (const { name, type } of fields) {
    const value = row[name] ?? null;
    hash.update(value === null ? '-' : '+');
    if (value !== null) hash.update(type === 'JSON' ? parts((exact ??= parse(line)).get(name)) : asText[type](value));
    hash.update('\x1f');
  }
  return BigInt(`0x${hash.digest('hex').slice(0, 15)}`);
}

const column = (name, type) => ({ name, type, mode: 'NULLABLE' });

function verify([table], { from, to }, world) {
  const fields = columnsOf(table);
  const [first, last] = [microseconds(from), microseconds(to)];
  const batches = new Map();
  for (const line of linesOf(world, table)) {
    const row = JSON.parse(line);
    const at = microseconds(row.written_at);
    if (at < first || at > last) continue;
    const batch = batches.get(at) ?? { rows: 0, uids: new Set(), digest: 0n };
    batch.rows++;
    batch.uids.add(row.row_uid);
    batch.digest ^= digestOf(line, row, fields);
    batches.set(at, batch);
  }
  const rows = [...batches].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([at, batch]) => [at, batch.rows, batch.uids.size, batch.digest]);
  return {
    rows, bytes: table.bytes,
    fields: ['batch_time', 'all_rows', 'different_rows', 'digest'].map(name => column(name, 'INTEGER')),
  };
}

const historyColumns = ['tenant', 'task_id', 'task_type', 'status', 'stage', 'event_time', 'event_id', 'source', 'seq',
  'correlation_id', 'dataset_id', 'message', 'error_code', 'attributes', 'received_at', 'apply_seq', 'write_started_at'];

function history([table], { tenant, task_id: task }, world) {
  const types = new Map(columnsOf(table).map(field => [field.name, field.type]));
  const seen = new Set();
  const rows = linesOf(world, table).map(line => JSON.parse(line))
    .filter(row => row.tenant === tenant && row.task_id === task)
    .sort((a, b) => (microseconds(a.written_at) < microseconds(b.written_at) ? -1 : 1))
    .filter(row => !seen.has(row.row_uid) && seen.add(row.row_uid))
    .sort((a, b) => (BigInt(a.apply_seq) < BigInt(b.apply_seq) ? -1 : 1));
  const cell = (row, name) => {
    const value = row[name] ?? null;
    if (value === null) return types.get(name) === 'JSON' ? 'null' : null; // TO_JSON_STRING(NULL) is a text
    if (types.get(name) === 'TIMESTAMP') return microseconds(value);
    return types.get(name) === 'JSON' ? JSON.stringify(value) : value;
  };
  return {
    rows: rows.map(row => historyColumns.map(name => cell(row, name))), bytes: table.bytes,
    fields: historyColumns.map(name => column(name, types.get(name))),
  };
}

// Rows and tables in, { fields, rows, bytes } out.
export const known = {
  verify,
  history,
  // Whether a row is there: how often.
  has_row([table], { uid, written_at: at }) {
    const there = table.rows.map(({ line }) => JSON.parse(line))
      .filter(row => row.row_uid === uid && (at === undefined || microseconds(row.written_at) === microseconds(at)));
    return { fields: [{ name: 'f0_', type: 'INTEGER' }], rows: [[there.length]], bytes: table.bytes };
  },
};
