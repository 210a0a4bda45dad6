// How long to wait before the next attempt: doubling up to a ceiling, with jitter, so that the clients of a node that
// restarted do not all come back in the same instant.

export class Backoff {
  #attempts = 0;

  /** `random` gives numbers in [0, 1). Every wait lies between half and the whole of the doubled base. */
  constructor({ baseMs = 500, ceilingMs = 30_000, random }) {
    this.baseMs = baseMs;
    this.ceilingMs = ceilingMs;
    this.random = random;
  }

  get attempts() {
    return this.#attempts;
  }

  /** Milliseconds to wait now; the next call gives about twice as much. */
  next() {
    const full = Math.min(this.ceilingMs, this.baseMs * 2 ** Math.min(this.#attempts, 16));
    this.#attempts += 1;
    return Math.round(full / 2 + (full / 2) * this.random());
  }

  reset() {
    this.#attempts = 0;
  }
}
