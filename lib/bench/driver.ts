import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BlastrainError } from '../errors';
import { openblasEnvironment } from './openblas';

/** Prefix of an answer that reports an error. */
const errorMark = 'error ';

/**
 * A child process that answers each line on its standard input with one line. Its first line, unasked, says that it is ready; an answer
 * that begins with «error » reports an error.
 */
export class Driver {
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private readonly lines: string[] = [];
  private ended: Error | undefined;

  private constructor(private readonly child: ChildProcessWithoutNullStreams, private readonly name: string) {
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2000)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const request = this.waiting.shift();
      if (request === undefined) this.lines.push(line);
      else request.resolve(line);
    });
    const end = (reason: string): void => {
      this.ended ??= new BlastrainError('ERR_WORKER', `Expected answers for ${name} but received an end: ${reason}`);
      for (const { reject } of this.waiting.splice(0)) reject(this.ended);
    };
    child.stdin.on('error', () => undefined); // 'close' gives the reason
    child.on('error', (error) => { end(error.message); });
    child.on('close', (code, signal) => { end(stderr.trim().split('\n').pop() || `exit ${String(code ?? signal)}`); });
  }

  /** Starts a process and waits until it is ready. Returns the reason if it does not become ready: its own error if it reports one. */
  static async start(command: string, args: readonly string[]): Promise<Driver | string> {
    const driver = new Driver(spawn(command, args, { env: openblasEnvironment() }), command);
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

  /** The line that said it was ready. */
  greeting = '';

  /** Sends a line and resolves to the answer. Throws ERR_WORKER if the process has ended or reports an error. */
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
