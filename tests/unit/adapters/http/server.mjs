// What an HTTP client meets: node server.mjs KEY CERTIFICATE. Prints "http PORT", "h2c PORT",
// "https PORT" and "ready 1"; each path below is one situation.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { gzipSync } from 'node:zlib';

const [keyFile, certificateFile] = process.argv.slice(2);
const seen = new Map(); // path -> times

function read(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function echo(request, body, response) {
  const digest = createHash('sha256').update(body).digest('hex');
  const text = JSON.stringify({
    method: request.method, url: request.url, version: request.httpVersion,
    headers: request.headers, bytes: body.length, digest,
    times: seen.get(request.url),
  });
  response.writeHead(200, { 'Content-Type': 'application/json', 'X-Mixed-Case': '  a value  ' });
  response.end(text);
}

const situations = {
  '/echo': echo,
  '/moved': (_, __, response) => {
    response.writeHead(308, { Location: '/echo', Range: 'bytes=0-99' });
    response.end('moved');
  },
  '/gzip': (request, _, response) => {
    const asked = /gzip/.test(request.headers['accept-encoding'])
      && /gzip/.test(request.headers['user-agent']);
    const text = 'z'.repeat(5000);
    response.writeHead(200, asked ? { 'Content-Encoding': 'gzip' } : {});
    response.end(asked ? gzipSync(text) : 'not asked for gzip');
  },
  '/large': (_, __, response) => response.end(Buffer.alloc(100000, 'x')),
  '/headers': (_, __, response) => {
    response.writeHead(200, Object.fromEntries(
      Array.from({ length: 200 }, (__unused, i) => [`x-${i}`, 'v'.repeat(3000)])));
    response.end();
  },
  '/stall': () => {},
  '/cut': (_, __, response) => {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('half', () => response.socket.destroy());
  },
  '/trailers': (_, __, response) => {
    response.writeHead(200, { Trailer: 'Grpc-Status' });
    response.write('text');
    response.addTrailers({ 'Grpc-Status': '7' });
    response.end();
  },
};

async function answer(request, response) {
  seen.set(request.url, (seen.get(request.url) ?? 0) + 1);
  const socket = request.socket;
  socket.requests = (socket.requests ?? 0) + 1;
  // A connection that was idle for too long: closed just when the next request comes on it.
  if (request.url === '/idle' && socket.requests > 1 && seen.get('/idle') === 1) {
    socket.end();
    return;
  }
  const path = request.url.split('?')[0];
  const body = await read(request).catch(() => Buffer.alloc(0));
  (situations[path] ?? echo)(request, body, response);
}

const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
const servers = {
  http: http.createServer(answer),
  h2c: http2.createServer(answer),
  https: http2.createSecureServer({ ...tls, allowHTTP1: true }, answer),
};
for (const [name, server] of Object.entries(servers))
  server.listen(0, '127.0.0.1', () => console.log(`${name} ${server.address().port}`));
