// The shapes of request bodies, as the API's discovery document has them. A field that is not in the
// shape, of another type, or missing though required ends the request with 400, as the API does;
// int64 travels as text. Stricter than the API: numbers are not taken for int64.
import { ApiError } from './errors.mjs';

export const text = 'text';
export const flag = 'true or false';
export const int = 'an integer';
export const int64 = 'an int64 as text';
export const any = 'anything';
export const list = of => ({ list: of });
export const map = of => ({ map: of });
export const one = (...values) => ({ one: values });

const simple = {
  [text]: value => typeof value === 'string',
  [flag]: value => typeof value === 'boolean',
  [int]: value => Number.isInteger(value),
  [int64]: value => typeof value === 'string' && /^-?\d{1,19}$/.test(value),
  [any]: () => true,
};

function wrong(path, what) {
  throw new ApiError(400, 'badRequest', `Invalid value at '${path}' (${what})`);
}

// Throws ApiError where the value has not the shape. In an object's shape, "name!" is required.
export function check(value, shape, path = 'body') {
  if (typeof shape === 'string') {
    if (!simple[shape](value)) wrong(path, `expected ${shape}, is ${JSON.stringify(value)}`);
  } else if (shape.one !== undefined) {
    if (!shape.one.includes(value)) wrong(path, `expected one of ${shape.one.join(', ')}, is ${JSON.stringify(value)}`);
  } else if (shape.list !== undefined) {
    if (!Array.isArray(value)) wrong(path, 'expected an array');
    value.forEach((item, i) => check(item, shape.list, `${path}[${i}]`));
  } else if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    wrong(path, 'expected an object');
  } else if (shape.map !== undefined) {
    for (const [key, item] of Object.entries(value)) check(item, shape.map, `${path}.${key}`);
  } else {
    checkObject(value, shape, path);
  }
  return value;
}

function checkObject(value, shape, path) {
  for (const key of Object.keys(value)) {
    const below = shape[key] ?? shape[`${key}!`];
    if (below === undefined)
      throw new ApiError(400, 'badRequest',
        `Invalid JSON payload received. Unknown name "${key}" at '${path}': Cannot find field.`);
    check(value[key], typeof below === 'function' ? below() : below, `${path}.${key}`);
  }
  for (const key of Object.keys(shape))
    if (key.endsWith('!') && value[key.slice(0, -1)] === undefined)
      throw new ApiError(400, 'required', `Required parameter is missing: ${path}.${key.slice(0, -1)}`);
}

// ---- BigQuery

const field = {
  'name!': text, 'type!': one('STRING', 'INTEGER', 'INT64', 'TIMESTAMP', 'BOOLEAN', 'BOOL', 'JSON', 'BYTES', 'FLOAT', 'FLOAT64'),
  mode: one('NULLABLE', 'REQUIRED', 'REPEATED'), description: text, maxLength: int64,
  fields: () => list(field),
};
export const schema = { fields: list(field) };
export const datasetReference = { 'datasetId!': text, projectId: text };
export const tableReference = { 'projectId!': text, 'datasetId!': text, 'tableId!': text };
const resource = { etag: text, id: text, kind: text, selfLink: text };
export const dataset = {
  ...resource, 'datasetReference!': datasetReference, location: text, description: text,
  friendlyName: text, labels: map(text), defaultTableExpirationMs: int64,
};
const tableParts = {
  ...resource, description: text, friendlyName: text, labels: map(text), schema,
  timePartitioning: {
    'type!': one('DAY', 'HOUR', 'MONTH', 'YEAR'), field: text, expirationMs: int64,
    requirePartitionFilter: flag,
  },
  clustering: { fields: list(text) }, requirePartitionFilter: flag, expirationTime: int64,
  view: { 'query!': text, useLegacySql: flag, useExplicitColumnNames: flag },
  tableConstraints: { primaryKey: { columns: list(text) } },
};
export const table = { ...tableParts, 'tableReference!': tableReference };
export const tablePatch = { ...tableParts, tableReference };

const load = {
  'destinationTable!': tableReference, schema,
  sourceFormat: one('CSV', 'NEWLINE_DELIMITED_JSON', 'AVRO', 'PARQUET', 'ORC'),
  createDisposition: one('CREATE_IF_NEEDED', 'CREATE_NEVER'),
  writeDisposition: one('WRITE_APPEND', 'WRITE_TRUNCATE', 'WRITE_TRUNCATE_DATA', 'WRITE_EMPTY'),
  schemaUpdateOptions: list(one('ALLOW_FIELD_ADDITION', 'ALLOW_FIELD_RELAXATION')),
  maxBadRecords: int, ignoreUnknownValues: flag, autodetect: flag, encoding: text,
  timePartitioning: tableParts.timePartitioning, clustering: tableParts.clustering,
  location: text, // in no document; Google's Node client sends it, and the service takes it
};
export const job = {
  jobReference: { 'projectId!': text, 'jobId!': text, location: text },
  'configuration!': {
    labels: map(text), jobTimeoutMs: int64, dryRun: flag, jobType: text, load,
    query: { 'query!': text, useLegacySql: flag },
  },
};

export const query = {
  'query!': text, useLegacySql: flag, parameterMode: one('NAMED', 'POSITIONAL'), location: text,
  queryParameters: list({
    name: text, 'parameterType!': { 'type!': text }, 'parameterValue!': { value: text },
  }),
  maxResults: int, timeoutMs: int, maximumBytesBilled: int64, requestId: text, labels: map(text),
  formatOptions: { useInt64Timestamp: flag }, defaultDataset: datasetReference, dryRun: flag,
  useQueryCache: flag, jobCreationMode: text, preserveNulls: flag, kind: text,
};
