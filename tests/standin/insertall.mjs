// tabledata.insertAll: 200 whatever becomes of the rows; copies of an insertId are taken out where
// they come among the last ones of the table, which is all that the real service promises.
import { ApiError } from './errors.mjs';
import { rowFault } from './rows.mjs';
import { any, flag, list, text } from './shapes.mjs';

const remembered = 20000; // insertIds of a table
const shape = {
  kind: text, skipInvalidRows: flag, ignoreUnknownValues: flag, templateSuffix: text, traceId: text,
  'rows!': list({ insertId: text, 'json!': any }),
};

function insertAll(call) {
  const table = call.world.table(call.params.project, call.params.dataset, call.params.table);
  if (call.body.length > 10 * 1024 * 1024) throw new ApiError(413, 'uploadTooLarge', 'Request payload size exceeds the limit.');
  const { rows, skipInvalidRows } = call.json(shape);
  if (rows.length === 0) throw new ApiError(400, 'invalid', 'No rows present in the request.');
  if (rows.length > 50000) throw new ApiError(400, 'invalid', 'too many rows present in the request, limit: 50000');
  const errors = [];
  rows.forEach(({ json }, index) => {
    const fault = rowFault(json, table.resource.schema.fields);
    if (fault !== undefined) errors.push({ index, errors: [{ reason: 'invalid', debugInfo: '', ...fault }] });
  });
  if (call.fault?.kind === 'rowTrouble') errors.push({ index: 0, errors: [{ reason: 'backendError', message: 'Please retry.' }] });
  const bad = new Set(errors.map(error => error.index));
  if (bad.size > 0 && !skipInvalidRows) {
    rows.forEach((_, index) => {
      if (!bad.has(index)) errors.push({ index, errors: [{ reason: 'stopped', location: '', message: '' }] });
    });
  } else {
    rows.forEach((row, index) => bad.has(index) || insert(call.world, table, row));
  }
  const answer = { kind: 'bigquery#tableDataInsertAllResponse' };
  return { status: 200, json: errors.length > 0 ? { ...answer, insertErrors: errors } : answer };
}

function insert(world, table, { insertId, json }) {
  table.insertIds ??= new Set();
  if (insertId !== undefined && table.insertIds.has(insertId)) {
    world.count('insert_ids_again');
    return;
  }
  if (insertId !== undefined) table.insertIds.add(insertId);
  if (table.insertIds.size > (world.settings.insertIds ?? remembered)) table.insertIds.delete(table.insertIds.values().next().value);
  world.addRow(table, JSON.stringify(json), json, 'insertAll');
}

export const routes = [
  ['tabledata.insertAll', 'POST', /^\/bigquery\/v2\/projects\/(?<project>[^/]+)\/datasets\/(?<dataset>[^/]+)\/tables\/(?<table>[^/]+)\/insertAll$/, insertAll],
];
