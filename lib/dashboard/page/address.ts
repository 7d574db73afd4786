import type { CurveSettings } from './plots/curves';
import { bands } from './plots/groupLines';
import type { Band } from './plots/groupLines';
import { xAxes } from './plots/xAxis';
import type { XAxis } from './plots/xAxis';

/** What the settings of curves are where an address does not say. */
export const defaultSettings: Readonly<CurveSettings> = { smoothing: 0.05, log: false, x: 'step', outliers: true, group: '', band: 'error' };

/** Takes the settings of curves from an address; what it does not say, or says wrongly, stays. */
export function readSettings(hash: string, settings: CurveSettings): void {
  const query = new URLSearchParams(hash.split('?', 2)[1]);
  const x = query.get('x');
  if (x !== null && Object.hasOwn(xAxes, x)) settings.x = x as XAxis;
  for (const key of ['log', 'outliers'] as const) if (query.has(key)) settings[key] = query.get(key) === 'true';
  settings.group = query.get('group') ?? settings.group;
  const band = query.get('band');
  if (band !== null && Object.hasOwn(bands, band)) settings.band = band as Band;
  const smoothing = Number(query.get('smoothing') ?? NaN);
  if (smoothing >= 0 && smoothing <= 1) settings.smoothing = smoothing;
}

/** Writes into the address of the page those settings that are not as by default. The page stays as it is. */
export function writeSettings(settings: CurveSettings): void {
  const [path, words] = location.hash.split('?', 2) as [string, string?];
  const query = new URLSearchParams(words);
  for (const key of Object.keys(defaultSettings) as (keyof CurveSettings)[]) {
    const value = settings[key];
    if (value === defaultSettings[key]) query.delete(key);
    else query.set(key, String(value));
  }
  const text = query.toString();
  history.replaceState(null, '', `${path}${text === '' ? '' : `?${text}`}`);
}
