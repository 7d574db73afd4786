import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';

export const chromiumPath = '/usr/bin/chromium';

/**
 * Opens a file in a real browser, hands the page to `look`, and returns what a page that stands alone must not have: requests
 * to anywhere but itself, and errors on its console.
 */
export async function openFile(file: string, width: number, look: (page: Page) => Promise<void>): Promise<string[]> {
  if (!existsSync(chromiumPath)) throw new Error(`Expected Chromium at ${chromiumPath}; type: apt-get install -y chromium`);
  const profile = mkdtempSync(join(tmpdir(), 'blastrain-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
    viewport: { width, height: 900 },
  });
  const wrong: string[] = [];
  const page = await browser.newPage();
  const address = pathToFileURL(file).href;
  page.on('request', (request) => {
    const url = request.url();
    if (url !== address && !url.startsWith('data:')) wrong.push(`request ${url}`);
  });
  page.on('console', (message) => wrong.push(`console ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error ${error.message}`));
  try {
    await page.goto(address);
    await look(page);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
  return wrong;
}
