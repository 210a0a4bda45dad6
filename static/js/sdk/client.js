// The whole client without a page: connection, log, queue and receipts put together. A user interface calls its
// methods and those of `directory`, reads `store`, `outbox` and `status`, and listens to `change`, `status`, `problem` and `removed`.

import { Connection } from "./connection.js";
import { Directory } from "./directory.js";
import { Emitter } from "./emitter.js";
import { MESSAGE_ID_RANDOM_BYTES, makeMessageId } from "./ids.js";
import { Outbox } from "./outbox.js";
import { ImError, MAX_LISTED_CONVERSATIONS, isMessage } from "./protocol.js";
import { Receipts } from "./receipts.js";
import { Repair } from "./repair.js";
import { Store } from "./store.js";

const PREFETCHED_CONVERSATIONS = 20;

export class ImClient extends Emitter {
  #rest;
  #connection;
  #repair;
  #receipts;
  #fetching = new Set();
  #next = "";

  /**
   * `me`: answer of `/me`. `rest`: a Rest. `connection`: arguments of Connection. `outbox`: `{ storage, locks, channel }`.
   * `crypto`: for message ids. `clock` and `random` as in Connection.
   */
  constructor({ me, rest, connection, outbox, clock, random, crypto }) {
    super();
    this.me = me;
    this.listed = false;
    this.store = new Store(me.id);
    this.store.rememberName(me.id, me.display_name);
    this.directory = new Directory({ me: me.id, rest, store: this.store });
    this.#rest = rest;
    this.#connection = new Connection({ ...connection, clock, random });
    this.#repair = new Repair({ store: this.store, request: (frame) => this.#connection.request(frame), clock });
    this.#receipts = new Receipts({ clock, post: (frame) => this.#connection.post(frame) });
    const makeId = () =>
      makeMessageId({
        sender: me.id,
        terminal: connection.hello.terminal,
        timeMs: clock.now(),
        random: crypto.getRandomValues(new Uint8Array(MESSAGE_ID_RANDOM_BYTES)),
      });
    const transmit = (entry) => this.#connection.sendMessage(entry);
    this.outbox = new Outbox({ ...outbox, user: me.id, makeId, transmit, clock, random });
    this.#listen();
  }

  get status() {
    return this.#connection.status;
  }

  /** Conversations, latest activity first; a message that waits to be sent is activity too. */
  conversations() {
    const activity = new Map(this.store.all().map(({ id, time }) => [id, Math.max(time, this.outbox.entries(id).at(-1)?.created ?? 0)]));
    return this.store.sorted().sort((a, b) => activity.get(b.id) - activity.get(a.id));
  }

  /** Whether the list has more conversations than were loaded. */
  get hasMoreConversations() {
    return this.#next !== "";
  }

  async start() {
    await this.outbox.open();
    this.#connection.start();
  }

  stop() {
    this.#receipts.flush();
    this.outbox.close();
    this.#connection.stop();
  }

  /** The network may have changed. */
  poke() {
    this.#connection.poke();
  }

  /** Tell the server now what was received and read: the page may be frozen next. */
  flush() {
    this.#receipts.flush();
  }

  /** Queue a message; resolves once it is kept here. It is sent when possible, exactly once. */
  send(conversation, kind, body) {
    return this.outbox.add({ conversation, kind, body });
  }

  /** Somebody looks at this conversation: bring its members, its end and its latest history. */
  async open(id) {
    const conversation = this.store.get(id) ?? (await this.#fetchConversation(id));
    if (!conversation) return;
    if (!conversation.current || !conversation.membersComplete) this.#guard(this.#refresh(conversation));
    await this.#fill(conversation);
  }

  /** Nobody looks at it any more: keep only its latest part. */
  leave(id) {
    this.store.get(id)?.window.trim(200);
  }

  /** One page of history. Resolves to whether anything came. */
  loadOlder(id) {
    return this.#repair.loadOlder(id);
  }

  /** The person has seen everything up to `seq`. */
  markRead(id, seq) {
    if (!this.store.get(id)?.markRead(seq)) return;
    this.#receipts.read(id, seq);
    this.store.changed(id);
  }

  /** The next page of the conversation list. */
  async loadMoreConversations() {
    if (!this.#next || this.#fetching.has("list")) return;
    this.#fetching.add("list");
    try {
      await this.#list(this.#next);
    } finally {
      this.#fetching.delete("list");
    }
  }

  async updateMe(fields) {
    this.me = await this.#rest.updateMe(fields);
    this.store.rememberName(this.me.id, this.me.display_name);
    this.emit("change");
  }

  #listen() {
    this.store.on("change", () => this.emit("change"));
    this.outbox.on("change", () => this.emit("change"));
    this.outbox.on("acked", (entry, ack) => this.#acked(entry, ack));
    this.outbox.on("failed", (entry, error) => this.emit("problem", error));
    this.#connection.on("status", (status) => this.#statusChanged(status));
    this.#connection.on("welcome", (frame) => this.#guard(this.#welcomed(frame)));
    this.#connection.on("frame", (frame) => this.#take(frame));
    this.#connection.on("refused", (error) => this.emit("problem", error));
  }

  #statusChanged(status) {
    this.outbox.setOnline(status.state === "online");
    this.emit("status", status);
  }

  async #welcomed(frame) {
    this.#receipts.restart();
    for (const conversation of this.store.all()) conversation.current = false;
    if (!this.listed || frame.start_over) await this.#startOver();
    else await this.#resume(frame.changed ?? []);
    this.emit("resumed");
  }

  async #startOver() {
    const known = this.store.all().length;
    await this.#list("");
    for (let seen = MAX_LISTED_CONVERSATIONS; seen < known && this.#next; seen += MAX_LISTED_CONVERSATIONS) await this.#list(this.#next);
    this.listed = true;
    this.emit("change");
    for (const conversation of this.store.all()) if (conversation.behind) this.#guard(this.#catchUp(conversation.id));
    const undelivered = this.store.sorted().filter((conversation) => conversation.deliveredSeq < conversation.maxSeq);
    for (const conversation of undelivered.slice(0, PREFETCHED_CONVERSATIONS)) await this.#fill(conversation);
  }

  async #resume(changed) {
    for (const state of changed) {
      const conversation = this.store.get(state.conversation);
      if (!conversation) {
        await this.#fetchConversation(state.conversation);
        continue;
      }
      conversation.applyState(state);
      this.store.changed(conversation.id);
      await this.#catchUp(conversation.id);
    }
  }

  async #list(cursor) {
    const answer = await this.#connection.request({ op: "list_conversations", limit: MAX_LISTED_CONVERSATIONS, cursor });
    for (const view of answer.items) this.store.applyView(view);
    this.#next = answer.next ?? "";
  }

  // Frames pushed by the server.
  #take(frame) {
    const conversation = this.store.get(frame.conversation);
    if (frame.op === "event") this.#takeEvent(frame);
    else if (!conversation) return;
    else if (frame.op === "cursor") {
      conversation.applyCursor(frame);
      this.store.changed(conversation.id);
    } else if (frame.op === "changed") {
      conversation.maxSeq = Math.max(conversation.maxSeq, frame.max_seq);
      this.#guard(this.#catchUp(conversation.id));
    }
  }

  #takeEvent({ op, ...event }) {
    if (event.sender === this.me.id) this.outbox.settle(event.id);
    const conversation = this.store.get(event.conversation);
    if (!conversation) {
      this.#guard(this.#fetchConversation(event.conversation));
      return;
    }
    const outcome = conversation.applyEvent(event);
    if (outcome === "ahead") this.#guard(this.#catchUp(conversation.id));
    else if (outcome === "known") this.#receipts.repeat(conversation.id);
    else this.#noteReceived(conversation);
    if (!isMessage(event)) this.#guard(this.#followMembership(conversation, event));
    this.store.changed(conversation.id);
  }

  #acked(entry, ack) {
    const { id, conversation, kind, body } = entry;
    this.#takeEvent({ op: "event", conversation, id, kind, body, seq: ack.seq, time: ack.time, sender: this.me.id });
  }

  async #followMembership(conversation, event) {
    const { members = [], title } = event.body;
    if (event.kind === "conversation_renamed") conversation.title = title;
    else if (event.kind === "members_removed" && members.includes(this.me.id)) {
      this.store.remove(conversation.id);
      this.emit("removed", conversation);
    } else await this.#refresh(conversation);
  }

  async #catchUp(id) {
    const before = this.store.get(id)?.window.high ?? 0;
    await this.#repair.catchUp(id);
    const conversation = this.store.get(id);
    if (!conversation) return;
    if (conversation.window.events.length === 0) await this.#repair.loadOlder(id);
    this.#noteReceived(conversation);
    const changed = conversation.window.events.some((event) => event.seq > before && !isMessage(event));
    if (changed) await this.#refresh(conversation);
  }

  // At least one screen of events, and everything up to the end.
  async #fill(conversation) {
    if (conversation.behind) await this.#repair.catchUp(conversation.id);
    if (conversation.window.events.length === 0) await this.#repair.loadOlder(conversation.id);
    if (conversation.window.high > conversation.deliveredSeq) this.#noteReceived(conversation);
  }

  // Said for this session, whatever other terminals said before: the server repeats pushes until each session answers.
  #noteReceived(conversation) {
    const { high, events } = conversation.window;
    if (events.length === 0) return;
    conversation.deliveredSeq = Math.max(conversation.deliveredSeq, high);
    this.#receipts.received(conversation.id, high);
  }

  async #fetchConversation(id) {
    if (this.#fetching.has(id)) return undefined;
    this.#fetching.add(id);
    try {
      const conversation = this.store.applyView(await this.#rest.conversation(id));
      await this.#fill(conversation);
      return conversation;
    } catch (error) {
      if (error.code === "conversation_not_found") return undefined;
      throw error;
    } finally {
      this.#fetching.delete(id);
    }
  }

  // Others' positions are pushed only while connected: fetch what may have moved meanwhile.
  async #refresh(conversation) {
    conversation.current = true;
    try {
      this.store.applyView(await this.#rest.conversation(conversation.id));
      if (conversation.kind === "group") await this.directory.fetchMembers(conversation.id);
      if (conversation.behind) await this.#fill(conversation);
    } catch (error) {
      conversation.current = false;
      if (error.code === "conversation_not_found") this.store.remove(conversation.id);
      else if (!error.retry) throw error;
    }
  }

  #guard(promise) {
    promise.catch((error) => {
      if (!(error instanceof ImError)) throw error;
      if (!error.retry) this.emit("problem", error);
    });
  }
}
