import type { Peak } from '../bench/peak';
import type { BenchEntry, BenchReport } from '../bench/report';
import { groupEntries, ratioText, timeText } from './bench';
import { lineChart } from './charts';
import type { ChartSeries } from './drawing/lineChart';
import { axisLine, finish, ink, margin, palette, quietInk, renderSvg, text, textWidth } from './drawing/svg';

/** A benchmark as a picture: curves for scaling, the roofline for native kernels with products, else a bar for each figure, in groups. */
export function benchSvg(report: BenchReport): string {
  if (report.benchmark === 'scaling') return scalingSvg(report);
  const { benchmark, peak, entries } = report;
  const products = entries.filter(({ share, flops, bytes }) => share !== null && flops > 0 && bytes > 0);
  return benchmark === 'kernels' && peak !== null && products.length > 0 ? rooflineSvg(report, peak, products) : barsSvg(report);
}

/** Rates of products over their FLOPs for each byte, under what registers and memory allow (Williams et al. 2009). */
function rooflineSvg({ machine }: BenchReport, { flops, streams, dtype }: Peak, products: readonly BenchEntry[]): string {
  const intensity = ({ flops: done, bytes }: BenchEntry): number => done / bytes;
  const [memory, cache] = [streams[streams.length - 1]!.rate, streams[0]!.rate];
  const ends = [Math.min(flops / cache, ...products.map(intensity)) / 2, 2 * Math.max(flops / memory, ...products.map(intensity))] as const;
  const roof = (rate: number): ChartSeries['points'] =>
    [ends[0], flops / rate, ends[1]].map((x) => [x, Math.min(flops, x * rate) / 1e9] as const);
  return lineChart({
    title: 'Products under the roofline',
    subtitle: `${dtype}; ${machine.cpu}, ${String(machine.threads)} threads`,
    xLabel: 'FLOPs for each byte that has to be moved',
    yLabel: 'GFLOP/s',
    xScale: 'log',
    yScale: 'log',
    series: [
      { name: 'FMA limit and main memory', points: roof(memory) },
      { name: 'first-level cache', points: roof(cache), style: 'dashed' },
      ...[...new Set(products.map(({ subject }) => subject))].map((subject) => ({
        name: subject,
        style: 'dots' as const,
        points: products.filter((entry) => entry.subject === subject)
          .map((entry) => [intensity(entry), entry.flops / entry.time.median / 1e9] as const).sort(([a], [b]) => a - b),
      })),
    ],
  });
}

/** Time per floating-point operation: flat or falling where time grows no faster than the work. */
function scalingSvg({ entries, machine }: BenchReport): string {
  const curves = [...new Set(entries.map(({ subject, who }) => `${subject}, ${who}`))];
  return lineChart({
    title: 'Time of a training step per floating-point operation',
    subtitle: `3072 inputs, 10 classes; ${machine.cpu}, ${String(machine.cores)} cores`,
    xLabel: 'hidden units, or rows of a batch',
    yLabel: 'picoseconds per operation',
    xScale: 'log',
    yScale: 'log',
    series: curves.map((name) => ({
      name,
      points: entries
        .filter(({ subject, who }) => `${subject}, ${who}` === name)
        .map(({ case: size, time, flops }) => [Number(size), (1e12 * time.median) / flops] as const),
    })),
  });
}

type GraphicElement = ReturnType<typeof text> | { type: 'line' | 'rect'; z?: number; shape: object; style: object };

const width = 760;
const rowHeight = 20;
const barHeight = 13;
const groupGap = 34;

/**
 * Bars are as long as a figure is in units of the group's first, on a logarithmic scale: a native step may be a
 * thousandth of its twin.
 */
function barsSvg({ benchmark, entries, machine }: BenchReport): string {
  const groups = groupEntries(entries).map((group) => group.map((entry) => ({ entry, ratio: entry.time.median / group[0]!.time.median })));
  const names = [...new Set(entries.map(({ who }) => who))];
  const left = margin + Math.max(...names.map((name) => textWidth(name, 12))) + 10;
  const right = width - margin - 150;
  const ratios = groups.flat().map(({ ratio }) => ratio);
  const [low, high] = [Math.min(1, ...ratios) / 1.5, Math.max(2, ...ratios)];
  const place = (ratio: number): number => left + ((right - left) * Math.log(ratio / low)) / Math.log(high / low);

  const graphic: GraphicElement[] = [
    text(titles[benchmark], margin, margin, 17, ink, width, 600),
    text(`${machine.cpu}, ${String(machine.cores)} cores; logarithmic, the line is the group's first`, margin, margin + 25, 12.5, quietInk, width),
  ];
  let y = margin + 62;
  for (const group of groups) {
    const { subject, case: sizes } = group[0]!.entry;
    graphic.push(text(`${subject}: ${sizes}`, margin, y, 12.5, ink, width, 600));
    y += rowHeight + 2;
    graphic.push(line(place(1), y - 3, y + group.length * rowHeight - 3));
    for (const { entry, ratio } of group) {
      graphic.push(
        text(entry.who, margin, y, 12, quietInk, width),
        {
          type: 'rect', shape: { x: left, y, width: place(ratio) - left, height: barHeight },
          style: { fill: palette[names.indexOf(entry.who) % palette.length] },
        },
        text(`${timeText(entry.time.median)}, ${ratioText(ratio)}`, place(ratio) + 8, y, 12, ink, width),
      );
      y += rowHeight;
    }
    y += groupGap - rowHeight;
  }
  const svg = renderSvg(width, y + margin, { animation: false, backgroundColor: '#ffffff', graphic });
  return finish(svg, titles[benchmark], groups.flat().map(({ entry }) => describe(entry)).join(' '));
}

const titles: Readonly<Record<BenchReport['benchmark'], string>> = {
  kernels: 'Time of a call', step: 'Time of a training step', peers: 'Time of a training step, beside other libraries', scaling: 'Scaling', cores: 'Time of a training step, on so many cores at best',
  job: 'Time of a whole training', inference: 'Time of a prediction', load: 'Time until the first result',
};

function line(x: number, top: number, bottom: number): GraphicElement {
  return { type: 'line', z: 1, shape: { x1: x, y1: top, x2: x, y2: bottom }, style: { stroke: axisLine, lineWidth: 1 } };
}

function describe({ subject, case: sizes, who, time }: BenchEntry): string {
  return `${subject}, ${sizes}, ${who}: ${timeText(time.median)}.`;
}
