import type { TableResult, TablesReport } from '../../lib/bench/tables';
import { tablesMarkdown, tablesTables, tablesVerdicts } from '../../lib/report/tables';

const about = { rows: 60, features: 4 };
const classes = (set: string, seed: number, model: string, logLoss: number, accuracy: number, seconds: number): TableResult =>
  ({ ...about, set, seed, model, logLoss, accuracy, seconds });

const report: TablesReport = {
  type: 'tables', version: 1, at: '2026-01-02T03:04:05.000Z', settings: [],
  machine: { cpu: 'a CPU', cores: 2, platform: 'linux', node: '20.17.0', threads: 2, openblas: null, openblasCore: null },
  load: { before: 0.1, after: 0.2, others: 0.01, quiet: true },
  results: [
    classes('iris', 0, 'table', 0.1, 0.9, 1), classes('iris', 0, 'Forest', 0.2, 0.95, 4),
    classes('iris', 1, 'table', 0.3, 0.8, 1), classes('iris', 1, 'Forest', 0.3, 0.8, 4),
    classes('wine', 0, 'table', 0.5, 0.7, 2), // where the other did not run
    { ...about, set: 'sea', seed: 0, model: 'table', r2: 0.5, rmse: 123.456, seconds: 20 },
  ],
};

test('a table for each kind of target, with means over the seeds', () => {
  expect(tablesTables(report)).toEqual([
    {
      headers: ['log loss / accuracy / seconds', 'table', 'Forest'], words: 1,
      rows: [['iris', '0.200 / 0.850 / 1.0', '0.250 / 0.875 / 4.0'], ['wine', '0.500 / 0.700 / 2.0', '']],
    },
    { headers: ['R² / RMSE / seconds', 'table'], words: 1, rows: [['sea', '0.500 / 123.5 / 20']] },
  ]);
});

test('ranks and pairs count the splits on which all ran; equal scores share the better rank', () => {
  expect(tablesVerdicts(report, ['table', 'absent'])).toEqual([
    'Mean rank by log loss over 2 splits: table 1.00, Forest 1.50.',
    'Mean rank by accuracy over 2 splits: Forest 1.00, table 1.50.',
    'table and Forest on 2 splits: log loss 0.200 to 0.250, accuracy 0.850 to 0.875; 2.0 s of fitting to 8.0 s (0.25 times).',
  ]);
});

test('as Markdown', () => {
  const text = tablesMarkdown(report, ['table']);
  expect(text).toMatch(/^`blastrain bench tables`, 2026-01-02: a CPU, 2 cores/);
  expect(text).toContain('| iris | 0.200 / 0.850 / 1.0 | 0.250 / 0.875 / 4.0 |\n');
  expect(text).toContain('- Mean rank by log loss over 2 splits');
});
