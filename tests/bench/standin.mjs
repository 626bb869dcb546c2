// The stand-in for BigQuery, asked for tools/bench:
//   node standin.mjs URL                   rows are counted from now on, not kept
//   node standin.mjs URL PROJECT.DATASET N what its tables hold; status 1 unless these are N audit
//                                          rows, and no row of any table is there twice
const [url, dataset, events] = process.argv.slice(2);

async function control(name, body) {
  const answer = await fetch(`${url}/__control/${name}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${name}: status ${answer.status}`);
  return answer.json();
}

if (dataset === undefined) {
  await control('settings', { keepRows: false });
} else {
  const { tables, counters } = await control('state');
  const there = Object.entries(tables).filter(([name, table]) => name.startsWith(`${dataset}.`) && table.type === 'TABLE');
  for (const [name, { rows, distinct, bytes }] of there)
    console.log(`${name.slice(dataset.length + 1)}: ${rows} rows at the stand-in, ${distinct} different, ${bytes} bytes of JSON`);
  console.log(`${counters.loads ?? 0} load jobs, ${counters.commits ?? 0} streams committed`);
  const whole = tables[`${dataset}.task_status_audit`]?.rows === Number(events);
  process.exitCode = whole && there.every(([, table]) => table.rows === table.distinct) ? 0 : 1;
}
