/**
 * Reading tables beside pandas: makes a table of numbers and one of texts, dates, numbers and missing cells, ten columns each, and reads each
 * in turn by loadCsv, which also divides the rows, and by pandas.read_csv, every time in a process of its own. Prints CPU time (user and
 * system) and peak memory of the processes, and the time of the call alone, as medians.
 *
 *     node scripts/tables/reading.js [--rows 1000000] [--rounds 5] [--python python3]
 */
const { spawnSync } = require('node:child_process');
const { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '5' }, python: { type: 'string', default: 'python3' } } });
const [rows, rounds] = [Number(values.rows), Number(values.rounds)];

/** Numerical Recipes' generator: the same table everywhere. */
let state = 1;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const oneOf = (...texts) => texts[Math.floor(random() * texts.length)];
const orNone = (cell) => (random() < 0.1 ? '' : cell);
const day = () => new Date(86_400_000 * Math.floor(16_000 + 3650 * random())).toISOString().slice(0, 10);

const tables = {
  numbers: { header: 'a,b,c,d,e,f,g,h,i,y', row: () => Array.from({ length: 10 }, () => (10 * random() - 5).toFixed(5)) },
  mixed: {
    header: 'age,income,city,zip,joined,member,score,note,x,y',
    row: () => [
      Math.floor(90 * random()), orNone((1e5 * random()).toFixed(2)), orNone(oneOf('Bern', 'Zürich', 'Genève', 'Basel', 'Chur')), `Z${Math.floor(2000 * random())}`, day(),
      oneOf('yes', 'no'), (10 * random() - 5).toFixed(4), oneOf('"good, mostly"', '"so ""so"""', 'bad'), random().toFixed(3), Math.floor(100 * random()),
    ],
  },
};

const readers = {
  blastrain: (file) => [process.execPath, '-e', `
    const { loadCsv } = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'index.js'))});
    const begun = process.cpuUsage();
    loadCsv(${JSON.stringify(file)}, { numericTargets: true });
    const call = process.cpuUsage(begun);
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    console.log(JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, call: (call.user + call.system) / 1e6, megabytes: maxRSS / 1024 }));`],
  pandas: (file) => [values.python, '-c', `
import json, pandas, resource, time
begun = time.process_time()
table = pandas.read_csv(${JSON.stringify(file)})
call = time.process_time() - begun
use = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({'cpu': use.ru_utime + use.ru_stime, 'call': call, 'megabytes': use.ru_maxrss / 1024}))`],
};

function write(file, { header, row }) {
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, `${header}\n`);
  for (let left = rows; left > 0; left -= 10_000) writeSync(descriptor, Array.from({ length: Math.min(left, 10_000) }, () => `${row().join()}\n`).join(''));
  closeSync(descriptor);
}

function measure([program, ...args]) {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { ...JSON.parse(stdout), wall: (performance.now() - begun) / 1000 };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const folder = mkdtempSync(join(tmpdir(), 'reading-'));
try {
  console.log(`${rows} rows of ten columns, medians of ${rounds} processes in turn\n`);
  console.log('| table | MB | reader | CPU, s | wall, s | call alone, s of CPU | peak, MB |\n|---|---|---|---|---|---|---|');
  for (const [name, table] of Object.entries(tables)) {
    const file = join(folder, `${name}.csv`);
    write(file, table);
    const all = Object.fromEntries(Object.keys(readers).map((reader) => [reader, []]));
    for (let round = 0; round < rounds; round++) for (const reader of Object.keys(readers)) all[reader].push(measure(readers[reader](file)));
    for (const [reader, found] of Object.entries(all)) {
      const of = (key) => median(found.map((one) => one[key]));
      console.log(`| ${name} | ${(statSync(file).size / 1e6).toFixed(0)} | ${reader} | ${of('cpu').toFixed(2)} | ${of('wall').toFixed(2)} | ${of('call').toFixed(2)} | ${of('megabytes').toFixed(0)} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
