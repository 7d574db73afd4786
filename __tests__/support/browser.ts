import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

export const chromiumPath = '/usr/bin/chromium';

/** A Chromium of its own, which asks nobody on the network for anything by itself. Throws where none is installed. */
export async function launchBrowser(width = 1280): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  if (!existsSync(chromiumPath)) throw new Error(`Expected Chromium at ${chromiumPath}; type: apt-get install -y chromium`);
  const profile = mkdtempSync(join(tmpdir(), 'blastrain-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
    viewport: { width, height: 900 },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** What a page does that it must not, as it happens: requests that are not `isOwn`, errors, and messages on its console but those that are `expected`. */
export function complaintsOf(page: Page, isOwn: (url: string) => boolean = () => true, expected = /^$/): string[] {
  const wrong: string[] = [];
  page.on('request', (request) => {
    if (!isOwn(request.url())) wrong.push(`request ${request.url()}`);
  });
  page.on('console', (message) => {
    if (!expected.test(message.text())) wrong.push(`console ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error ${error.message}`));
  return wrong;
}

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

/**
 * Gives every test of a file a new page of the browser, by `take`, with the list of what it did wrong so far, which has to be empty when the test
 * ends. What follows `take` goes to {@link complaintsOf}.
 */
export function eachPage(contextOf: () => BrowserContext, take: (page: Page, wrong: string[]) => void, ...allowed: Tail<Parameters<typeof complaintsOf>>): void {
  let page: Page;
  let wrong: string[];
  beforeEach(async () => {
    page = await contextOf().newPage();
    wrong = complaintsOf(page, ...allowed);
    take(page, wrong);
  });
  afterEach(async () => {
    await page.close();
    expect(wrong).toEqual([]);
  });
}

/** Whether an address is of this machine, or of no machine. */
export function isLocal(url: string): boolean {
  return url.startsWith('data:') || new URL(url).hostname === '127.0.0.1';
}

/** The one browser that all of {@link openFile} of a test file share: to start one takes longer than most looks at a page. */
let shared: ReturnType<typeof launchBrowser> | undefined;
afterAll(async () => { await (await shared)?.close(); });

/**
 * Opens a file in a real browser, hands the page to `look`, and returns what a page that stands alone must not have: requests
 * to anywhere but itself, and errors on its console.
 */
export async function openFile(file: string, width: number, look: (page: Page) => Promise<void>): Promise<string[]> {
  const { context } = await (shared ??= launchBrowser());
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 900 });
  const address = pathToFileURL(file).href;
  const wrong = complaintsOf(page, (url) => url === address || url.startsWith('data:'));
  try {
    await page.goto(address);
    await look(page);
  } finally {
    await page.close();
  }
  return wrong;
}

/** Repeats a check until it passes, for at most 15 s. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (const until = performance.now() + 15_000; ;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((settle) => { setTimeout(settle, 100); });
    }
  }
}
