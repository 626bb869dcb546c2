// JSON with every digit of its numbers: they are kept as texts in Exact, which JSON.parse turns into
// doubles. And the parts of a value as tasktrail's --verify compares them: a second reading of what
// core/upload/json_parts.h says.
class Exact {
  constructor(text) {
    this.text = text;
  }
}

const token = /\s*("(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*|true|false|null|[{}[\]:,])/y;

// Members come as [key, value] pairs in a Map.
export function parse(text) {
  const tokens = [];
  token.lastIndex = 0;
  for (let found; (found = token.exec(text)) !== null;) tokens.push(found[1]);
  let at = 0;
  const value = () => {
    const first = tokens[at++];
    if (first === '{') {
      const members = new Map();
      while (tokens[at] !== '}') {
        if (tokens[at] === ',') at++;
        const key = JSON.parse(tokens[at]);
        at += 2;
        const member = value();
        if (!members.has(key)) members.set(key, member); // of several the first
      }
      at++;
      return members;
    }
    if (first === '[') {
      const elements = [];
      while (tokens[at] !== ']') {
        if (tokens[at] === ',') at++;
        elements.push(value());
      }
      at++;
      return elements;
    }
    return /^[-\d]/.test(first) ? new Exact(first) : JSON.parse(first);
  };
  return value();
}

function numberText(text) {
  if (/^-?\d{16,20}$/.test(text)) return text;
  const [digits, sign, exponent] = (Number(text) + 0).toExponential(16).split(/e([+-])/);
  return `${digits}e${sign}${exponent.padStart(2, '0')}`;
}

function own(value) {
  if (value instanceof Exact) return numberText(value.text);
  if (value instanceof Map) return '{';
  if (Array.isArray(value)) return '[';
  return typeof value === 'string' ? `"${value}` : String(value);
}

function list(prefix, value, all) {
  all.push(Buffer.from(prefix + own(value)));
  if (value instanceof Map) for (const [key, member] of value) list(`${key}\x1d`, member, all);
  else if (Array.isArray(value)) for (const element of value) list('', element, all);
  return all;
}

// A Buffer.
export function parts(value) {
  const sorted = list('', value, []).sort(Buffer.compare);
  return Buffer.concat(sorted.flatMap((part, i) => (i > 0 ? [Buffer.from('\x1e'), part] : [part])));
}
