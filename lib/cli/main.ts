#!/usr/bin/env node
import { toPlain, expected, nearest } from '../errors';
import { version } from '../experiment/version';
import { benchCommand } from './bench';
import type { Command } from './command';
import { dashboardCommand } from './dashboard';
import { dataCommand } from './data';
import { depthCommand } from './depth';
import { doctorCommand } from './doctor';
import { evaluateCommand } from './evaluate';
import { gradcheckCommand } from './gradcheck';
import { lrFindCommand } from './lrFind';
import { reportCommand } from './report';
import { searchCommand } from './search';
import { runsCommand } from './runs';
import { showCommand } from './show';
import { summaryCommand } from './summary';
import { testCommand } from './test';
import { toyCommand } from './toy';
import { trainCommand } from './train';
import { verifyCommand } from './verify';

const commands: readonly Command[] = [
  trainCommand, searchCommand, depthCommand, lrFindCommand, evaluateCommand, testCommand, runsCommand, showCommand, reportCommand, summaryCommand, toyCommand,
  gradcheckCommand, verifyCommand, dashboardCommand, dataCommand, doctorCommand, benchCommand,
];

const overview = `blastrain ${version}: neural networks in Node.js at the speed of the metal

Usage: blastrain COMMAND [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

blastrain COMMAND --help explains a command; --debug adds stack traces to errors.
`;

async function main(args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === 'help' || word === '--help' || word === '-h') {
    process.stdout.write(overview);
    return 0;
  }
  if (word === '--version' || word === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commands.find(({ name }) => name === word);
  if (command === undefined) {
    const names = commands.map(({ name }) => name);
    const suggestion = nearest(word, names);
    throw expected('ERR_CONFIG', suggestion === undefined ? `one of ${names.join(', ')}` : `a command, perhaps ${suggestion},`, 'blastrain', word);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(rest);
}

// A reader that has seen enough (`blastrain … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const words = process.argv.slice(2);
main(words).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const { code, message, stack } = toPlain(error);
    process.stderr.write(`blastrain: ${message} [${code}]\n`);
    if (words.includes('--debug') && stack !== undefined) process.stderr.write(`${stack}\n`);
    process.exitCode = 1;
  },
);
