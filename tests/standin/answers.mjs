// What the queries of tasktrail give, worked out over the rows: a second reading of their SQL.

// Microseconds since 1970 of RFC 3339 text in UTC.
export function microseconds(text) {
  const [, seconds, fraction = ''] = /^([^.Z]+)(?:\.(\d{1,6}))?Z$/.exec(text);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

// Rows and tables in, { fields, rows, bytes } out.
export const known = {
  // Whether a row is there: how often.
  has_row([table], { uid, written_at: at }) {
    const there = table.rows.map(({ line }) => JSON.parse(line))
      .filter(row => row.row_uid === uid && (at === undefined || microseconds(row.written_at) === microseconds(at)));
    return { fields: [{ name: 'f0_', type: 'INTEGER' }], rows: [[there.length]], bytes: table.bytes };
  },
};
