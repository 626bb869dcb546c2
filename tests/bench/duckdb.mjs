// The peer of `tools/bench check`: DuckDB asked the checker's questions about the workload of
// generate.c.
//
//   node duckdb.mjs EVENTS.ndjson AFFECTED.tsv [plain|tuned]   prints the counts as one JSON object
//
// plain (by default) is the SQL as one would write it: two windows for each task, one by arrival,
// one by event time. tuned is made for this workload.
//
// Left out, in DuckDB's favour: tenants (task ids are unique in this workload), text that is not
// JSON or not UTF-8, fields that no question needs, and the evidence of each discrepancy.
//
// How tuned is made fast: only four columns are read; statuses become numbers and event ids hashes;
// the wide window over all events has one order, that of arrival. Only tasks in which time ran
// backwards (one in ten) get the second window, by event time.
import { DuckDBInstance } from '@duckdb/node-api';

const [events, affected, form = 'plain'] = process.argv.slice(2);
const threads = process.env.THREADS ?? '2';
const database = await DuckDBInstance.create(':memory:', { threads });
const connection = await database.connect();

const statuses = ['CREATED', 'QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'RETRYING', 'CANCELLED'];
const legal = {
  '': ['CREATED'],
  CREATED: ['QUEUED', 'CANCELLED'],
  QUEUED: ['RUNNING', 'CANCELLED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'CANCELLED'],
  FAILED: ['RETRYING'],
  RETRYING: ['QUEUED'],
};
const literal = (text) => `'${text.replaceAll("'", "''")}'`;
const columns = `{event_id: 'VARCHAR', task_id: 'VARCHAR', status: 'VARCHAR', event_time: 'TIMESTAMP'}`;
const source = `read_json(${literal(events)}, format = 'newline_delimited', columns = ${columns})`;

async function plain() {
  const allowed = Object.entries(legal).flatMap(([from, targets]) =>
    targets.map((to) => literal(`${from}>${to}`)));
  await connection.run(`
    create temp table finding as
    with event as (select row_number() over () as arrival, * from ${source}),
    seen as (
      select *, max(event_time) over (partition by task_id order by arrival
                                      rows between unbounded preceding and 1 preceding) as newest,
             event_id is not distinct from lag(event_id) over by_time as duplicate,
             lag(status, 1, '') over by_time as last_status
      from event
      window by_time as (partition by task_id order by event_time, arrival))
    select task_id, count(*) as events,
           count(*) filter (not duplicate and event_time < newest) as late,
           count(*) filter (not duplicate
                            and last_status || '>' || status not in (${allowed})) as illegal,
           count(*) filter (duplicate) as duplicates,
           arg_max(status, arrival) filter (not duplicate) as last_by_arrival,
           arg_max(status, event_time) filter (not duplicate) as last_by_time
    from seen group by task_id`);
}

// A step is one number: eight times the status before (7 where there is none) plus the status.
const steps = Object.entries(legal).flatMap(([from, targets]) =>
  targets.map((to) => 8 * (from === '' ? 7 : statuses.indexOf(from)) + statuses.indexOf(to)));

async function tuned() {
  await connection.run(`create type status as enum (${statuses.map(literal).join(', ')})`);

  await connection.run(`
    create temp table event as
    select row_number() over () as arrival, task_id, hash(event_id) as id, event_time as t,
           enum_code(status::status)::tinyint as s
    from ${source}`);

  // A copy that arrived right behind its original is seen here; one that arrived later made time run
  // backwards, and is seen below.
  await connection.run(`
    create temp table step as
    select *, lag(id) over w as last_id, lag(t) over w as last_t, lag(s, 1, 7) over w as last_s
    from event window w as (partition by task_id order by arrival)`);
  await connection.run(`
    create temp table task as
    select task_id, coalesce(bool_or(t < last_t), false) as backwards, count(*) as events,
           count(*) filter (id = last_id) as duplicates,
           count(*) filter (id is distinct from last_id
                            and last_s * 8 + s not in (${steps})) as illegal,
           arg_max(s, arrival) as last_status
    from step group by task_id`);

  await connection.run(`
    create temp table finding as
    with seen as (
      select arrival, task_id, t, s,
             max(t) over (partition by task_id order by arrival
                          rows between unbounded preceding and 1 preceding) as newest,
             id is not distinct from lag(id) over w as duplicate,
             lag(s, 1, 7) over w as last_s
      from event where task_id in (select task_id from task where backwards)
      window w as (partition by task_id order by t, arrival))
    select task_id, count(*) as events, count(*) filter (not duplicate and t < newest) as late,
           count(*) filter (not duplicate and last_s * 8 + s not in (${steps})) as illegal,
           count(*) filter (duplicate) as duplicates,
           arg_max(s, arrival) filter (not duplicate) as last_by_arrival,
           arg_max(s, t) filter (not duplicate) as last_by_time
    from seen group by task_id
    union all
    select task_id, events, 0, illegal, duplicates, last_status, last_status
    from task where not backwards`);
}

await (form === 'tuned' ? tuned() : plain());

const totals = await connection.runAndReadAll(`
  select sum(events)::double as events, count(*)::double as tasks, sum(late)::double as late,
         sum(illegal)::double as illegal, sum(duplicates)::double as duplicates,
         (count(*) filter (last_by_arrival <> last_by_time))::double as lost_updates
  from finding`);
await connection.run(`
  copy (select * from finding
        where late > 0 or illegal > 0 or duplicates > 0 or last_by_arrival <> last_by_time)
  to ${literal(affected)} (format csv, delimiter '\t', header true)`);
console.log(JSON.stringify(totals.getRowObjectsJson()[0]));
process.exit(0); // at once, without taking the tables down
