// People and who is in which conversation: what is asked and changed over REST. The store learns what comes back;
// everybody else learns it from the events that the server writes.

import { ImError } from "./protocol.js";

const MEMBERS_PER_PAGE = 100;
const MAX_MEMBER_PAGES = 10;

export class Directory {
  #me;
  #rest;
  #store;
  #learning = new Set();

  constructor({ me, rest, store }) {
    this.#me = me;
    this.#rest = rest;
    this.#store = store;
  }

  searchPeople(q, page) {
    return this.#rest.searchUsers(q, page);
  }

  /** The organisations whose people one may see, each with its root department. */
  organisations() {
    return this.#rest.organisations();
  }

  /** A department with the way to it and the departments in it. */
  department(id) {
    return this.#rest.department(id);
  }

  departmentPeople(id, page) {
    return this.#rest.departmentPeople(id, page);
  }

  /** What one may know of a person, and how one stands with her. */
  card(user) {
    return this.#rest.card(user);
  }

  contacts(filter) {
    return this.#rest.contacts(filter);
  }

  /** Ask somebody to be a contact, or say yes to somebody who asked. */
  askContact(user) {
    return this.#rest.askContact(user);
  }

  /** End it, take back what one asked, or decline. */
  endContact(user) {
    return this.#rest.endContact(user);
  }

  setBlocked(user, blocked) {
    return blocked ? this.#rest.block(user) : this.#rest.unblock(user);
  }

  async startDirect(user) {
    return this.#store.applyView(await this.#rest.startDirect(user));
  }

  async startGroup(title, members) {
    return this.#store.applyView(await this.#rest.startGroup(title, members));
  }

  async rename(id, title) {
    return this.#store.applyView(await this.#rest.rename(id, title));
  }

  async addMembers(id, members) {
    await this.#rest.addMembers(id, members);
    await this.fetchMembers(id);
  }

  /** Remove somebody, or leave when it is the user herself. */
  async removeMember(id, user) {
    await this.#rest.removeMember(id, user);
    if (user === this.#me) this.#store.remove(id);
    else await this.fetchMembers(id);
  }

  async setRole(id, user, role) {
    await this.#rest.setRole(id, user, role);
    await this.fetchMembers(id);
  }

  /** Read the whole membership of a conversation into the store (at most 1,000 members). */
  async fetchMembers(id) {
    const members = [];
    let cursor = "";
    for (let page = 0; page < MAX_MEMBER_PAGES; page += 1) {
      const answer = await this.#rest.members(id, { cursor, limit: MEMBERS_PER_PAGE });
      members.push(...answer.items);
      cursor = answer.next ?? "";
      if (!cursor) break;
    }
    this.#store.applyMembers(id, members);
  }

  /** Make sure that the name of a user will be known; the store changes when it is. */
  async learnName(user) {
    if (this.#store.nameOf(user) || this.#learning.has(user)) return;
    this.#learning.add(user);
    try {
      this.#store.rememberName(user, (await this.#rest.user(user)).display_name);
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      if (error.retry) this.#learning.delete(user);
    }
  }
}
