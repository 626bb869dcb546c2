// What the test sees and sets, below /__control/. Nothing of it exists in the real service.
//   GET  state              counters, tables (rows, partitions), jobs
//   GET  rows?table=p.d.t   the rows as they came, one a line; &from=1: {"from", "row"}
//   GET  requests           operation, status and fault of each request, in order
//   POST faults             a fault plan, see faults.mjs
//   POST keys               {"address": "public key in PEM"}
//   POST secrets            {"refresh": {"token": {client_id, client_secret}}, "subject": ["token"], "aws": {id: {secret, token}}}
//   POST settings           see world.mjs and where they are read
//   POST forget             every stream of the Storage Write API is gone
//   POST expire             every access token ends now
//   POST drop               {"table": "p.d.t", "row": n}: takes a row away; "double": a second time;
//                           "replace": "line"
//   POST reset
function state(world) {
  const tables = {};
  for (const [name, table] of world.tables)
    tables[name] = {
      rows: table.rows.length + table.counted, distinct: table.uids.size, bytes: table.bytes, partitions: table.partitions.size, loads: table.loads,
      type: table.resource.type, columns: table.resource.schema?.fields?.map(field => field.name),
      view: table.resource.view?.query,
    };
  const jobs = {};
  for (const [name, job] of world.jobs)
    jobs[name] = {
      rows: job.rows, sha256: job.sha256, failed: job.errorResult !== undefined,
      reason: job.errorResult?.reason, labels: job.configuration.labels, table: job.table,
    };
  const streams = [...world.streams.values()].map(({ name, count, final = false, committed }) => ({ name, count, final, committed: committed !== undefined }));
  return { counters: world.counters, tables, jobs, streams, datasets: [...world.datasets.keys()] };
}

function rows(world, url) {
  const table = world.tables.get(url.searchParams.get('table'));
  if (table === undefined) return { status: 404, text: 'no such table\n' };
  const withJob = url.searchParams.get('from') === '1';
  const lines = table.rows.map(({ line, from }) => (withJob ? `{"from":${JSON.stringify(from)},"row":${line}}` : line));
  return { status: 200, text: lines.map(line => `${line}\n`).join('') };
}

function drop(world, { table, row, double, replace }) {
  const { rows: all } = world.tables.get(table);
  if (double) all.push(all[row]);
  else if (replace !== undefined) all[row] = { ...all[row], line: replace };
  else all.splice(row, 1);
}

export function control(world, faults, method, url, body) {
  const name = url.pathname.slice('/__control/'.length);
  if (method === 'GET') {
    if (name === 'state') return { status: 200, json: state(world) };
    if (name === 'rows') return rows(world, url);
    if (name === 'requests') return { status: 200, json: world.requests };
    return { status: 404, text: 'no such control\n' };
  }
  const value = body.length > 0 ? JSON.parse(body.toString()) : {};
  if (name === 'faults') faults.plan(value);
  else if (name === 'keys') for (const [who, pem] of Object.entries(value)) world.keys.set(who, pem);
  else if (name === 'secrets') {
    for (const [token, client] of Object.entries(value.refresh ?? {})) world.refreshTokens.set(token, client);
    for (const token of value.subject ?? []) world.subjectTokens.add(token);
    for (const [id, key] of Object.entries(value.aws ?? {})) world.awsKeys.set(id, key);
  } else if (name === 'settings') Object.assign(world.settings, value);
  else if (name === 'expire') world.tokens.clear();
  else if (name === 'forget') world.streams.clear();
  else if (name === 'drop') drop(world, value);
  else if (name === 'reset') {
    world.reset();
    faults.plan({});
  } else return { status: 404, text: 'no such control\n' };
  return { status: 200, json: {} };
}
