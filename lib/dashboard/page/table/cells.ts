import { formatCount, formatMetric } from '../../../numbers';
import type { Entry } from '../../api';
import { stateWords } from '../../query/fields';
import type { Field, Value } from '../../query/fields';
import type { Summary } from '../../query/groups';
import { duration, number, percent } from '../dom';

/** Whether a score of an entry is a share, as an accuracy is, or an error. */
function scoreText(field: Field, value: number, entry: Entry): string {
  if (field.id === 'best' && entry.kind === 'run' && entry.best !== null) {
    const { metric } = entry.best;
    return metric === 'accuracy' ? percent(value) : `${metric} ${formatMetric(metric, value)}`;
  }
  if (entry.kind === 'search' && typeof entry.score === 'number' && (field.id === 'val' || field.id === 'best')) return `${entry.metric ?? 'score'} ${formatMetric(entry.metric ?? '', value)}`;
  return isShare(field, entry) ? percent(value) : `RMSE ${number(value)}`;
}

function isShare({ id }: Field, entry: Entry): boolean {
  if (id === 'test') return typeof entry.testAccuracy === 'number';
  if (id === 'train') return entry.kind === 'run' && typeof entry.trainAccuracy === 'number';
  return typeof entry.valAccuracy === 'number';
}

/** A value as its cell shows it; '–' where there is none. */
export function cellText(field: Field, entry: Entry): string {
  const value = field.of(entry);
  if (value === undefined || value === '') return '–';
  if (typeof value === 'number') return field.unit === 'score' ? scoreText(field, value, entry) : numberText(field, value);
  if (field.unit === 'time') return localTime(String(value));
  return textOf(value);
}

function numberText({ unit }: Field, value: number): string {
  if (unit === 'share') return percent(value);
  if (unit === 'count') return formatCount(value);
  if (unit === 'seconds') return duration(value);
  return number(value);
}

function textOf(value: Value): string {
  return Array.isArray(value) ? (value as readonly string[]).join(', ') : String(value);
}

/** At most so many different texts are named for a group. */
const maxTexts = 3;

/** Of a group: the mean of a result with its standard error, the last of times, of all else the values and how many have them. */
export function summaryText(field: Field, entries: readonly Entry[], { mean, standardError, count }: Summary): string {
  if (field.unit === 'time') {
    const times = entries.flatMap((entry) => field.of(entry) ?? []).map(String).sort();
    return times.length === 0 ? '–' : localTime(times[times.length - 1]!);
  }
  if (field.kind === 'key' || field.unit === 'text') {
    const counts = new Map<string, number>();
    for (const entry of entries) {
      const text = field.id === 'state' ? stateWords(entry)[0]! : cellText(field, entry);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    if (counts.size === 1) return [...counts.keys()][0]!;
    if (counts.size > maxTexts) return `${String(counts.size)} values`;
    return [...counts].map(([text, times]) => (field.kind === 'key' ? text : `${text} ${String(times)}`)).join(', ');
  }
  if (count === 0) return '–';
  const shares = field.unit === 'share' || (field.unit === 'score' && entries.every((entry) => field.of(entry) === undefined || /^[\d.]+ %$/.test(cellText(field, entry))));
  if (shares) return Number.isNaN(standardError) ? percent(mean) : `${(100 * mean).toFixed(1)} ± ${(100 * standardError).toFixed(1)} %`;
  const text = field.unit === 'score' ? number(mean) : numberText(field, mean);
  if (Number.isNaN(standardError) || standardError === 0) return text;
  return `${text} ± ${field.unit === 'seconds' ? duration(standardError) : number(standardError, 2)}`;
}

/** '2026-11-23 13:08', in the local time zone. */
export function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear())}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
