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

/** The spec of one run, read when it is opened. */
export function specPanel(run: string): HTMLElement {
  const body = scroller('Spec and record');
  const panel = h('details', { class: 'panel' }, h('summary', {}, 'Spec and record'), body);
  panel.addEventListener('toggle', () => {
    if (!panel.open || body.hasChildNodes()) return;
    readSpec(run).then((spec) => {
      fill(body, h('table', {}, h('tbody', {}, ...[...spec].map(([key, value]) => h('tr', {}, h('th', { scope: 'row' }, key), h('td', { class: 'text' }, value))))));
    }, (error: unknown) => {
      fill(body, (error as Error).message);
    });
  });
  return panel;
}
