/** One sub-command of `blastrain`. Each lives in a file of its own and is listed in main.ts. */
export interface Command {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The full `--help` text: usage line first. */
  readonly help: string;
  /**
   * Runs the command with the words behind its name. Returns the exit status; throws a BlastrainError for anything that
   * main.ts should print as one sentence.
   */
  run(args: readonly string[]): Promise<number>;
}
