// The queue of messages that the server has not acknowledged yet.
//
// An entry is stored before anything is sent, keeps its id through every retry, and leaves with the ack. Entries of a
// conversation go out one at a time in their order, by whichever connected tab holds the conversation's lock; should
// two tabs ever send the same entry, the server answers both with the same seq. Tabs tell each other what changed.
// Emits `change` (conversation), `acked` (entry, ack) and `failed` (entry, error).

import { Backoff } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { ConnectionLost, ImError } from "./protocol.js";

export class Outbox extends Emitter {
  #user;
  #storage;
  #locks;
  #channel;
  #makeId;
  #transmit;
  #clock;
  #random;
  #entries = new Map();
  #draining = new Map();
  #online = false;
  #wakeups = new Set();

  /**
   * `transmit(entry)`: sends one entry, resolves to its ack; rejects with ImError (`retry` or not) or ConnectionLost.
   * `channel`: a BroadcastChannel of its own. `makeId()`: a fresh message id.
   */
  constructor({ user, storage, locks, channel, makeId, transmit, clock, random }) {
    super();
    this.#user = user;
    this.#storage = storage;
    this.#locks = locks;
    this.#channel = channel;
    this.#makeId = makeId;
    this.#transmit = transmit;
    this.#clock = clock;
    this.#random = random;
    channel.onmessage = (event) => this.#heard(event.data);
  }

  /** Load what an earlier page left behind. */
  async open() {
    for (const entry of await this.#storage.list(this.#user)) this.#entries.set(entry.id, entry);
    for (const conversation of this.#conversations()) this.#changed(conversation);
  }

  close() {
    this.setOnline(false);
    this.#channel.close();
  }

  /** How many messages wait for the connection (failed ones wait for a person and do not count). */
  get queued() {
    return [...this.#entries.values()].filter((entry) => entry.state === "queued").length;
  }

  /** The unacknowledged entries of a conversation, oldest first. */
  entries(conversation) {
    return [...this.#entries.values()].filter((entry) => entry.conversation === conversation).sort((a, b) => a.order - b.order);
  }

  /** Queue a message; resolves once it is stored. */
  async add({ conversation, kind, body }) {
    const fresh = { id: this.#makeId(), user: this.#user, conversation, kind, body, created: this.#clock.now(), state: "queued" };
    const entry = await this.#storage.add(fresh);
    this.#entries.set(entry.id, entry);
    this.#changed(conversation);
    this.#tell({ type: "stored", entry });
    this.#drain(conversation);
    return entry;
  }

  /** Try a failed entry again, under the same id. */
  async retry(id) {
    const entry = { ...this.#entries.get(id), state: "queued", error: undefined };
    await this.#replace(entry);
    this.#drain(entry.conversation);
  }

  /** Give up a failed entry. */
  async discard(id) {
    const entry = this.#entries.get(id);
    if (entry) await this.#remove(entry);
  }

  /** Give up everything: the person signs out. */
  async clear() {
    for (const entry of [...this.#entries.values()]) await this.#remove(entry);
  }

  /** The connection came or went. */
  setOnline(online) {
    this.#online = online;
    if (online) for (const conversation of this.#conversations()) this.#drain(conversation);
    else for (const wake of [...this.#wakeups]) wake();
  }

  /** An event with this id was seen in the log: it needs no sending any more, whoever sent it. */
  async settle(id) {
    const entry = this.#entries.get(id);
    if (entry) await this.#remove(entry);
  }

  #conversations() {
    return new Set([...this.#entries.values()].map((entry) => entry.conversation));
  }

  // At most one drain per conversation in this tab; a call meanwhile makes it look once more.
  async #drain(conversation) {
    if (this.#draining.has(conversation)) {
      this.#draining.set(conversation, true);
      return;
    }
    try {
      do {
        this.#draining.set(conversation, false);
        await this.#locks.request(`im-outbox.${this.#user}.${conversation}`, () => this.#drainLocked(conversation));
      } while (this.#draining.get(conversation) && this.#online);
    } finally {
      this.#draining.delete(conversation);
    }
  }

  async #drainLocked(conversation) {
    const backoff = new Backoff({ random: this.#random });
    while (this.#online) {
      const entries = await this.#storage.list(this.#user);
      const next = entries.find((entry) => entry.conversation === conversation && entry.state === "queued");
      if (!next) return;
      await this.#deliver(next, backoff);
    }
  }

  async #deliver(entry, backoff) {
    try {
      const ack = await this.#transmit(entry);
      backoff.reset();
      this.emit("acked", entry, ack);
      this.#tell({ type: "acked", entry, ack });
      await this.#remove(entry);
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      if (error.retry) await this.#pause(error instanceof ConnectionLost ? 0 : error.retryAfterMs, backoff);
      else await this.#fail(entry, error);
    }
  }

  // Ends early when the connection goes: the next one starts over.
  #pause(minimumMs, backoff) {
    return new Promise((resolve) => {
      const wake = () => {
        this.#clock.clearTimeout(timer);
        this.#wakeups.delete(wake);
        resolve();
      };
      const timer = this.#clock.setTimeout(wake, Math.max(minimumMs, backoff.next()));
      this.#wakeups.add(wake);
      if (!this.#online) wake();
    });
  }

  async #fail(entry, error) {
    const failed = { ...entry, state: "failed", error: error.code };
    await this.#replace(failed);
    this.emit("failed", failed, error);
  }

  async #replace(entry) {
    await this.#storage.put(entry);
    this.#entries.set(entry.id, entry);
    this.#changed(entry.conversation);
    this.#tell({ type: "stored", entry });
  }

  async #remove(entry) {
    await this.#storage.remove(entry.order);
    this.#forget(entry);
    this.#tell({ type: "removed", entry });
  }

  #forget(entry) {
    if (this.#entries.delete(entry.id)) this.#changed(entry.conversation);
  }

  #heard(message) {
    const { type, entry, ack } = message;
    if (entry.user !== this.#user) return;
    if (type === "removed") this.#forget(entry);
    else if (type === "acked") this.emit("acked", entry, ack);
    else {
      this.#entries.set(entry.id, entry);
      this.#changed(entry.conversation);
      if (entry.state === "queued") this.#drain(entry.conversation);
    }
  }

  #tell(message) {
    this.#channel.postMessage(message);
  }

  #changed(conversation) {
    this.emit("change", conversation);
  }
}
