// One at a time by name: the Web Locks of the browser, over all its tabs, or a chain of promises in this page where
// the browser has none (pages without HTTPS other than localhost). Without Web Locks tabs may send the same message
// twice at once; the server stores it once, by its id.

/** Resolves like `act()`, which runs when nobody else holds `name`. */
export class LocalLocks {
  #tails = new Map();

  request(name, act) {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const result = before.then(act);
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(name, tail);
    tail.then(() => this.#tails.get(name) === tail && this.#tails.delete(name));
    return result;
  }
}

/** The locks of this browser. */
export function browserLocks(navigator) {
  return navigator.locks ?? new LocalLocks();
}
