// AWS, as far as Google's exchange of tokens needs it: the metadata server of a machine there (IMDSv2),
// and the look at a signed GetCallerIdentity request. Keys are set as {"aws": {"ID": {secret, token}}};
// the role `tester` has the first one.
import { createHash, createHmac } from 'node:crypto';

const sessions = new Set();
const zone = 'eu-central-1b';
const text = (status, body) => ({ status, headers: { 'Content-Type': 'text/plain' }, text: body });
const inSession = call => sessions.has(call.headers['x-aws-ec2-metadata-token']);

function session(call) {
  if (!/^\d+$/.test(call.headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? '')) return text(400, 'a lifetime is missing');
  const token = call.world.secret('imds-');
  sessions.add(token);
  return text(200, token);
}

function keys(call) {
  if (!inSession(call)) return text(401, 'Unauthorized');
  const [id, { secret, token }] = [...call.world.awsKeys][0];
  if (call.params.role !== 'tester') return text(404, 'no such role');
  return { status: 200, json: { Code: 'Success', Type: 'AWS-HMAC', AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: '2099-01-01T00:00:00Z' } };
}

export const routes = [
  ['auth.imds.token', 'PUT', /^\/latest\/api\/token$/, session],
  ['auth.imds.zone', 'GET', /^\/latest\/meta-data\/placement\/availability-zone$/, call => (inSession(call) ? text(200, zone) : text(401, 'Unauthorized'))],
  ['auth.imds.role', 'GET', /^\/latest\/meta-data\/iam\/security-credentials$/, call => (inSession(call) ? text(200, 'tester') : text(401, 'Unauthorized'))],
  ['auth.imds.keys', 'GET', /^\/latest\/meta-data\/iam\/security-credentials\/(?<role>\w+)$/, keys],
];

// ---- The signed request: what is wrong with it, or undefined

const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const sha = data => createHash('sha256').update(data).digest('hex');

export function subjectFault(world, subject, audience) {
  const { url, method, headers: list } = JSON.parse(decodeURIComponent(subject));
  const headers = new Map(list.map(({ key, value }) => [key.toLowerCase(), value]));
  const { host, pathname, searchParams } = new URL(url);
  if (method !== 'POST' || searchParams.get('Action') !== 'GetCallerIdentity') return 'not GetCallerIdentity';
  if (!/^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(host) || headers.get('host') !== host) return `host ${host}`;
  if (headers.get('x-goog-cloud-target-resource') !== audience) return 'meant for another audience';
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
    .exec(headers.get('authorization') ?? '');
  if (found === null) return 'no signature';
  const [, id, day, region, service, names, signature] = found;
  const key = world.awsKeys.get(id);
  if (key === undefined || (key.token ?? '') !== (headers.get('x-amz-security-token') ?? '')) return 'no such key';
  if (host !== `sts.${region}.amazonaws.com` || service !== 'sts') return `scope ${region}/${service}`;
  const signed = names.split(';');
  const mandatory = ['host', 'x-amz-date', 'x-goog-cloud-target-resource', ...(key.token === undefined ? [] : ['x-amz-security-token'])];
  if (signed.join() !== [...signed].sort().join() || !mandatory.every(name => signed.includes(name))) return `signed: ${names}`;
  const time = headers.get('x-amz-date');
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - at) < 300000) || !time.startsWith(day)) return `time ${time}`;
  searchParams.sort();
  const canonical = [method, pathname, searchParams.toString(), ...signed.map(name => `${name}:${headers.get(name).trim()}`), '', names, sha('')].join('\n');
  const scope = [day, region, service, 'aws4_request'];
  const wanted = hmac(scope.reduce(hmac, `AWS4${key.secret}`), ['AWS4-HMAC-SHA256', time, scope.join('/'), sha(canonical)].join('\n'));
  return wanted.toString('hex') === signature ? undefined : 'the signature does not match';
}
