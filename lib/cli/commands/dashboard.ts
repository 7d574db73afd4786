import { join } from 'node:path';
import { exportSite } from '../../dashboard/exportSite';
import { startDashboard } from '../../dashboard/server';
import { expected } from '../../errors';
import { formatCount } from '../../numbers';
import { jsonLine } from '../../text';
import type { Command } from '../command';
import { portOption } from '../flagValues';
import { interruptible } from '../interrupt';
import { readOptions } from '../options';

export const dashboardCommand: Command = {
  name: 'dashboard',
  summary: 'show running and finished runs in the browser',
  help: `Usage: blastrain dashboard [RUNS_DIR] [--port N] [--json]
       blastrain dashboard [RUNS_DIR] --export FOLDER [--examine] [--json]

Serves a page that shows the runs of a folder as they go: curves, layers,
weights, confusions and mistakes, searches, comparisons. A stop button ends a
run as Ctrl-C does. It is for this machine alone: it listens on 127.0.0.1, and
the address that it prints holds a token. Over ssh: ssh -L 8080:127.0.0.1:PORT,
with the same token.

  RUNS_DIR         the folder of runs [runs]
  --port N         the port [any that is free]
  --export FOLDER  writes the page with the runs' data into a folder instead, to
                   be opened from a disk or any web server: FOLDER/index.html.
                   Long metrics are thinned; folders of this machine are left
                   out. An earlier export is replaced, other folders are not
  --examine        with --export: examines each model on its validation rows,
                   as the page's button does
  --json           one JSON object with the address on standard output

Ctrl-C ends it; runs go on.
`,
  async run(args) {
    const { values, positionals: [runs = 'runs'] } = readOptions(args, {
      port: { type: 'string' }, export: { type: 'string' }, examine: { type: 'boolean' }, json: { type: 'boolean' },
    }, { names: ['RUNS_DIR'] });
    const { export: folder, examine = false } = values;
    if (folder !== undefined && values.port !== undefined) throw expected('ERR_CONFIG', 'only one of them', '--export and --port', 'both', { path: 'port' });
    if (folder === undefined && examine) throw expected('ERR_CONFIG', '--export FOLDER', '--examine', 'none', { path: 'examine' });
    if (folder !== undefined) return exported(runs, folder, examine, values.json === true);
    const dashboard = await startDashboard({ runs, ...(values.port !== undefined && { port: portOption(values.port) }) });
    process.stdout.write(values.json === true ? jsonLine({ type: 'dashboard', url: dashboard.url }) : `${dashboard.url}\nCtrl-C ends the dashboard; runs go on.\n`);
    await interrupted();
    await dashboard.close();
    return 0;
  },
};

async function exported(runs: string, folder: string, examine: boolean, json: boolean): Promise<number> {
  const { entries, files, bytes } = await exportSite({ runs, folder, examine });
  const page = join(folder, 'index.html');
  process.stdout.write(json ? jsonLine({ type: 'dashboard-export', page, entries, files, bytes })
    : `${page}\n${formatCount(entries)} ${entries === 1 ? 'entry' : 'entries'}, ${(bytes / 1e6).toFixed(1)} MB in ${formatCount(files)} files\n`);
  return 0;
}

/** Runs a command that trains beside the dashboard. On a terminal the dashboard stays until Ctrl-C. */
export async function besideDashboard(runs: string, command: () => Promise<number>): Promise<number> {
  const dashboard = await startDashboard({ runs });
  process.stderr.write(`Dashboard: ${dashboard.url}\n`);
  try {
    const status = await command();
    if (process.stderr.isTTY) {
      process.stderr.write(`The dashboard stays at ${dashboard.url}\nCtrl-C ends it.\n`);
      await interrupted();
    }
    return status;
  } finally {
    await dashboard.close();
  }
}

/** Resolves on Ctrl-C or SIGTERM; keeps the process alive until then. */
async function interrupted(): Promise<void> {
  const alive = setInterval(() => undefined, 2 ** 30);
  let end = (): void => undefined;
  const ended = new Promise<void>((settle) => { end = settle; });
  await interruptible(() => { end(); }, () => ended);
  clearInterval(alive);
}
