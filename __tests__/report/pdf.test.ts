import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printPdf } from '../../lib/report/drawing/pdf';
import { pdfDestinations } from '../../lib/report/drawing/pdfDestinations';
import { temporaryFolder } from '../support/folder';

/** A PDF of three pages, of which two hang together, as Chromium lays files out, with these destinations. */
function pdfOf(destinations: string): Buffer {
  const objects = [
    '<</Type /Catalog\n/Pages 2 0 R\n/Dests 7 0 R>>', '<</Type /Pages\n/Count 3\n/Kids [3 0 R 4 0 R]>>', '<</Type /Page\n/Parent 2 0 R>>',
    '<</Type /Pages\n/Count 2\n/Kids [6 0 R 5 0 R]\n/Parent 2 0 R>>', '<</Type /Page\n/Parent 4 0 R>>', '<</Type /Page\n/Parent 4 0 R>>', `<<${destinations}>>`,
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = text.length;
    text += `${String(i + 1)} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = ['0000000000 65535 f ', ...offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n `)];
  return Buffer.from(`${text}xref\n0 ${String(table.length)}\n${table.join('\n')}\ntrailer\n<</Size ${String(table.length)}\n/Root 1 0 R>>\nstartxref\n${String(text.length)}\n%%EOF\n`, 'latin1');
}

test('destinations lie on the pages of the tree of pages, in its order', () => {
  const pdf = pdfOf('/part-1 [3 0 R /XYZ 1 2 0]\n/part-2 [6 0 R /XYZ 1 2 0]\n/part-A [5 0 R /XYZ 0 0 0]\n/gone [9 0 R /XYZ 0 0 0]');
  expect([...pdfDestinations(pdf)]).toEqual([['part-1', 1], ['part-2', 2], ['part-A', 3]]);
});

test('in a file that is laid out otherwise, torn or no PDF none is found', () => {
  const pdf = pdfOf('/part-1 [3 0 R /XYZ 1 2 0]').toString('latin1');
  const others = [
    '', '%PDF-1.7', 'startxref\n5\n%%EOF', pdf.slice(0, -3), pdf.replace(/^startxref\n\d+/m, 'startxref\n999999'), pdf.replace('/Dests', '/Names'), pdf.replace('/Kids [3 0 R 4 0 R]', '/Kids [2 0 R]'),
    pdf.replace('/Root 1', '/Root 8'), pdf.replace(/^0000000\d{3} 00000 n/gm, '0000000001 00000 n'),
  ];
  for (const other of others) expect([...pdfDestinations(Buffer.from(other, 'latin1'))]).toEqual([]);
});

describe('printing', () => {
  const folder = temporaryFolder();
  const page = join(folder, 'page.html');
  const browser = join(folder, 'browser.sh');
  writeFileSync(page, '<html><head></head><body><nav><a href="#part-1">1</a></nav></body></html>');
  // Keeps what it is to print, and prints what lies there, the last one from then on.
  writeFileSync(browser, `#!/bin/sh
for arg; do case "$arg" in --print-to-pdf=*) out="\${arg#*=}";; file://*) page="\${arg#file://}";; esac; done
n=$(ls '${folder}' | grep -c printed)
cp "$page" '${folder}'/printed-$n.html
[ -f '${folder}'/$n.pdf ] && cp '${folder}'/$n.pdf '${folder}'/next.pdf
cp '${folder}'/next.pdf "$out"
`);
  chmodSync(browser, 0o755);

  test('is repeated with the pages that were found until they are those that are printed', () => {
    writeFileSync(join(folder, '0.pdf'), pdfOf('/part-1 [3 0 R /XYZ 1 2 0]'));
    writeFileSync(join(folder, '1.pdf'), pdfOf('/part-1 [6 0 R /XYZ 1 2 0]'));
    printPdf(page, join(folder, 'page.pdf'), 'letter', { CHROME_PATH: browser });
    const printed = readdirSync(folder).filter((name) => name.startsWith('printed')).sort().map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(printed.map((text) => /nav a\[href="#part-1"\]::after \{ content: "(\d+)"; \}/.exec(text)?.[1])).toEqual([undefined, '1', '2']);
    expect(printed.every((text) => text.includes('@page { size: letter; }'))).toBe(true);
    expect(existsSync(join(folder, 'page.pdf'))).toBe(true);
  });
});
