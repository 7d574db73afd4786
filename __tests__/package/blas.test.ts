import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { describeWith, missingTools } from '../support/prebuild';

const type = 'on Debian or Ubuntu type: apt-get install libopenblas-dev';

describeWith([...missingTools(['c++', 'cmake']), ...(process.platform === 'linux' ? [] : ['Linux'])], 'configuring a build from source', () => {
  const folder = temporaryFolder();
  const header = join(folder, 'header');
  mkdirSync(header);
  writeFileSync(join(header, 'cblas.h'), 'float cblas_sdot(int n, const float* x, int incx, const float* y, int incy);\n');

  /** What CMake says as it gives up. */
  function refusal(name: string, definitions: readonly string[]): string {
    const options = ['-S', root, '-B', join(folder, name), ...definitions.map((definition) => `-D${definition}`)];
    try {
      execFileSync('cmake', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      const { stderr } = error as { stderr: string };
      return /\(message\):\n(.*?)\n(?:Call Stack|\n)/s.exec(stderr)?.[1]?.trim().replace(/\s+/g, ' ') ?? stderr;
    }
    return 'nothing';
  }

  test.each([
    ['no BLAS', ['BLA_VENDOR=Nobody'], `No BLAS was found; ${type}`],
    ['one without its header', ['BLAS_LIBRARIES=libm.so', 'CBLAS_INCLUDE_DIR='], `The header cblas.h was not found for libm.so; ${type}`],
    ['one without the C interface', ['BLAS_LIBRARIES=m', `CBLAS_INCLUDE_DIR=${header}`], `No C interface (cblas_sdot) is in m; ${type}`],
  ])('%s: one sentence, with what to type', (name, definitions, sentence) => {
    expect(refusal(name.replaceAll(' ', '-'), definitions)).toBe(sentence);
  });
});
