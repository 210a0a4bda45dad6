// What this client knows of one conversation: its members, how far everybody has got, and a window of its log.
// Pure: frames go in, state changes; nothing here talks to a server.

import { UNREAD_CAP, isMessage } from "./protocol.js";
import { EventWindow } from "./window.js";

export class Conversation {
  /** `me`: id of the signed-in user. `view`: a ConversationView of the protocol. */
  constructor(me, view) {
    const { max_seq: maxSeq = 0 } = view.state;
    this.me = me;
    this.id = view.state.conversation;
    this.members = new Map();
    this.membersComplete = false;
    this.window = new EventWindow(maxSeq);
    this.last = null;
    this.firstSeq = 1;
    this.maxSeq = 0;
    this.deliveredSeq = 0;
    this.readSeq = 0;
    this.unread = 0;
    this.countedTo = 0;
    this.current = true;
    this.applyView(view);
  }

  /** Take a row of the conversation list. */
  applyView(view) {
    this.kind = view.kind;
    this.title = view.title ?? "";
    this.memberCount = view.member_count;
    this.time = Math.max(this.time ?? 0, view.time ?? 0);
    for (const member of view.members ?? []) this.applyMember(member);
    if (view.members?.length >= view.member_count) this.membersComplete = true;
    if (view.last && view.last.seq >= (this.last?.seq ?? 0)) this.last = view.last;
    this.applyState(view.state);
  }

  /** Take a ConversationState: only what is ahead of what is known here counts. */
  applyState(state) {
    this.firstSeq = state.first_seq ?? this.firstSeq;
    this.deliveredSeq = Math.max(this.deliveredSeq, state.delivered_seq ?? 0);
    const readSeq = state.read_seq ?? 0;
    const fresh = (state.max_seq ?? 0) >= this.maxSeq && readSeq >= this.readSeq;
    this.maxSeq = Math.max(this.maxSeq, state.max_seq ?? 0);
    this.readSeq = Math.max(this.readSeq, readSeq);
    if (!fresh) return;
    this.unread = state.unread ?? 0;
    this.countedTo = this.maxSeq;
  }

  /** Take all members: whoever is not among them is none any more. */
  applyMembers(members) {
    const known = this.members;
    this.members = new Map();
    for (const member of members) this.applyMember({ ...known.get(member.user), ...member });
    this.memberCount = members.length;
    this.membersComplete = true;
  }

  applyMember({ user, name, role, delivered_seq = 0, read_seq = 0 }) {
    const known = this.members.get(user);
    this.members.set(user, {
      user,
      name,
      role,
      delivered_seq: Math.max(delivered_seq, known?.delivered_seq ?? 0),
      read_seq: Math.max(read_seq, known?.read_seq ?? 0),
    });
  }

  /** Take a pushed event. Returns "appended", "known" or "ahead". */
  applyEvent(event) {
    this.#noteEnd(event);
    const outcome = this.window.accept(event);
    this.#countUnread();
    return outcome;
  }

  /** Take an `events` answer to a sync after `window.high`. */
  applyNewer({ events, max_seq: maxSeq, gap_to: gapTo = 0 }) {
    this.maxSeq = Math.max(this.maxSeq, maxSeq);
    this.window.acceptNewer(events, gapTo);
    if (events.length > 0) this.#noteEnd(events.at(-1));
    this.#countUnread();
  }

  /** Take a page of history. */
  applyOlder({ events, gap_to: gapTo = 0 }) {
    this.firstSeq = Math.max(this.firstSeq, gapTo + 1);
    this.window.acceptOlder(events);
    const newest = events.at(-1);
    if (newest && newest.seq > (this.last?.seq ?? 0)) this.last = newest;
  }

  /** Take a member's positions; the user's own come from her other terminals. */
  applyCursor({ user, delivered_seq: deliveredSeq = 0, read_seq: readSeq = 0 }) {
    const member = this.members.get(user);
    if (member) this.applyMember({ ...member, delivered_seq: deliveredSeq, read_seq: readSeq });
    if (user !== this.me) return;
    this.deliveredSeq = Math.max(this.deliveredSeq, deliveredSeq);
    this.markRead(readSeq);
  }

  /** Everything up to `seq` is read. Returns whether that is news. */
  markRead(seq) {
    if (seq <= this.readSeq) return false;
    this.readSeq = seq;
    if (this.window.covers(seq)) {
      this.unread = this.#unreadIn(this.window.events, seq);
      this.countedTo = this.window.high;
    } else {
      this.unread = Math.min(this.unread, Math.max(0, this.maxSeq - seq));
    }
    return true;
  }

  /** Start again from nothing: the server's log is another one than ours. */
  startOver(maxSeq) {
    this.window.reset(maxSeq);
    this.maxSeq = maxSeq;
    this.readSeq = Math.min(this.readSeq, maxSeq);
    this.deliveredSeq = Math.min(this.deliveredSeq, maxSeq);
    this.countedTo = maxSeq;
    this.last = null;
  }

  /** Whether events exist that the window should hold at its end but does not. */
  get behind() {
    return this.window.high < this.maxSeq || this.window.hasGap;
  }

  get hasOlder() {
    return this.window.low > this.firstSeq;
  }

  /** The other one of a direct conversation, or undefined. */
  get peer() {
    return this.kind === "direct" ? [...this.members.values()].find((member) => member.user !== this.me) : undefined;
  }

  /** How far others are with an own message: `{ delivered, read, of }`, numbers of members other than the sender. */
  progress(seq) {
    let [delivered, read] = [0, 0];
    for (const member of this.members.values()) {
      if (member.user === this.me) continue;
      if (member.delivered_seq >= seq) delivered += 1;
      if (member.read_seq >= seq) read += 1;
    }
    return { delivered, read, of: Math.max(0, this.memberCount - 1) };
  }

  #noteEnd(event) {
    this.maxSeq = Math.max(this.maxSeq, event.seq);
    if (event.seq > (this.last?.seq ?? 0)) {
      this.last = event;
      this.time = Math.max(this.time, event.time);
    }
  }

  // `unread` counts everything up to `countedTo`, be it by the server or here: each event counts once.
  #countUnread() {
    const added = this.#unreadIn(this.window.events, Math.max(this.countedTo, this.readSeq));
    this.unread = Math.min(UNREAD_CAP, this.unread + added);
    this.countedTo = Math.max(this.countedTo, this.window.high);
  }

  #unreadIn(events, after) {
    return events.filter((event) => event.seq > after && event.sender !== this.me && isMessage(event)).length;
  }
}
