import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { RunFolder } from '../../lib/runFolder/runFolder';
import type { WeightSnapshotsHeader } from '../../lib/runFolder/weightSnapshotsShape';
import { temporaryFolder } from '../support/folder';
import { resume, run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const runs = temporaryFolder();
const imageShape = { channels: 3, height: 2, width: 2 };
const tiny = tinyData();
const data = { train: { ...tiny.train, imageShape }, validation: { ...tiny.validation, imageShape }, origin: tiny.origin };
let count = 0;

function film(path: string): { header: WeightSnapshotsHeader; frames: { step: number; pixels: Uint8Array }[]; rest: number } {
  const bytes = readFileSync(join(path, 'weights.film'));
  let at = bytes.indexOf('\n') + 1;
  const header = JSON.parse(bytes.toString('utf8', 0, at)) as WeightSnapshotsHeader;
  const { channels, height, width } = header.imageShape;
  const size = header.units * channels * height * width;
  const frames: { step: number; pixels: Uint8Array }[] = [];
  for (; at + 4 + size <= bytes.length; at += 4 + size) {
    frames.push({ step: bytes.readUInt32LE(at), pixels: bytes.subarray(at + 4, at + 4 + size) });
  }
  return { header, frames, rest: bytes.length - at };
}

function filmed(spec: object, stopAt = Infinity): RunFolder {
  const place = RunFolder.create({ runs, name: `run${String(++count)}` });
  run(spec, { data, place, stopAt });
  place.close();
  return place;
}

test('a film begins with the first weights and has a frame of each evaluation', () => {
  const { path } = filmed({});
  const { header, frames, rest } = film(path);
  expect(header).toEqual({ units: 8, imageShape });
  expect(frames.map(({ step }) => step)).toEqual([0, 10, 20, 30]);
  expect(rest).toBe(0);
});

test('the last frame shows the weights that the model ends with, each unit on a scale of its own', () => {
  const { path } = filmed({});
  const { frames: [, , , last] } = film(path);
  const { weights } = Model.load(join(path, 'checkpoint.safetensors')).firstLayer()!;
  for (let unit = 0; unit < 8; unit++) {
    const row = [...weights.subarray(unit * 12, (unit + 1) * 12)];
    const rms = Math.hypot(...row) / Math.sqrt(12);
    row.forEach((weight, i) => {
      const level = Math.min(255, Math.max(0, 127.5 * (1 + weight / (3 * rms))));
      expect(Math.abs(last!.pixels[unit * 12 + i]! - level)).toBeLessThanOrEqual(0.51);
    });
  }
});

test('whitening is part of the pictures', () => {
  const { path } = filmed({ normalization: 'zca' });
  const { weights } = Model.load(join(path, 'checkpoint.safetensors')).firstLayer()!;
  const { frames } = film(path);
  const rms = Math.hypot(...weights.subarray(0, 12)) / Math.sqrt(12);
  expect(Math.abs(frames[3]!.pixels[0]! - Math.min(255, Math.max(0, 127.5 * (1 + weights[0]! / (3 * rms)))))).toBeLessThanOrEqual(1);
});

test('a film of many evaluations has few frames', () => {
  const { frames } = film(filmed({ steps: 300, evaluateEvery: 1 }).path);
  expect(frames.length).toBeLessThanOrEqual(25);
  expect(frames.length).toBeGreaterThan(20);
  expect(frames[frames.length - 1]!.step).toBe(300);
});

test('a run that goes on has the film of one that never stopped, whatever was torn', () => {
  const whole = filmed({ steps: 40 });
  const { path } = filmed({ steps: 40 }, 20);
  appendFileSync(join(path, 'weights.film'), 'torn');
  resume(path, {}, { data });
  expect(readFileSync(join(path, 'weights.film'))).toEqual(readFileSync(join(whole.path, 'weights.film')));
});

test('frames behind the checkpoint that a run goes on from are cut off', () => {
  const { path } = filmed({ steps: 40 }, 20);
  const { frames } = film(path);
  const late = Buffer.alloc(4 + frames[0]!.pixels.length);
  late.writeUInt32LE(30);
  appendFileSync(join(path, 'weights.film'), late);
  resume(path, {}, { data });
  expect(film(path).frames.map(({ step }) => step)).toEqual([0, 10, 20, 30, 40]);
  expect(film(path).frames[3]!.pixels.some((level) => level !== 0)).toBe(true);
});

test.each([
  ['no header', (bytes: Buffer) => bytes.subarray(5)],
  ['the header of other pictures', (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('"units":8', '"units":9'), 'latin1')],
  ['nothing in it', () => Buffer.alloc(0)],
])('a film with %s begins again', (_, damage) => {
  const { path } = filmed({ steps: 40 }, 20);
  const file = join(path, 'weights.film');
  writeFileSync(file, damage(readFileSync(file)));
  resume(path, {}, { data });
  const { header, frames, rest } = film(path);
  expect(header).toEqual({ units: 8, imageShape });
  expect(frames.map(({ step }) => step)).toEqual([30, 40]);
  expect(rest).toBe(0);
});

test('a frame of an earlier step than the one before it ends what is kept of a film', () => {
  const { path } = filmed({ steps: 40 }, 20);
  const file = join(path, 'weights.film');
  const bytes = readFileSync(file);
  const size = 4 + film(path).frames[0]!.pixels.length;
  writeFileSync(file, Buffer.concat([bytes, bytes.subarray(bytes.length - 2 * size, bytes.length - size)]));
  resume(path, {}, { data });
  expect(film(path).frames.map(({ step }) => step)).toEqual([0, 10, 20, 30, 40]);
});

test('rows that are no pictures make no film', () => {
  const place = RunFolder.create({ runs, name: 'table' });
  run({}, { place });
  place.close();
  expect(existsSync(join(place.path, 'weights.film'))).toBe(false);
});
