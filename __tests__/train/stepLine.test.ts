import { eachJsonLine } from '../../lib/files';
import { RandomState } from '../../lib/random';
import { eventShape } from '../../lib/train/eventShape';
import type { TrainEvent } from '../../lib/train/events';
import { readStepLine } from '../../lib/train/stepLine';

/** What parsing and checking make of a line; undefined where it is no event. */
function parsed(line: string): TrainEvent | undefined {
  let event: TrainEvent | undefined;
  eachJsonLine(Buffer.from(`${line}\n`), eventShape, { file: 'metrics.jsonl', code: 'ERR_DATA' }, (value) => { event = value; });
  return event;
}

/** The same of a line between others. */
const quick = (line: string): TrainEvent | undefined => readStepLine(Buffer.from(`{}\n${line}\n{"type":"step","step":9`), 3, 3 + Buffer.byteLength(line));

const random = new RandomState(3);
/** A double of any size, as JSON writes it. */
function anyNumber(): number {
  const value = (random.random() - 0.5) * 10 ** random.randint(-330, 308);
  return [value, Math.round(value), Number(value.toPrecision(1 + random.randint(0, 17))), 0, 2 ** random.randint(0, 70)][random.randint(0, 5)]!;
}

test('a step\'s line is read to the bit as parsing reads it', () => {
  for (let i = 0; i < 1000; i++) {
    const event = {
      type: 'step', step: random.randint(0, 2 ** 31), epoch: Math.abs(anyNumber()), loss: anyNumber(), ...(i % 2 === 0 && { batchAccuracy: random.random() }),
      learningRate: i % 7 === 0 ? NaN : anyNumber(), ...(i % 3 === 0 && { rows: random.randint(0, 1000) }), ...(i % 5 > 1 && { weight: i % 5 === 2 ? NaN : anyNumber() }),
    };
    const line = JSON.stringify(event);
    expect(quick(line)).toStrictEqual(parsed(line));
    expect(quick(line)).toBeDefined();
  }
});

test('with any character changed it is read as parsing reads it, or left to it', () => {
  const line = '{"type":"step","step":120,"epoch":0.25,"loss":2.3029562173923805,"batchAccuracy":null,"learningRate":1e-7,"rows":200,"weight":-0.5}';
  let read = 0;
  for (let at = 0; at < line.length; at++) {
    for (const change of ['', '0', '7', '-', '+', '.', 'e', '9e999', 'n', 'null', '"', ',', ' ', '}', ':', '\\', 'é']) {
      const changed = line.slice(0, at) + change + line.slice(at + 1);
      const event = quick(changed);
      if (event === undefined) continue;
      read++;
      expect({ changed, event }).toStrictEqual({ changed, event: parsed(changed) });
    }
  }
  expect(read).toBeGreaterThan(100);
});

test.each([
  ['another event', '{"type":"epoch","step":1,"epoch":1}'], ['keys in another order', '{"type":"step","epoch":1,"step":1,"loss":1,"learningRate":1}'],
  ['a key of a later version', '{"type":"step","step":1,"epoch":1,"loss":1,"learningRate":1,"more":1}'], ['spaces', '{"type": "step","step":1,"epoch":1,"loss":1,"learningRate":1}'],
  ['a step that is no whole number', '{"type":"step","step":1.5,"epoch":1,"loss":1,"learningRate":1}'], ['no loss', '{"type":"step","step":1,"epoch":1,"learningRate":1}'], ['nothing', ''],
])('%s is left to parsing', (_, line) => {
  expect(quick(line)).toBeUndefined();
});
