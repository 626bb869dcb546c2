// Pub/Sub: topics, subscriptions that are pulled, and those that write into BigQuery. Over REST, and
// over gRPC for Google's own client. A message that is delivered to BigQuery comes twice every
// `deliverTwice` messages (a setting), as it may.
import { ApiError, duplicate, notFound } from './errors.mjs';
import { codes, GrpcError } from './grpc.mjs';
import { decode, encode } from './proto.mjs';
import { any, flag, int, list, map, text } from './shapes.mjs';

const messageShape = { data: text, attributes: map(text), orderingKey: text };
const publishShape = { 'messages!': list(messageShape) };
const subscriptionShape = {
  name: text, 'topic!': text, ackDeadlineSeconds: int, enableMessageOrdering: flag, labels: map(text),
  bigqueryConfig: { 'table!': text, writeMetadata: flag, useTopicSchema: flag, useTableSchema: flag, dropUnknownFields: flag },
  deadLetterPolicy: any, messageRetentionDuration: text, retainAckedMessages: flag,
};

const invalid = message => new ApiError(400, 'badRequest', message);
const topicOf = (world, name) => {
  if (!world.topics.has(name)) throw notFound(`Resource (resource=${name.split('/').pop()}).`);
  return world.topics.get(name);
};
const subscriptionOf = (world, name) => {
  if (!world.subscriptions.has(name)) throw notFound(`Resource (resource=${name.split('/').pop()}).`);
  return world.subscriptions.get(name);
};

// ---- What both ways in share

function makeTopic(world, name) {
  if (world.topics.has(name)) throw duplicate(`Resource (resource=${name.split('/').pop()}).`);
  world.topics.set(name, { name });
  return { name };
}

function checkMessages(messages, bytes) {
  if (messages.length === 0 || messages.length > 1000) throw invalid(`messages: 1 to 1000 are expected, there are ${messages.length}`);
  if (bytes > 10 * 1000 * 1000) throw invalid('The request is larger than 10 MB.');
  for (const message of messages) {
    if ((message.orderingKey ?? '') !== (messages[0].orderingKey ?? ''))
      throw invalid('All messages of one request must share one ordering key.');
    if (Buffer.byteLength(message.orderingKey ?? '') > 1024) throw invalid('orderingKey: at most 1024 bytes');
    for (const [key, value] of Object.entries(message.attributes ?? {}))
      if (Buffer.byteLength(key) > 256 || Buffer.byteLength(value) > 1024) throw invalid(`attribute ${key}: too long`);
    if ((message.data ?? '') === '' && Object.keys(message.attributes ?? {}).length === 0)
      throw invalid('A message has data or attributes.');
  }
}

function publish(world, topicName, messages) {
  topicOf(world, topicName);
  const ids = messages.map(message => {
    const id = String(++world.messages);
    const kept = { ...message, messageId: id, publishTime: new Date(1700000000000 + world.messages).toISOString() };
    for (const subscription of world.subscriptions.values())
      if (subscription.topic === topicName) deliver(world, subscription, kept);
    return id;
  });
  world.count('messages', ids.length);
  return ids;
}

function deliver(world, subscription, message) {
  if (subscription.bigqueryConfig === undefined) {
    subscription.backlog.push(message);
    return;
  }
  const table = world.tables.get(subscription.bigqueryConfig.table);
  if (table === undefined) {
    subscription.backlog.push(message);
    return;
  }
  const row = { data: message.data ?? '' };
  if (subscription.bigqueryConfig.writeMetadata)
    Object.assign(row, {
      subscription_name: subscription.name, message_id: message.messageId, publish_time: message.publishTime,
      attributes: JSON.stringify({ ...message.attributes, googclient_orderingkey: message.orderingKey }),
    });
  const every = world.settings.deliverTwice ?? 0;
  const times = every > 0 && ++world.deliveries % every === 0 ? 2 : 1;
  for (let i = 0; i < times; i++) world.addRow(table, JSON.stringify(row), row, subscription.name);
}

function makeSubscription(world, name, body) {
  if (world.subscriptions.has(name)) throw duplicate(`Resource (resource=${name.split('/').pop()}).`);
  topicOf(world, body.topic);
  const made = { ackDeadlineSeconds: 10, ...body, name, backlog: [], taken: new Map() };
  world.subscriptions.set(name, made);
  return made;
}

function shown(world, { backlog, taken, ...resource }) {
  if (resource.bigqueryConfig === undefined) return { ...resource, state: 'ACTIVE' };
  const there = world.tables.has(resource.bigqueryConfig.table);
  const state = world.settings.subscriptionState ?? (there ? 'ACTIVE' : 'NOT_FOUND');
  return { ...resource, bigqueryConfig: { ...resource.bigqueryConfig, state }, state: state === 'ACTIVE' ? 'ACTIVE' : 'RESOURCE_ERROR' };
}

function pull(world, name, max) {
  const subscription = subscriptionOf(world, name);
  return subscription.backlog.splice(0, max).map(message => {
    const ackId = `ack-${message.messageId}`;
    subscription.taken.set(ackId, message);
    return { ackId, message };
  });
}

const acknowledge = (world, name, ids) => ids.forEach(id => subscriptionOf(world, name).taken.delete(id));

// ---- REST

const nameOf = (call, kind) => `projects/${call.params.project}/${kind}/${call.params.name}`;
const answer = json => ({ status: 200, json });

function publishRest(call) {
  const { messages } = call.json(publishShape);
  for (const { data } of messages)
    if (data !== undefined && Buffer.from(data, 'base64').toString('base64') !== data) throw invalid('data: expected base64');
  checkMessages(messages, call.body.length);
  return answer({ messageIds: publish(call.world, nameOf(call, 'topics'), messages) });
}

const base = '^/v1/projects/(?<project>[^/]+)';
const topic = `${base}/topics/(?<name>[^/:]+)`;
const subscription = `${base}/subscriptions/(?<name>[^/:]+)`;
export const routes = [
  ['pubsub.publish', 'POST', new RegExp(`${topic}:publish$`), publishRest],
  ['pubsub.createTopic', 'PUT', new RegExp(`${topic}$`), call => (call.json({ labels: map(text) }), answer(makeTopic(call.world, nameOf(call, 'topics'))))],
  ['pubsub.getTopic', 'GET', new RegExp(`${topic}$`), call => answer(topicOf(call.world, nameOf(call, 'topics')))],
  ['pubsub.createSubscription', 'PUT', new RegExp(`${subscription}$`),
    call => answer(shown(call.world, makeSubscription(call.world, nameOf(call, 'subscriptions'), call.json(subscriptionShape))))],
  ['pubsub.getSubscription', 'GET', new RegExp(`${subscription}$`),
    call => answer(shown(call.world, subscriptionOf(call.world, nameOf(call, 'subscriptions'))))],
  ['pubsub.pull', 'POST', new RegExp(`${subscription}:pull$`),
    call => answer({ receivedMessages: pull(call.world, nameOf(call, 'subscriptions'), call.json({ 'maxMessages!': int, returnImmediately: flag }).maxMessages) })],
  ['pubsub.acknowledge', 'POST', new RegExp(`${subscription}:acknowledge$`),
    call => (acknowledge(call.world, nameOf(call, 'subscriptions'), call.json({ 'ackIds!': list(text) }).ackIds), answer({}))],
];

// ---- gRPC

const grpcCodes = { 400: codes.INVALID_ARGUMENT, 404: codes.NOT_FOUND, 409: codes.ALREADY_EXISTS };
const overGrpc = handler => call => {
  try {
    return { message: encode(handler(call.world, call.request, call)) };
  } catch (error) {
    if (error instanceof ApiError) throw new GrpcError(grpcCodes[error.status] ?? codes.INTERNAL, error.message);
    throw error;
  }
};

function messageOf(bytes) {
  const message = decode(bytes);
  const attributes = Object.fromEntries(message.all(2).map(pair => [decode(pair).text(1) ?? '', decode(pair).text(2) ?? '']));
  return { data: message.one(1)?.toString('base64'), attributes, orderingKey: message.text(5) };
}

const bytesOf = message => [
  [1, message.data === undefined ? undefined : Buffer.from(message.data, 'base64')],
  ...Object.entries(message.attributes ?? {}).map(([key, value]) => [2, [[1, key], [2, value]]]),
  [3, message.messageId], [4, [[1, 1700000000]]], [5, message.orderingKey],
];

function publishGrpc(world, request, call) {
  const messages = request.all(2).map(messageOf);
  checkMessages(messages, call.bytes.length);
  return publish(world, request.text(1), messages).map(id => [1, id]);
}

const publisher = '/google.pubsub.v1.Publisher/', subscriber = '/google.pubsub.v1.Subscriber/';
const subscriptionFields = made => [[1, made.name], [2, made.topic], [5, made.ackDeadlineSeconds]];
export const methods = {
  [`${publisher}Publish`]: { operation: 'pubsub.publish', handler: overGrpc(publishGrpc) },
  [`${publisher}CreateTopic`]: { operation: 'pubsub.createTopic', handler: overGrpc((world, request) => [[1, makeTopic(world, request.text(1)).name]]) },
  [`${publisher}GetTopic`]: { operation: 'pubsub.getTopic', handler: overGrpc((world, request) => [[1, topicOf(world, request.text(1)).name]]) },
  [`${subscriber}CreateSubscription`]: {
    operation: 'pubsub.createSubscription',
    handler: overGrpc((world, request) => subscriptionFields(makeSubscription(world, request.text(1), { topic: request.text(2) }))),
  },
  [`${subscriber}Pull`]: {
    operation: 'pubsub.pull',
    handler: overGrpc((world, request) => pull(world, request.text(1), Number(request.one(3) ?? 1n))
      .map(({ ackId, message }) => [1, [[1, ackId], [2, bytesOf(message)]]])),
  },
  [`${subscriber}Acknowledge`]: {
    operation: 'pubsub.acknowledge',
    handler: overGrpc((world, request) => (acknowledge(world, request.text(1), request.all(2).map(String)), [])),
  },
};
