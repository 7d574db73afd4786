import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';
import { describeWith, missingTools } from '../support/prebuild';

/* What the addons for other systems ask of these, read from the files: those for macOS cannot be run on Debian. `npm run platforms` builds them. */

const llvm = ['llvm-objdump-19', 'llvm-objdump'].find((tool) => missingTools([tool]).length === 0) ?? 'llvm-objdump';

function missingFor(addon: string): string[] {
  return [...missingTools([llvm]), ...(existsSync(path(addon)) ? [] : [`prebuilds/${addon}: npm run platforms`])];
}

const path = (addon: string): string => join(root, 'prebuilds', addon);
const objdump = (addon: string, ...options: string[]): string => execFileSync(llvm, [...options, path(addon)], { encoding: 'utf8', maxBuffer: 2 ** 26 });
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!);
const entryPoints = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

describe.each([
  ['x64', '10.15'],
  ['arm64', '11.0'],
])('the addon for macOS on %s', (arch, release) => {
  const addon = `darwin-${arch}/node.napi.node`;
  describeWith(missingFor(addon), 'as a file', () => {
    test(`wants macOS ${release}, as Node.js 20 does, and none of its libraries but the system's own`, () => {
      const commands = objdump(addon, '--macho', '--private-headers');
      expect(matches(commands, /cmd LC_BUILD_VERSION\n\s+cmdsize \d+\n\s+platform macos\n\s+sdk .*\n\s+minos (\S+)/gi)).toEqual([release]);
      expect(matches(commands, /cmd LC_LOAD_DYLIB\n\s+cmdsize \d+\n\s+name (\S+)/g)).toEqual(['/usr/lib/libSystem.B.dylib']);
      // On arm64 the system ends a process that loads what bears no signature; the linker's own, which names nobody, will do.
      expect(commands.includes('LC_CODE_SIGNATURE')).toBe(arch === 'arm64');
    });

    test('exports the entry points of Node-API alone, and looks for its functions in whatever loads it', () => {
      const exported = matches(objdump(addon, '--macho', '--exports-trie'), /_(\w+)$/gm).sort();
      // Zig's linker adds its own names for the file's beginning.
      expect(exported.filter((name) => !['__dso_handle', '_mh_dylib_header'].includes(name))).toEqual(entryPoints);
      const symbols = objdump(addon, '--macho', '--bind', '--lazy-bind');
      const places = [...symbols.matchAll(/(\S+)\s+_(napi_\w+)$/gm)];
      expect(places.map(([, , name]) => name)).toContain('napi_create_function');
      expect([...new Set(places.map(([, place]) => place))]).toEqual(['flat-namespace']);
    });
  });
});

const windows = 'win32-x64/node.napi.node';
describeWith(missingFor(windows), 'the addon for Windows as a file', () => {
  test('exports the entry points of Node-API alone, and takes nothing from a program by its name', () => {
    const headers = objdump(windows, '--private-headers');
    expect(matches(headers, /^\s+\d+\s+0x[0-9a-f]+\s+(\w+)$/gm).sort()).toEqual(entryPoints);
    const libraries = matches(headers, /DLL Name: (\S+)/g);
    expect(libraries).toContain('KERNEL32.dll');
    expect(libraries.filter((name) => !/^(KERNEL32|api-ms-win-crt-[a-z]+-l1-1-0)\.dll$/.test(name))).toEqual([]);
  });
});

test.each(['linux-x64/node.napi.musl.node', 'linux-arm64/node.napi.musl.node', windows, 'darwin-x64/node.napi.node', 'darwin-arm64/node.napi.node'])('%s is small where it is there', (addon) => {
  expect(existsSync(path(addon)) ? statSync(path(addon)).size : 0).toBeLessThan(2.5e6);
});
