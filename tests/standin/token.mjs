// Who is asking: Google's token endpoint, the metadata server, the exchange of external tokens, and
// the look at each request's bearer token.
import { createVerify } from 'node:crypto';
import { subjectFault } from './aws.mjs';
import { ApiError } from './errors.mjs';
import { list, text } from './shapes.mjs';

const scopes = {
  bigquery: 'https://www.googleapis.com/auth/bigquery',
  platform: 'https://www.googleapis.com/auth/cloud-platform',
  pubsub: 'https://www.googleapis.com/auth/pubsub',
};
const lifetime = call => call.world.settings.tokenSeconds ?? 3600;

// The token endpoint's errors have a form of their own.
function oauthError(status, error, description) {
  return { status, json: { error, error_description: description } };
}

function grant(call, kind, scope) {
  const token = call.world.secret('ya29.');
  call.world.tokens.set(token, { expires: Date.now() + lifetime(call) * 1000, scope, kind });
  call.world.count('tokens');
  return token;
}

const granted = (call, kind, scope) => ({
  status: 200,
  json: { access_token: grant(call, kind, scope), expires_in: lifetime(call), token_type: 'Bearer' },
});

// ---- The look at each request

export function checkToken(call) {
  const { world, headers } = call;
  if (world.settings.userProject !== undefined && headers['x-goog-user-project'] !== world.settings.userProject)
    throw new ApiError(403, 'accessDenied', `x-goog-user-project: expected ${world.settings.userProject}`);
  if (world.settings.auth === 'none') return;
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  const known = world.tokens.get(token);
  const error = new ApiError(401, 'authError', 'Request had invalid authentication credentials.');
  error.headers = { 'WWW-Authenticate': 'Bearer realm="https://accounts.google.com/"' };
  if (known === undefined || known.expires <= Date.now()) {
    world.count('refused_tokens');
    throw error;
  }
  const wanted = call.url.pathname.startsWith('/v1/') ? scopes.pubsub : scopes.bigquery;
  const has = (known.scope ?? '').split(' ');
  if (!has.includes(wanted) && !has.includes(scopes.platform))
    throw new ApiError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
}

// ---- Service accounts: a JWT signed by the account's key

const decode = part => JSON.parse(Buffer.from(part, 'base64url').toString());

function jwtFault(call, assertion) {
  const parts = assertion.split('.');
  if (parts.length !== 3 || !parts.every(part => /^[A-Za-z0-9_-]+$/.test(part)))
    return 'Invalid JWT: three parts in base64url without padding are expected.';
  const [header, claims] = [decode(parts[0]), decode(parts[1])];
  if (header.alg !== 'RS256' || header.typ !== 'JWT') return 'Invalid JWT: alg RS256 and typ JWT are expected.';
  const key = call.world.keys.get(claims.iss);
  if (key === undefined) return 'Invalid grant: account not found';
  if (!createVerify('RSA-SHA256').update(`${parts[0]}.${parts[1]}`).verify(key, Buffer.from(parts[2], 'base64url')))
    return 'Invalid JWT Signature.';
  if (claims.aud !== `${call.url.origin}/token`) return `Invalid JWT: aud is ${claims.aud}.`;
  const now = Date.now() / 1000;
  if (!Number.isInteger(claims.iat) || !Number.isInteger(claims.exp) || claims.exp - claims.iat > 3600
    || claims.iat > now + 300 || claims.exp < now)
    return 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';
  return undefined;
}

function exchangeAssertion(call, form) {
  const assertion = form.get('assertion') ?? '';
  const fault = jwtFault(call, assertion);
  if (fault !== undefined) return oauthError(400, 'invalid_grant', fault);
  const { scope } = decode(assertion.split('.')[1]);
  if (typeof scope !== 'string' || scope === '') return oauthError(400, 'invalid_scope', 'Empty or missing scope not allowed.');
  return granted(call, 'service_account', scope);
}

function exchangeRefresh(call, form) {
  const client = call.world.refreshTokens.get(form.get('refresh_token'));
  if (client === undefined || client.client_id !== form.get('client_id') || client.client_secret !== form.get('client_secret'))
    return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.');
  return granted(call, 'authorized_user', scopes.platform);
}

function token(call) {
  if (!/^application\/x-www-form-urlencoded/.test(call.headers['content-type'] ?? ''))
    return oauthError(400, 'invalid_request', 'Content-Type: a form is expected.');
  const form = call.form();
  switch (form.get('grant_type')) {
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer': return exchangeAssertion(call, form);
    case 'refresh_token': return exchangeRefresh(call, form);
    default: return oauthError(400, 'unsupported_grant_type', 'Invalid grant_type.');
  }
}

// ---- The metadata server

function metadata(call) {
  if (call.headers['metadata-flavor'] !== 'Google') return { status: 403, text: 'Missing Metadata-Flavor:Google header.' };
  const headers = { 'Metadata-Flavor': 'Google' };
  if (call.params.what === 'project/project-id') return { status: 200, headers, text: call.world.settings.project ?? 'p' };
  return { ...granted(call, 'metadata', call.query('scopes')?.replaceAll(',', ' ') ?? scopes.platform), headers };
}

// ---- External accounts

function sts(call) {
  const form = call.form();
  const wrong = [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ['requested_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
  ].find(([name, value]) => form.get(name) !== value);
  if (wrong !== undefined) return oauthError(400, 'invalid_request', `${wrong[0]}: expected ${wrong[1]}`);
  for (const name of ['audience', 'scope', 'subject_token_type'])
    if (!form.get(name)) return oauthError(400, 'invalid_request', `${name}: missing`);
  if (form.get('subject_token_type') === 'urn:ietf:params:aws:token-type:aws4_request') {
    const fault = subjectFault(call.world, form.get('subject_token'), form.get('audience'));
    if (fault !== undefined) return oauthError(400, 'invalid_grant', `The signed request is not valid: ${fault}`);
    call.world.count('aws_subjects');
  } else if (!call.world.subjectTokens.has(form.get('subject_token'))) {
    return oauthError(400, 'invalid_grant', 'The subject token is not valid.');
  }
  return {
    status: 200,
    json: {
      access_token: grant(call, 'external_account', form.get('scope')), expires_in: lifetime(call),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer',
    },
  };
}

// Who may, has a token for the whole platform; how long it lives is what was asked for.
function impersonate(call) {
  const bearer = /^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1];
  const source = call.world.tokens.get(bearer);
  if (source === undefined || !source.scope.split(' ').includes(scopes.platform))
    return new ApiError(401, 'authError', 'Request had invalid authentication credentials.').answer();
  const { scope, delegates = [], lifetime: wanted = `${lifetime(call)}s` } = call.json({ 'scope!': list(text), delegates: list(text), lifetime: text });
  call.world.count('impersonated');
  call.world.count('delegates', delegates.length);
  const expires = new Date(Date.now() + parseInt(wanted, 10) * 1000);
  return {
    status: 200,
    json: { accessToken: grant(call, 'impersonated', scope.join(' ')), expireTime: expires.toISOString().replace(/\.\d+Z/, 'Z') },
  };
}

// What an external account's URL source gives.
const subject = call => ({ status: 200, json: { id_token: [...call.world.subjectTokens][0] } });

export const routes = [
  ['auth.token', 'POST', /^\/token$/, token],
  ['auth.metadata', 'GET', /^\/computeMetadata\/v1\/(?<what>instance\/service-accounts\/default\/token|project\/project-id)$/, metadata],
  ['auth.sts', 'POST', /^\/v1\/token$/, sts],
  ['auth.impersonate', 'POST', /^\/v1\/projects\/-\/serviceAccounts\/(?<account>[^/]+):generateAccessToken$/, impersonate],
  ['auth.subject', 'GET', /^\/subject$/, subject],
];
