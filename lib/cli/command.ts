import { wrap } from './terminal/style';

/** One sub-command of `blastrain`. Each lives in a file of its own and is listed in main.ts. */
export interface Command {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The full `--help` text: usage line first. */
  readonly help: string;
  /**
   * Runs the command with the arguments after its name. Returns the exit status; throws a BlastrainError for anything that
   * main.ts should print as one sentence.
   */
  run(args: readonly string[]): Promise<number>;
}

/** The widest line of a help text. */
const widest = 80;

/** An entry of a help text: `name`, and its description from column `indent` on. */
export function helpEntry(name: string, indent: number, text: string): string {
  return `  ${name}`.padEnd(indent) + wrap(text, widest - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
}
