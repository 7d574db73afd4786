import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BlastrainError } from '../errors';

/** What an answer that is an error begins with. */
const errorMark = 'error ';

/**
 * A process that is asked in lines and answers each with one line. Its first line, unasked, says that it is ready; an
 * answer that begins with «error » is one.
 */
export class Driver {
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private readonly lines: string[] = [];
  private ended: Error | undefined;

  private constructor(private readonly child: ChildProcessWithoutNullStreams, private readonly name: string) {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const asker = this.waiting.shift();
      if (asker === undefined) this.lines.push(line);
      else asker.resolve(line);
    });
    const end = (reason: string): void => {
      this.ended ??= new BlastrainError('ERR_WORKER', `Expected answers for ${name} but received an end: ${reason}`);
      for (const { reject } of this.waiting.splice(0)) reject(this.ended);
    };
    child.stdin.on('error', () => undefined); // 'close' tells why
    child.on('error', (error) => { end(error.message); });
    child.on('close', (code, signal) => { end(complaint.trim().split('\n').pop() || `exit ${String(code ?? signal)}`); });
  }

  /** Starts a process and waits until it is ready. Returns why not, in its own words where it answers with an error. */
  static async start(
    command: string, args: readonly string[], env: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<Driver | string> {
    const driver = new Driver(spawn(command, args, { env }), command);
    try {
      driver.greeting = await driver.nextLine();
      if (!driver.greeting.startsWith(errorMark)) return driver;
      driver.stop();
      return driver.greeting.slice(errorMark.length);
    } catch (error) {
      driver.stop();
      return (error as Error).message;
    }
  }

  /** What it said when it was ready. */
  greeting = '';

  /** Throws ERR_WORKER for a process that has ended, or that answers with an error. */
  async ask(question: string): Promise<string> {
    this.child.stdin.write(`${question}\n`);
    return this.checked(await this.nextLine());
  }

  stop(): void {
    this.child.kill();
  }

  private checked(line: string): string {
    if (!line.startsWith(errorMark)) return line;
    throw new BlastrainError('ERR_WORKER', `Expected an answer for ${this.name} but received ${line.slice(errorMark.length)}`);
  }

  private nextLine(): Promise<string> {
    const line = this.lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
    });
  }
}
