// Google's own clients of the Storage Write API and of Pub/Sub, over gRPC, against the stand-in: what
// they send it takes, what it answers they understand. node streams.mjs MODULES.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startStandin } from './start.mjs';

const require = createRequire(join(process.argv[2], 'package.json'));
const { adapt, managedwriter, v1: storage } = require('@google-cloud/bigquery-storage');
const grpc = createRequire(require.resolve('google-gax'))('@grpc/grpc-js');
const standin = await startStandin();
process.env.METADATA_SERVER_DETECTION = 'none';
process.env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${standin.grpcPort}`;
const { PubSub, v1: pubsubV1 } = require('@google-cloud/pubsub');

const tests = [];
const test = (name, run) => tests.push([name, run]);
const insecure = { apiEndpoint: '127.0.0.1', servicePath: '127.0.0.1', port: standin.grpcPort, sslCreds: grpc.credentials.createInsecure(), projectId: 'p' };
const parent = 'projects/p/datasets/d/tables/t';
const fields = [
  { name: 'row_uid', type: 'STRING', mode: 'REQUIRED' },
  { name: 'number', type: 'INTEGER' },
  { name: 'at', type: 'TIMESTAMP' },
  { name: 'fine', type: 'BOOLEAN' },
];
const rows = async () => (await (await fetch(`${standin.url}/__control/rows?table=p.d.t`)).text())
  .split('\n').filter(line => line !== '').map(line => JSON.parse(line));

{
  const post = (path, body) => fetch(`${standin.url}/bigquery/v2/projects/p/${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  await post('datasets', { datasetReference: { projectId: 'p', datasetId: 'd' } });
  await post('datasets/d/tables', { tableReference: { projectId: 'p', datasetId: 'd', tableId: 't' }, schema: { fields } });
}

const descriptor = adapt.convertStorageSchemaToProto2Descriptor(
  adapt.convertBigQuerySchemaToStorageTableSchema({ fields }), 'root');

test('a pending stream of the managed writer shows its rows when it is committed', async () => {
  const client = new managedwriter.WriterClient(insecure);
  const streamId = await client.createWriteStream({ streamType: managedwriter.PendingStream, destinationTable: parent });
  const connection = await client.createStreamConnection({ streamId });
  const writer = new managedwriter.JSONWriter({ connection, protoDescriptor: descriptor });
  const first = await writer.appendRows([{ row_uid: 'a', number: 9007199254740991, at: new Date('2026-03-01T00:00:01.5Z'), fine: true }], 0).getResult();
  const second = await writer.appendRows([{ row_uid: 'b', number: -5 }, { row_uid: 'c' }], 1).getResult();
  assert.equal(String(first.appendResult.offset.value), '0');
  assert.equal(String(second.appendResult.offset.value), '1');
  assert.equal((await rows()).length, 0);
  const final = await connection.finalize();
  assert.equal(Number(final.rowCount), 3);
  const done = await client.batchCommitWriteStream({ parent, writeStreams: [streamId] });
  assert.equal(done.streamErrors.length, 0);
  assert.ok(done.commitTime);
  assert.deepEqual(await rows(), [
    { row_uid: 'a', number: '9007199254740991', at: '2026-03-01T00:00:01.500000Z', fine: true },
    { row_uid: 'b', number: '-5' }, { row_uid: 'c' },
  ]);
  const again = await client.batchCommitWriteStream({ parent, writeStreams: [streamId] });
  assert.equal(again.streamErrors[0].code, 'STREAM_ALREADY_COMMITTED');
  const plain = new storage.BigQueryWriteClient(insecure);
  const [stream] = await plain.getWriteStream({ name: streamId });
  assert.ok(stream.commitTime);
  assert.equal(stream.type, 'PENDING');
  await plain.close();
  writer.close();
  client.close();
});

test('offsets that are in already or too far are told, and bad rows by their index', async () => {
  const client = new managedwriter.WriterClient(insecure);
  const streamId = await client.createWriteStream({ streamType: managedwriter.PendingStream, destinationTable: parent });
  const connection = await client.createStreamConnection({ streamId });
  const writer = new managedwriter.JSONWriter({ connection, protoDescriptor: descriptor });
  await writer.appendRows([{ row_uid: 'x' }], 0).getResult();
  const failure = async pending => (await pending.getResult().then(result => result, error => error));
  const twice = await failure(writer.appendRows([{ row_uid: 'x' }], 0));
  assert.equal(twice.error?.code ?? twice.code, 6);
  const far = await failure(writer.appendRows([{ row_uid: 'y' }], 7));
  assert.equal(far.error?.code ?? far.code, 11);
  writer.close();
  client.close();
});

test('a stream of no table is not found', async () => {
  const client = new storage.BigQueryWriteClient(insecure);
  await assert.rejects(client.createWriteStream({ parent: 'projects/p/datasets/d/tables/no', writeStream: { type: 'PENDING' } }), { code: 5 });
  await client.close();
});

test('the client of Pub/Sub publishes in order of keys, and pulls what it published', async () => {
  const client = new PubSub({ projectId: 'p' });
  const [topic] = await client.createTopic('events');
  await topic.createSubscription('all');
  const ordered = client.topic('events', { messageOrdering: true });
  const ids = [];
  for (const [key, text] of [['a', '1'], ['b', '2'], ['a', '3']])
    ids.push(await ordered.publishMessage({ data: Buffer.from(text), orderingKey: key, attributes: { row_uid: text } }));
  assert.equal(new Set(ids).size, 3);
  const subscriber = new pubsubV1.SubscriberClient({ ...insecure });
  const subscription = 'projects/p/subscriptions/all';
  const [pulled] = await subscriber.pull({ subscription, maxMessages: 10 });
  assert.deepEqual(pulled.receivedMessages.map(({ message }) => [message.data.toString(), message.orderingKey, message.attributes.row_uid]),
    [['1', 'a', '1'], ['2', 'b', '2'], ['3', 'a', '3']]);
  await subscriber.acknowledge({ subscription, ackIds: pulled.receivedMessages.map(message => message.ackId) });
  const [nothing] = await subscriber.pull({ subscription, maxMessages: 10 });
  assert.equal(nothing.receivedMessages.length, 0);
  await assert.rejects(client.createTopic('events'), { code: 6 });
  await subscriber.close();
  await client.close();
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
