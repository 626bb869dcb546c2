// One row against a table's columns: what a load job and the streaming calls take and refuse.
// Stricter than the service where it would guess: a TIMESTAMP is RFC 3339 text, an INT64 is text.
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/;
const int64 = value => {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return false;
  const number = BigInt(value);
  return number >= -(2n ** 63n) && number < 2n ** 63n;
};
const fits = {
  STRING: value => typeof value === 'string',
  INTEGER: int64,
  TIMESTAMP: value => typeof value === 'string' && timestamp.test(value) && !Number.isNaN(Date.parse(value)),
  BOOLEAN: value => typeof value === 'boolean',
  JSON: () => true,
  BYTES: value => typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  FLOAT: value => typeof value === 'number',
};

// { location, message } of what is wrong, or undefined.
export function rowFault(row, fields) {
  if (row === null || typeof row !== 'object' || Array.isArray(row))
    return { location: '', message: 'Value is not an object.' };
  const known = new Map(fields.map(field => [field.name, field]));
  for (const [name, value] of Object.entries(row)) {
    const field = known.get(name);
    if (field === undefined) return { location: name, message: `No such field: ${name}.` };
    if (value !== null && !fits[field.type](value))
      return { location: name, message: `Could not convert value to ${field.type.toLowerCase()}. Field: ${name}; Value: ${JSON.stringify(value)}` };
  }
  for (const field of fields)
    if (field.mode === 'REQUIRED' && (row[field.name] ?? null) === null)
      return { location: field.name, message: `Missing required field: ${field.name}.` };
  return undefined;
}
