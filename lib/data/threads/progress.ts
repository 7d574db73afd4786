/** Called while rows are read that take a while, with how many of how many; at the end with all. */
export type LoadingListener = (rows: number, all: number) => void;

let listener: LoadingListener | undefined;

/** Sets who is told how far loading is in this thread: one listener, as a process has one terminal. */
export function setLoadingListener(next: LoadingListener | undefined): void {
  listener = next;
}

export function tellLoading(rows: number, all: number): void {
  listener?.(rows, all);
}
