'use strict';

// Takes a lock as a process of its own: node lockProcess.js PATH HOLD. Says 'has' or the code of the error, and the message; keeps the
// lock for HOLD milliseconds, or with 'forever' until it is killed.
const { acquireLock, waitSync } = require('../../dist/files/acquire.js');

const [path, hold] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  try {
    const lock = waitSync(acquireLock(path)).keepAlive();
    process.stdout.write(`has ${String(process.pid)}\n`);
    if (hold === 'forever') setInterval(() => undefined, 1000);
    else {
      setTimeout(() => {
        lock.release();
        process.exit();
      }, Number(hold));
    }
  } catch (error) {
    process.stdout.write(`${error.code} ${error.message}\n`);
    process.exit(1);
  }
});
