// A clock that stands still until a test moves it.

export class FakeClock {
  #time = 1_700_000_000_000;
  #timers = new Map();
  #count = 0;

  now = () => this.#time;

  setTimeout = (act, ms) => {
    this.#timers.set((this.#count += 1), { at: this.#time + ms, act });
    return this.#count;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  /** Let `ms` pass: timers run in their order, and after each whatever it set in motion. */
  async advance(ms) {
    const end = this.#time + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next.timer);
      this.#time = Math.max(this.#time, next.at);
      next.act();
      await settle();
    }
    this.#time = end;
  }

  #next(end) {
    const due = [...this.#timers].map(([timer, { at, act }]) => ({ timer, at, act })).filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at || a.timer - b.timer)[0];
  }
}

/** Let all promises that can go on do so. */
export async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
