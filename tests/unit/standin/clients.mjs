// Google's own clients against the stand-in: what they send it takes, what it answers they
// understand. node clients.mjs MODULES: the folder with node_modules.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandin } from './start.mjs';

const require = createRequire(join(process.argv[2], 'package.json'));
const { BigQuery } = require('@google-cloud/bigquery');
const { ExternalAccountClient, OAuth2Client } = require('google-auth-library');
const folder = mkdtempSync(join(tmpdir(), 'tasktrail-clients-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const standin = await startStandin();
const tests = [];
const test = (name, run) => tests.push([name, run]);
const fields = [
  { name: 'row_uid', type: 'STRING', mode: 'REQUIRED' },
  { name: 'number', type: 'INTEGER' },
  { name: 'at', type: 'TIMESTAMP' },
];
const line = (uid, number, second) => `{"row_uid":"${uid}","number":"${number}","at":"2026-03-01T00:00:0${second}.000001Z"}\n`;

// A token for the clients: of a user, since Google's library asks no other token endpoint than
// Google's for one.
await standin.control('secrets', { refresh: { r: { client_id: 'i', client_secret: 's' } } });
await standin.control('settings', { auth: 'token' });
const grant = await fetch(`${standin.url}/token`, {
  method: 'POST',
  body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'r', client_id: 'i', client_secret: 's' }),
});
const authClient = new OAuth2Client({ credentials: { ...(await grant.json()), expiry_date: Date.now() + 3600000 } });

function client() {
  return new BigQuery({ projectId: 'p', apiEndpoint: standin.url, authClient });
}

async function load(dataset, table, text, metadata = {}) {
  const path = join(folder, 'rows.ndjson');
  writeFileSync(path, text);
  const [job] = await dataset.table(table).createLoadJob(path, {
    sourceFormat: 'NEWLINE_DELIMITED_JSON', createDisposition: 'CREATE_NEVER',
    writeDisposition: 'WRITE_APPEND', ...metadata,
  });
  const [shown] = await job.getMetadata();
  return shown;
}

test('a data set and a partitioned table are made and read back', async () => {
  const [dataset] = await client().createDataset('d', { location: 'EU' });
  await dataset.createTable('t', {
    schema: { fields }, timePartitioning: { type: 'DAY', field: 'at' }, clustering: { fields: ['row_uid'] },
  });
  const [metadata] = await dataset.table('t').getMetadata();
  assert.equal(metadata.location, 'EU');
  assert.deepEqual(metadata.schema.fields.map(field => field.name), ['row_uid', 'number', 'at']);
  const [tables] = await dataset.getTables();
  assert.equal(tables.length, 1);
  await assert.rejects(dataset.createTable('t', { schema: { fields } }), { code: 409 });
  await assert.rejects(client().dataset('elsewhere').getMetadata(), { code: 404 });
});

test('columns are added, and not taken away', async () => {
  const table = client().dataset('d').table('t');
  const more = [...fields, { name: 'note', type: 'STRING' }];
  await table.setMetadata({ schema: { fields: more } });
  const [metadata] = await table.getMetadata();
  assert.equal(metadata.schema.fields.length, 4);
  await assert.rejects(table.setMetadata({ schema: { fields } }), /missing in new schema/);
});

test('a load job of the client has its rows loaded, once for each id', async () => {
  const dataset = client().dataset('d', { location: 'EU' });
  const options = { jobId: 'load-1' };
  const job = await load(dataset, 't', line('a', '9007199254740993', 1) + line('b', 2, 2), options);
  assert.equal(job.status.state, 'DONE');
  assert.equal(job.status.errorResult, undefined);
  assert.equal(job.statistics.load.outputRows, '2');
  await assert.rejects(load(dataset, 't', line('c', 3, 3), options), { code: 409 });
  assert.equal((await standin.state()).tables['p.d.t'].rows, 2);
});

test('a load job with a bad row has no row loaded', async () => {
  const dataset = client().dataset('d', { location: 'EU' });
  await assert.rejects(
    load(dataset, 't', line('d', 4, 4) + '{"row_uid":"e","unknown":1}\n')
      .then(job => { throw Object.assign(new Error(job.status.errorResult.message), job.status); }),
    error => error.errorResult.reason === 'invalid' && /No such field: unknown/.test(error.errors[1].message));
  assert.equal((await standin.state()).tables['p.d.t'].rows, 2);
});

test('a location that is not that of the data set finds nothing', async () => {
  await assert.rejects(load(client().dataset('d', { location: 'US' }), 't', line('f', 6, 6)), { code: 404 });
});

test('a service account\'s assertion, as Google\'s library signs it, is taken', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const address = 'robot@p.iam.gserviceaccount.com';
  await standin.control('keys', { [address]: publicKey.export({ type: 'spki', format: 'pem' }) });
  const now = Math.floor(Date.now() / 1000);
  const assertion = require('jws').sign({
    header: { alg: 'RS256', typ: 'JWT' }, secret: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    payload: {
      iss: address, aud: `${standin.url}/token`, iat: now, exp: now + 3600,
      scope: 'https://www.googleapis.com/auth/bigquery',
    },
  });
  const exchange = text => fetch(`${standin.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text }),
  });
  const answer = await exchange(assertion);
  assert.equal(answer.status, 200);
  const { access_token: token } = await answer.json();
  assert.equal((await exchange(`${assertion.slice(0, -8)}AAAAAAAA`)).status, 400);
  const ask = headers => fetch(`${standin.url}/bigquery/v2/projects/p/datasets/d`, { headers });
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ Authorization: `Bearer ${token}` })).status, 200);
  await standin.control('expire');
  assert.equal((await ask({ Authorization: `Bearer ${token}` })).status, 401);
});

test('an external account of Google\'s library exchanges its token', async () => {
  await standin.control('secrets', { subject: ['external-token'] });
  const file = join(folder, 'subject');
  writeFileSync(file, 'external-token');
  const account = ExternalAccountClient.fromJSON({
    type: 'external_account', audience: '//iam.googleapis.com/x', token_url: `${standin.url}/v1/token`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', credential_source: { file },
  });
  const { token } = await account.getAccessToken();
  assert.match(token, /^ya29\./);
});

let failed = 0;
for (const [name, run] of tests) {
  let limit;
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error('not within a minute')), 60000);
  });
  try {
    await Promise.race([run(), late]);
  } catch (error) {
    failed++;
    console.log(`FAILED: ${name}: ${error.stack}`);
  } finally {
    clearTimeout(limit);
  }
}
standin.stop();
console.log(`${failed === 0 ? 100 : 0}%: Checks: ${tests.length}, Failures: ${failed}, Errors: 0`);
process.exit(failed === 0 ? 0 : 1);
