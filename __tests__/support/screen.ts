/** An environment whose terminal shows more than ASCII. */
export const utf8 = { LANG: 'C.UTF-8' };

/** A stream that behaves like a terminal window: keeps the screen that the written characters lead to. */
export class Screen {
  readonly isTTY = true;
  readonly lines: string[] = [''];
  writes = 0;
  private row = 0;
  private column = 0;

  constructor(public columns: number, public rows = 24) {}

  write(text: string): void {
    this.writes++;
    // eslint-disable-next-line no-control-regex -- escape sequences are what this reads
    for (const [token] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/gu)) {
      if (token === '\n') this.moveTo(this.row + 1, 0);
      else if (token === '\r') this.column = 0;
      else if (token === '\x1b[J') this.lines.splice(this.row, Infinity, this.lines[this.row]!.slice(0, this.column));
      else if (token === '\x1b[K') this.lines[this.row] = this.lines[this.row]!.slice(0, this.column);
      else if (token.startsWith('\x1b[') && token.endsWith('A')) this.row -= Number(token.slice(2, -1));
      else if (token.startsWith('\x1b[')) continue;
      else this.put(token);
    }
  }

  /** Narrows the window; rows that no longer fit are folded, as most terminals do. */
  resize(columns: number): void {
    const folded = this.lines.flatMap((row) => row.match(new RegExp(`.{1,${String(columns)}}`, 'gu')) ?? ['']);
    this.lines.splice(0, Infinity, ...folded);
    this.columns = columns;
    this.row = this.lines.length - 1;
    this.column = this.lines[this.row]!.length;
  }

  private put(character: string): void {
    if (this.column === this.columns) this.moveTo(this.row + 1, 0);
    const row = this.lines[this.row]!.padEnd(this.column);
    this.lines[this.row] = row.slice(0, this.column) + character + row.slice(this.column + 1);
    this.column++;
  }

  private moveTo(row: number, column: number): void {
    this.row = row;
    this.column = column;
    while (this.lines.length <= row) this.lines.push('');
  }
}

/** A stream that keeps what is written. */
export class Pipe {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}
