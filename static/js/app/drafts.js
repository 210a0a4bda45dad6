// Texts that were begun and not sent, per user and conversation, in this browser.

export class Drafts {
  #storage;
  #prefix;

  constructor(storage, user) {
    this.#storage = storage;
    this.#prefix = `im.draft.${user}.`;
  }

  get(conversation) {
    return this.#storage.getItem(this.#prefix + conversation) ?? "";
  }

  set(conversation, text) {
    if (text) this.#storage.setItem(this.#prefix + conversation, text);
    else this.#storage.removeItem(this.#prefix + conversation);
  }

  /** Forget all of them: the person signs out. */
  clear() {
    for (const key of Object.keys(this.#storage)) if (key.startsWith(this.#prefix)) this.#storage.removeItem(key);
  }
}
