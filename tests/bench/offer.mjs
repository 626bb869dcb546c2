// Offers events at a steady rate, whatever becomes of them, each stamped with the microsecond at
// which it was given to the client: "message" is NUMBER:MICROSECONDS, NUMBER with nine digits. The
// clock is the machine's monotonic one, as in bench_arrivals.
//
//   node offer.mjs tasktrail|bullmq SOCKET FILE RATE SECONDS
//
// tasktrail: XADD as docs/fleet.md tells producers; bullmq: Queue.add.
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [target, socket, file, rate, seconds] = process.argv.slice(2);
const wanted = Number(rate) * Number(seconds);
const connection = { path: socket, maxRetriesPerRequest: null };

const table = new Uint16Array(256).map((_, n) => {
  let crc = n << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
function partition(event, count) {
  let crc = 0;
  for (const byte of Buffer.from(`${event.tenant}/${event.task_id}`))
    crc = (table[(crc >> 8) ^ byte] ^ (crc << 8)) & 0xffff;
  return crc % count;
}

async function opened() {
  if (target === "bullmq") {
    const queue = new Queue("events", { connection });
    await queue.waitUntilReady();
    return {
      add: (event) => queue.add("event", event, { removeOnComplete: true }),
      close: () => queue.close(),
    };
  }
  const redis = new Redis(connection);
  const partitions = Number(await redis.hget("tasktrail:meta", "partitions"));
  return {
    add: (event) => redis.xadd(`{tasktrail:${partition(event, partitions)}}:events`, "*", "e",
      JSON.stringify(event)),
    close: () => redis.quit(),
  };
}

const events = [];
for await (const line of createInterface({ input: createReadStream(file) })) {
  events.push(JSON.parse(line));
  if (events.length === wanted) break;
}
const queue = await opened();
const started = performance.now(), pending = [];
let sent = 0;
await new Promise((done) => {
  (function tick() {
    const due = Math.min(events.length, Math.floor((performance.now() - started) * rate / 1000));
    for (; sent < due; sent++) {
      const us = process.hrtime.bigint() / 1000n;
      pending.push(queue.add({ ...events[sent], message: `${String(sent).padStart(9, "0")}:${us}` }));
    }
    if (sent === events.length) done();
    else setTimeout(tick, 0.5);
  })();
});
await Promise.all(pending);
await queue.close();
console.log(sent);
