// What the queries of tasktrail give, worked out over the rows: a second reading of their SQL.

// Microseconds since 1970 of RFC 3339 text in UTC.
export function microseconds(text) {
  const [, seconds, fraction = ''] = /^([^.Z]+)(?:\.(\d{1,6}))?Z$/.exec(text);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

// Rows and tables in, { fields, rows, bytes } out.
export const known = {};
