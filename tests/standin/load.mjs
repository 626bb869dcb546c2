// Load jobs: the rows of one upload, all of them or none; and jobs.get. A job's effect is there as
// soon as it is made; how many looks it takes until it says so, the fault plan decides.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { ApiError, duplicate, notFound } from './errors.mjs';
import { rowFault } from './rows.mjs';

const dayUs = 86400 * 1000;

function failure(reason, message, location, more = []) {
  const first = { reason, message };
  if (location !== undefined) first.location = location;
  return { errorResult: first, errors: [first, ...more] };
}

function plain(bytes) {
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes;
}

// { lines: [what World.slim makes of each] } or { errorResult, errors }. Line by line: the text as a
// whole may be longer than a string can be.
function parse(world, table, bytes) {
  let text;
  try {
    text = plain(bytes);
  } catch {
    return failure('invalid', 'Error while reading data, error message: the gzip stream is broken.');
  }
  const lines = [];
  for (let position = 0, end; position < text.length; position = end + 1) {
    end = text.indexOf(0x0a, position);
    if (end < 0) end = text.length;
    const line = text.toString('utf8', position, end);
    if (line.trim() === '') continue;
    const fault = lineFault(world, table, line, lines);
    if (fault !== undefined) {
      const detail = `Error while reading data, error message: JSON parsing error in row starting at position ${position}: ${fault}`;
      return failure('invalid', `Error while reading data, error message: JSON table encountered too many errors, giving up. Rows: ${lines.length + 1}; errors: 1. Please look into the errors[] collection for more details.`,
        undefined, [{ reason: 'invalid', message: detail }]);
    }
  }
  return { lines };
}

function lineFault(world, table, line, lines) {
  let row;
  try {
    row = JSON.parse(line);
  } catch (error) {
    return `Parser terminated before end of string: ${error.message}`;
  }
  const fault = rowFault(row, table.resource.schema.fields);
  if (fault !== undefined) return fault.message;
  lines.push(world.slim(table, line, row));
  return undefined;
}

function checkLoad(load) {
  if ((load.sourceFormat ?? 'CSV') !== 'NEWLINE_DELIMITED_JSON')
    return failure('invalid', `Error while reading data, error message: CSV processing encountered too many errors, giving up (sourceFormat is ${load.sourceFormat ?? 'CSV'}).`);
  if ((load.writeDisposition ?? 'WRITE_APPEND') !== 'WRITE_APPEND')
    return failure('invalid', 'stand-in: WRITE_APPEND alone is known');
  if (load.schemaUpdateOptions !== undefined && load.schema === undefined)
    return failure('invalid', 'Schema update options should only be specified with a schema.');
  return undefined;
}

function tableOf(world, load) {
  const { projectId, datasetId, tableId } = load.destinationTable;
  const known = world.tables.get(`${projectId}.${datasetId}.${tableId}`);
  if (known !== undefined) return known;
  if ((load.createDisposition ?? 'CREATE_IF_NEEDED') === 'CREATE_NEVER' || load.schema === undefined) return undefined;
  const { location } = world.dataset(projectId, datasetId).resource;
  return world.addTable({
    kind: 'bigquery#table', id: `${projectId}:${datasetId}.${tableId}`, etag: world.etag(), location,
    type: 'TABLE', tableReference: load.destinationTable, schema: load.schema,
    timePartitioning: load.timePartitioning, clustering: load.clustering,
  });
}

// Loads of one table in a day; the failed ones count.
function overQuota(world, table) {
  const now = Date.now();
  table.times = (table.times ?? []).filter(time => time > now - dayUs);
  if (table.times.length >= world.settings.loadsPerDay) return true;
  table.times.push(now);
  table.loads++;
  return false;
}

function runLoad(call, load, bytes, job) {
  const { world } = call;
  const table = tableOf(world, load);
  const { projectId, datasetId, tableId } = load.destinationTable;
  if (table === undefined) return failure('notFound', `Not found: Table ${projectId}:${datasetId}.${tableId}`);
  if (overQuota(world, table))
    return failure('quotaExceeded', 'Quota exceeded: Your table exceeded quota for imports or query appends per table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas', 'load_job_per_table.long');
  const wrong = checkLoad(load);
  if (wrong !== undefined) return wrong;
  const { fault } = call;
  if (fault?.kind === 'jobFails') {
    const reasons = ['backendError', 'internalError', 'rateLimitExceeded', 'tableUnavailable'];
    const reason = fault.reason ?? (fault.chance === undefined ? reasons[0] : reasons[Math.floor(fault.chance() * reasons.length)]);
    return failure(reason, fault.message ?? 'Error encountered during execution. Retrying may solve the problem.');
  }
  const parsed = parse(world, table, bytes);
  if (parsed.lines === undefined) return parsed;
  const lost = fault?.kind === 'badRecords' ? (fault.rows ?? 1) : 0;
  const kept = parsed.lines.slice(0, parsed.lines.length - lost);
  for (const row of kept) world.addSlim(table, row, job.id);
  return { rows: kept.length, lost };
}

function checkReference(call, body) {
  const { project } = call.params;
  const { projectId, jobId, location } = body.jobReference ?? {};
  const load = body.configuration.load;
  if (load === undefined) throw new ApiError(400, 'required', 'Required parameter is missing: configuration.load');
  if (body.jobReference !== undefined && projectId !== project)
    throw new ApiError(400, 'invalid', 'The job reference names another project than the path.');
  if (jobId !== undefined && !/^[A-Za-z0-9_-]{1,1024}$/.test(jobId))
    throw new ApiError(400, 'invalid', `Invalid job ID "${project}:${jobId}".`);
  const { projectId: owner, datasetId } = load.destinationTable;
  const dataset = call.world.dataset(owner, datasetId).resource;
  if ((location ?? 'US') !== dataset.location)
    throw notFound(`Dataset ${owner}:${datasetId} was not found in location ${location ?? 'US'}`);
  return { jobId: jobId ?? call.world.secret('job_'), location: dataset.location };
}

// Before the bytes come: a job id that is taken is told as early as may be.
export function checkJob(call, body) {
  const { jobId, location } = checkReference(call, body);
  if (call.world.jobs.has(`${call.params.project}.${jobId}`))
    throw duplicate(`Job ${call.params.project}:${location}.${jobId}`);
  return { jobId, location };
}

export function insertJob(call, body, bytes) {
  const { jobId, location } = checkJob(call, body);
  const { project } = call.params;
  const { load } = body.configuration;
  const job = {
    id: `${project}:${location}.${jobId}`, location, configuration: body.configuration,
    jobReference: { projectId: project, jobId, location }, bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'), created: Date.now(),
    looks: call.fault?.kind === 'slow' ? (call.fault.polls ?? 2) : call.world.settings.polls ?? 0,
    table: Object.values(load.destinationTable).join('.'),
  };
  Object.assign(job, runLoad(call, load, bytes, job));
  call.world.jobs.set(`${project}.${jobId}`, job);
  call.world.count('loads');
  return { status: 200, json: shownJob(job) };
}

export function shownJob(job) {
  const state = job.looks > 0 ? (job.looks > 1 ? 'PENDING' : 'RUNNING') : 'DONE';
  const shown = {
    kind: 'bigquery#job', etag: `"${job.looks}"`, id: job.id, jobReference: job.jobReference,
    configuration: { ...job.configuration, jobType: 'LOAD' }, status: { state },
    statistics: { creationTime: String(job.created), startTime: String(job.created) },
  };
  if (state !== 'DONE') return shown;
  shown.statistics.endTime = String(job.created);
  if (job.errorResult !== undefined) Object.assign(shown.status, { errorResult: job.errorResult, errors: job.errors });
  else
    shown.statistics.load = {
      inputFiles: '1', inputFileBytes: String(job.bytes), outputRows: String(job.rows),
      outputBytes: String(job.bytes), badRecords: String(job.lost),
    };
  return shown;
}

// Outside of the two multi-regions a job is found with its location alone.
function getJob(call) {
  const { project, job: id } = call.params;
  const job = call.world.jobs.get(`${project}.${id}`);
  const location = call.query('location');
  const anywhere = location === undefined && ['US', 'EU'].includes(job?.location);
  if (job === undefined || (location !== job.location && !anywhere)) throw notFound(`Job ${project}:${id}`);
  const answer = { status: 200, json: shownJob(job) };
  if (job.looks > 0) job.looks--;
  return answer;
}

export const routes = [
  ['jobs.get', 'GET', /^\/bigquery\/v2\/projects\/(?<project>[^/]+)\/jobs\/(?<job>[^/]+)$/, getJob],
];
