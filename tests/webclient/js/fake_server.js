// The server of the protocol in memory: one tenant, any number of sockets, and the accidents a test wants to see.

export const ids = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

export class FakeServer {
  constructor(clock) {
    this.clock = clock;
    this.people = new Map();
    this.tokens = new Map();
    this.conversations = new Map();
    this.sockets = new Set();
    this.received = [];
    this.stored = new Map();
    this.heartbeatMs = 30_000;
    this.reachable = true;
    this.swallowAcks = 0;
    this.swallowPushes = 0;
    this.refusals = [];
    this.lifetimeMs = 3_600_000;
  }

  /** Add a person; her token is `token-<name>`. */
  addPerson(n, name) {
    this.people.set(ids(n), name);
    this.tokens.set(`token-${name}`, ids(n));
    return ids(n);
  }

  addConversation(n, members, { kind = "group", title = "" } = {}) {
    const state = new Map(members.map((user) => [user, { delivered: 0, read: 0, joined: 1 }]));
    this.conversations.set(ids(n), { id: ids(n), kind, title, members: state, log: [] });
    return ids(n);
  }

  /** Append an event as `sender`; pushed to everybody's sockets. */
  say(conversation, sender, text, { kind = "text", body = { text } } = {}) {
    const { log } = this.conversations.get(conversation);
    const event = { conversation, seq: log.length + 1, id: `event-${conversation.slice(-4)}-${log.length + 1}`, kind, sender, time: this.clock.now(), body };
    log.push(event);
    this.#push(conversation, { op: "event", ...event });
    return event;
  }

  /** All sockets break without a goodbye. */
  drop(code = 1006) {
    for (const socket of [...this.sockets]) socket.fail(code);
  }

  /** The WebSocket class for a client; sockets are reachable only while `reachable`. */
  get WebSocket() {
    const server = this;
    return class extends FakeSocket {
      constructor(url) {
        super(server, url);
      }
    };
  }

  accept(socket, frame) {
    this.received.push(frame);
    const handler = this[`on_${frame.op}`];
    handler.call(this, socket, frame);
  }

  on_sign_in(socket, frame) {
    const user = this.tokens.get(frame.token);
    if (!user) {
      socket.deliver({ op: "error", code: "token_invalid", message: "no", ref: frame.ref });
      socket.fail(4401);
      return;
    }
    if (frame.redirect && this.homeUrl) {
      socket.deliver({ op: "closing", reason: "redirect", url: this.homeUrl });
      return;
    }
    socket.user = user;
    const time = this.clock.now();
    const changed = frame.since === undefined ? [] : this.#of(user).filter(({ log }) => (log.at(-1)?.time ?? 0) >= frame.since);
    socket.deliver({
      op: "welcome", session: "s", tenant: ids(0), user, terminal: frame.terminal, time, expires: time + this.lifetimeMs,
      heartbeat_ms: this.heartbeatMs, changed: changed.map((conversation) => this.#state(conversation, user)), ref: frame.ref,
    });
  }

  on_heartbeat(socket) {
    socket.deliver({ op: "heartbeat", time: this.clock.now() });
  }

  on_send(socket, { id, conversation, kind, body }) {
    const refusal = this.refusals.shift();
    if (refusal) {
      socket.deliver({ op: "error", id, message: "", ...refusal });
      return;
    }
    const known = this.stored.get(id);
    const { log } = this.conversations.get(conversation);
    const event = known ?? { conversation, seq: log.length + 1, id, kind, sender: socket.user, time: this.clock.now(), body };
    if (!known) {
      log.push(event);
      this.stored.set(id, event);
      this.#push(conversation, { op: "event", ...event }, socket);
    }
    if (this.swallowAcks > 0) this.swallowAcks -= 1;
    else socket.deliver({ op: "ack", id, conversation, seq: event.seq, time: event.time });
  }

  on_received(socket, { conversation, seq }) {
    this.#advance(socket.user, conversation, { delivered: seq });
  }

  on_read(socket, { conversation, seq }) {
    this.#advance(socket.user, conversation, { delivered: seq, read: seq });
  }

  on_sync(socket, { conversation, after, limit = 100, ref }) {
    const found = this.conversations.get(conversation);
    const member = found?.members.get(socket.user);
    if (!member) {
      socket.deliver({ op: "error", code: "conversation_not_found", message: "", ref });
      return;
    }
    const { log } = found;
    const gap = after + 1 < member.joined ? member.joined - 1 : 0;
    const events = log.filter(({ seq }) => seq > Math.max(after, gap)).slice(0, limit);
    const more = (events.at(-1)?.seq ?? log.length) < log.length;
    const answer = { op: "events", conversation, events, max_seq: log.length, more, ref };
    if (gap) answer.gap_to = gap;
    if (after > log.length) answer.start_over = true;
    socket.deliver(answer);
  }

  on_list_conversations(socket, { limit = 50, cursor = "", ref }) {
    const all = this.#of(socket.user).sort((a, b) => (b.log.at(-1)?.time ?? 0) - (a.log.at(-1)?.time ?? 0));
    const start = Number(cursor || 0);
    const items = all.slice(start, start + limit).map((conversation) => this.view(conversation.id, socket.user));
    socket.deliver({ op: "conversations", items, next: start + limit < all.length ? String(start + limit) : "", time: this.clock.now(), ref });
  }

  /** A ConversationView. */
  view(id, user) {
    const conversation = this.conversations.get(id);
    const { kind, title, log } = conversation;
    const members = this.members(id);
    const last = log.at(-1);
    return { state: this.#state(conversation, user), kind, title, member_count: members.length, members, time: last?.time ?? 0, ...(last ? { last } : {}) };
  }

  members(id) {
    return [...this.conversations.get(id).members].map(([user, { delivered, read }]) => ({
      user, name: this.people.get(user), role: "member", delivered_seq: delivered, read_seq: read,
    }));
  }

  #state(conversation, user) {
    const { delivered, read, joined } = conversation.members.get(user);
    const unread = conversation.log.filter((event) => event.seq > read && event.seq >= joined && event.sender !== user && event.kind === "text").length;
    return { conversation: conversation.id, max_seq: conversation.log.length, first_seq: joined, delivered_seq: delivered, read_seq: read, unread };
  }

  #advance(user, conversation, positions) {
    const member = this.conversations.get(conversation).members.get(user);
    member.delivered = Math.max(member.delivered, positions.delivered ?? 0);
    member.read = Math.max(member.read, positions.read ?? 0);
    this.#push(conversation, { op: "cursor", conversation, user, delivered_seq: member.delivered, read_seq: member.read });
  }

  #of(user) {
    return [...this.conversations.values()].filter((conversation) => conversation.members.has(user));
  }

  #push(conversation, frame, except) {
    const { members } = this.conversations.get(conversation);
    for (const socket of this.sockets) {
      if (socket === except || !members.has(socket.user)) continue;
      if (frame.op === "event" && this.swallowPushes > 0) this.swallowPushes -= 1;
      else socket.deliver(frame);
    }
  }
}

class FakeSocket {
  constructor(server, url) {
    if (server.forbiddenUrl === url) throw new Error("refused by the policy of the page");
    this.server = server;
    this.url = url;
    this.open = false;
    queueMicrotask(() => {
      if (server.silentUrl === url) return;
      if (!server.reachable || server.unreachableUrl === url) {
        this.onclose?.({ code: 1006 });
        return;
      }
      this.open = true;
      server.sockets.add(this);
      this.onopen?.();
    });
  }

  send(data) {
    if (this.open) this.server.accept(this, JSON.parse(data));
  }

  deliver(frame) {
    const data = JSON.stringify(frame);
    queueMicrotask(() => this.open && this.onmessage?.({ data }));
  }

  close() {
    this.open = false;
    this.server.sockets.delete(this);
  }

  fail(code) {
    queueMicrotask(() => {
      this.close();
      this.onclose?.({ code });
    });
  }
}
