/** Runs a command in this process and keeps what it writes to standard output. */
export async function capture(run: () => Promise<number>): Promise<{ status: number; output: string }> {
  let output = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  try {
    const status = await run();
    return { status, output };
  } finally {
    spy.mockRestore();
  }
}
