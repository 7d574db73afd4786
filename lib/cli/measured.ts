import type { Load } from '../bench/machine';
import { loadText } from '../report/bench';
import type { TextTable } from '../report/bench';
import { coloursOf, wrap } from './terminal/style';
import type { Terminal } from './terminal/style';
import { renderTable } from './terminal/table';

/** Sentences are wrapped to this width, as longer lines are hard to read. */
const widest = 100;

/** Measurements for people: the machine, tables, and conclusions, in yellow where they are inconclusive. */
export function renderMeasured(place: string, tables: readonly TextTable[], sentences: readonly string[], load: Load, terminal: Terminal): string {
  const paragraph = (text: string): string => `${wrap(text, Math.min(widest, terminal.columns))}\n`;
  const drawn = tables.map(({ headers, words, rows }) => {
    const columns = headers.map((header, c) => ({ header, align: c < words ? ('left' as const) : ('right' as const) }));
    return `${renderTable(columns, rows, terminal)}\n`;
  });
  const busy = load.quiet ? loadText(load) : coloursOf(terminal).yellow(loadText(load));
  return `${paragraph(place)}\n${drawn.join('')}${sentences.map(paragraph).join('')}${busy}\n`;
}
