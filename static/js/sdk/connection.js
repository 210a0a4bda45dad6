// One WebSocket to the server, kept alive: sign-in, heartbeat, fresh tokens, reconnecting with back-off.
//
// It knows frames as requests with answers and as messages with acks, but not what they mean: the log of events and
// the queue of unsent messages are other modules. Emits `status` (its state), `welcome` (frame) and `frame` (pushes).

import { Backoff } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { CLOSE, CLOSES_FOR_GOOD, ConnectionLost, FINAL_REASONS, ImError, REVOKED_REASONS, SAME_NODE, SignedOut } from "./protocol.js";

const OPEN_TIMEOUT_MS = 6_000;
const WELCOME_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 20_000;
const POKE_TIMEOUT_MS = 5_000;
const RENEW_BEFORE_MS = 60_000;
const RENEW_RETRY_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
const GONE = 1006;
const REFUSED_FOR_GOOD = new Set(["terminal_refused", "signed_in_elsewhere"]);

export class Connection extends Emitter {
  #urls;
  #WebSocket;
  #clock;
  #getToken;
  #hello;
  #backoff;
  #socket = null;
  #token = "";
  #rejected = "";
  #timers = new Map();
  #pending = new Map();
  #refs = 0;
  #sentAt = 0;
  #heardAt = 0;
  #heartbeatMs = 30_000;
  #serverTime = null;
  #minimumWaitMs = 0;
  #details;
  #told = "";
  #wanted = false;
  #attempt = 0;
  #opened = false;
  #named = ""; // Where a node sent us: counts for one attempt.
  #detour = false; // Whether this attempt goes there.
  #follows = true; // Whether a node may send us on; after a detour only once one has let us in.

  /**
   * `urls`: where to connect, in order of preference; the next one is tried when one cannot be opened or its node goes.
   * `getToken({ rejected })`: resolves to an access token other than `rejected`, throws SignedOut when there is none.
   * `hello`: `{ terminal, platform, name }` of the sign-in. `clock`: `{ now, setTimeout, clearTimeout }`.
   */
  constructor({ urls, WebSocket, clock, random, getToken, hello }) {
    super();
    this.#urls = [...new Set(urls)];
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#getToken = getToken;
    this.#hello = hello;
    this.#backoff = new Backoff({ random });
    this.status = { state: "idle" };
  }

  get online() {
    return this.status.state === "online";
  }

  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    this.#drop();
    this.#setStatus({ state: "idle" });
  }

  /** Something suggests that the network changed (page visible, browser online): find out now instead of later. */
  poke() {
    if (!this.#wanted) return;
    if (this.online) {
      this.#transmit({ op: "heartbeat" });
      this.#after("poke", POKE_TIMEOUT_MS, () => this.#lost(GONE));
    } else if (this.status.state === "waiting") {
      this.#connect();
    }
  }

  /** Send a frame that has no answer. Returns false when there is no connection to send it on. */
  post(frame) {
    if (!this.online) return false;
    this.#transmit(frame);
    return true;
  }

  /** Send a frame with a `ref` and resolve to its answer. Rejects with ImError or ConnectionLost. */
  request(frame) {
    const ref = `r${(this.#refs += 1)}`;
    return this.#ask(`ref:${ref}`, { ...frame, ref });
  }

  /** Send one message and resolve to its ack. Rejects with ImError or ConnectionLost. */
  sendMessage({ id, conversation, kind, body }) {
    return this.#ask(`id:${id}`, { op: "send", id, conversation, kind, body });
  }

  #ask(key, frame) {
    if (!this.online) return Promise.reject(new ConnectionLost());
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#settle(key, (waiting) => waiting.reject(new ConnectionLost())), ANSWER_TIMEOUT_MS);
      this.#pending.set(key, { resolve, reject, timer });
      this.#transmit(frame);
    });
  }

  #settle(key, how) {
    const waiting = this.#pending.get(key);
    if (!waiting) return false;
    this.#pending.delete(key);
    this.#clock.clearTimeout(waiting.timer);
    how(waiting);
    return true;
  }

  async #connect() {
    this.#drop();
    const attempt = (this.#attempt += 1);
    this.#setStatus({ state: "connecting" });
    try {
      this.#token = await this.#getToken({ rejected: this.#rejected });
    } catch (error) {
      if (attempt !== this.#attempt || !this.#wanted) return;
      if (error instanceof SignedOut) this.#halt("signed_out", error.code);
      else this.#retryLater();
      return;
    }
    if (attempt === this.#attempt && this.#wanted) this.#open();
  }

  #open() {
    const url = this.#named || this.#urls[0];
    this.#detour = this.#named !== "";
    this.#follows &&= !this.#detour;
    this.#named = "";
    this.#opened = false;
    let socket;
    try {
      socket = new this.#WebSocket(url);
    } catch {
      this.#lost(GONE); // The page may not connect there: as if nobody answered.
      return;
    }
    this.#socket = socket;
    const current = (handler) => (event) => socket === this.#socket && handler(event);
    socket.onopen = current(() => this.#signIn());
    socket.onmessage = current((event) => this.#receive(event.data));
    socket.onclose = current((event) => this.#lost(event.code));
    this.#after("open", OPEN_TIMEOUT_MS, () => this.#lost(GONE));
  }

  #signIn() {
    this.#clear("open");
    this.#opened = true;
    const since = this.#serverTime === null ? {} : { since: this.#serverTime };
    const redirect = this.#follows ? { redirect: true } : {};
    this.#transmit({ op: "sign_in", token: this.#token, ...this.#hello, ...since, ...redirect, ref: "hello" });
    this.#after("welcome", WELCOME_TIMEOUT_MS, () => this.#lost(GONE));
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    this.#heardAt = this.#clock.now();
    this.#clear("poke");
    this.#dispatch(frame);
  }

  #dispatch(frame) {
    if (frame.op === "welcome") this.#welcomed(frame);
    else if (frame.op === "heartbeat") this.#serverTime = frame.time;
    else if (frame.op === "closing") this.#warned(frame);
    else if (frame.op === "ack") this.#settle(`id:${frame.id}`, (waiting) => waiting.resolve(frame));
    else if (frame.op === "error") this.#refused(frame);
    else if (!(frame.ref && this.#settle(`ref:${frame.ref}`, (waiting) => waiting.resolve(frame)))) {
      this.emit("frame", frame);
    }
  }

  #warned({ reason, retry_after_ms: retryAfterMs = 0, url = "", details }) {
    this.#details = details;
    this.#told = reason;
    if (reason === "token_expires") this.#renew();
    else if (url && this.#follows && !this.online) this.#goOn(url);
    else this.#minimumWaitMs = retryAfterMs;
  }

  // A node named another one that serves us at less cost.
  #goOn(url) {
    this.#named = url;
    this.#connect();
  }

  #refused(frame) {
    const error = ImError.fromFrame(frame);
    const key = frame.id ? `id:${frame.id}` : `ref:${frame.ref}`;
    if (this.#settle(key, (waiting) => waiting.reject(error))) return;
    if (frame.code === "bad_frame" && !this.online && this.#follows) {
      this.#follows = false; // Perhaps a server of before redirects: it leaves the socket open.
      this.#signIn();
    } else if (frame.code === "token_invalid") this.#lost(CLOSE.SIGN_IN);
    else if (REFUSED_FOR_GOOD.has(frame.code)) this.#halt("stopped", frame.code, frame.details);
    else if (frame.ref === "renew" && error.retry) this.#after("renew", RENEW_RETRY_MS, () => this.#renew());
    else if (this.online) this.emit("refused", error);
    else {
      this.#minimumWaitMs = error.retryAfterMs;
      this.#lost(GONE);
    }
  }

  #welcomed(frame) {
    this.#after("renew", Math.max(RENEW_RETRY_MS, frame.expires - frame.time - RENEW_BEFORE_MS), () => this.#renew());
    if (this.online) return;
    this.#clear("welcome");
    this.#backoff.reset();
    this.#follows = true;
    this.#rejected = "";
    this.#minimumWaitMs = 0;
    this.#heartbeatMs = frame.heartbeat_ms;
    this.#serverTime = frame.time;
    this.#setStatus({ state: "online" });
    this.#beat();
    this.emit("welcome", frame);
  }

  // The token of this connection ends soon: sign in again on the same socket with a fresh one.
  async #renew() {
    const attempt = this.#attempt;
    this.#clear("renew");
    try {
      const token = await this.#getToken({ rejected: this.#token });
      if (attempt !== this.#attempt || !this.online) return;
      this.#token = token;
      this.#transmit({ op: "sign_in", token, ...this.#hello, ref: "renew" });
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof SignedOut) this.#halt("signed_out", error.code);
      else this.#after("renew", RENEW_RETRY_MS, () => this.#renew());
    }
  }

  #beat() {
    const now = this.#clock.now();
    if (now - this.#heardAt > 1.5 * this.#heartbeatMs) {
      this.#lost(GONE);
      return;
    }
    if (now - this.#sentAt >= 0.4 * this.#heartbeatMs) this.#transmit({ op: "heartbeat" });
    this.#after("beat", 0.45 * this.#heartbeatMs, () => this.#beat());
  }

  #lost(code) {
    this.#drop();
    if (!this.#wanted) return;
    if (CLOSES_FOR_GOOD.has(code)) {
      const isTold = code === CLOSE.REVOKED && REVOKED_REASONS.has(this.#told);
      this.#halt("stopped", isTold ? this.#told : FINAL_REASONS[code] ?? "protocol", this.#details);
      return;
    }
    if (code === CLOSE.SIGN_IN) this.#rejected = this.#token;
    const untried = !this.#opened && (this.#detour || this.#backoff.attempts < this.#urls.length - 1);
    if (!this.#detour && !SAME_NODE.has(code)) this.#urls.push(this.#urls.shift());
    this.#retryLater(untried ? 0 : undefined);
  }

  #retryLater(knownMs) {
    const waitMs = Math.max(this.#minimumWaitMs, Math.min(this.#backoff.next(), knownMs ?? Infinity));
    this.#setStatus({ state: "waiting", until: this.#clock.now() + waitMs });
    this.#after("retry", waitMs, () => this.#connect());
  }

  #halt(state, reason, details) {
    this.#wanted = false;
    this.#drop();
    this.#setStatus({ state, reason, ...(details && { details }) });
  }

  // Forget the socket, its timers and everything that waits for an answer on it.
  #drop() {
    this.#attempt += 1;
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    if (this.online) this.#setStatus({ state: "connecting" });
    for (const key of [...this.#pending.keys()]) this.#settle(key, (waiting) => waiting.reject(new ConnectionLost()));
  }

  #transmit(frame) {
    this.#sentAt = this.#clock.now();
    this.#socket.send(JSON.stringify(frame));
  }

  #setStatus(status) {
    this.status = status;
    this.emit("status", status);
  }

  #after(name, ms, callback) {
    this.#clear(name);
    const run = () => {
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, this.#clock.setTimeout(run, Math.min(ms, MAX_TIMER_MS)));
  }

  #clear(name) {
    if (!this.#timers.has(name)) return;
    this.#clock.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
