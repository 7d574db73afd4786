import { printableLines } from '../text';

/** One test case of a JUnit report. */
export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  /** Why it failed; absent when it passed. */
  readonly failure?: string;
}

/** A JUnit XML document with one suite, as CI servers read it. */
export function junitXml(suite: string, cases: readonly JunitCase[], seconds: number): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`;
  const body = cases.map(({ classname, name, failure }) => {
    const open = `    <testcase classname="${attribute(classname)}" name="${attribute(name)}"`;
    return failure === undefined ? `${open}/>` : `${open}><failure message="${attribute(failure)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${attribute(suite)}" ${counts}>`,
    ...body,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** Text as the value of an XML attribute, line ends too. Made printable, as XML 1.0 has no control characters. */
function attribute(text: string): string {
  return printableLines(text).replace(/[&<>"'\t\n]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
