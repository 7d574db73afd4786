import { testTimeAugmentations } from '../data/views';
import type { ViewOptions } from '../data/views';
import { expected, nearest } from '../errors';
import { backendNames } from '../kernels/contract';
import type { BackendName, KernelName } from '../kernels/contract';
import { kernelNames } from '../kernels/signatures';
import { digitsPattern, parseNumber } from '../numbers';

/** The value of --backend as an API option; absent when the flag is. Throws ERR_CONFIG for another name. */
export function backendOption(value: string | undefined): { backend?: BackendName } {
  if (value === undefined) return {};
  const backend = backendNames.find((name) => name === value);
  if (backend !== undefined) return { backend };
  throw expected('ERR_CONFIG', backendNames.join(' or '), '--backend', value, { path: 'backend' });
}

/** A whole number of at least `least`, from the text behind --name. Throws ERR_CONFIG. */
export function integerOption(name: string, text: string, least: number): number {
  const value = parseNumber(text);
  if (Number.isSafeInteger(value) && value! >= least) return value! + 0; // never -0
  throw expected('ERR_CONFIG', `an integer of at least ${String(least)}`, `--${name}`, text, { path: name });
}

/** A port, from the text behind --port; 0 is any that is free. Throws ERR_CONFIG. */
export function portOption(text: string): number {
  const port = parseNumber(text);
  if (Number.isInteger(port) && port! >= 0 && port! <= 65_535) return port! + 0; // never -0
  throw expected('ERR_CONFIG', 'an integer in [0, 65535]', '--port', text, { path: 'port' });
}

/** A non-negative number, from the text behind --name. Throws ERR_CONFIG. */
export function numberOption(name: string, text: string): number {
  const value = parseNumber(text);
  if (value !== undefined && value >= 0) return value + 0;
  throw expected('ERR_CONFIG', 'a non-negative number', `--${name}`, text, { path: name });
}

/** One of some names, from the text of an argument that is called as in the help: --dtype, BENCHMARK. Throws ERR_CONFIG. */
export function choiceOf<Name extends string>(argument: string, text: string, names: readonly Name[]): Name {
  const found = names.find((candidate) => candidate === text);
  if (found !== undefined) return found;
  throw expected('ERR_CONFIG', `one of ${names.join(', ')}`, argument, text, { path: pathOf(argument) });
}

/** The value of --tta as an API option; absent when the flag is. Throws ERR_CONFIG for another name. */
export function ttaOption(value: string | undefined): ViewOptions {
  return value === undefined ? {} : { tta: choiceOf('--tta', value, testTimeAugmentations) };
}

/** A kernel, from the text of such an argument. Throws ERR_CONFIG, naming the nearest. */
export function kernelOf(argument: string, text: string): KernelName {
  const found = kernelNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw expected('ERR_CONFIG', nearest(text, kernelNames) ?? 'the name of a kernel', argument, text, { path: pathOf(argument) });
}

/** What an error's `path` says of an argument. */
function pathOf(argument: string): string {
  return argument.replace(/^--/, '');
}

const duration = new RegExp(`^\\+?(?:(${digitsPattern})h)?(?:(${digitsPattern})m)?(?:(${digitsPattern})s?)?$`);

/** Seconds, from a text such as 90, 90s, 10m or 1h30m behind --name. Throws ERR_CONFIG. */
export function durationOption(name: string, text: string): number {
  const parts = duration.exec(text);
  const [, hour = 0, minute = 0, second = 0] = parts ?? [];
  const seconds = 3600 * Number(hour) + 60 * Number(minute) + Number(second);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw expected('ERR_CONFIG', 'a time such as 90s, 10m or 1h30m', `--${name}`, text, { path: name });
}
