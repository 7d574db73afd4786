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
    const open = `    <testcase classname="${escape(classname)}" name="${escape(name)}"`;
    return failure === undefined ? `${open}/>` : `${open}><failure message="${escape(failure)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escape(suite)}" ${counts}>`,
    ...body,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** Text as an XML attribute's value, printable: XML 1.0 cannot hold control characters at all. */
function escape(text: string): string {
  return printableLines(text).replace(/[&<>"'\t\n]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
