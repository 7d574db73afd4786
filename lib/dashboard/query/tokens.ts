/** A word or mark of a query, and where it stands in it. */
export interface Token {
  /** A `text` stands in quotes, which its `text` is without. */
  readonly kind: 'word' | 'text' | 'mark';
  readonly text: string;
  readonly at: number;
  /** With its quotes. */
  readonly length: number;
}

/** A quote that is not closed reaches to the end. */
const pattern = /\s*(?:(?<mark>&&|\|\||==|!=|<=|>=|!~|[&|=<>~!()])|"(?<double>[^"]*)"?|'(?<single>[^']*)'?|(?<word>[^\s&|=<>~!()"']+))/y;

/** Cuts a query into words and marks. */
export function tokens(query: string): Token[] {
  const found: Token[] = [];
  pattern.lastIndex = 0;
  for (;;) {
    const match = pattern.exec(query);
    if (match === null) return found;
    const { mark, double, single, word } = match.groups!;
    const text = mark ?? double ?? single ?? word!;
    const length = match[0].trimStart().length;
    const at = pattern.lastIndex - length;
    // A single & or | is taken for the double one.
    found.push({ kind: mark !== undefined ? 'mark' : word !== undefined ? 'word' : 'text', text: text === '&' || text === '|' ? text + text : text, at, length });
  }
}
