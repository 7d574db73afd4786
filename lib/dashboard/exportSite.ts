import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expected } from '../errors';
import { fileError, makeFolders, packageRoot, readPart, withFileErrors } from '../files';
import { version } from '../version';
import type { ExportedSite } from './api';
import { RunCatalogue } from './catalogue';
import { Examiner } from './examiner';
import { exportedAnswers } from './exportedAnswers';

export interface SiteOptions {
  /** The folder of runs. */
  readonly runs: string;
  /** Where the page is written: a folder that is not there, is empty, or holds an earlier export. */
  readonly folder: string;
  /** Whether each run's model is examined on its validation rows, as the page's button does. */
  readonly examine?: boolean;
}

/** What was written. */
export interface SiteSummary {
  /** Entries of the list. */
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
}

/** By its first line an earlier export is known. */
const mark = '/* blastrain dashboard, exported */';

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * Writes the dashboard's page and the runs' data into a folder, to be opened from a disk or any web server. Long metrics are thinned. Throws ERR_IO for
 * a folder with other things in it and where something cannot be written, ERR_CONFIG where there is no folder of runs.
 */
export async function exportSite({ runs, folder, examine = false }: SiteOptions): Promise<SiteSummary> {
  if (!existsSync(runs)) throw expected('ERR_CONFIG', 'a folder of runs', 'RUNS_DIR', runs);
  const catalogue = new RunCatalogue(resolve(runs));
  prepare(folder);
  const examiner = examine ? new Examiner() : undefined;
  const answers: Record<string, number> = {};
  let files = 0;
  let bytes = 0;
  const write = (name: string, contents: string | Uint8Array): void => {
    const file = join(folder, name);
    withFileErrors(file, () => { writeFileSync(file, contents); });
    files++;
    bytes += Buffer.byteLength(contents);
  };
  // Before all else, so that a folder that was not finished is known as well.
  write('site.js', mark);
  files = 0;
  try {
    const folders = [process.cwd(), homedir(), resolve(runs), dirname(resolve(runs))];
    for await (const { key, kind, text } of exportedAnswers(catalogue, folders, examiner && ((path, run) => examiner.examine(path, run)))) {
      const script = files;
      write(join('data', `${String(script)}.js`), `blastrainAnswer(${String(script)}, ${JSON.stringify(kind)}, ${scriptText(text)});\n`);
      answers[key] = script;
    }
  } finally {
    examiner?.close();
  }
  const built = (name: string): Buffer => {
    const file = join(packageRoot, 'dist', 'dashboard', name);
    return withFileErrors(file, () => readFileSync(file));
  };
  for (const name of ['page.js', 'page.css']) write(name, built(name));
  write('index.html', exportedPage(built('page.html').toString('utf8')));
  const site: ExportedSite = { madeAt: new Date().toISOString(), answers };
  write('site.js', `${mark}\nblastrainSite = JSON.parse(${scriptText(JSON.stringify(site))}); // by blastrain ${version}\n`);
  return { entries: catalogue.list().length, files, bytes };
}

/** The page with a policy of its own, as no server sends headers, and with the script that tells it where its answers are. */
function exportedPage(page: string): string {
  return page.replace('<meta charset="utf-8">', `<meta charset="utf-8">\n<meta http-equiv="content-security-policy" content="${policy}">`)
    .replace('<script defer src="page.js">', '<script defer src="site.js"></script>\n<script defer src="page.js">');
}

/** Makes the folder, or empties it of an earlier export. */
function prepare(folder: string): void {
  const data = join(folder, 'data');
  const there = withFileErrors(folder, () => (existsSync(folder) ? readdirSync(folder) : []));
  if (there.length > 0 && !isExport(folder)) throw fileError('ERR_IO', 'a folder that is empty, not there yet, or an earlier export', folder, `one with ${there[0]!} in it`);
  makeFolders(folder);
  withFileErrors(data, () => {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
  });
}

function isExport(folder: string): boolean {
  try {
    return readPart(join(folder, 'site.js'), () => ({ from: 0, length: mark.length }))?.bytes.toString('latin1') === mark;
  } catch {
    return false; // no file of ours
  }
}

/** A text as a string of JavaScript in ASCII, whatever encoding a web server says it has. */
function scriptText(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
