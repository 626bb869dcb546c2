// What goes wrong, by plan. A plan is { seed, rate, kinds, operations, max, script }:
//   script      [{ operation, kind, nth (0-based, of that operation; none: the next), ...options }]
//   kinds       of these one is drawn, with the probability `rate`, for each request whose
//               operation is in `operations` (none: all); `max` in all, at most 4 in a row
// Numbers come from the seed and the order of the requests alone.
import { ApiError } from './errors.mjs';

function generator(seed) { // mulberry32
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

const html = status => ({
  status, headers: { 'Content-Type': 'text/html' },
  text: '<html><head><title>Error</title></head><body>The proxy has something to say.</body></html>',
});
const refuse = (status, reason, message, extra) => () => new ApiError(status, reason, message, extra).answer();
const retryAfter = { headers: { 'Retry-After': '1' } };

// kind -> (run, options, call) => answer. What is not "after" has no effect.
const kinds = {
  lostBefore: () => ({ destroy: true }),
  lostAfter: run => ({ ...run(), destroy: true }),
  cut: run => ({ ...run(), cut: true }),
  truncated: run => {
    const answer = run();
    if (answer.json === undefined) return answer;
    const text = JSON.stringify(answer.json);
    return { status: answer.status, headers: { 'Content-Type': 'application/json' }, text: text.slice(0, text.length / 2) };
  },
  html: () => html(502),
  huge: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, text: `{"a":"${'x'.repeat(2 << 20)}"}` }),
  htmlAfter: run => (run(), html(200)),
  delay: (run, { ms = 50 }) => new Promise(resolve => setTimeout(() => resolve(run()), ms)),
  twice: run => (run(), run()),
  unauthorized: refuse(401, 'authError', 'Invalid Credentials'),
  expired: (run, _, call) => (call.world.tokens.clear(), run()),
  rateLimit: refuse(403, 'rateLimitExceeded', 'Exceeded rate limits: too many table update operations for this table.', retryAfter),
  quota: refuse(403, 'quotaExceeded', 'Quota exceeded: Your table exceeded quota for imports or query appends per table.', { location: 'load_job_per_table.long' }),
  denied: refuse(403, 'accessDenied', 'Access Denied: Permission bigquery.jobs.create denied.'),
  missing: refuse(404, 'notFound', 'Not found: upload session'),
  gone: refuse(410, 'gone', 'The upload session is broken.'),
  badSession: refuse(400, 'badRequest', 'Request had invalid euc header.'),
  tooMany: refuse(429, 'rateLimitExceeded', 'Too many requests.', retryAfter),
  unavailable: refuse(503, 'backendError', 'Error encountered during execution. Retrying may solve the problem.', retryAfter),
  unavailableAfter: run => (run(), refuse(503, 'backendError', 'Error encountered.')()),
  internal: refuse(500, 'internalError', 'An internal error occurred and the request could not be completed.'),
  // Of gRPC: the server had closed the stream; it wants another offset; it says nothing in the end.
  aborted: () => ({ code: 10, text: 'Closing the stream because server is closed: inactive for 600 seconds' }),
  wrongOffset: () => ({ code: 11, text: 'the offset is beyond stream' }),
  noStatus: run => (run(), { silent: true }),
  // Below: what the handlers look up in call.fault.
  fewer: run => run(), // a chunk of which less is kept than was sent
  jobFails: run => run(), // { reason, message }: the job ends with an error
  badRecords: run => run(), // the job loses { rows } and calls itself a success
  rowTrouble: run => run(), // insertAll: a row that could be taken later
  slow: run => run(), // { polls }: the job, or the query, takes so many looks
};

// What suits any operation, and what only some.
const only = {
  aborted: /^write\.append$/, wrongOffset: /^write\.append$/, noStatus: /^write\./, rowTrouble: /^tabledata\./,
  fewer: /^upload\.put$/, missing: /^upload\.put$/, gone: /^upload\.put$/, badSession: /^upload\.put$/,
  jobFails: /^(jobs\.insert|upload\.)/, badRecords: /^(jobs\.insert|upload\.)/,
  slow: /^(jobs\.insert|upload\.|jobs\.query)/, rateLimit: /^(jobs|upload|tables|datasets)\./,
  quota: /^(jobs\.insert|upload\.)/, unauthorized: /^(?!auth)/, expired: /^(?!auth)/,
};

export class Faults {
  constructor() {
    this.plan({});
  }

  plan({ seed = 1, rate = 0, kinds: drawn = [], operations = [], max = Infinity, script = [] }) {
    for (const kind of [...drawn, ...script.map(step => step.kind)])
      if (kinds[kind] === undefined) throw new Error(`no such fault: ${kind}`);
    this.next = generator(seed);
    this.rate = rate;
    this.kinds = drawn;
    this.operations = operations;
    this.left = max;
    this.script = script.map(step => ({ ...step }));
    this.times = new Map();
    this.row = 0;
  }

  // The fault of this request, or undefined.
  pick(operation, call) {
    const nth = this.times.get(operation) ?? 0;
    this.times.set(operation, nth + 1);
    const step = this.scripted(operation, nth) ?? this.drawn(operation);
    if (step === undefined) return undefined;
    call.fault = step;
    return { kind: step.kind, apply: run => Promise.resolve(kinds[step.kind](run, step, call)) };
  }

  scripted(operation, nth) {
    const at = this.script.findIndex(step => step.operation === operation && (step.nth === undefined || step.nth === nth));
    return at < 0 ? undefined : this.script.splice(at, 1)[0];
  }

  drawn(operation) {
    const fits = this.operations.length === 0 || this.operations.includes(operation);
    if (!fits || this.left <= 0 || this.row >= 4 || this.next() >= this.rate) {
      this.row = 0;
      return undefined;
    }
    const suited = this.kinds.filter(kind => only[kind] === undefined || only[kind].test(operation));
    if (suited.length === 0) return undefined;
    this.left--;
    this.row++;
    return { kind: suited[Math.floor(this.next() * suited.length)], drawn: true, chance: this.next };
  }
}
