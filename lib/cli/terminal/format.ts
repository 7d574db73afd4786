export { formatBytes } from '../../machine';
export { formatCount, formatMetric, formatPercent } from '../../numbers';

/** `digits` significant digits, in scientific notation where the decimal form would be long: 1.482, 0.02000, 1.000e-9. */
export function formatSignificant(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent > 6) return value.toExponential(digits - 1).replace('e+', 'e');
  return value.toFixed(Math.max(0, digits - 1 - exponent));
}

/** The same; '–' for NaN. */
export function formatKnown(value: number, digits = 4): string {
  return Number.isNaN(value) ? '–' : formatSignificant(value, digits);
}

/** A span of time in the two units that matter: '12 ms', '4.2 s', '1m 23s', '1h 02m'. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 0.9995) return `${String(Math.round(seconds * 1000))} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${String(Math.floor(whole / 60))}m ${pad(whole % 60)}s`;
  return `${String(Math.floor(whole / 3600))}h ${pad(Math.floor(whole / 60) % 60)}m`;
}

/** A span of time as on a clock: '0:04', '12:30', '1:02:03'. Its width changes rarely, as a line that is rewritten in place needs. */
export function formatClock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–:––';
  const whole = Math.max(0, Math.ceil(seconds));
  const clock = `${String(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return whole < 3600 ? clock : `${String(Math.floor(whole / 3600))}:${clock.padStart(5, '0')}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
