import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

/** Serves the files of folders, by the first part of an address, as any web server would. */
export async function serveFolders(folders: Readonly<Record<string, string>>): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const [, first = '', ...rest] = normalize(new URL(request.url!, 'http://localhost').pathname).split('/');
    const file = folders[first] === undefined ? undefined : join(folders[first], ...rest);
    if (request.url === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>empty</title><link rel="icon" href="data:,">');
    else if (file === undefined || !existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end();
    else createReadStream(file).pipe(response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream'));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); server.closeAllConnections(); }),
  };
}
