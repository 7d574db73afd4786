import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

/** Serves the files of folders, by the first part of an address, as any web server would, and `pages` by their addresses; `isolated` from what other origins reach into, so that threads may share memory. */
export async function serveFolders(
  folders: Readonly<Record<string, string>>, { isolated = false, pages = {} }: { readonly isolated?: boolean; readonly pages?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    if (isolated) response.setHeader('cross-origin-opener-policy', 'same-origin').setHeader('cross-origin-embedder-policy', 'require-corp');
    const [, first = '', ...rest] = normalize(new URL(request.url!, 'http://localhost').pathname).split('/');
    const file = folders[first] === undefined ? undefined : join(folders[first], ...rest);
    if (request.url === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>empty</title><link rel="icon" href="data:,">');
    else if (pages[request.url!] !== undefined) response.setHeader('content-type', 'text/html; charset=utf-8').end(pages[request.url!]);
    else if (file === undefined || !existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end();
    else createReadStream(file).pipe(response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream'));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); server.closeAllConnections(); }),
  };
}
