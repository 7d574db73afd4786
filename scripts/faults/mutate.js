'use strict';

/* Random edits of values, texts and bytes. JSON values may contain {$raw: TEXT}, which is written verbatim. */

/** A nested list; 6,000 levels overflow the stack of a recursive reader whose frames are large. */
const deep = (levels) => ({ $raw: `${'['.repeat(levels)}${']'.repeat(levels)}` });

const hostileNumbers = [
  0, -0, 1, -1, 2, 3, 0.5, 1.5, 1e-9, 1e-300, 255, 256, 65_536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2e9, 2 ** 53, 2 ** 53 + 2, 1e21, 1e300, { $raw: '1e999' },
  { $raw: '-1e999' }, { $raw: '-0' },
];
const hostileTexts = [
  '', ' ', 'x', '0', '-1', 'NaN', 'Infinity', 'null', 'true', '__proto__', 'constructor', 'toString', 'length', '..', '../../etc/passwd', '/dev/zero', 'a\0b', '\u001b[2J\u001b]0;x\u0007',
  '\u202egnp.exe', '=1+1', '<script>alert(1)</script>', 'ü', '\ud800', '𝒳', 'x'.repeat(5000), '1e5', '0x10', '2026-01-01T00:00:00.000Z', 'running', 'finished',
];

function hostileValue(random) {
  switch (random.below(12)) {
    case 0: return null;
    case 1: return random.chance(0.5);
    case 2: case 3: case 4: case 5: return random.pick(hostileNumbers);
    case 6: case 7: return random.pick(hostileTexts);
    case 8: return [];
    case 9: return {};
    case 10: return random.pick([[[]], [null], [1, 2, 3], ['x'], { $raw: '{"__proto__":{"x":1}}' }, { type: 'x' }, { length: 1e9 }, { $number: 'x' }, { $tensor: '__proto__' }, { $tensor: 'W1' }]);
    default:
      // Too long for a regular expression that backtracks.
      if (random.chance(0.001)) return 'x'.repeat(2e7);
      return random.chance(0.05) ? deep(random.pick([100, 6000])) : Array.from({ length: random.below(40) }, () => random.pick(hostileNumbers));
  }
}

const isTree = (value) => value !== null && typeof value === 'object' && !('$raw' in value);

/** All places in a value: [holder, key]. */
function placesOf(value, places = []) {
  for (const key of Object.keys(value)) {
    places.push([value, key]);
    if (isTree(value[key])) placesOf(value[key], places);
  }
  return places;
}

/** Changes one place of a value in place; returns the value, or another if it is replaced as a whole. */
function editJson(random, value) {
  if (!isTree(value) || random.chance(0.01)) return hostileValue(random);
  const places = placesOf(value);
  if (places.length === 0) return hostileValue(random);
  const [holder, key] = random.pick(places);
  const old = holder[key];
  switch (random.below(10)) {
    case 0: case 1: case 2: holder[key] = hostileValue(random); break;
    case 3: case 4:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
      break;
    case 5: {
      const [other, otherKey] = random.pick(places);
      const copy = structuredClone(other[otherKey]);
      holder[key] = copy;
      break;
    }
    case 6:
      if (typeof old === 'number') holder[key] = random.pick([old + 1, old - 1, -old, old * 2, old / 2, old * 1e9, old + 0.5]);
      else if (typeof old === 'string') holder[key] = editText(random, old);
      else holder[key] = hostileValue(random);
      break;
    case 7:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(random.pick(holder)));
      else {
        Reflect.deleteProperty(holder, key);
        Object.defineProperty(holder, random.pick(hostileTexts), { value: old, enumerable: true, configurable: true, writable: true });
      }
      break;
    case 8:
      if (Array.isArray(old)) old.push(hostileValue(random));
      else if (isTree(old)) Object.defineProperty(old, random.pick([...hostileTexts, ...Object.keys(holder)]), { value: hostileValue(random), enumerable: true, configurable: true, writable: true });
      else holder[key] = [old];
      break;
    default: {
      const [other, otherKey] = random.pick(places);
      if (isTree(old) || isTree(other[otherKey])) holder[key] = structuredClone(other[otherKey]);
      else [holder[key], other[otherKey]] = [other[otherKey], old];
    }
  }
  return value;
}

/** JSON of a value with raw parts. */
function toJson(value) {
  const plain = JSON.stringify(value) ?? 'null';
  if (!plain.includes('"$raw"')) return plain;
  let raw;
  const text = JSON.stringify(value, (_, item) => {
    if (item === null || typeof item !== 'object' || !('$raw' in item)) return item;
    (raw ??= []).push(item.$raw);
    return `\u0000raw${raw.length - 1}\u0000`;
  }) ?? 'null';
  return raw === undefined ? text : text.replace(/"\\u0000raw(\d+)\\u0000"/g, (_, index) => raw[Number(index)]);
}

const tokens = [
  '"', '\'', ',', ';', '\t', '\n', '\r\n', '\r', '\0', '\ufeff', '""', ' ', '-', '+', '.', 'e', '1e400', 'NaN', 'nan', 'Infinity', '-inf', 'NA', 'null', '0x1F', '1_000', '1,5',
  '9'.repeat(400), '{', '}', '[', ']', ':', '\\', '\\u0000', '/*', '#', '=', '%', '€', '😀', 'sep=;\n', '1e-400', '-0', '00', '01', '1.', '.5', '١',
];

/** Changes one place of a text. */
function editText(random, text) {
  const at = random.below(text.length + 1);
  const length = Math.min(text.length - at, 1 + random.below(random.chance(0.2) ? 40 : 3));
  switch (random.below(6)) {
    case 0: return text.slice(0, at) + text.slice(at + length);
    case 1: return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 2: case 3: return text.slice(0, at) + random.pick(tokens) + text.slice(at);
    case 4: return text.slice(0, at) + random.pick(tokens) + text.slice(at + length);
    default: return random.chance(0.3) ? text.slice(0, at) : text.slice(0, at) + String.fromCodePoint(random.below(0x250)) + text.slice(at + 1);
  }
}

/** Changes one of a list of lines: moves, duplicates, removes, inserts or edits it. */
function editLines(random, list, edit) {
  const at = random.below(list.length);
  switch (random.below(8)) {
    case 0: list.splice(at, 1); break;
    case 1: list.splice(at, 0, structuredClone(list[at])); break;
    case 2: list.splice(random.below(list.length + 1), 0, ...list.splice(at, 1)); break;
    case 3: list.splice(at, 0, random.pick([{ $raw: '' }, { $raw: 'x' }, { $raw: '{' }, { $raw: '\0\0\0\0' }, null, 1, [], {}, { type: 'x' }])); break;
    default: if (list.length > 0) list[at] = edit(random, list[at]);
  }
  return list;
}

/** Changes one place of some bytes. */
function editBytes(random, bytes) {
  const at = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0: return bytes.subarray(0, at);
    case 1: return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random.below(16)))]);
    case 2: return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256))), bytes.subarray(at)]);
    case 3: return Buffer.concat([bytes, bytes.subarray(at, at + random.below(64))]);
    default: {
      const copy = Buffer.from(bytes);
      for (let n = 1 + random.below(4); n > 0 && copy.length > 0; n--) copy[random.below(copy.length)] = random.pick([0, 0xff, 0x80, 0x7f, random.below(256), random.below(256)]);
      return copy;
    }
  }
}

module.exports = { editBytes, editJson, editLines, editText, hostileNumbers, hostileTexts, hostileValue, toJson };
