import { Model } from '../../inference/model';
import { serveModel } from '../../serve/server';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import type { Command } from '../command';
import { integerOption, portOption, ttaOption } from '../flagValues';
import { readOptions, requirePositional } from '../options';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'answer requests for predictions of a model over HTTP',
  help: `Usage: blastrain serve MODEL [options]

MODEL is a model file, a checkpoint, or a run's name or folder. POST /predict
takes rows as JSON, {"rows": [{"age": 41, "city": "Bern"}]} or lists of values,
and answers with {"predictions": [...]} in the same order; ?probabilities=1 adds
those of all classes. Requests that come together are computed together.
GET / describes the model, /openapi.json the service; /healthz and /metrics are
for whoever watches it.

Options:
  --port N           the port; 0 is any that is free [8080]
  --host ADDRESS     the address to listen on [127.0.0.1, this machine alone]
  --max-rows N       rows of a request [10000]
  --max-body N       bytes of a request [8388608]
  --max-queue N      requests at a time; others are told to come again [256]
  --batch-rows N     rows that are computed at a time [256]
  --tta NAME         average outputs over views of each picture: flip or
                     flip-shift, as 'blastrain evaluate' does
  --runs DIR         where the runs are [runs]
  --json             one JSON object with the address on standard output

Ctrl-C or SIGTERM ends it once the requests under way are answered, a second
one at once. There is no password and no TLS: docs/serve.md says what belongs
in front of it.
`,
  async run(args) {
    const { values, positionals } = readOptions(args, {
      port: { type: 'string' }, host: { type: 'string' }, 'max-rows': { type: 'string' }, 'max-body': { type: 'string' }, 'max-queue': { type: 'string' },
      'batch-rows': { type: 'string' }, tta: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' },
    }, { names: ['MODEL'] });
    const { path, name } = findModel(requirePositional(positionals[0], 'MODEL', 'serve'), values.runs);
    const views = ttaOption(values.tta);
    announceFallback();
    const limit = (option: 'max-rows' | 'max-body' | 'max-queue' | 'batch-rows', key: string): object => {
      const text = values[option];
      return text === undefined ? {} : { [key]: integerOption(option, text, 1) };
    };
    const server = await serveModel(Model.load(path, views), {
      name, ...(values.port !== undefined && { port: portOption(values.port) }), ...(values.host !== undefined && { host: values.host }),
      ...limit('max-rows', 'maxRows'), ...limit('max-body', 'maxBody'), ...limit('max-queue', 'maxQueue'), ...limit('batch-rows', 'batchRows'),
    });
    const ended = untilSignal(() => server.close());
    process.stdout.write(values.json === true ? jsonLine({ type: 'serve', name, url: server.url }) : `${printable(name)} at ${server.url}\nCtrl-C ends it.\n`);
    await ended;
    // In a process of a cluster (node:cluster, PM2) the channel to the primary would keep it alive.
    if (process.connected) process.disconnect();
    return 0;
  },
};

/** Runs `end` on SIGINT or SIGTERM, and resolves when it has; a second one ends the process. */
function untilSignal(end: () => Promise<void>): Promise<void> {
  return new Promise((settle, reject) => {
    let isEnding = false;
    const interrupt = (): void => {
      if (isEnding) process.exit(130);
      isEnding = true;
      end().then(settle, reject);
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
  });
}
