// The server: finds the route, looks at the token, lets the fault plan have its say, and answers.
// A route is [operation, method, pattern of the path, handler]; a handler takes the call (see
// `callOf`) and gives { status, headers, json | text | bytes } or throws ApiError.
import http from 'node:http';
import https from 'node:https';
import { control } from './control.mjs';
import { ApiError } from './errors.mjs';
import { check } from './shapes.mjs';
import { checkToken } from './token.mjs';

function readAll(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('cut')));
  });
}

function callOf(world, request, url, params, body) {
  return {
    world, method: request.method, url, params, body, headers: request.headers,
    query: name => url.searchParams.get(name) ?? undefined,
    form: () => new URLSearchParams(body.toString()),
    // The body as JSON of this shape.
    json(shape) {
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
        throw new ApiError(400, 'badRequest', `Content-Type: expected application/json, is ${request.headers['content-type']}`);
      let value;
      try {
        value = JSON.parse(body.toString());
      } catch {
        throw new ApiError(400, 'parseError', 'Parse Error');
      }
      return check(value, shape);
    },
  };
}

function findRoute(routes, method, path) {
  for (const [operation, routeMethod, pattern, handler] of routes) {
    const found = routeMethod === method ? pattern.exec(path) : null;
    if (found !== null) {
      const params = Object.fromEntries(
        Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]));
      return { operation, handler, params };
    }
  }
  return undefined;
}

function run(route, call) {
  try {
    if (!route.operation.startsWith('auth.')) checkToken(call);
    return route.handler(call);
  } catch (error) {
    if (error instanceof ApiError) return error.answer();
    console.error(error);
    return new ApiError(500, 'internalError', `stand-in: ${error.message}`).answer();
  }
}

function send(response, answer) {
  const headers = { ...answer.headers };
  let bytes = answer.bytes ?? Buffer.from(answer.text ?? '');
  if (answer.json !== undefined) {
    headers['Content-Type'] = 'application/json; charset=UTF-8';
    bytes = Buffer.from(JSON.stringify(answer.json));
  }
  headers['Content-Length'] = bytes.length;
  response.writeHead(answer.status, headers);
  response.end(bytes);
}

// tls: { key, cert }, or undefined for plain HTTP.
export function makeServer(world, routes, faults, tls) {
  async function handle(request, response) {
    const url = new URL(request.url, `${request.socket.encrypted ? 'https' : 'http'}://${request.headers.host}`);
    const body = await readAll(request);
    if (url.pathname.startsWith('/__control/')) {
      send(response, control(world, faults, request.method, url, body));
      return;
    }
    const route = findRoute(routes, request.method, url.pathname);
    if (route === undefined) {
      world.count('unknown_paths');
      send(response, new ApiError(404, 'notFound', `stand-in: no such path: ${request.method} ${url.pathname}`).answer());
      return;
    }
    const call = callOf(world, request, url, route.params, body);
    if (request.headers.authorization !== undefined) world.count('authorized');
    const fault = faults.pick(route.operation, call);
    const note = { operation: route.operation, fault: fault?.kind };
    world.requests.push(note);
    const answer = fault === undefined ? run(route, call) : await fault.apply(() => run(route, call));
    note.status = answer.status;
    if (answer.destroy) response.socket.destroy();
    else if (answer.cut) cutAnswer(response, answer);
    else send(response, answer);
  }
  const listen = (request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  };
  const server = tls === undefined ? http.createServer(listen) : https.createServer(tls, listen);
  server.keepAliveTimeout = 60000;
  return server;
}

// The headers promise more than what comes.
function cutAnswer(response, answer) {
  const bytes = Buffer.from(JSON.stringify(answer.json ?? {}));
  response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length + 1 });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket.destroy());
}
