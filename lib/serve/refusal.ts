/** Why a request is refused by the server, not by the model; `status` is that of HTTP. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly headers: Readonly<Record<string, string>> = {}) {
    super(message);
  }
}

/** A client that is no longer there: nobody reads this, but it is counted, by the status that nginx has for it. */
export function gone(): Refusal {
  return new Refusal(499, 'ERR_GONE', 'Expected a client that waits for its answer but received the end of its connection');
}
