import { profileStep } from '../bench/profile';
import type { Profile } from '../bench/profile';
import { loadData } from '../data/sources';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { timeText } from '../report/bench';
import { jsonLine } from '../text';
import { formatPercent } from './terminal/format';
import { terminalOf } from './terminal/style';
import { renderTable } from './terminal/table';

/** Kernels below this share of a step are summed in one line. */
const minShare = 0.005;

/** Times the kernels of a spec's step instead of training, and prints the result. Returns the exit status. */
export async function profileSpec(spec: TrainSpec, json: boolean): Promise<number> {
  const profile = await profileStep(spec, loadData(dataRequest(spec)));
  process.stdout.write(json ? jsonLine(profile) : renderProfile(profile));
  return 0;
}

function renderProfile({ backend, steps, stepSeconds, watchedSeconds, otherSeconds, entries, load }: Profile): string {
  const shown = entries.filter(({ shareOfStep }) => shareOfStep >= minShare);
  const small = entries.filter(({ shareOfStep }) => shareOfStep < minShare);
  const smallSeconds = small.reduce((sum, { seconds }) => sum + seconds, 0);
  const share = (seconds: number): string => formatPercent(seconds / watchedSeconds);
  const table = renderTable(
    [
      { header: 'kernel', align: 'left' }, { header: 'shape', align: 'left' }, { header: 'calls', align: 'right' },
      { header: 'time', align: 'right' }, { header: 'of step', align: 'right' }, { header: 'of peak', align: 'right' },
    ],
    [
      ...shown.map(({ kernel, shape, callsPerStep, seconds, shareOfPeak }) => [
        kernel, shape, String(Number(callsPerStep.toFixed(2))), timeText(seconds), share(seconds),
        shareOfPeak === null ? '' : formatPercent(shareOfPeak, 0),
      ]),
      ...(small.length > 0 ? [[`${String(small.length)} more`, '', '', timeText(smallSeconds), share(smallSeconds), '']] : []),
      ['outside kernels', '', '', timeText(otherSeconds), share(otherSeconds), ''],
    ],
    terminalOf(process.stdout),
  );
  const watching = watchedSeconds / stepSeconds - 1;
  return (
    `A step on the ${backend} kernels: ${timeText(stepSeconds)}; over ${String(steps)} steps, kernel by kernel:\n\n${table}\n` +
    (watching > 0.01 ? `Timing the calls made a step ${formatPercent(watching)} longer.\n` : '') +
    (load.quiet ? '' : `Other processes used ${load.others.toFixed(2)} cores meanwhile: the figures are not to be relied on.\n`)
  );
}
