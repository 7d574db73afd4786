import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BlastrainError } from '../../errors';
import { pdfDestinations } from './pdfDestinations';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const installed = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** In milliseconds: ten times as long as any report takes. */
const patience = 120_000;

/** A browser that can print: $CHROME_PATH, else a Chromium or Chrome on the path. Undefined where there is none. */
export function findBrowser(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const chosen = env['CHROME_PATH'];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = chosen === undefined || chosen === ''
    ? [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...installed]
    : [chosen];
  return candidates.find(isExecutable);
}

/** What reports are printed on. */
export const papers = { a4: 'A4', letter: 'letter' } as const;
export type Paper = keyof typeof papers;

/**
 * Prints an HTML file made by lib/report as a PDF file, with its headings as an outline and page numbers in its contents.
 * Throws ERR_CONFIG where no Chromium or Chrome is installed, ERR_IO when it prints nothing.
 */
export function printPdf(page: string, pdf: string, paper: Paper = 'a4', env: Readonly<Record<string, string | undefined>> = process.env): void {
  const browser = findBrowser(env);
  if (browser === undefined) {
    const where = env['CHROME_PATH'] ? `no program at CHROME_PATH=${env['CHROME_PATH']}` : `none of ${names.join(', ')} on the path`;
    throw new BlastrainError(
      'ERR_CONFIG',
      `Expected an installed Chromium or Chrome for --pdf but received ${where}; install one (apt-get install chromium), name it in ` +
        'CHROME_PATH, or open the HTML file in any browser and print it',
      { path: 'pdf' },
    );
  }
  const target = resolve(pdf);
  const profile = mkdtempSync(join(tmpdir(), 'blastrain-print-'));
  try {
    const source = readFileSync(page, 'utf8');
    // Chromium cannot number a list of contents itself: what was printed tells where the parts lie, and is printed again with their pages.
    let pages: ReadonlyMap<string, number> = new Map();
    for (let print = 0; print < maxPrints; print++) {
      const file = join(profile, 'report.html');
      // A browser has no option for the paper, and the page itself prints on whatever its reader has.
      writeFileSync(file, source.replace('</head>', `<style>@page { size: ${papers[paper]}; }\n${contentsStyle(pages)}</style>\n</head>`));
      printOnce(browser, file, target, profile);
      const found = pdfDestinations(readFileSync(target));
      if (found.size === 0 || isSame(found, pages)) break;
      pages = found;
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Numbers take no more room than what is kept for them, so that the second print is the last, unless a line of the contents breaks otherwise. */
const maxPrints = 4;

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([name, page]) => other.get(name) === page);
}

/** The pages behind the entries of the contents. */
function contentsStyle(pages: ReadonlyMap<string, number>): string {
  return [...pages].map(([name, page]) => `@media print { nav a[href="#${name}"]::after { content: "${String(page)}"; } }`).join('\n');
}

function printOnce(browser: string, page: string, target: string, profile: string): void {
  rmSync(target, { force: true });
  const { status, stderr, error } = spawnSync(
    browser,
    [
      '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--no-pdf-header-footer', '--generate-pdf-document-outline', `--user-data-dir=${profile}`,
      // Chromium refuses to sandbox for root; the page is ours, without script and without access to anything.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--print-to-pdf=${target}`, pathToFileURL(page).href,
    ],
    { encoding: 'utf8', timeout: patience, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (!existsSync(target)) {
    const said = error?.message ?? stderr.trim().split('\n').pop() ?? '';
    throw new BlastrainError(
      'ERR_IO', `Expected a PDF from ${browser} for ${target} but received exit status ${String(status)}: ${said}`, { file: target },
      { cause: error },
    );
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
