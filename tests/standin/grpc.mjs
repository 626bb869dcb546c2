// gRPC over HTTP/2. A method is { operation, handler }: the handler takes the call, of one
// message, and gives { message } or throws GrpcError. A call may send several messages; each is
// answered by one. Faults are those of the fault plan; an error of REST's becomes one of gRPC's.
import http2 from 'node:http2';
import { ApiError } from './errors.mjs';
import { decode, frame, Frames } from './proto.mjs';
import { checkToken } from './token.mjs';

export const codes = {
  INVALID_ARGUMENT: 3, NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7, RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

export class GrpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function run(method, call) {
  try {
    checkToken(call);
    return method.handler(call);
  } catch (error) {
    if (error instanceof GrpcError) return { code: error.code, text: error.message };
    if (error instanceof ApiError) return error.answer();
    console.error(error);
    return { code: codes.INTERNAL, text: `stand-in: ${error.message}` };
  }
}

// A stream that answers: its head goes out with the first message, or alone with the status.
class Answering {
  constructor(stream) {
    this.stream = stream;
    this.begun = false;
  }

  message(bytes) {
    if (!this.begun) this.stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    this.begun = true;
    this.stream.write(frame(bytes));
  }

  status(code, text) {
    const said = { 'grpc-status': String(code), 'grpc-message': encodeURIComponent(text) };
    if (this.stream.closed || this.stream.destroyed) return;
    if (this.begun) {
      this.stream.on('wantTrailers', () => this.stream.sendTrailers(said));
      this.stream.end();
    } else {
      this.stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto', ...said }, { endStream: true });
    }
  }

  page(status, text) {
    if (!this.begun) this.stream.respond({ ':status': status, 'content-type': 'text/html' });
    this.stream.end(this.begun ? undefined : text);
  }

  cut() {
    this.stream.session?.destroy();
  }

  // All but the status.
  silent() {
    if (!this.begun) this.stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' });
    this.stream.end();
  }
}

// Whether the stream goes on behind this answer.
function give(answering, answer) {
  if (answer.destroy || answer.cut) answering.cut();
  else if (answer.silent) answering.silent();
  else if (answer.code !== undefined) answering.status(answer.code, answer.text ?? '');
  else if (answer.json?.error !== undefined) answering.status(codes[answer.json.error.status] ?? 2, answer.json.error.message);
  else if (answer.message === undefined) answering.page(answer.status, answer.text ?? '');
  else {
    answering.message(answer.message);
    return true;
  }
  return false;
}

// tls: { key, cert }, or undefined for plain HTTP/2.
export function makeGrpcServer(world, methods, faults, tls) {
  async function serve(stream, headers) {
    const answering = new Answering(stream);
    const method = methods[headers[':path']];
    const frames = new Frames();
    const kept = {}; // of one connection of AppendRows
    let going = true, queue = Promise.resolve();
    if (method === undefined) return answering.status(codes.UNIMPLEMENTED, `stand-in: no such method: ${headers[':path']}`);
    const one = async bytes => {
      if (!going) return;
      const call = { world, headers, bytes, kept, url: new URL(headers[':path'], 'http://h'), request: decode(bytes) };
      const fault = faults.pick(method.operation, call);
      const note = { operation: method.operation, fault: fault?.kind };
      world.requests.push(note);
      const answer = fault === undefined ? run(method, call) : await fault.apply(() => run(method, call));
      note.status = answer.code ?? answer.status ?? 200;
      going = give(answering, answer);
    };
    stream.on('data', part => {
      try {
        for (const bytes of frames.push(part)) queue = queue.then(() => one(bytes)).catch(() => answering.cut());
      } catch (error) {
        answering.status(codes.INTERNAL, error.message);
      }
    });
    stream.on('end', () => queue.then(() => { if (going) answering.status(0, ''); }));
    stream.on('error', () => {});
  }
  const options = { maxSessionMemory: 256, ...tls };
  const server = tls === undefined ? http2.createServer(options) : http2.createSecureServer(options);
  server.on('stream', serve);
  server.on('session', session => session.on('error', () => {}));
  return server;
}
