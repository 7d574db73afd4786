/* Numbers as text in a report: with their unit and, where it is known, their uncertainty. */

import { formatPercent, formatShort } from '../../numbers';
import { withoutFolders } from '../../text';

export { withoutFolders } from '../../text';
export { formatCount as count, formatShort as significant } from '../../numbers';

/** 0.5213 → '52.1 %', with a no-break space; '–' where there is no such share. */
export function percent(share: number, decimals = 1): string {
  return formatPercent(share, decimals).replace(' ', '\u00a0');
}

/**
 * A share of `rows` rows with its binomial standard error √(p(1 − p)/n): '52.1 ± 1.6 %'. Where the share is 0 or 1 that
 * estimate is 0 and is left out, and '–' stands where there are no rows.
 */
export function percentOf(share: number, rows: number): string {
  const error = standardError(share, rows);
  if (!(rows > 0) || !Number.isFinite(share)) return '–';
  return error > 0 ? `${(100 * share).toFixed(1)}\u00a0±\u00a0${(100 * error).toFixed(1)}\u00a0%` : percent(share);
}

/** Of a share p of n independent rows: √(p(1 − p)/n). */
export function standardError(share: number, rows: number): number {
  return Math.sqrt((share * (1 - share)) / rows);
}

/** '2.76 ms', '9.1 s', '4 min 12 s', '1 h 02 min'. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${formatShort(1000 * seconds, 3)}\u00a0ms`;
  if (seconds < 60) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${String(Math.floor(whole / 60))}\u00a0min ${pad(whole % 60)}\u00a0s`;
  return `${String(Math.floor(whole / 3600))}\u00a0h ${pad(Math.floor(whole / 60) % 60)}\u00a0min`;
}

/** 1,233,240 → '1.2 MB'. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = value < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)}\u00a0${units[power]!}`;
}

/** '2026-11-23 12:08 UTC' of an ISO time. */
export function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}\u00a0UTC`;
}

/** A value of a spec as one would set it: 3072,100,10 and not [3072,100,10]. */
export function settingText(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value.join(',');
  return withoutFolders(typeof value === 'string' ? value : JSON.stringify(value));
}
