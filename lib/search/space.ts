import { BlastrainError, describe, expected, nearest, toPlain } from '../errors';
import { changedPreset } from '../spec/presets';
import { applyChanges, parseSpec, specFields } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { RandomState } from '../random';
import { draw, gridValues, isIn, isSame, parseDomain } from './domain';
import type { Assignment, Domain, Parameter, ParameterValue, Space } from './types';

/** Keys that all trials of a search share: data, length of training, seeds, and keys that no score depends on. */
const shared: readonly (keyof TrainSpec)[] = [
  'data', 'dataFolder', 'dataFile', 'target', 'weightColumn', 'header', 'delimiter', 'encoding', 'columns', 'trainRows', 'validationRows', 'testRows', 'splitSeed',
  'stratify', 'groupColumn', 'timeColumn', 'splitColumn', 'chunkRows', 'imageSize', 'imageFit', 'grey', 'skipDamaged', 'loss', 'model',
  'steps', 'epochs', 'evaluateEvery', 'logEvery', 'keepEvery', 'earlyStopping', 'monitor', 'minDelta', 'restoreBest', 'maxSeconds', 'overfitBatches',
  'fastDevRun', 'health', 'histogramEvery', 'seed', 'seeds', 'dtype', 'backend', 'threads',
];

/** Random trials whose specs are checked before any is trained. */
const probes = 200;

const maxPoints = 1000;

const widthPattern = /^width([1-9]\d*)$/;
const definesLayers = (name: string): boolean => name === 'depth' || widthPattern.test(name);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * Parses a search space: `base`, a preset or a spec; `set`, changes to its keys; and `space`, an entry for each parameter. Throws
 * ERR_CONFIG with details.path for a space without parameters, unknown names (naming the nearest), domains that
 * `parseDomain` refuses, values that the spec refuses, and conditions on anything but earlier choices and integers.
 */
export function parseSpace(base: unknown, set: unknown, space: unknown): Space {
  const spec = parseBase(base, set);
  if (!isRecord(space) || Object.keys(space).length === 0) {
    throw expected('ERR_CONFIG', 'one or more parameters', 'space', space, { path: 'space' });
  }
  const parameters: Parameter[] = [];
  for (const [name, entry] of Object.entries(space)) parameters.push(parseParameter(name, entry, spec, parameters));
  const parsed: Space = { base: spec, parameters };
  refuseIllegalTrials(parsed);
  return parsed;
}

function parseBase(base: unknown, set: unknown): TrainSpec {
  if (typeof base !== 'string' && !isRecord(base)) throw expected('ERR_CONFIG', 'the name of a preset or a spec', 'base', base, { path: 'base' });
  if (set !== undefined && !isRecord(set)) throw expected('ERR_CONFIG', 'keys of the spec', 'set', set, { path: 'set' });
  const spec = parseSpec(typeof base === 'string' ? changedPreset(base, set ?? {}) : applyChanges(base, set ?? {}));
  if (spec.seeds !== 1) throw expected('ERR_CONFIG', '1 (seeds of the search repeats its trials)', 'seeds of the base', spec.seeds, { path: 'base.seeds' });
  return spec;
}

function parseParameter(name: string, entry: unknown, base: TrainSpec, earlier: readonly Parameter[]): Parameter {
  const path = `space.${name}`;
  const names = [...Object.keys(specFields), 'depth', 'width1'];
  if (!Object.hasOwn(specFields, name) && !definesLayers(name)) {
    const suggestion = nearest(name, names);
    throw new BlastrainError(
      'ERR_CONFIG',
      `Expected a key of the spec, depth or width1, width2, …${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`} for a parameter but received '${name}'`,
      { path, nearest: suggestion ?? null },
    );
  }
  if ((shared as readonly string[]).includes(name)) {
    throw expected('ERR_CONFIG', 'a key that may differ between trials', 'a parameter', name, { path });
  }
  if (definesLayers(name) && (base.model !== null || earlier.some((other) => other.name === 'layers'))) {
    throw expected('ERR_CONFIG', 'layers that are made of depth and widths alone', path, base.model === null ? 'layers too' : 'a model', { path });
  }
  if (name === 'layers' && earlier.some((other) => definesLayers(other.name))) {
    throw expected('ERR_CONFIG', 'layers that are made of depth and widths alone', path, 'layers too', { path });
  }
  if (!isRecord(entry)) throw expected('ERR_CONFIG', 'an object with a type', path, entry, { path });
  const domain = parseDomain(entry, path);
  refuseIllegalValues(name, domain, path);
  const { points = 3 } = entry;
  if (!(Number.isSafeInteger(points) && (points as number) >= 2 && (points as number) <= maxPoints)) {
    throw expected('ERR_CONFIG', `an integer in [2, ${String(maxPoints)}]`, `${path}.points`, points, { path: `${path}.points` });
  }
  const when = parseConditions(entry['when'], earlier, `${path}.when`);
  return { name, domain, points: points as number, when: widthCondition(name, when, earlier, path) };
}

/** Checks all values of a choice, or the bounds of a range and a number between them. */
function refuseIllegalValues(name: string, domain: Domain, path: string): void {
  const { accepts, what } = name === 'depth' ? depthValues : definesLayers(name) ? widthValues : specFields[name as keyof TrainSpec];
  const between = domain.type === 'uniform' || domain.type === 'log-uniform' ? [draw(domain, new RandomState(0))] : [];
  for (const value of [...gridValues(domain, 2), ...between]) {
    if (!accepts(value)) throw expected('ERR_CONFIG', what, path, value, { path });
  }
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const widthValues = { what: 'an integer of at least 1', accepts: isSize };
/** A limit, as each hidden layer needs a width of the space or the base, and conditions list all depths. */
const maxDepth = 1000;
const depthValues = { what: `an integer in [1, ${String(maxDepth)}]`, accepts: (value: unknown): boolean => isSize(value) && value <= maxDepth };

function parseConditions(when: unknown, earlier: readonly Parameter[], path: string): Parameter['when'] {
  if (when === undefined) return {};
  if (!isRecord(when)) throw expected('ERR_CONFIG', 'values of earlier parameters', path, when, { path });
  for (const [name, values] of Object.entries(when)) {
    const place = `${path}.${name}`;
    const names = earlier.map((parameter) => parameter.name);
    const other = earlier.find((parameter) => parameter.name === name);
    if (other === undefined) {
      const choice = names.length === 0 ? 'no condition on the first parameter' : `a parameter before it (${names.join(', ')})`;
      throw expected('ERR_CONFIG', choice, path, name, { path: place, nearest: nearest(name, names) ?? null });
    }
    if (other.domain.type === 'uniform' || other.domain.type === 'log-uniform') {
      throw expected('ERR_CONFIG', 'a choice or an integer to depend on', place, other.domain.type, { path: place });
    }
    if (!Array.isArray(values) || values.length === 0) throw expected('ERR_CONFIG', 'one or more values', place, values, { path: place });
    for (const value of values as unknown[]) {
      if (!isIn(other.domain, value)) throw expected('ERR_CONFIG', `values that ${name} can have`, place, value, { path: place });
    }
  }
  return when as Parameter['when'];
}

/** Adds the condition that hidden layer i exists at the depth drawn, so that `width`i is drawn only then. */
function widthCondition(name: string, when: Parameter['when'], earlier: readonly Parameter[], path: string): Parameter['when'] {
  const depth = earlier.find((parameter) => parameter.name === 'depth');
  const width = widthPattern.exec(name);
  if (depth === undefined || width === null) return when;
  const all = gridValues(depth.domain, maxDepth + 1);
  const depths = (when['depth'] ?? all).filter((value) => (value as number) > Number(width[1]));
  if (depths.length === 0) throw expected('ERR_CONFIG', `a depth above ${width[1]!}`, path, `depths up to ${String(all.at(-1))}`, { path });
  return { ...when, depth: depths };
}

/** Whether a parameter is drawn, given the values of those before it. */
export function isActive({ when }: Parameter, assignment: Assignment): boolean {
  return Object.entries(when).every(([name, values]) =>
    Object.hasOwn(assignment, name) && values.some((value) => isSame(value, assignment[name])));
}

/** A random trial: draws each parameter whose conditions hold, in order. */
export function drawAssignment({ parameters }: Space, random: RandomState): Assignment {
  const assignment: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    if (isActive(parameter, assignment)) assignment[parameter.name] = draw(parameter.domain, random);
  }
  return assignment;
}

/**
 * The spec of a trial: the base with the trial's values. `depth` counts linear layers; hidden layer i has `width`i units, or as many
 * as the base's. Throws ERR_CONFIG where the values contradict each other.
 */
export function specOf({ base }: Space, assignment: Assignment): TrainSpec {
  const values = Object.entries(assignment).filter(([name]) => !definesLayers(name));
  const sizes = values.length === Object.keys(assignment).length ? {} : { layers: layersOf(base.layers, assignment) };
  return parseSpec({ ...base, ...sizes, ...Object.fromEntries(values) });
}

function layersOf(layers: readonly number[], assignment: Assignment): number[] {
  const hidden = layers.slice(1, -1);
  const widths = Object.keys(assignment).map((name) => Number(widthPattern.exec(name)?.[1] ?? 0));
  const depth = (assignment['depth'] as number | undefined) ?? Math.max(hidden.length, ...widths) + 1;
  const sizes: number[] = [];
  for (let i = 1; i < depth; i++) {
    const name = `width${String(i)}`;
    const width = (assignment[name] as number | undefined) ?? hidden[i - 1];
    if (width === undefined) throw expected('ERR_CONFIG', `a ${name}`, `depth ${String(depth)}`, 'none', { path: name });
    sizes.push(width);
  }
  return [layers[0]!, ...sizes, layers[layers.length - 1]!];
}

/** Checks the specs of random trials. Throws ERR_CONFIG where one is refused, as the space then allows contradictions. */
function refuseIllegalTrials(space: Space): void {
  const random = new RandomState(0);
  for (let probe = 0; probe < probes; probe++) {
    const assignment = drawAssignment(space, random);
    try {
      specOf(space, assignment);
    } catch (error) {
      const { message, details } = toPlain(error);
      throw new BlastrainError(
        'ERR_CONFIG',
        `Expected a legal spec for every trial of the space but received ${describe(assignment)}, which is none: ${message}`,
        { path: `space.${String(details['path'])}` },
        { cause: error },
      );
    }
  }
}
