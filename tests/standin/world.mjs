// What the stand-in holds, in memory: data sets, tables with their rows, jobs, tokens, counters.
import { randomBytes } from 'node:crypto';
import { notFound } from './errors.mjs';

export class World {
  constructor(settings = {}) {
    this.settings = { auth: 'none', loadsPerDay: 1500, ...settings };
    this.reset();
  }

  reset() {
    this.datasets = new Map(); // "p.d" -> { resource }
    this.tables = new Map(); // "p.d.t" -> see addTable
    this.jobs = new Map(); // "p.jobId" -> see load.mjs
    this.sessions = new Map(); // upload id -> see upload.mjs
    this.topics = new Map(); // of Pub/Sub, see pubsub.mjs
    this.subscriptions = new Map();
    this.messages = 0;
    this.deliveries = 0;
    this.streams = new Map(); // name -> see write.mjs
    this.results = new Map(); // query job id -> see query.mjs
    this.tokens = new Map(); // access token -> { expires (ms), scopes, kind }
    this.keys = new Map(); // service account's address -> public key, PEM
    this.refreshTokens = new Map(); // refresh token -> { client_id, client_secret }
    this.subjectTokens = new Set(); // of external accounts
    this.awsKeys = new Map(); // id -> { secret, token }
    this.requests = []; // { operation, status, fault }
    this.counters = {};
    this.etags = 0;
  }

  count(name, by = 1) {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  etag() {
    return `"e${++this.etags}"`;
  }

  secret(prefix) {
    return `${prefix}${randomBytes(24).toString('base64url')}`;
  }

  dataset(project, id) {
    const found = this.datasets.get(`${project}.${id}`);
    if (found === undefined) throw notFound(`Dataset ${project}:${id}`);
    return found;
  }

  table(project, dataset, id) {
    this.dataset(project, dataset);
    const found = this.tables.get(`${project}.${dataset}.${id}`);
    if (found === undefined) throw notFound(`Table ${project}:${dataset}.${id}`);
    return found;
  }

  // Rows are kept as the lines they came as; { line, from } where from names the job or stream. With
  // the setting keepRows: false they are counted alone, and their uids: for loads of millions.
  addTable(resource) {
    const { projectId, datasetId, tableId } = resource.tableReference;
    const table = { resource, rows: [], counted: 0, uids: new Set(), partitions: new Map(), loads: 0, bytes: 0 };
    this.tables.set(`${projectId}.${datasetId}.${tableId}`, table);
    return table;
  }

  // What is left of a row that will be there once all others are looked at.
  slim(table, line, row) {
    const field = table.resource.timePartitioning?.field;
    const day = field === undefined ? undefined : row[field]?.slice(0, 10) ?? '__NULL__';
    return this.settings.keepRows === false ? { bytes: line.length, uid: row.row_uid, day } : { bytes: line.length, line, day };
  }

  addSlim(table, { bytes, line, uid, day }, from) {
    if (line !== undefined) table.rows.push({ line, from });
    else {
      table.counted++;
      table.uids.add(uid);
    }
    table.bytes += bytes;
    if (day !== undefined) table.partitions.set(day, (table.partitions.get(day) ?? 0) + 1);
  }

  addRow(table, line, row, from) {
    this.addSlim(table, this.slim(table, line, row), from);
  }
}
