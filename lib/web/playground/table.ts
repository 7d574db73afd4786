/**
 * The rows of a small table as text: cells divided by tabs, semicolons or commas, with quotes where they hold one; the first line names the columns unless it has a
 * number in it. A column of numbers alone is numbers, and empty cells are missing.
 */
export function readTable(text: string): Record<string, number | string | null>[] {
  const delimiter = ['\t', ';', ','].find((one) => text.split('\n', 1)[0]!.includes(one)) ?? ',';
  const lines = cellsOf(text, delimiter).filter((cells) => cells.some((cell) => cell !== ''));
  const [first = []] = lines;
  const isHeader = !first.some(isNumber);
  const names = isHeader ? first : first.map((_, j) => `column ${String(j + 1)}`);
  const rows = isHeader ? lines.slice(1) : lines;
  const areNumbers = names.map((_, j) => rows.every((cells) => (cells[j] ?? '') === '' || isNumber(cells[j]!)));
  return rows.map((cells) => Object.fromEntries(names.map((name, j) => {
    const cell = cells[j] ?? '';
    return [name, cell === '' ? null : areNumbers[j] === true ? Number(cell) : cell];
  })));
}

function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell));
}

function cellsOf(text: string, delimiter: string): string[][] {
  const lines: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  const end = (): void => {
    lines.at(-1)!.push(cell.trim());
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const mark = text[i]!;
    if (isQuoted && mark === '"' && text[i + 1] === '"') cell += text[i++]!;
    else if (mark === '"') isQuoted = !isQuoted;
    else if (!isQuoted && mark === delimiter) end();
    else if (!isQuoted && mark === '\n') {
      end();
      lines.push([]);
    } else if (mark !== '\r') cell += mark;
  }
  end();
  return lines;
}
