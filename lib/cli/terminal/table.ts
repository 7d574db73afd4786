import { printable } from '../../text';
import { coloursOf, textWidth, truncate } from './style';
import type { Terminal } from './style';

export interface Column {
  readonly header: string;
  /** Default: right where every cell is a number, else left. */
  readonly align?: 'left' | 'right';
  /** Colours a cell; called with the cell's own text, so that colours do not count in the widths. */
  readonly paint?: (text: string, row: number) => string;
}

export type Cell = string | number;

const gap = 2;
/** Minimum width that text columns are cut to; below it records are more readable than a table. */
const narrowest = 8;

/**
 * An aligned table without boxes: a header, a rule, one line per row, each ending in a newline. On a terminal it is no
 * wider than the screen, and texts are made printable first: text columns are cut first, and where that is not enough each row becomes a small record of
 * `header  value` lines. Into a pipe nothing is cut, so that other programs read whole values.
 */
export function renderTable(given: readonly Column[], rows: readonly (readonly Cell[])[], terminal: Terminal): string {
  const columns = given.map((column) => ({ ...column, header: printable(column.header) }));
  const limit = terminal.isTTY ? terminal.columns : Infinity;
  const cells = rows.map((row) => given.map((_, c) => printable(String(row[c] ?? ''))));
  const rightAligned = columns.map(({ align }, c) =>
    align === undefined ? cells.length > 0 && cells.every((row) => readsAsNumber(row[c]!)) : align === 'right',
  );
  const widths = columns.map(({ header }, c) =>
    cells.reduce((widest, row) => Math.max(widest, textWidth(row[c]!)), textWidth(header)),
  );
  if (!shrink(widths, rightAligned, limit)) return renderRecords(columns, cells, limit, terminal);

  const colours = coloursOf(terminal);
  const lay = (texts: readonly string[], paint: (cell: string, c: number) => string): string =>
    texts
      .map((text, c) => {
        const cut = truncate(text, widths[c]!, terminal.unicode);
        const space = ' '.repeat(widths[c]! - textWidth(cut));
        const painted = paint(cut, c);
        if (rightAligned[c]) return space + painted;
        return c === texts.length - 1 ? painted : painted + space;
      })
      .join(' '.repeat(gap))
      .trimEnd();

  const rule = (terminal.unicode ? '─' : '-').repeat(total(widths));
  const lines = [
    lay(columns.map(({ header }) => header), colours.bold),
    colours.dim(rule),
    ...cells.map((row, r) => lay(row, (cell, c) => columns[c]!.paint?.(cell, r) ?? cell)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Cuts the widest text columns until the table fits; false where it cannot. Numbers are never cut. */
function shrink(widths: number[], rightAligned: readonly boolean[], limit: number): boolean {
  for (let excess = total(widths) - limit; excess > 0; excess--) {
    let widest = -1;
    widths.forEach((width, c) => {
      if (!rightAligned[c] && width > narrowest && (widest < 0 || width > widths[widest]!)) widest = c;
    });
    if (widest < 0) return false;
    widths[widest]!--;
  }
  return true;
}

function renderRecords(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  limit: number,
  terminal: Terminal,
): string {
  const colours = coloursOf(terminal);
  const longest = columns.reduce((widest, { header }) => Math.max(widest, textWidth(header)), 0);
  const labelWidth = Math.min(longest, Math.floor(limit / 2) - gap);
  return cells
    .map((row, r) =>
      row
        .map((cell, c) => {
          const column = columns[c]!;
          const label = truncate(column.header, labelWidth, terminal.unicode);
          const value = truncate(cell, limit - labelWidth - gap, terminal.unicode);
          const space = ' '.repeat(labelWidth - textWidth(label) + gap);
          return `${`${colours.dim(label)}${space}${column.paint?.(value, r) ?? value}`.trimEnd()}\n`;
        })
        .join(''),
    )
    .join('\n');
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1);
}

/** A number, perhaps with sign, group separators, exponent and a unit of at most eight letters; or a dash for none. */
function readsAsNumber(text: string): boolean {
  return /^([-+−<>≤≥~]?\s?\d[\d\s.,]*(e[-+]?\d+)?(\s?[%×a-zA-Zµ/]{1,8})?|NaN|-?Infinity|[–-]|)$/.test(text);
}
