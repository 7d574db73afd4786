import { specFields } from '../spec/spec';
import type { KeyValue } from './api';

/** Longer values are cut in lists. */
const maxLength = 200;

/** The keys of a spec with other values than their defaults, as lists show them. */
export function changedKeys(spec: Readonly<Record<string, unknown>>): Record<string, KeyValue> {
  const entries = Object.entries(spec).map(([key, value]) => [key, keyValue(value)] as const);
  return Object.fromEntries(entries.filter(([key, value]) => !Object.hasOwn(defaultKeys, key) || defaultKeys[key] !== value));
}

/** A list of sizes as 3072-100-10, other lists and objects as JSON. */
function keyValue(value: unknown): KeyValue {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  const text = typeof value === 'string' ? value : Array.isArray(value) && value.every((one) => typeof one === 'number') ? value.join('-') : JSON.stringify(value);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** All keys with their defaults. */
export const defaultKeys: Readonly<Record<string, KeyValue>> = Object.fromEntries(Object.entries(specFields).map(([key, field]) => [key, keyValue(field.default ?? null)]));
