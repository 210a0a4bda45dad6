// Where unsent messages wait: IndexedDB, shared by the tabs and kept over restarts of the browser; or memory where the
// browser has none. Both give the entries a growing `order`, the order in which they are sent.

const NAME = "im-outbox";
const VERSION = 1;
const STORE = "entries";

/** The best storage this browser offers. `indexedDB` may be undefined or refuse (some private modes). */
export async function openOutboxStorage(indexedDB) {
  try {
    return new IndexedDbStorage(await openDatabase(indexedDB));
  } catch {
    return new MemoryStorage();
  }
}

/** Entries in IndexedDB. `order` is the auto-increment key, so it is unique and growing over all tabs. */
class IndexedDbStorage {
  #database;

  constructor(database) {
    this.#database = database;
    this.persistent = true;
  }

  async add(entry) {
    const order = await this.#run("readwrite", (store) => store.add(entry));
    return { ...entry, order };
  }

  /** All entries of a user, oldest first. */
  async list(user) {
    const entries = await this.#run("readonly", (store) => store.index("user").getAll(user));
    return entries.sort((a, b) => a.order - b.order);
  }

  async put(entry) {
    await this.#run("readwrite", (store) => store.put(entry));
  }

  async remove(order) {
    await this.#run("readwrite", (store) => store.delete(order));
  }

  #run(mode, act) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, mode, { durability: "strict" });
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** The same in memory: for browsers without IndexedDB and for tests. */
export class MemoryStorage {
  #entries = new Map();
  #order = 0;

  constructor() {
    this.persistent = false;
  }

  async add(entry) {
    const kept = { ...entry, order: (this.#order += 1) };
    this.#entries.set(kept.order, kept);
    return { ...kept };
  }

  async list(user) {
    return [...this.#entries.values()].filter((entry) => entry.user === user).map((entry) => ({ ...entry }));
  }

  async put(entry) {
    this.#entries.set(entry.order, { ...entry });
  }

  async remove(order) {
    this.#entries.delete(order);
  }
}

function openDatabase(indexedDB) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      const store = opening.result.createObjectStore(STORE, { keyPath: "order", autoIncrement: true });
      store.createIndex("user", "user");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("another tab holds an older version of the database open"));
  });
}
