import { getJson } from './client';
import { fill, h, scroller, specText } from './dom';

/** A run's spec by key, followed by what its record holds. */
export type FlatSpec = ReadonlyMap<string, string>;

/** Reads spec.json; the fields of `record` follow the keys of the spec. */
export async function readSpec(run: string): Promise<FlatSpec> {
  const { record, ...spec } = await getJson<Record<string, unknown>>('api/file', { run, file: 'spec.json' });
  const { versions, ...facts } = Object(record) as Record<string, unknown>; // of null, an object without keys
  return new Map([...Object.entries(spec), ...Object.entries(facts), ...Object.entries(Object(versions) as object)].map(([key, value]) => [key, specText(value)]));
}

/**
 * The spec of one run, read when it is opened; keys with other values than their defaults come first.
 * @param changed those keys, as far as they are known.
 */
export function specPanel(run: string, changed: () => Readonly<Record<string, unknown>> = () => ({})): HTMLElement {
  const body = scroller('Spec and record');
  const panel = h('details', { class: 'panel' }, h('summary', {}, 'Spec and record'), body);
  panel.addEventListener('toggle', () => {
    if (!panel.open || body.hasChildNodes()) return;
    readSpec(run).then((spec) => {
      const own = changed();
      const isChanged = ([key]: readonly [string, string]): boolean => Object.hasOwn(own, key);
      const [first, others] = [[...spec].filter(isChanged), [...spec].filter((entry) => !isChanged(entry))];
      fill(body, h('table', {}, ...(first.length === 0 ? [rowsOf(others)] : [rowsOf(first, 'other than by default'), rowsOf(others, 'as by default, and the record')])));
    }, (error: unknown) => {
      fill(body, (error as Error).message);
    });
  });
  return panel;
}

function rowsOf(entries: readonly (readonly [string, string])[], heading?: string): HTMLElement {
  return h(
    'tbody', {}, heading !== undefined && h('tr', {}, h('th', { scope: 'rowgroup', colspan: 2, class: 'note' }, heading)),
    ...entries.map(([key, value]) => h('tr', {}, h('th', { scope: 'row' }, key), h('td', { class: 'text' }, value))),
  );
}
