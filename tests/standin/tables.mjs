// Data sets and tables: get, insert, patch, update, list. Views are tables with a query.
import { ApiError, duplicate } from './errors.mjs';
import * as shapes from './shapes.mjs';

const name = /^[A-Za-z0-9_]{1,1024}$/;

function checkName(kind, id) {
  if (!name.test(id)) throw new ApiError(400, 'invalid', `Invalid ${kind} ID "${id}".`);
}

// ---- Data sets

const getDataset = call => ({
  status: 200, json: call.world.dataset(call.params.project, call.params.dataset).resource,
});

function insertDataset(call) {
  const body = call.json(shapes.dataset);
  const { project } = call.params;
  const { datasetId } = body.datasetReference;
  checkName('dataset', datasetId);
  if (call.world.datasets.has(`${project}.${datasetId}`)) throw duplicate(`Dataset ${project}:${datasetId}`);
  const resource = {
    kind: 'bigquery#dataset', location: 'US', ...body, etag: call.world.etag(),
    id: `${project}:${datasetId}`, datasetReference: { projectId: project, datasetId },
  };
  call.world.datasets.set(`${project}.${datasetId}`, { resource });
  return { status: 200, json: resource };
}

// ---- Tables

function shown(table) {
  return {
    ...table.resource, numRows: String(table.rows.length), numBytes: String(table.bytes),
  };
}

const tableOf = call => call.world.table(call.params.project, call.params.dataset, call.params.table);
const getTable = call => ({ status: 200, json: shown(tableOf(call)) });

function checkLayout(body) {
  const types = new Map((body.schema?.fields ?? []).map(field => [field.name, field.type]));
  if (types.size !== (body.schema?.fields ?? []).length)
    throw new ApiError(400, 'invalid', 'Field names must be unique.');
  const by = body.timePartitioning?.field;
  if (by !== undefined && types.get(by) !== 'TIMESTAMP')
    throw new ApiError(400, 'invalid', `The field specified for partitioning, ${by}, is not a TIMESTAMP.`);
  const cluster = body.clustering?.fields ?? [];
  if (cluster.length > 4) throw new ApiError(400, 'invalid', 'Too many fields specified for clustering.');
  for (const field of cluster)
    if (!types.has(field)) throw new ApiError(400, 'invalid', `The field specified for clustering, ${field}, is not in the schema.`);
}

// INT64 and BOOL are names of SQL; resources come back with the older ones.
const older = { INT64: 'INTEGER', BOOL: 'BOOLEAN', FLOAT64: 'FLOAT' };
function normal(body) {
  if (body.schema === undefined) return body;
  const fields = body.schema.fields.map(field => ({ ...field, type: older[field.type] ?? field.type }));
  return { ...body, schema: { fields } };
}

function insertTable(call) {
  const body = normal(call.json(shapes.table));
  const { project, dataset } = call.params;
  const { projectId, datasetId, tableId } = body.tableReference;
  if (projectId !== project || datasetId !== dataset)
    throw new ApiError(400, 'invalid', 'The table reference names another data set than the path.');
  checkName('table', tableId);
  checkLayout(body);
  const { location } = call.world.dataset(project, dataset).resource;
  if (call.world.tables.has(`${project}.${dataset}.${tableId}`))
    throw duplicate(`Table ${project}:${dataset}.${tableId}`);
  const table = call.world.addTable({
    ...body, kind: 'bigquery#table', id: `${project}:${dataset}.${tableId}`,
    etag: call.world.etag(), location, type: body.view === undefined ? 'TABLE' : 'VIEW',
  });
  return { status: 200, json: shown(table) };
}

// A new schema holds every column of the old one; columns may be added if nullable, and relaxed.
function checkEvolution(before, after) {
  const next = new Map(after.map(field => [field.name, field]));
  for (const field of before) {
    const now = next.get(field.name);
    if (now === undefined) throw new ApiError(400, 'invalid', `Provided Schema does not match Table: Field ${field.name} is missing in new schema`);
    if (now.type !== field.type)
      throw new ApiError(400, 'invalid', `Provided Schema does not match Table: Field ${field.name} has changed type from ${field.type} to ${now.type}`);
    if ((field.mode ?? 'NULLABLE') !== 'REQUIRED' && now.mode === 'REQUIRED')
      throw new ApiError(400, 'invalid', `Provided Schema does not match Table: Field ${field.name} has changed mode to REQUIRED`);
    next.delete(field.name);
  }
  for (const field of next.values())
    if (field.mode === 'REQUIRED')
      throw new ApiError(400, 'invalid', `Provided Schema does not match Table: Cannot add required fields to an existing schema. (field: ${field.name})`);
}

function change(call, whole) {
  const body = normal(call.json(shapes.tablePatch));
  const table = tableOf(call);
  const match = call.headers['if-match'];
  if (match !== undefined && match !== table.resource.etag)
    throw new ApiError(412, 'conditionNotMet', 'Precondition Failed');
  if (match === undefined) call.world.count('changes_without_if_match');
  if (body.schema !== undefined && table.resource.type === 'TABLE')
    checkEvolution(table.resource.schema.fields, body.schema.fields);
  const kept = whole ? { kind: table.resource.kind, id: table.resource.id, location: table.resource.location, type: table.resource.type, tableReference: table.resource.tableReference } : table.resource;
  table.resource = { ...kept, ...body, tableReference: kept.tableReference, etag: call.world.etag() };
  return { status: 200, json: shown(table) };
}

function listTables(call) {
  call.world.dataset(call.params.project, call.params.dataset);
  const prefix = `${call.params.project}.${call.params.dataset}.`;
  const tables = [...call.world.tables].filter(([key]) => key.startsWith(prefix))
    .map(([, { resource }]) => ({ kind: resource.kind, id: resource.id, tableReference: resource.tableReference, type: resource.type }));
  return { status: 200, json: { kind: 'bigquery#tableList', tables, totalItems: tables.length } };
}

const project = '^/bigquery/v2/projects/(?<project>[^/]+)';
const dataset = `${project}/datasets/(?<dataset>[^/]+)`;
const table = `${dataset}/tables/(?<table>[^/]+)`;
export const routes = [
  ['datasets.get', 'GET', new RegExp(`${dataset}$`), getDataset],
  ['datasets.insert', 'POST', new RegExp(`${project}/datasets$`), insertDataset],
  ['tables.list', 'GET', new RegExp(`${dataset}/tables$`), listTables],
  ['tables.get', 'GET', new RegExp(`${table}$`), getTable],
  ['tables.insert', 'POST', new RegExp(`${dataset}/tables$`), insertTable],
  ['tables.patch', 'PATCH', new RegExp(`${table}$`), call => change(call, false)],
  ['tables.update', 'PUT', new RegExp(`${table}$`), call => change(call, true)],
];
