import { benchTables, findPython, tableSeeds } from '../../bench/tables';
import { replaceFile } from '../../files';
import { placeText } from '../../report/bench';
import { tablesMarkdown, tablesTables, tablesVerdicts } from '../../report/tables';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import { choiceOf } from '../flagValues';
import { renderMeasured } from '../measured';
import { readOptions, requirePositional } from '../options';
import { ProgressLine } from '../terminal/progress';
import { terminalOf } from '../terminal/style';

export const benchTablesHelp = `Usage: blastrain bench tables FOLDER [options]

Trains presets on the real tables of FOLDER, which scripts/tables/export.py
writes, and scores their test rows, beside other libraries on the same rows.

Options:
  --sets A,B        which tables [those that docs/tables.md quotes]
  --seeds 0,1,2     which splits [all three]
  --presets A,B     which presets [table,table-ensemble]
  --set key=value   change the presets; repeat it or list several
  --results FILE    results of other libraries, as scripts/tables/peers.py
                    prints them, which are not run again; repeat it for more
  --peers DIR       folder with a venv of other libraries [$BLASTRAIN_PEERS]
  --alone           without running other libraries
  --out FILE.md     the tables as Markdown, too
  --json            the report on standard output, nothing else
`;

/** The command `bench tables`. */
export async function runBenchTables(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      sets: { type: 'string' }, seeds: { type: 'string' }, presets: { type: 'string' }, set: { type: 'string', multiple: true },
      results: { type: 'string', multiple: true }, peers: { type: 'string' }, alone: { type: 'boolean' }, out: { type: 'string' },
      json: { type: 'boolean' },
    },
    { names: ['FOLDER'], rest: true },
  );
  const [folder, ...settings] = positionals;
  const presets = (values.presets ?? 'table,table-ensemble').split(',');
  const seedNames = tableSeeds.map(String);
  const python = values.alone === true ? undefined : findPython(values.peers ?? process.env.BLASTRAIN_PEERS);
  announceFallback();
  const progress = new ProgressLine();
  const report = await benchTables({
    folder: requirePositional(folder, 'FOLDER', 'bench tables'),
    ...(values.sets !== undefined && { sets: values.sets.split(',') }),
    seeds: (values.seeds ?? seedNames.join(',')).split(',').map((text) => Number(choiceOf('--seeds', text, seedNames))),
    presets,
    settings: [...(values.set ?? []), ...settings],
    results: values.results ?? [],
    ...(python !== undefined && { python }),
    onProgress: (what) => {
      progress.update(() => [{ text: `fitting ${what}`, rank: 1 }]);
    },
  }).finally(() => {
    progress.done();
  });
  if (values.out !== undefined) replaceFile(values.out, tablesMarkdown(report, presets));
  if (values.json === true) {
    process.stdout.write(jsonLine(report));
    return 0;
  }
  const terminal = terminalOf(process.stdout);
  const place = placeText('blastrain bench tables', report.at, report.machine);
  process.stdout.write(renderMeasured(place, tablesTables(report), tablesVerdicts(report, presets), report.load, terminal));
  return 0;
}
