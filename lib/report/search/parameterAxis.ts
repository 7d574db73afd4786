import { formatShort } from '../../numbers';
import type { Domain, ParameterValue } from '../../search/types';
import { digitsApart } from '../drawing/digits';
import { linearTicks, logTicks, tickFormat, tickText } from '../drawing/ticks';

/** Maps the values of a search's parameter to [0, 1]: logarithmic where the search draws them so. */
export interface ParameterAxis {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** The place of trial number `trial` with that value; trials with the same choice are spread out. */
  place(value: ParameterValue, trial: number): number;
  /** The value at a place between 0 and 1, or the nearest, as text. */
  textAt(at: number): string;
}

/** Trials are spread over this share of the space of a choice. */
const spread = 0.5;
/** Integer ranges of up to so many values are drawn like a choice. */
const fewIntegers = 8;
/** Steps of the golden section fill an interval evenly, however many there are. */
const goldenSection = (Math.sqrt(5) - 1) / 2;

export function parameterAxis(domain: Domain): ParameterAxis {
  if (domain.type === 'choice') return choiceAxis(domain.values);
  const { low, high } = domain;
  const integers = 'step' in domain ? (high - low) / domain.step + 1 : Infinity;
  if ('step' in domain && integers <= fewIntegers) return choiceAxis(Array.from({ length: integers }, (_, i) => low + i * domain.step));
  const isLog = domain.type.startsWith('log-');
  const at = isLog ? Math.log : (value: number): number => value;
  const place = (value: number): number => (at(value) - at(low)) / (at(high) - at(low));
  const textAt = (at: number): string => {
    const value = isLog ? low * (high / low) ** at : low + at * (high - low);
    return 'step' in domain ? String(low + domain.step * Math.round((value - low) / domain.step)) : formatShort(value, 3);
  };
  const enclosing = isLog ? logTicks(low, high) : linearTicks(low, high, 5);
  const within = enclosing.filter((tick) => tick >= low && tick <= high && (isLog || domain.type === 'uniform' || Number.isInteger(tick)));
  const ticks = within.length > 1 ? within : [low, high];
  const digits = digitsApart(ticks);
  const format = isLog ? (tick: number): string => tickText(tick, digits) : tickFormat(ticks);
  return { ticks: ticks.map((tick) => ({ at: place(tick), label: format(tick) })), place: (value) => place(value as number), textAt };
}

function choiceAxis(values: readonly ParameterValue[]): ParameterAxis {
  const labels = values.map(valueText);
  return {
    ticks: labels.map((label, i) => ({ at: (i + 0.5) / values.length, label })),
    place: (value, trial) => (labels.indexOf(valueText(value)) + 0.5 + spread * (((trial * goldenSection) % 1) - 0.5)) / values.length,
    textAt: (at) => labels[Math.min(values.length - 1, Math.floor(at * values.length))]!,
  };
}

/** A value as text: a list of sizes as 3072-100-10. */
export function valueText(value: ParameterValue): string {
  return Array.isArray(value) ? value.map(valueText).join('-') : String(value);
}
