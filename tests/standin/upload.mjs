// How the bytes of a load job come: one multipart request, or a resumable session of chunks.
import { ApiError } from './errors.mjs';
import { checkJob, insertJob } from './load.mjs';
import * as shapes from './shapes.mjs';

const bad = message => new ApiError(400, 'badRequest', message);
const CHUNK = 256 * 1024;

function parseJson(bytes) {
  let value;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    throw new ApiError(400, 'parseError', 'Parse Error');
  }
  return shapes.check(value, shapes.job);
}

// ---- multipart/related: the job, then the data

function boundaryOf(type) {
  const found = /^multipart\/related;\s*boundary=(?:"([^"]+)"|([^\s;"]+))$/.exec(type ?? '');
  if (found === null) throw bad(`Content-Type: expected multipart/related with a boundary, is ${type}`);
  return found[1] ?? found[2];
}

// { type, bytes } of the part behind `at`, whose header lines end with an empty one.
function partOf(body, at, end) {
  const head = body.indexOf('\r\n\r\n', at);
  if (head < 0 || head > end) throw bad('Multipart: a part without headers.');
  const type = /^content-type:\s*([^\r\n]+)/im.exec(body.subarray(at, head).toString())?.[1];
  return { type, bytes: body.subarray(head + 4, end) };
}

export function splitParts(body, boundary) {
  const line = `--${boundary}`;
  if (!body.subarray(0, line.length + 2).equals(Buffer.from(`${line}\r\n`)))
    throw bad('Multipart: the body does not begin with the boundary.');
  const next = `\r\n${line}`;
  const parts = [];
  let at = line.length + 2;
  for (;;) {
    const end = body.indexOf(next, at);
    if (end < 0) throw bad('Multipart: the last boundary is missing.');
    parts.push(partOf(body, at, end));
    const behind = body.subarray(end + next.length, end + next.length + 2).toString();
    if (behind === '--') {
      const rest = body.subarray(end + next.length + 2).toString();
      if (rest !== '' && rest !== '\r\n') throw bad('Multipart: something behind the last boundary.');
      return parts;
    }
    if (behind !== '\r\n') throw bad('Multipart: a boundary without a line end.');
    at = end + next.length + 2;
  }
}

function multipart(call) {
  const parts = splitParts(call.body, boundaryOf(call.headers['content-type']));
  if (parts.length !== 2) throw bad(`Multipart: ${parts.length} parts, expected 2.`);
  if (!/^application\/json\b/.test(parts[0].type ?? '')) throw bad('Multipart: the first part is not JSON.');
  if (parts[1].type === undefined) throw bad('Multipart: the second part has no Content-Type.');
  call.world.count('multipart');
  return insertJob(call, parseJson(parts[0].bytes), parts[1].bytes);
}

// ---- Resumable: a session, then chunks

function start(call) {
  const body = call.json(shapes.job);
  const total = call.headers['x-upload-content-length'];
  if (call.headers['x-upload-content-type'] === undefined) throw bad('X-Upload-Content-Type is missing.');
  if (total !== undefined && !/^\d+$/.test(total)) throw bad('X-Upload-Content-Length is no number.');
  checkJob(call, body);
  const id = call.world.secret('session-');
  call.world.sessions.set(id, {
    project: call.params.project, body, kept: [], bytes: 0,
    total: total === undefined ? undefined : Number(total),
  });
  call.world.count('sessions');
  const location = `${call.url.origin}${call.url.pathname}?uploadType=resumable&upload_id=${id}`;
  return { status: 200, headers: { Location: location }, text: '' };
}

const unfinished = session => ({
  status: 308, headers: session.bytes > 0 ? { Range: `bytes=0-${session.bytes - 1}` } : {}, text: '',
});

// { first, last, total } of "bytes a-b/total"; first undefined for "bytes */total".
function rangeOf(call, session) {
  const header = call.headers['content-range'] ?? '';
  const found = /^bytes (?:\*|(\d+)-(\d+))\/(\d+)$/.exec(header);
  if (found === null) throw bad(`Content-Range: "${header}"`);
  const [first, last, total] = found.slice(1).map(part => (part === undefined ? undefined : Number(part)));
  if (session.total !== undefined && total !== session.total)
    throw bad(`Content-Range: ${total} bytes in all, announced were ${session.total}.`);
  if (first === undefined) {
    if (call.body.length > 0) throw bad('Content-Range: a question has no body.');
    return { total };
  }
  if (last < first || last >= total || last - first + 1 !== call.body.length)
    throw bad(`Content-Range: "${header}" with ${call.body.length} bytes.`);
  if (last + 1 !== total && call.body.length % CHUNK !== 0)
    throw bad(`A chunk of ${call.body.length} bytes: no multiple of 256 KiB.`);
  if (first !== session.bytes)
    throw bad(`Content-Range: begins at ${first}, ${session.bytes} are kept.`);
  return { first, last, total };
}

function put(call) {
  const id = call.query('upload_id');
  const session = call.world.sessions.get(id);
  if (session === undefined) throw new ApiError(404, 'notFound', 'Not found: upload session');
  if (call.fault?.kind === 'missing' || call.fault?.kind === 'gone') call.world.sessions.delete(id);
  if (session.answer !== undefined) return session.answer;
  const range = rangeOf(call, session);
  if (range.first === undefined) return unfinished(session);
  const fewer = call.fault?.kind === 'fewer' && call.body.length > CHUNK;
  const bytes = fewer ? call.body.subarray(0, Math.floor(call.body.length / 2 / CHUNK) * CHUNK) : call.body;
  session.kept.push(Buffer.from(bytes));
  session.bytes += bytes.length;
  call.world.count('chunks');
  if (session.bytes < range.total) return unfinished(session);
  const answer = insertJob({ ...call, params: { project: session.project } }, session.body, Buffer.concat(session.kept));
  session.kept = [];
  session.answer = answer;
  return answer;
}

function insert(call) {
  const type = call.query('uploadType');
  if (type === 'multipart') return multipart(call);
  if (type === 'resumable') return start(call);
  throw bad(`uploadType=${type}: expected multipart or resumable.`);
}

const path = /^\/upload\/bigquery\/v2\/projects\/(?<project>[^/]+)\/jobs$/;
export const routes = [
  ['jobs.insert', 'POST', path, insert],
  ['upload.put', 'PUT', path, put],
];
