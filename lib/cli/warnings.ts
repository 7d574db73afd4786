import { wrap } from './terminal/style';

/** Prints warnings to standard error: a sentence each, in lines of at most 80 characters. */
export function warn(sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${wrap(`blastrain: warning: ${sentence}`, 80)}\n`);
}
