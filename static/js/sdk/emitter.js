// Named events with listeners, for the classes of this SDK. A listener that throws does not keep the others from
// hearing the event; its error is reported where uncaught errors go.

export class Emitter {
  #listeners = new Map();

  /** Call `listener` on every `name` event until the returned function is called. */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit(name, ...details) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...details);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
