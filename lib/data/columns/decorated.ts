const decorated = /^\s*(\()?\s*([-+]?)\s*[$€£¥]?\s*([-+]?)((?:\d{1,3}(?:[,\u00a0 ']\d{3})+|\d+)(?:\.\d+)?|\.\d+)\s*[$€£¥%]?\s*(\))?\s*$/u;
const decimalComma = /^\s*([-+]?)\s*[$€£¥]?\s*((?:\d{1,3}(?:[.\u00a0 ']\d{3})+|\d+),\d+|\d{1,3}(?:[.\u00a0 ']\d{3})+)\s*[$€£¥%]?\s*$/u;

/**
 * A number as people write it in sheets, or undefined: with a currency or percent sign (which is dropped), groups of three digits, brackets
 * around what is negative; where commas do not divide cells, with a decimal comma.
 */
export function parseDecorated(text: string, commaIsDecimal: boolean): number | undefined {
  const sheet = decorated.exec(text);
  if (sheet !== null && (sheet[1] === undefined) === (sheet[5] === undefined) && !(commaIsDecimal && sheet[4]!.includes(','))) {
    const [, bracket, before = '', behind = '', digits] = sheet;
    if (before !== '' && behind !== '') return undefined;
    const value = Number(digits!.replace(/[,\u00a0 ']/g, ''));
    if (value === Infinity) return undefined;
    return before === '-' || behind === '-' || bracket !== undefined ? -value : value;
  }
  const comma = commaIsDecimal ? decimalComma.exec(text) : null;
  if (comma === null) return undefined;
  const value = Number(comma[2]!.replace(/[.\u00a0 ']/g, '').replace(',', '.'));
  if (value === Infinity) return undefined;
  return comma[1] === '-' ? -value : value;
}
