import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

interface Packed {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
}

/** Packs package folders as a publisher would, without running their scripts; returns the archives' paths by package name. */
export function pack(npm: readonly string[], folders: readonly string[], into: string): Map<string, string> {
  const [command, ...first] = npm;
  const args = [...first, 'pack', '--json', '--ignore-scripts', '--pack-destination', into, ...folders];
  const packed = JSON.parse(execFileSync(command!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as Packed[] | Record<string, Packed>;
  return new Map(Object.values(packed).map(({ name, filename }) => [name, join(into, filename.replace('@', '').replace('/', '-'))]));
}

/** A registry on the loopback interface that knows these packages, and notes what else it was asked for. */
export async function openRegistry(
  packages: readonly { readonly folder: string; readonly archive: string }[],
): Promise<{ readonly url: string; readonly unknown: readonly string[]; readonly close: () => void }> {
  const unknown: string[] = [];
  const answers = new Map<string, string | Buffer>();
  const server = createServer(({ url }, response) => {
    const answer = answers.get(decodeURIComponent(url!));
    if (answer === undefined) unknown.push(url!);
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  for (const { folder, archive } of packages) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };
    const bytes = readFileSync(archive);
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const path = `/-/${basename(archive)}`;
    const version = { ...manifest, dist: { tarball: `${origin}${path}`, integrity } };
    answers.set(path, bytes);
    answers.set(`/${manifest.name}`, JSON.stringify({
      name: manifest.name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: version },
    }));
  }
  return { url: origin, unknown, close: () => server.close() };
}
