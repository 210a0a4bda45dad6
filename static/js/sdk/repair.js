// Pulls events that a conversation's window lacks: at its end (missed pushes, time offline) and before it (history).
// One pull per conversation and direction at a time; what fails for want of a connection is taken up by the next one.

import { ConnectionLost, ImError, MAX_SYNC_EVENTS } from "./protocol.js";

const PAGE_EVENTS = 50;
const JUMP_EVENTS = 600;
const RETRY_MS = 2_000;

export class Repair {
  #store;
  #request;
  #clock;
  #newer = new Map();
  #older = new Map();

  /** `request(frame)` as in Connection. */
  constructor({ store, request, clock }) {
    this.#store = store;
    this.#request = request;
    this.#clock = clock;
  }

  /** Pull until nothing is missing at the end of the window. Resolves then, or when the connection is lost. */
  catchUp(id) {
    return this.#once(this.#newer, id, () => this.#catchUp(id));
  }

  /** Pull one page of history. Resolves to whether anything came. */
  loadOlder(id) {
    return this.#once(this.#older, id, () => this.#loadOlder(id));
  }

  #once(running, id, act) {
    if (!running.has(id)) running.set(id, this.#guarded(id, act).finally(() => running.delete(id)));
    return running.get(id);
  }

  async #guarded(id, act) {
    try {
      return await act();
    } catch (error) {
      if (error.code === "conversation_not_found") this.#store.remove(id);
      else if (!(error instanceof ImError)) throw error;
      else if (!(error instanceof ConnectionLost)) this.#clock.setTimeout(() => this.#again(id), Math.max(RETRY_MS, error.retryAfterMs));
      return false;
    }
  }

  #again(id) {
    if (this.#store.get(id)?.behind) this.catchUp(id);
  }

  async #catchUp(id) {
    const conversation = this.#store.get(id);
    while (conversation?.behind && this.#store.get(id) === conversation) {
      const { window } = conversation;
      if (conversation.maxSeq - window.high > JUMP_EVENTS) {
        window.reset(conversation.maxSeq);
        await this.#loadOlder(id);
        continue;
      }
      const answer = await this.#request({ op: "sync", conversation: id, after: window.high, limit: MAX_SYNC_EVENTS });
      this.#takeNewer(conversation, answer);
    }
    return true;
  }

  #takeNewer(conversation, answer) {
    const { high } = conversation.window;
    if (answer.start_over) conversation.startOver(answer.max_seq);
    else conversation.applyNewer(answer);
    this.#store.changed(conversation.id);
    // The end as we knew it lies beyond what the server has: nothing more is coming, so stop asking for it.
    if (conversation.window.high === high && !answer.start_over) conversation.startOver(answer.max_seq);
  }

  async #loadOlder(id) {
    const conversation = this.#store.get(id);
    if (!conversation?.hasOlder) return false;
    const { low } = conversation.window;
    const after = Math.max(conversation.firstSeq - 1, low - 1 - PAGE_EVENTS);
    const page = await this.#readBetween(id, after, low - 1);
    if (conversation.window.low !== low) return true;
    if (page.startOverAt !== null) conversation.startOver(page.startOverAt);
    else conversation.applyOlder(page);
    this.#store.changed(id);
    return conversation.window.low < low;
  }

  // Large events come in several answers: the page is whole only when it reaches `upTo`.
  async #readBetween(id, after, upTo) {
    const page = { events: [], gap_to: 0, startOverAt: null };
    for (let from = after; from < upTo; ) {
      const answer = await this.#request({ op: "sync", conversation: id, after: from, limit: upTo - from });
      if (answer.start_over) return { ...page, startOverAt: answer.max_seq };
      page.gap_to = Math.max(page.gap_to, answer.gap_to ?? 0);
      page.events.push(...answer.events);
      const reached = Math.max(page.events.at(-1)?.seq ?? 0, page.gap_to);
      if (reached <= from) break;
      from = reached;
    }
    return page;
  }
}
