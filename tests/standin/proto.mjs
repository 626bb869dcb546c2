// Protocol buffers and gRPC frames, by hand: nothing here is shared with the C code it is to test.

function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

// [number, value] pairs in; numbers as varints, text and bytes as they are, arrays as messages.
export function encode(fields) {
  const parts = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    if (typeof value === 'number' || typeof value === 'bigint') {
      parts.push(varint(number * 8), varint(value));
    } else {
      const bytes = Array.isArray(value) ? encode(value) : Buffer.from(value);
      parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

// A message as { all(number), one(number) }: BigInts and Buffers, in order.
export function decode(bytes) {
  const fields = new Map();
  let at = 0;
  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length || shift > 63n) throw new Error('protobuf: a number breaks off');
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  const take = count => {
    if (at + count > bytes.length) throw new Error('protobuf: a value breaks off');
    return bytes.subarray(at, at += count);
  };
  while (at < bytes.length) {
    const key = number();
    const field = Number(key >> 3n);
    let value;
    switch (Number(key & 7n)) {
      case 0: value = number(); break;
      case 1: value = take(8); break;
      case 2: value = take(Number(number())); break;
      case 5: value = take(4); break;
      default: throw new Error('protobuf: a kind of value that is not expected');
    }
    if (field === 0) throw new Error('protobuf: field 0');
    if (fields.has(field)) fields.get(field).push(value);
    else fields.set(field, [value]);
  }
  return {
    all: field => fields.get(field) ?? [],
    one: field => fields.get(field)?.at(-1),
    text: field => fields.get(field)?.at(-1)?.toString('utf8'),
    message: field => (fields.has(field) ? decode(fields.get(field).at(-1)) : undefined),
    numbers: () => [...fields.keys()],
  };
}

export function frame(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

// The messages of a stream of bytes, as they become whole.
export class Frames {
  parts = [];
  bytes = 0;
  wanted = 5; // bytes of the head, or of the head and the message

  push(part) {
    this.parts.push(part);
    this.bytes += part.length;
    const messages = [];
    while (this.bytes >= this.wanted) {
      const all = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
      if (all[0] !== 0) throw new Error('grpc: a compressed message');
      const end = 5 + all.readUInt32BE(1);
      const whole = all.length >= end;
      if (whole) messages.push(all.subarray(5, end));
      const rest = whole ? all.subarray(end) : all;
      this.parts = [rest];
      this.bytes = rest.length;
      this.wanted = whole ? 5 : end;
    }
    return messages;
  }
}
