import { junitXml } from '../../lib/cli/junit';

test('a report with passes and failures', () => {
  expect(junitXml('suite', [{ classname: 'a', name: 'one' }, { classname: 'a', name: 'two', failure: 'wrong' }], 1.5)).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1" errors="0" skipped="0" time="1.500">
  <testsuite name="suite" tests="2" failures="1" errors="0" skipped="0" time="1.500">
    <testcase classname="a" name="one"/>
    <testcase classname="a" name="two"><failure message="wrong"/></testcase>
  </testsuite>
</testsuites>
`,
  );
});

test('markup, quotes, line ends and control characters are escaped', () => {
  const xml = junitXml('s', [{ classname: '<&>', name: '"\'', failure: 'a\nb\u0000' }], 0);
  expect(xml).toContain('classname="&#60;&#38;&#62;" name="&#34;&#39;"');
  expect(xml).toContain('message="a&#10;b\\x00"');
});
