/**
 * The pages, from 1, on which the named destinations of a PDF file lie, such as `part-1` of a heading with that id. Empty where the file is not laid out as
 * Chromium writes it, with a cross-reference table and dictionaries that are not compressed.
 */
export function pdfDestinations(file: Buffer): ReadonlyMap<string, number> {
  const text = file.toString('latin1');
  const objectAt = objectsOf(text);
  const root = objectAt(reference(text.slice(text.lastIndexOf('trailer')), 'Root'));
  const pages = new Map<number, number>();
  const seen = new Set<number>();
  const count = (node: number | undefined): void => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    const object = objectAt(node);
    const kids = /\/Kids\s*\[([^\]]*)\]/.exec(object)?.[1];
    if (kids === undefined) pages.set(node, pages.size + 1);
    else for (const [, kid] of kids.matchAll(/(\d+) 0 R/g)) count(Number(kid));
  };
  count(reference(root, 'Pages'));
  const found = new Map<string, number>();
  for (const [, name, page] of objectAt(reference(root, 'Dests')).matchAll(/\/([\w.-]+)\s*\[(\d+) 0 R/g)) {
    const number = pages.get(Number(page));
    if (number !== undefined) found.set(name!, number);
  }
  return found;
}

/** The text of an object by its number; empty where there is none. */
function objectsOf(text: string): (number: number | undefined) => string {
  const start = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(text.slice(-64))?.[1] ?? NaN);
  if (Number.isNaN(start)) return () => '';
  const offsets = [...text.slice(start, text.indexOf('trailer', start)).matchAll(/^(\d{10}) \d{5} [nf]/gm)].map(([, offset]) => Number(offset));
  return (number) => {
    const offset = number === undefined ? undefined : offsets[number];
    if (offset === undefined || !text.startsWith(`${String(number)} 0 obj`, offset)) return '';
    return text.slice(offset, text.indexOf('endobj', offset));
  };
}

/** The number of the object that a key of a dictionary refers to. */
function reference(dictionary: string, key: string): number | undefined {
  const found = new RegExp(`/${key}\\s+(\\d+) 0 R`).exec(dictionary)?.[1];
  return found === undefined ? undefined : Number(found);
}
