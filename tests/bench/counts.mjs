// The counts that both programs of `tools/bench check` can give, as one line of text to compare.
//
//   node counts.mjs OUTPUT       the report of `tasktrail check --format json`, or duckdb.mjs's object
import { readFileSync } from 'node:fs';

let counts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if (counts.summary) {
  const { events, tasks, kinds } = counts.summary;
  const sum = (...names) => names.reduce((total, name) => total + (kinds[name] ?? 0), 0);
  counts = {
    events,
    tasks,
    late: sum('late_arrival'),
    illegal: sum('missing_initial', 'repeated_status', 'after_terminal', 'skipped_status',
      'illegal_transition'),
    duplicates: sum('duplicate'),
    lost_updates: sum('lost_update'),
  };
}
console.log(Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', '));
