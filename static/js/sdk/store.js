// All conversations this client knows, and the names of the people in them. Emits `change` (conversation id or "").

import { Conversation } from "./conversation.js";
import { Emitter } from "./emitter.js";

export class Store extends Emitter {
  #conversations = new Map();
  #names = new Map();

  /** `me`: id of the signed-in user. */
  constructor(me) {
    super();
    this.me = me;
  }

  get(id) {
    return this.#conversations.get(id);
  }

  all() {
    return [...this.#conversations.values()];
  }

  /** Conversations, latest activity first. */
  sorted() {
    return this.all().sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
  }

  get unread() {
    return this.all().reduce((sum, conversation) => sum + conversation.unread, 0);
  }

  /** Take a ConversationView; returns the conversation. */
  applyView(view) {
    const { conversation: id } = view.state;
    const known = this.#conversations.get(id);
    if (known) known.applyView(view);
    const conversation = known ?? new Conversation(this.me, view);
    this.#conversations.set(id, conversation);
    for (const member of conversation.members.values()) this.rememberName(member.user, member.name);
    this.changed(id);
    return conversation;
  }

  applyMembers(id, members) {
    this.get(id)?.applyMembers(members);
    for (const member of members) this.rememberName(member.user, member.name);
    this.changed(id);
  }

  remove(id) {
    if (this.#conversations.delete(id)) this.changed(id);
  }

  /** The name of a user, or "" when nobody has told it yet. */
  nameOf(user) {
    return this.#names.get(user) ?? "";
  }

  rememberName(user, name) {
    if (name && this.#names.get(user) !== name) {
      this.#names.set(user, name);
      this.changed("");
    }
  }

  changed(id) {
    this.emit("change", id);
  }
}
