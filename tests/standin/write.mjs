// The Storage Write API: streams, and rows as protocol buffers by the descriptor they come with.
import { ApiError } from './errors.mjs';
import { codes, GrpcError } from './grpc.mjs';
import { decode, encode } from './proto.mjs';
import { rowFault } from './rows.mjs';

const types = { COMMITTED: 1, PENDING: 2, BUFFERED: 3 };
const storage = { ALREADY_COMMITTED: 2, NOT_FOUND: 3, INVALID_STATE: 5 };
const requestMax = 20 * 1000 * 1000;

// What routes the request: must be there, and name what the request names.
function checkRouting(call, key, value) {
  const params = new URLSearchParams(call.headers['x-goog-request-params'] ?? '');
  const said = params.get(key) ?? params.get(`write_stream.${key}`);
  if (said !== value) throw new GrpcError(codes.INVALID_ARGUMENT, `x-goog-request-params: expected ${key}=${value}, is ${said}`);
}

function tableOf(world, path) {
  const found = /^projects\/([^/]+)\/datasets\/([^/]+)\/tables\/([^/]+)/.exec(path);
  if (found === null) throw new GrpcError(codes.INVALID_ARGUMENT, `no path of a table: ${path}`);
  try {
    return world.table(found[1], found[2], found[3]);
  } catch (error) {
    if (error instanceof ApiError) throw new GrpcError(codes.NOT_FOUND, error.message);
    throw error;
  }
}

function streamOf(world, name) {
  const found = world.streams.get(name);
  if (found !== undefined) return found;
  const table = tableOf(world, name ?? '');
  if (name.endsWith('/_default')) {
    const stream = { name, type: types.COMMITTED, isDefault: true, table, count: 0, rows: [] };
    world.streams.set(name, stream);
    return stream;
  }
  throw new GrpcError(codes.NOT_FOUND, `Requested entity was not found. Entity: ${name}`);
}

const tableTypes = { STRING: 1, INTEGER: 2, TIMESTAMP: 6, BOOLEAN: 5, JSON: 15, BYTES: 4, FLOAT: 3 };
const tableModes = { NULLABLE: 1, REQUIRED: 2, REPEATED: 3 };
const schemaOf = table => table.resource.schema.fields.map(
  field => [1, [[1, field.name], [2, tableTypes[field.type]], [3, tableModes[field.mode ?? 'NULLABLE']]]]);

const shown = stream => ({
  message: encode([
    [1, stream.name], [2, stream.type], [3, [[1, 1]]],
    [4, stream.committed ? [[1, stream.committed]] : undefined], [5, schemaOf(stream.table)],
  ]),
});

function create(call) {
  const parent = call.request.text(1);
  checkRouting(call, 'parent', parent);
  const table = tableOf(call.world, parent);
  const type = Number(call.request.message(2)?.one(2) ?? 0n);
  if (type !== types.PENDING && type !== types.COMMITTED) throw new GrpcError(codes.INVALID_ARGUMENT, `type ${type}`);
  const name = `${parent}/streams/${call.world.secret('')}`;
  const stream = { name, type, table, count: 0, rows: [] };
  call.world.streams.set(name, stream);
  call.world.count('streams');
  return shown(stream);
}

function get(call) {
  checkRouting(call, 'name', call.request.text(1));
  return shown(streamOf(call.world, call.request.text(1)));
}

// ---- AppendRows

function describe(bytes) {
  return decode(bytes).all(2).map(field => {
    const parts = decode(field);
    return { name: parts.text(1), number: Number(parts.one(3)), label: Number(parts.one(4)), type: Number(parts.one(5)) };
  });
}

const timeText = micros => {
  const date = new Date(Number(micros / 1000n) - (micros % 1000n < 0n ? 1 : 0));
  const fraction = String(((micros % 1000000n) + 1000000n) % 1000000n).padStart(6, '0');
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
};

function columnValue(field, column, value) {
  if (field.type === 3) {
    const number = BigInt.asIntN(64, value);
    return column.type === 'TIMESTAMP' ? timeText(number) : String(number);
  }
  if (field.type === 8) return value !== 0n;
  const text = value.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(value)) throw new Error(`${field.name}: no UTF-8`);
  return column.type === 'JSON' ? JSON.parse(text) : text;
}

// The row as its NDJSON, in the order of the table's columns; throws what is wrong with it.
function rowOf(bytes, fields, columns) {
  const message = decode(bytes);
  const row = {};
  for (const number of message.numbers())
    if (!fields.some(field => field.number === number)) throw new Error(`field ${number} is not described`);
  for (const column of columns) {
    const field = fields.find(one => one.name === column.name);
    const value = field === undefined ? undefined : message.one(field.number);
    if (value !== undefined) row[column.name] = columnValue(field, column, value);
    else if (field?.label === 2) throw new Error(`${column.name}: required and not there`);
  }
  const fault = rowFault(row, columns);
  if (fault !== undefined) throw new Error(fault.message);
  return row;
}

const failed = (code, text, more = []) => ({ message: encode([[2, [[1, code], [2, text]]], ...more]) });

function decodeRows(stream, fields, list) {
  const rows = [], errors = [];
  list.forEach((bytes, index) => {
    try {
      rows.push(rowOf(bytes, fields, stream.table.resource.schema.fields));
    } catch (error) {
      errors.push([4, [[1, index], [2, 1], [3, error.message]]]);
    }
  });
  return { rows, errors };
}

function append(call) {
  const { kept, request, world } = call;
  if (call.bytes.length > requestMax) throw new GrpcError(codes.INVALID_ARGUMENT, 'the request is too large');
  kept.stream = request.text(1) ?? kept.stream;
  checkRouting(call, 'write_stream', kept.stream);
  const stream = streamOf(world, kept.stream);
  const data = request.message(4);
  const schema = data?.message(1)?.one(1);
  if (schema !== undefined) kept.fields = describe(schema);
  if (kept.fields === undefined) throw new GrpcError(codes.INVALID_ARGUMENT, 'the first request needs a schema');
  for (const field of kept.fields)
    if (!stream.table.resource.schema.fields.some(column => column.name === field.name))
      throw new GrpcError(codes.INVALID_ARGUMENT, `the schema has a column that the table has not: ${field.name}`);
  const list = data.message(2)?.all(1) ?? [];
  const given = request.message(2);
  const offset = given === undefined ? undefined : Number(given.one(1) ?? 0n);
  if (stream.isDefault && offset !== undefined) return failed(codes.INVALID_ARGUMENT, 'the default stream takes no offset');
  if (stream.final) return failed(codes.INVALID_ARGUMENT, 'the stream is final');
  if (offset !== undefined && offset < stream.count) return failed(codes.ALREADY_EXISTS, `the offset is within stream, expected offset ${stream.count}`);
  if (offset !== undefined && offset > stream.count) return failed(codes.OUT_OF_RANGE, `the offset is beyond stream, expected offset ${stream.count}`);
  const { rows, errors } = decodeRows(stream, kept.fields, list);
  if (errors.length > 0) return failed(codes.INVALID_ARGUMENT, 'Errors found while processing rows.', errors);
  const at = stream.count;
  stream.count += rows.length;
  for (const row of rows) stream.rows.push(row);
  if (stream.type === types.COMMITTED) show(world, stream);
  return { message: encode([[1, stream.isDefault ? [] : [[1, [[1, at]]]]], [5, stream.name]]) };
}

function show(world, stream) {
  for (const row of stream.rows) world.addRow(stream.table, JSON.stringify(row), row, stream.name);
  stream.rows = [];
}

// ---- The end of a stream

function finalize(call) {
  checkRouting(call, 'name', call.request.text(1));
  const stream = streamOf(call.world, call.request.text(1));
  if (stream.isDefault) throw new GrpcError(codes.INVALID_ARGUMENT, 'the default stream is never final');
  stream.final = true;
  return { message: encode([[1, stream.count]]) };
}

function commitFault(world, name) {
  const stream = world.streams.get(name);
  const error = code => [2, [[1, code], [2, name], [3, `stream ${code}`]]];
  if (stream === undefined) return error(storage.NOT_FOUND);
  if (stream.committed) return error(storage.ALREADY_COMMITTED);
  return stream.final && stream.type === types.PENDING ? undefined : error(storage.INVALID_STATE);
}

function commit(call) {
  const { world, request } = call;
  checkRouting(call, 'parent', request.text(1));
  const names = request.all(2).map(String);
  const errors = names.map(name => commitFault(world, name)).filter(error => error !== undefined);
  if (errors.length > 0) {
    if (world.settings.commitErrors === 'grpc') throw new GrpcError(codes.FAILED_PRECONDITION, 'the stream was committed before');
    return { message: encode(errors) };
  }
  for (const name of names) {
    const stream = world.streams.get(name);
    stream.committed = 1800000000 + world.streams.size;
    show(world, stream);
    world.count('commits');
  }
  return { message: encode([[1, [[1, 1800000000]]]]) };
}

const service = '/google.cloud.bigquery.storage.v1.BigQueryWrite/';
export const methods = {
  [`${service}CreateWriteStream`]: { operation: 'write.create', handler: create },
  [`${service}GetWriteStream`]: { operation: 'write.get', handler: get },
  [`${service}AppendRows`]: { operation: 'write.append', handler: append },
  [`${service}FinalizeWriteStream`]: { operation: 'write.finalize', handler: finalize },
  [`${service}BatchCommitWriteStreams`]: { operation: 'write.commit', handler: commit },
};
