// The peer of `tools/bench fleet`: BullMQ as its users would sensibly set it up. 50 jobs at a time in
// one process, each with a lock on its task id (SET NX PX with a token, released by its holder
// alone), one row a job by a prepared statement.
//
//   node bullmq.mjs fill SOCKET FILE                     puts every line of FILE on the queue
//   node bullmq.mjs work SOCKET STORE SYNC COUNT         works until COUNT rows are committed, prints
//                                                        the seconds that took, and the rows there
// STORE: a file of SQLite, or postgresql://...; SYNC: full or normal.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";

const [mode, socket, ...rest] = process.argv.slice(2);
const connection = { path: socket, maxRetriesPerRequest: null };
const QUEUE = "events";
const COLUMNS = [
  "job_id", "tenant", "task_id", "task_type", "status", "event_time", "event_id", "source",
  "correlation_id", "message", "enqueued_at", "written_at",
];

async function fill(file) {
  const queue = new Queue(QUEUE, { connection });
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
  for (let at = 0; at < lines.length; at += 1000) {
    await queue.addBulk(lines.slice(at, at + 1000).map((line) => ({
      name: "event",
      data: JSON.parse(line),
      opts: { removeOnComplete: true },
    })));
  }
  await queue.close();
}

function rowOf(job) {
  const e = job.data;
  return [
    job.id, e.tenant, e.task_id, e.task_type, e.status, e.event_time, e.event_id, e.source,
    e.correlation_id, e.message ?? null, job.timestamp, Date.now(),
  ];
}

const TABLE = (types) => "CREATE TABLE IF NOT EXISTS audit (job_id TEXT PRIMARY KEY, " +
  COLUMNS.slice(1).map((name) => `${name} ${/_at$/.test(name) ? types : "TEXT"}`).join(", ") + ")";

async function openSqlite(path, sync) {
  const { default: Database } = await import("better-sqlite3");
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${sync}`);
  db.exec(TABLE("INTEGER"));
  const insert = db.prepare(`INSERT OR IGNORE INTO audit (${COLUMNS.join(", ")}) VALUES (` +
    COLUMNS.map(() => "?").join(", ") + ")");
  return {
    put: (row) => insert.run(row),
    count: () => db.prepare("SELECT count(*) AS n FROM audit").get().n,
    close: () => db.close(),
  };
}

async function openPostgres(url, sync) {
  const { default: pg } = await import("pg");
  const options = sync === "normal" ? "-c synchronous_commit=off" : undefined;
  const pool = new pg.Pool({ connectionString: url, max: 10, options });
  await pool.query(TABLE("BIGINT"));
  const insert = {
    name: "put",
    text: `INSERT INTO audit (${COLUMNS.join(", ")}) VALUES (` +
      COLUMNS.map((_, i) => `$${i + 1}`).join(", ") + ") ON CONFLICT DO NOTHING",
  };
  return {
    put: (row) => pool.query({ ...insert, values: row }),
    count: async () => Number((await pool.query("SELECT count(*) AS n FROM audit")).rows[0].n),
    close: () => pool.end(),
  };
}

async function work(storeName, sync, wanted) {
  const store = await (storeName.startsWith("postgres") ? openPostgres : openSqlite)(storeName, sync);
  const redis = new Redis(connection);
  redis.defineCommand("release", {
    numberOfKeys: 1,
    lua: "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
  });
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  let rows = 0, finish;
  const finished = new Promise((done) => { finish = done; });
  const worker = new Worker(QUEUE, async (job) => {
    const lock = `lock:${job.data.tenant}/${job.data.task_id}`, token = randomUUID();
    while (await redis.set(lock, token, "PX", 30000, "NX") === null) await sleep(2);
    try {
      await store.put(rowOf(job));
    } finally {
      await redis.release(lock, token);
    }
  }, { connection, concurrency: 50, autorun: false });
  // A job is done when BullMQ, too, knows that it is.
  worker.on("completed", () => { if (++rows === wanted) finish(); });
  worker.on("failed", (job, error) => { console.error(error); process.exit(1); });
  await worker.waitUntilReady();
  process.once("SIGTERM", () => finish());
  const started = performance.now();
  worker.run();
  await finished;
  const seconds = (performance.now() - started) / 1000;
  await worker.close();
  console.log(seconds.toFixed(3), await store.count());
  await store.close();
  await redis.quit();
}

if (mode === "fill") await fill(rest[0]);
else if (mode === "work") await work(rest[0], rest[1], Number(rest[2]));
else throw new Error(`unknown mode ${mode}`);
