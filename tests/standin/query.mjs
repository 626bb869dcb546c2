// Queries. There is no SQL here: a query names itself in a leading comment, `/* tasktrail:NAME */`,
// and known names are evaluated over the rows, once their parameters and tables have been looked at.
import { ApiError, notFound } from './errors.mjs';
import { known } from './answers.mjs';
import * as shapes from './shapes.mjs';

const bad = message => new ApiError(400, 'invalidQuery', message);

// The parameters by name, each as its type says; all that the text names and no other.
function parametersOf(body) {
  const values = {};
  for (const { name, parameterType, parameterValue } of body.queryParameters ?? []) {
    if (name === undefined) throw bad('Query parameters: a name is missing.');
    values[name] = parameterType.type === 'INT64' ? BigInt(parameterValue.value) : parameterValue.value;
    if (parameterType.type === 'TIMESTAMP' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(parameterValue.value))
      throw bad(`Invalid value for parameter ${name}: ${parameterValue.value}`);
  }
  const named = new Set([...body.query.matchAll(/@(\w+)/g)].map(found => found[1]));
  for (const name of named) if (!(name in values)) throw bad(`Query parameter '${name}' not found`);
  for (const name of Object.keys(values)) if (!named.has(name)) throw bad(`stand-in: parameter ${name} is used nowhere`);
  return values;
}

function tablesOf(call, text) {
  const names = [...text.matchAll(/`([^`.]+)\.([^`.]+)\.([^`.]+)`/g)].map(found => found.slice(1));
  return names.map(([project, dataset, table]) => call.world.table(project, dataset, table));
}

function evaluate(call, body) {
  if (body.useLegacySql !== false) throw bad('useLegacySql: true is the default; these queries are standard SQL.');
  if ((body.queryParameters ?? []).length > 0 && body.parameterMode !== 'NAMED') throw bad('parameterMode: expected NAMED.');
  if (body.formatOptions?.useInt64Timestamp !== true) throw bad('stand-in: useInt64Timestamp is expected, floats lose digits');
  const name = /^\/\* tasktrail:([a-z_]+) \*\//.exec(body.query)?.[1];
  if (known[name] === undefined) throw bad(`stand-in: no such query: ${name}`);
  const tables = tablesOf(call, body.query);
  if (tables.length === 0) throw bad('stand-in: the query names no table');
  for (const table of tables)
    if (table.resource.location !== (body.location ?? 'US'))
      throw notFound(`Dataset ${table.resource.id} was not found in location ${body.location ?? 'US'}`);
  return known[name](tables, parametersOf(body), call.world);
}

// One page of a result kept under its job.
function page(call, jobId, token, max) {
  const result = call.world.results.get(jobId);
  const from = token === undefined ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1] ?? NaN);
  if (Number.isNaN(from)) throw new ApiError(400, 'invalid', 'Invalid page token');
  const to = Math.min(result.rows.length, from + Math.min(max ?? 10000, call.world.settings.pageRows ?? 10000));
  const cell = value => ({ v: value === null || value === undefined ? null : String(value) });
  const shown = {
    kind: 'bigquery#queryResponse', jobReference: result.reference, jobComplete: true,
    schema: { fields: result.fields }, totalRows: String(result.rows.length),
    totalBytesProcessed: String(result.bytes), cacheHit: false,
    rows: result.rows.slice(from, to).map(row => ({ f: row.map(cell) })),
  };
  if (to < result.rows.length) shown.pageToken = `page-${to}`;
  return shown;
}

function answer(call, jobId, token, max) {
  const result = call.world.results.get(jobId);
  if (result.looks > 0) {
    result.looks--;
    return { status: 200, json: { kind: 'bigquery#queryResponse', jobReference: result.reference, jobComplete: false } };
  }
  return { status: 200, json: page(call, jobId, token, max) };
}

function query(call) {
  const body = call.json(shapes.query);
  const result = evaluate(call, body);
  const jobId = call.world.secret('job_');
  call.world.results.set(jobId, {
    ...result, looks: call.fault?.kind === 'slow' ? (call.fault.polls ?? 2) : 0,
    reference: { projectId: call.params.project, jobId, location: body.location ?? 'US' },
  });
  call.world.count('queries');
  return answer(call, jobId, undefined, body.maxResults);
}

function getResults(call) {
  const result = call.world.results.get(call.params.job);
  if (result === undefined || call.query('location') !== result.reference.location)
    throw notFound(`Job ${call.params.project}:${call.params.job}`);
  if (call.query('formatOptions.useInt64Timestamp') !== 'true') throw bad('stand-in: useInt64Timestamp is expected');
  const max = call.query('maxResults');
  return answer(call, call.params.job, call.query('pageToken'), max === undefined ? undefined : Number(max));
}

export const routes = [
  ['jobs.query', 'POST', /^\/bigquery\/v2\/projects\/(?<project>[^/]+)\/queries$/, query],
  ['jobs.getQueryResults', 'GET', /^\/bigquery\/v2\/projects\/(?<project>[^/]+)\/queries\/(?<job>[^/]+)$/, getResults],
];
